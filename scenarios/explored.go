package scenarios

import (
	"fmt"
	"time"

	"turncoat/checker"
	"turncoat/checker/explore"
	"turncoat/protocol/auth"
	"turncoat/sim"
)

// What the explorer finds, as a run of the simulator: the scenario of its system
// with a decision for everything that happened. Nothing is left to the seed, which names the
// keys alone.

// exploredName is the name of the scenarios that are made here.
const exploredName = "explored-"

// FromSchedule runs what a schedule says and returns the artifact of that run.
// The error says so if the simulator, which judges by its own checkers, sees no
// violation; then one of the two is wrong. reproduce is the command that found the schedule.
func FromSchedule(s *explore.Schedule, reproduce string) (*Artifact, error) {
	spec := exploredSpec(s)
	if err := spec.validate(); err != nil {
		return nil, fmt.Errorf("the scenario of the counterexample: %w", err)
	}
	o := Options{Seed: 1, Suite: auth.Ideal, Lift: s.Lifted, Listed: true, Decisions: crashes(s)}
	for _, c := range s.Choices {
		d := sim.Decision{Key: sim.Key{Actor: c.Actor, Peer: c.Peer, Label: c.Label, Op: c.Op, Index: c.Index}, Value: c.Value}
		if c.Timer != 0 {
			d.Label = sim.TimerLabel(c.Timer)
		}
		var err error
		if d.Choice, err = sim.ParseChoice(c.Kind); err != nil {
			return nil, err
		}
		o.Decisions = append(o.Decisions, d)
	}
	rep, err := Run(&spec, o)
	if err != nil {
		return nil, err
	}
	if rep.Outcome != checker.Violation {
		return nil, fmt.Errorf("the explorer found a violation and the simulator, on the same schedule, none (%s): one of them is wrong, please report it with the command %s",
			rep.Verdict, reproduce)
	}
	a, err := NewArtifact(&spec, o, rep)
	if err != nil {
		return nil, err
	}
	a.Reproduce = reproduce
	return a, nil
}

// exploredSpec is the scenario in which a schedule can happen: everything may
// be lost, repeated or late, and nothing is unless it is decided. Clients ask again
// only when the run is over.
func exploredSpec(s *explore.Schedule) Spec {
	exactly := func(n int) Ints { return Ints{int64(n), int64(n)} }
	span := func(d time.Duration) Span { return Span{d, d} }
	spec := defaults()
	spec.Name = exploredName + s.Protocol
	spec.About = "A schedule that the explorer found."
	spec.System.Protocol, spec.System.F, spec.System.Retry = s.Protocol, exactly((s.Servers-1)/3), span(24*time.Hour)
	if s.Epochs > 0 {
		spec.System.F, spec.System.Servers = exactly(1), exactly(s.Servers)
		spec.System.Groups = GroupSteps{Steps: exactly(s.Epochs), Overlap: exactly(s.Overlap)}
	}
	spec.Clients = exactly(s.Clients)
	spec.Workload.Operations = exactly(s.Operations)
	spec.Workload.Think = Span{0, 24 * time.Hour}
	spec.Network.Latency = Latency{Shape: "constant", Base: span(time.Millisecond)}
	spec.Network.Loss, spec.Network.Duplicate = Rate{1, 1}, Rate{1, 1}
	if s.Liars > 0 {
		spec.Adversary.Liars, spec.Adversary.Strategies = exactly(s.Liars), []string{s.Strategy}
	}
	if s.BadClients > 0 {
		spec.Adversary.BadClients, spec.Adversary.ClientStrategies = exactly(s.BadClients), []string{s.Strategy}
	}
	for _, c := range s.Crashes {
		spec.Faults = append(spec.Faults, Fault{Kind: "crash", At: span(c.At), For: span(time.Microsecond), Servers: exactly(1)})
	}
	if s.Checkpoint > 0 {
		spec.System.PBFT.Checkpoint = exactly(s.Checkpoint)
		spec.System.PBFT.ViewTimeout, spec.System.PBFT.Status = span(24*time.Hour), span(24*time.Hour)
	}
	spec.Limits.Deadline = span(s.End)
	return spec
}

// crashes decides that the faults of the scenario happen, and to which servers.
func crashes(s *explore.Schedule) (out []sim.Decision) {
	for i, c := range s.Crashes {
		out = append(out, sim.Decision{Key: sim.Key{Choice: sim.Fault, Actor: int32(i), Peer: -1, Label: "crash"}, Value: 1 + int64(c.At)})
		out = append(out, sim.Decision{Key: draw{}.key(fmt.Sprintf("faults.%d.0.server", i), 0), Value: int64(c.Server)})
	}
	return out
}
