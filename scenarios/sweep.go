package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"turncoat/checker"
	"turncoat/results"
)

// SweepOptions says what to sweep.
type SweepOptions struct {
	Options                 // Seed and Listed are not used
	From, To  uint64        // seeds From ≤ seed < To
	Shard, Of int           // this is shard Shard of Of, from 1; 0 of 0 is the whole
	Jobs      int           // runs at a time
	KeepGoing bool          // do not end at the first finding
	For       time.Duration // end after this much wall time; 0: no bound. With To 0, that is the only end.
	Out       string        // directory of artifacts

	// Stop, when closed, ends the sweep: runs in progress finish, what is done counts.
	Stop <-chan struct{}
	// Known holds records of runs that need not be done again.
	Known []results.Run
	// Record is called with each new run, one at a time, in order of completion.
	Record func(*results.Run) error
	// Progress is called now and then with the runs done, those to do, and the findings.
	Progress func(done, total uint64, findings int)
}

// endless is more runs than anyone waits for.
const endless = 1 << 62

// pair is one run to do.
type pair struct {
	spec *Spec
	seed uint64
}

// sweep is a sweep in progress.
type sweep struct {
	SweepOptions
	specs   []*Spec
	total   uint64
	next    atomic.Uint64
	enough  atomic.Bool
	known   map[runKey]bool // looked up only
	out     results.Sweep
	fold    results.Fold
	verdict checker.Verdict
	seen    []ran // by spec
	begun   time.Time
	stopped atomic.Bool // by Stop
	err     error
}

type runKey struct {
	scenario string
	seed     uint64
}

// Sweep runs scenarios over a range of seeds: seed by seed, every scenario at
// each, so that a sweep that is cut short has covered all of them. It returns
// the summary and its worst verdict.
func Sweep(specs []*Spec, o SweepOptions) (*results.Sweep, checker.Verdict, error) {
	s := &sweep{SweepOptions: o, specs: specs, known: make(map[runKey]bool)}
	s.total = (max(o.To, o.From) - o.From) * uint64(len(specs))
	if o.To == 0 && o.For > 0 {
		s.total = endless
	}
	s.out = results.Sweep{Verdicts: map[string]uint64{}, Reach: map[string]uint64{}, Lies: map[string]uint64{}, Faults: map[string]uint64{}, Findings: []results.Finding{}, NeverReached: []string{}}
	for range specs {
		s.seen = append(s.seen, ran{reach: make(map[string]uint64)})
	}
	for i := range o.Known {
		s.known[runKey{o.Known[i].Scenario, o.Known[i].Seed}] = true
		s.add(&o.Known[i])
	}
	s.begun = time.Now()
	s.work()
	s.summarise(time.Since(s.begun))
	return &s.out, s.verdict, s.err
}

// work keeps Jobs runs going until there are none left.
func (s *sweep) work() {
	reports := make(chan *Report)
	var jobs sync.WaitGroup
	for range max(s.Jobs, 1) {
		jobs.Go(func() {
			for p, ok := s.take(); ok; p, ok = s.take() {
				rep, err := s.one(p)
				if err != nil {
					rep = &Report{Run: results.Run{Scenario: p.spec.Name, Seed: p.seed, Detail: err.Error()}, Outcome: checker.Invalid}
					rep.Verdict = rep.Outcome.String()
					rep.Reproduce = Reproduce(p.spec, s.at(p.seed))
				}
				reports <- rep
			}
		})
	}
	go func() {
		jobs.Wait()
		close(reports)
	}()
	for rep := range reports {
		s.collect(rep)
	}
}

// take returns the next run of this shard that is not known yet.
func (s *sweep) take() (pair, bool) {
	for {
		select {
		case <-s.Stop:
			s.stopped.Store(true)
			return pair{}, false
		default:
		}
		if s.enough.Load() || s.For > 0 && time.Since(s.begun) > s.For {
			return pair{}, false
		}
		i := s.next.Add(1) - 1
		if i >= s.total {
			return pair{}, false
		}
		p := pair{s.specs[i%uint64(len(s.specs))], s.From + i/uint64(len(s.specs))}
		if s.mine(i) && !s.known[runKey{p.spec.Name, p.seed}] {
			return p, true
		}
	}
}

func (s *sweep) mine(i uint64) bool { return s.Of == 0 || i%uint64(s.Of) == uint64(s.Shard-1) }

