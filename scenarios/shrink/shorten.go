package shrink

import (
	"time"

	"turncoat/checker"
	"turncoat/scenarios"
	"turncoat/sim"
)

// A run that is stuck goes on until its deadline, and all of that is waiting. What
// is left to try is tried faster if the deadline comes as soon as it may: when
// the liveness bound has just passed.

// shorten brings the deadline of a stuck run nearer, by halves.
func shorten(s *search) {
	if s.best.report.Outcome != checker.Stuck {
		return
	}
	const least = time.Second
	for !s.over() {
		on := *s.best.on
		deadline := on.spec.Limits.Deadline.Hi / 2
		if deadline < least {
			return
		}
		on.spec.Limits.Deadline = scenarios.Span{Lo: deadline, Hi: deadline}
		t, err := s.run(&candidate{on: &on, list: s.best.list})
		s.runs++
		if err != nil || !s.same(t) || t.size.Compare(s.best.size) > 0 {
			return
		}
		s.adopt(t)
	}
}

// dropKinds tries whole kinds of decisions at once, the most first. Few runs are so
// simple, but none is cheaper to try.
func dropKinds(s *search) {
	network := []sim.Choice{sim.Loss, sim.Duplicate, sim.Corrupt, sim.Delay}
	for _, kinds := range [][]sim.Choice{append([]sim.Choice{sim.Lie, sim.Fault}, network...), network, {sim.Lie}, {sim.Fault}, {sim.Delay}} {
		s.first(func(yield func([]sim.Decision) bool) {
			yield(remove(s.best.list, places(s.best.list, func(d *sim.Decision) bool { return isOneOf(d, kinds) })))
		})
	}
}
