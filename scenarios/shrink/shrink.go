// Package shrink makes a finding small: from the decisions of a run that failed it
// removes and simplifies until nothing more can go without losing the failure.
//
// It is delta debugging (Zeller and Hildebrandt, IEEE TSE 2002) over decisions
// whose keys say what each is about, so that the rest of a list keeps its meaning
// when a part is gone. A candidate is a list of decisions; it is run, and kept if
// the same property breaks with the same verdict and the list is smaller in the
// order of Size. What a candidate listed but the run never asked for is dropped
// at once.
//
// Where that ends in more than a reader takes in, other runs are drawn from scenarios
// that are the finding's with less in them, and the smallest of those that break the
// same property are cut down in its place.
//
// Left out: a scenario of the result's own. Ranges fall to their low ends, and what is
// drawn elsewhere has fewer clients, operations, faults and the like, but a number that
// the scenario fixes stays.
package shrink

import (
	"fmt"
	"time"

	"turncoat/checker"
	"turncoat/scenarios"
)

// Options bound the work. The zero value shrinks until nothing more can go, one
// run at a time.
type Options struct {
	Jobs     int             // runs at a time; does not change the result
	For      time.Duration   // wall time, 0 = unlimited; what is found by then is kept
	Stop     <-chan struct{} // closed to end early; may be nil
	Progress func(Progress)  // called after each candidate; may be nil
}

// Progress is how far it has come.
type Progress struct {
	Pass string // what is tried now
	Runs int
	Size Size // of the smallest list so far
}

// Result is a finding made small.
type Result struct {
	Artifact *scenarios.Artifact // of the smallest list
	Before   Size
	After    Size
	Runs     int // candidates that were run and counted
	Wall     time.Duration
	Partial  bool // time was up, or it was stopped, before nothing more could go
}

// Lost says that the run of an artifact no longer fails as it did.
type Lost struct {
	Want, Got string // verdict and property
}

func (l *Lost) Error() string {
	return fmt.Sprintf("there is nothing to shrink: the artifact's run ended in %s, where %s was recorded", l.Got, l.Want)
}

// endless is the property of a machine that does not return. Each candidate that
// fails so costs the watchdog's patience and a goroutine that cannot be stopped.
const endless = "machine-returns"

// Shrink makes the list of an artifact small. The error is a *Lost when its run
// does not fail as recorded, so that there is nothing to hold on to.
func Shrink(a *scenarios.Artifact, o Options) (*Result, error) {
	if a.Property == endless {
		return nil, fmt.Errorf("a run that ended in %s is not shrunk: each try would run until the watchdog gives up", what(a.Verdict, a.Property))
	}
	begun := time.Now()
	s := newSearch(a, o, begun)
	first, err := s.run(&candidate{on: &ground{a.Scenario, a.Seed}, list: a.Options().Decisions})
	if err != nil {
		return nil, err
	}
	if !s.same(first) || first.report.Outcome == checker.Pass {
		return nil, &Lost{Want: what(a.Verdict, a.Property), Got: what(first.report.Verdict, first.report.Property)}
	}
	s.adopt(first)
	s.cutDown(quick, beginningEvents)
	if s.best.size.Total() < afreshBelow {
		s.cutDown(thorough, beginningEvents)
	}
	s.beginElsewhere()
	s.cutDown(thorough, 0)
	if s.err != nil {
		return nil, s.err
	}
	options := s.options(s.best.on)
	options.Decisions = s.best.list
	small, err := scenarios.NewArtifact(&s.best.on.spec, options, s.best.report)
	if err != nil {
		return nil, err
	}
	return &Result{
		Artifact: small, Before: SizeOf(a.Options().Decisions), After: s.best.size,
		Runs: s.runs, Wall: time.Since(begun), Partial: s.late,
	}, nil
}

func what(verdict, property string) string {
	if property == "" {
		return verdict
	}
	return verdict + " of " + property
}
