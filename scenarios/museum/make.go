package museum

import (
	"errors"
	"fmt"
	"path/filepath"

	"go.yaml.in/yaml/v4"

	"turncoat/scenarios"
	"turncoat/scenarios/shrink"
	"turncoat/sim"
)

// Make finds an exhibit anew, by its label, and writes its artifact and its story
// below dir. What is on display already stays if its decisions still show what the
// label says; of the first findings of several searches the smallest is taken.
func (e *Exhibit) Make(dir string, searches, jobs int) error {
	best := e.again()
	spec, err := e.spec()
	if err != nil {
		return err
	}
	for i := uint64(0); i < uint64(searches) && (best == nil || len(best.Decisions) > shrink.TooMany && e.Long == ""); i++ {
		seed, tried, err := e.find(spec, i*Most, Most, jobs)
		if err != nil {
			return err
		}
		if tried > Most {
			continue
		}
		small, err := e.small(spec, seed, shrink.Options{Jobs: jobs})
		if err != nil {
			return err
		}
		if a := e.checked(small.Artifact); a != nil && (best == nil || len(a.Decisions) < len(best.Decisions)) {
			best = a
		}
	}
	if best == nil {
		return fmt.Errorf("exhibit %s: %d searches find no %s that the control prevents", e.Name, searches, what(e.Verdict, e.Property))
	}
	best.Code, best.Reproduce, best.Last = "", "turncoat museum "+e.Name, nil
	story, err := tell(best)
	if err != nil {
		return err
	}
	return errors.Join(best.Write(filepath.Join(dir, e.Name, "small.yaml")),
		scenarios.WriteFile(filepath.Join(dir, e.Name, "story.txt"), []byte(story)))
}

// checked returns an artifact whose control passes. Where nothing is left in which an
// operation returns, a client does one more. It is nil if there is none.
func (e *Exhibit) checked(a *scenarios.Artifact) *scenarios.Artifact {
	if e.passes(a) {
		return a
	}
	for client := range int32(3) {
		for _, label := range []string{"", "server"} { // of a client's own, and of one that acts for the membership
			for _, pause := range []int64{0, 1_000_000_000} {
				act := sim.Key{Choice: sim.Work, Actor: client, Peer: -1, Label: label}
				think := act
				think.Label = "think"
				more := e.with(a, sim.Decision{Key: act, Value: 1}, sim.Decision{Key: think, Value: pause})
				if more != nil && e.passes(more) {
					return more
				}
			}
		}
	}
	return nil
}

// with returns an artifact with more decisions if it still shows what the label says.
func (e *Exhibit) with(a *scenarios.Artifact, more ...sim.Decision) *scenarios.Artifact {
	o, spec := a.Options(), a.Scenario
	o.Decisions = append(more, o.Decisions...)
	rep, err := scenarios.Guarded(&spec, o, spec.Patience())
	if err != nil || rep.Verdict != e.Verdict || rep.Property != e.Property {
		return nil
	}
	o.Decisions = rep.Decisions
	if a, err = scenarios.NewArtifact(&spec, o, rep); err != nil {
		return nil
	}
	return a
}

// passes reports whether the control of an artifact passes.
func (e *Exhibit) passes(a *scenarios.Artifact) bool {
	shown, r := Exhibit{Label: e.Label, Artifact: a}, new(Result)
	return shown.control(r) == nil && r.Holds()
}

// again returns what is on display as it runs today, nil if there is nothing or it
// shows something else.
func (e *Exhibit) again() *scenarios.Artifact {
	text, err := read(e.Name, "small.yaml")
	if err != nil {
		return nil
	}
	a, err := scenarios.DecodeArtifact(e.Name+"/small.yaml", text)
	if err != nil {
		return nil
	}
	if a = e.with(a); a == nil {
		return nil
	}
	return e.checked(a)
}

// Record takes the figures of an exhibit and keeps them below dir.
func (e *Exhibit) Record(dir string, jobs int) error {
	f, err := e.Measure(jobs)
	if err != nil {
		return err
	}
	text, err := yaml.Dump(f)
	return errors.Join(err, scenarios.WriteFile(filepath.Join(dir, e.Name, "figures.yaml"), text))
}
