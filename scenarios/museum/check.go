package museum

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"turncoat/checker"
	"turncoat/scenarios"
	"turncoat/scenarios/explain"
	"turncoat/scenarios/shrink"
)

// Options say how thoroughly to check.
type Options struct {
	Jobs int  // runs at a time; does not change what is found
	Deep bool // take the figures anew, and do not only look whether it can be found
}

// Result is what a check of one exhibit found.
type Result struct {
	Exhibit string `json:"exhibit"`
	Label
	Status    int      `json:"status"` // that a replay ends with
	OK        bool     `json:"ok"`
	Problems  []string `json:"problems"`  // what it no longer shows; empty if it holds
	Decisions int      `json:"decisions"` // of the exhibit
	Fresh     uint64   `json:"fresh"`     // seeds that the fresh search took
	Figures   *Figures `json:"figures"`   // kept with it, or taken anew
}

// Holds reports whether the exhibit shows what it claims.
func (r *Result) Holds() bool { return len(r.Problems) == 0 }

// Check holds an exhibit to its label: its artifact fails as it says, in the same
// words; with the rule enforced the same decisions pass; and a fresh search finds the
// same again. The error says that it could not be checked.
func (e *Exhibit) Check(o Options) (*Result, error) {
	r := &Result{Exhibit: e.Name, Label: e.Label, Status: e.Status(), Problems: []string{}, Decisions: len(e.Artifact.Decisions), Figures: e.Figures}
	if !slices.Equal(e.Artifact.Lift, e.lifted()) {
		r.problem("the artifact lifts %v", e.Artifact.Lift)
	}
	if r.Decisions > shrink.TooMany && e.Long == "" {
		r.problem("it takes %d decisions, and its label does not say why", r.Decisions)
	}
	err := errors.Join(e.replay(r), e.control(r))
	if err == nil && o.Deep {
		err = e.deep(r, o.Jobs)
	} else if err == nil {
		err = e.fresh(r, o.Jobs)
	}
	r.OK = r.Holds()
	return r, err
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

// control holds that the rule, or what the label says instead, is what keeps the run
// right.
func (e *Exhibit) control(r *Result) error {
	o, spec := e.Artifact.Options(), e.Artifact.Scenario
	o.Lift = nil
	if err := scenarios.Apply(&spec, e.Control); err != nil {
		return fmt.Errorf("exhibit %s: control: %w", e.Name, err)
	}
	rep, err := scenarios.Guarded(&spec, o, spec.Patience())
	if err == nil && rep.Outcome != checker.Pass {
		r.problem("in the control the same decisions end in %s", what(rep.Verdict, rep.Property))
	}
	return err
}

// fresh holds that seeds which were never tried before find the same.
func (e *Exhibit) fresh(r *Result, jobs int) error {
	spec, err := e.spec()
	if err != nil {
		return err
	}
	most := uint64(Most)
	if e.Figures != nil {
		most = min(max(fewestFresh, uint64(freshFactor*e.Figures.Seeds)), Most)
	}
	_, tried, err := e.find(spec, Searches*Most, most, jobs)
	if err == nil && tried > most {
		r.problem("%d fresh seeds do not find it", most)
	}
	r.Fresh = tried
	return err
}

const (
	// freshFactor is how many times as many seeds as the median a fresh search may
	// take: half of all searches need at most the median.
	freshFactor = 12
	// fewestFresh is how many seeds any fresh search may take.
	fewestFresh = 12
)

// deep takes the figures anew.
func (e *Exhibit) deep(r *Result, jobs int) (err error) {
	if r.Figures, err = e.Measure(jobs); err == nil && r.Figures.Found == 0 {
		r.problem("%d searches of %d seeds do not find it", Searches, Most)
	}
	return err
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
