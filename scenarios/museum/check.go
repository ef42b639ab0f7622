package museum

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"turncoat/checker"
	"turncoat/protocol/auth"
	"turncoat/results"
	"turncoat/scenarios"
	"turncoat/scenarios/explain"
	"turncoat/scenarios/shrink"
)

// Options say how thoroughly to check.
type Options struct {
	Jobs     int    // runs at a time; does not change what is found
	Searches int    // fresh searches, each over seeds of its own; 0 = Searches
	Most     uint64 // seeds that one search may take; 0 = Most
}

const (
	// Searches is how many fresh searches the figures of an exhibit rest on.
	Searches = 20
	// Most is how many seeds a search may take.
	Most = 2000
)

// Result is what a check of one exhibit found.
type Result struct {
	Exhibit string `json:"exhibit"`
	Label
	Problems []string `json:"problems"` // what it no longer shows; empty if it holds

	Decisions int      `json:"decisions"` // of the exhibit
	Found     int      `json:"found"`     // searches that found it
	Searches  int      `json:"searches"`
	Seeds     float64  `json:"seeds_median"` // that a search took; searches in vain count as one more than the most
	Chance    Interval `json:"per_schedule"` // that one schedule shows it, with its 95 % interval
	Before    int      `json:"before"`       // decisions of the first finding
	After     int      `json:"after"`        // of the same, shrunk
	ShrinkNS  int64    `json:"shrink_ns"`    // wall time of that
}

// Interval is an estimate with its 95 % interval.
type Interval struct {
	Value float64 `json:"value"`
	Lo    float64 `json:"lo"`
	Hi    float64 `json:"hi"`
}

// Holds reports whether the exhibit shows what it claims.
func (r *Result) Holds() bool { return len(r.Problems) == 0 }

// Check holds an exhibit to its label: its artifact fails as it says, in the same
// words; with the rule enforced the same decisions pass; and a fresh sweep finds
// the same again.
func (e *Exhibit) Check(o Options) (*Result, error) {
	if o.Searches == 0 {
		o.Searches = Searches
	}
	if o.Most == 0 {
		o.Most = Most
	}
	r := &Result{Exhibit: e.Name, Label: e.Label, Problems: []string{}, Decisions: len(e.Artifact.Decisions), Searches: o.Searches}
	if !slices.Equal(e.Artifact.Lift, []string{e.Rule}) {
		r.problem("the artifact lifts %v", e.Artifact.Lift)
	}
	if err := e.replay(r); err != nil {
		return nil, err
	}
	if err := e.control(r); err != nil {
		return nil, err
	}
	return r, e.search(r, o)
}

func (r *Result) problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// replay holds that the artifact fails as labelled and is told as it was.
func (e *Exhibit) replay(r *Result) error {
	rep, err := e.Artifact.Replay(nil)
	var diverged *scenarios.Divergence
	if errors.As(err, &diverged) {
		r.problem("its run is another one: %v", err)
	} else if err != nil {
		return err
	}
	if rep.Verdict != e.Verdict || rep.Property != e.Property {
		r.problem("its artifact ends in %s", what(rep.Verdict, rep.Property))
		return nil
	}
	story, err := tell(e.Artifact)
	if err != nil {
		return err
	}
	if story != e.Story {
		r.problem("its story has changed")
	}
	return nil
}

// control holds that the rule is what keeps the run right.
func (e *Exhibit) control(r *Result) error {
	o := e.Artifact.Options()
	o.Lift = nil
	rep, err := scenarios.Run(&e.Artifact.Scenario, o)
	if err == nil && rep.Outcome != checker.Pass {
		r.problem("with the rule enforced the same decisions end in %s", what(rep.Verdict, rep.Property))
	}
	return err
}

// search looks for the same failure afresh, and shrinks the first finding.
func (e *Exhibit) search(r *Result, o Options) error {
	spec, err := scenarios.Lookup(e.Scenario)
	if err != nil {
		return err
	}
	var seeds []float64
	runs := uint64(0)
	for i := range uint64(o.Searches) {
		seed, tried, err := e.find(spec, i*o.Most, o.Most, o.Jobs)
		if err != nil {
			return err
		}
		if tried > o.Most {
			runs += o.Most
			seeds = append(seeds, float64(tried))
			continue
		}
		runs += tried
		seeds = append(seeds, float64(tried))
		if r.Found++; r.Found == 1 {
			if err := e.shrink(r, spec, seed, o.Jobs); err != nil {
				return err
			}
		}
	}
	if r.Found == 0 {
		r.problem("%d fresh seeds of %s do not find it", runs, e.Scenario)
	}
	slices.Sort(seeds)
	r.Seeds = (seeds[len(seeds)/2] + seeds[(len(seeds)-1)/2]) / 2
	p := results.Proportion(r.Found, int(runs))
	r.Chance = Interval{p.Value, p.Lo, p.Hi}
	return nil
}

func (e *Exhibit) options(seed uint64) scenarios.Options {
	return scenarios.Options{Seed: seed, Suite: auth.Ideal, Lift: []string{e.Rule}}
}

// find returns the first seed from from on that fails as labelled and how many were
// tried until then, or one more than most.
func (e *Exhibit) find(spec *scenarios.Spec, from, most uint64, jobs int) (seed, tried uint64, err error) {
	step := uint64(max(jobs, 1))
	for at := uint64(0); at < most; at += step {
		reports, err := together(step, func(i uint64) (*scenarios.Report, error) {
			return scenarios.Run(spec, e.options(from+at+i))
		})
		if err != nil {
			return 0, 0, err
		}
		for i, rep := range reports {
			if n := at + uint64(i); n < most && rep.Verdict == e.Verdict && rep.Property == e.Property {
				return from + n, n + 1, nil
			}
		}
	}
	return 0, most + 1, nil
}

// shrink makes a fresh finding small, and notes what that took.
func (e *Exhibit) shrink(r *Result, spec *scenarios.Spec, seed uint64, jobs int) error {
	small, err := e.small(spec, seed, jobs)
	if err != nil {
		return err
	}
	r.Before, r.After, r.ShrinkNS = small.Before.Total(), small.After.Total(), int64(small.Wall/time.Microsecond*time.Microsecond)
	return nil
}

func (e *Exhibit) small(spec *scenarios.Spec, seed uint64, jobs int) (*shrink.Result, error) {
	rep, err := scenarios.Run(spec, e.options(seed))
	if err != nil {
		return nil, err
	}
	a, err := scenarios.NewArtifact(spec, e.options(seed), rep)
	if err != nil {
		return nil, err
	}
	return shrink.Shrink(a, shrink.Options{Jobs: jobs})
}

// tell returns the story of an artifact as text.
func tell(a *scenarios.Artifact) (string, error) {
	s, err := explain.Tell(a)
	if err != nil {
		return "", err
	}
	var b bytes.Buffer
	err = s.Text(&b)
	return b.String(), err
}