func (s *sweep) at(seed uint64) Options {
	o := s.Options
	o.Seed = seed
	return o
}

// one does a run, and writes the artifact of a finding. A finding stands even if
// its artifact cannot be written.
func (s *sweep) one(p pair) (*Report, error) {
	o := s.at(p.seed)
	rep, err := Guarded(p.spec, o, p.spec.Patience())
	if err != nil || rep.Outcome == checker.Pass {
		return rep, err
	}
	if !s.KeepGoing && !s.enough.CompareAndSwap(false, true) {
		return rep, nil // a second one, found while the first was ending the sweep
	}
	path := filepath.Join(s.Out, fmt.Sprintf("%s-%d.turncoat", p.spec.Name, p.seed))
	if err := Keep(p.spec, o, rep, path); err != nil {
		rep.Detail += fmt.Sprintf("; its artifact could not be written: %v", err)
	}
	return rep, nil
}

// Keep writes the artifact of a finished run to path and names it in the report.
// A run that does not repeat becomes a finding of its own: diverged.
func Keep(spec *Spec, o Options, rep *Report, path string) error {
	a, err := NewArtifact(spec, o, rep)
	var diverged *Divergence
	if errors.As(err, &diverged) {
		rep.Outcome, rep.Property, rep.Detail = checker.Diverged, "determinism", diverged.Error()
		rep.Verdict = rep.Outcome.String()
		return nil
	}
	if err != nil {
		return err
	}
	if err := a.Write(path); err != nil {
		return err
	}
	rep.Artifact = path
	return nil
}

// collect counts a finished run.
func (s *sweep) collect(rep *Report) {
	if s.Record != nil && s.err == nil {
		s.err = s.Record(&rep.Run)
	}
	s.add(&rep.Run)
	if s.err != nil || rep.Outcome == checker.Invalid && !s.KeepGoing {
		s.enough.Store(true)
	}
	if s.Progress != nil {
		total := s.total
		if s.Of > 0 {
			total /= uint64(s.Of)
		}
		s.Progress(s.out.Runs, total, len(s.out.Findings))
	}
}

// add adds a run to the summary.
func (s *sweep) add(r *results.Run) {
	out := &s.out
	out.Runs++
	out.Events += r.Events
	out.Verdicts[r.Verdict]++
	results.Tally(out.Lies, r.Lies)
	results.Tally(out.Faults, r.Faults)
	for i, spec := range s.specs {
		if spec.Name == r.Scenario {
			s.seen[i].add(r)
		}
	}
	results.Tally(out.Reach, r.Reach)
	s.fold.Add(r.Scenario, r.Seed, r.Digest)
	if v, err := checker.ParseVerdict(r.Verdict); err == nil {
		s.verdict = checker.Worst(s.verdict, v)
		if v != checker.Pass {
			out.Findings = append(out.Findings, results.Finding{Scenario: r.Scenario, Seed: r.Seed, Verdict: r.Verdict,
				Property: r.Property, Detail: r.Detail, Artifact: r.Artifact, Reproduce: r.Reproduce})
		}
	}
}

// summarise finishes the summary: findings in order, what was never reached, the
// bound.
func (s *sweep) summarise(wall time.Duration) {
	out := &s.out
	slices.SortFunc(out.Findings, func(a, b results.Finding) int {
		return cmp.Or(cmp.Compare(a.Scenario, b.Scenario), cmp.Compare(a.Seed, b.Seed))
	})
	out.WallNS = int64(wall)
	out.RunsPerSecond = float64(out.Runs-uint64(len(s.Known))) / wall.Seconds()
	out.Digest = s.fold.String()
	out.Bound = results.Bound(out.Runs, uint64(len(out.Findings)))
	out.Partial = s.stopped.Load() || s.enough.Load() && s.total == endless || s.total != endless && s.next.Load() < s.total
	if out.Runs == 0 {
		s.verdict = checker.Worst(s.verdict, checker.Vacuous)
	}
	whole := !out.Partial && (s.Of < 2 || out.Runs == s.total) // a shard alone says nothing of what the others reach
	for i, spec := range s.specs {
		if whole {
			out.NeverReached = append(out.NeverReached, s.seen[i].overdue(spec)...)
		}
	}
	if len(out.NeverReached) > 0 {
		s.verdict = checker.Worst(s.verdict, checker.Vacuous)
	}
}
