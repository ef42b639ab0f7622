// Package around explores the neighbourhood of a recorded run: every list of
// decisions that is at most so many edits away from that of an artifact (edit.go says
// what an edit is). It is exhaustive of those lists, and not of the schedules.
package around

import (
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"turncoat/checker"
	"turncoat/scenarios"
	"turncoat/sim"
)

// Options bound the work.
type Options struct {
	Edits    int             // at most, from 1
	Jobs     int             // runs at a time; does not change the result
	For      time.Duration   // wall time, 0 = unlimited
	Stop     <-chan struct{} // closed to end early; may be nil
	Progress func(Progress)  // called after each batch; may be nil
}

// Progress is how far it has come.
type Progress struct{ Runs, Lists int }

// Result is what the runs of the lists were. The recorded list is the first of them.
type Result struct {
	Lists    int            // within so many edits
	Runs     int            // of them that were run: all, unless it was cut short
	Distinct int            // of the runs, by digest
	Events   uint64         // of all runs
	Verdicts map[string]int // how many runs ended in each
	Partial  bool           // time was up
	Stopped  bool           // it was stopped

	Finding *Finding // the first list with the worst verdict, if that accuses anyone; rather an edited one than the recorded
	Wall    time.Duration
}

// Finding is a list that ends badly.
type Finding struct {
	Artifact *scenarios.Artifact
	Outcome  checker.Verdict
	Edits    []string // from the recorded list, in words
}

// trial is a list and its run.
type trial struct {
	edits  []edit
	report *scenarios.Report
	err    error
}

// Explore runs every list. The error is about the artifact.
func Explore(a *scenarios.Artifact, o Options) (*Result, error) {
	begun := time.Now()
	asked, err := askedBy(a)
	if err != nil {
		return nil, err
	}
	edits := editsOf(asked)
	r := &Result{Lists: count(edits, o.Edits), Verdicts: make(map[string]int)}
	digests := make(map[string]bool)
	var worst *trial
	next, stop := iter.Pull(combinations(edits, o.Edits))
	defer stop()
	for !r.over(&o, begun) {
		batch := make([]trial, 0, o.Jobs)
		for edits, ok := next(); ok; edits, ok = next() {
			if batch = append(batch, trial{edits: edits}); len(batch) == o.Jobs {
				break
			}
		}
		if len(batch) == 0 {
			break
		}
		runAll(a, asked, batch)
		for i := range batch {
			t := &batch[i]
			if r.Runs++; t.err != nil && r.Runs > 1 {
				r.Verdicts[checker.Invalid.String()]++ // numbers that fit no system
				continue
			}
			if t.err != nil {
				return nil, t.err
			}
			r.Events += t.report.Events
			r.Verdicts[t.report.Verdict]++
			digests[t.report.Digest] = true
			if accuses(t.report.Outcome) && (worst == nil || worse(t, worst)) {
				worst = t
			}
		}
		if o.Progress != nil {
			o.Progress(Progress{Runs: r.Runs, Lists: r.Lists})
		}
	}
	r.Distinct, r.Wall = len(digests), time.Since(begun)
	return r, r.keep(a, asked, worst)
}

// askedBy returns what the recorded run decided, calmly or not, each once.
func askedBy(a *scenarios.Artifact) ([]decision, error) {
	listed := make(map[sim.Key]bool)
	for _, e := range a.Decisions {
		listed[e.Key] = true
	}
	o := a.Options()
	o.Calm = true
	rep, err := scenarios.Guarded(&a.Scenario, o, a.Scenario.Patience())
	if err != nil {
		return nil, err
	}
	seen := make(map[sim.Key]bool)
	var asked []decision
	for _, d := range rep.Decisions {
		if !seen[d.Key] {
			seen[d.Key] = true
			asked = append(asked, decision{d, !listed[d.Key]})
		}
	}
	return asked, nil
}

// accuses reports whether a verdict is a finding. A list that leaves the clients nothing to do
// is vacuous, which is no fault of the system.
func accuses(v checker.Verdict) bool { return v != checker.Pass && v != checker.Vacuous }

// worse reports whether t is to be reported in place of u, which came before it: for a worse verdict; or because u is
// the recorded list itself, of which everybody knows.
func worse(t, u *trial) bool {
	if t.report.Outcome != u.report.Outcome {
		return checker.Worst(t.report.Outcome, u.report.Outcome) == t.report.Outcome
	}
	return len(u.edits) == 0
}

// over reports whether to stop.
func (r *Result) over(o *Options, begun time.Time) bool {
	select {
	case <-o.Stop:
		r.Stopped = r.Runs < r.Lists
	default:
		r.Partial = o.For > 0 && time.Since(begun) > o.For && r.Runs < r.Lists
	}
	return r.Stopped || r.Partial
}

// keep makes the artifact of the finding.
func (r *Result) keep(a *scenarios.Artifact, asked []decision, worst *trial) error {
	if worst == nil {
		return nil
	}
	o := a.Options()
	o.Decisions = apply(asked, worst.edits)
	found, err := scenarios.NewArtifact(&a.Scenario, o, worst.report)
	if err != nil {
		return err
	}
	r.Finding = &Finding{Artifact: found, Outcome: worst.report.Outcome}
	for _, e := range worst.edits {
		r.Finding.Edits = append(r.Finding.Edits, e.words)
	}
	return nil
}

func runAll(a *scenarios.Artifact, asked []decision, batch []trial) {
	var jobs sync.WaitGroup
	for i := range batch {
		t := &batch[i]
		jobs.Go(func() {
			o := a.Options()
			o.Decisions = apply(asked, t.edits)
			t.report, t.err = scenarios.Guarded(&a.Scenario, o, a.Scenario.Patience())
		})
	}
	jobs.Wait()
}

// Detail says in a line what was found.
func (r *Result) Detail() string {
	var words []string
	for v := checker.Pass; v <= checker.Diverged; v++ {
		if n := r.Verdicts[v.String()]; n > 0 {
			words = append(words, fmt.Sprintf("%d %v", n, v))
		}
	}
	text := fmt.Sprintf("%d of %d lists were run: %s", r.Runs, r.Lists, strings.Join(words, ", "))
	if r.Finding != nil && len(r.Finding.Edits) > 0 {
		text += "; the first of the worst is the recorded one with " + strings.Join(r.Finding.Edits, ", and ")
	}
	return text
}
