package machines

import (
	"slices"

	"turncoat/checker/explore"
	"turncoat/protocol"
)

// Reductions for replicas that vote on an order. What Claims says of requests and
// replies does not fit them: replicas send to each other, time may expire, and
// a view that is left takes with it what was under way in it.

// Ordering is what the author of such a protocol vouches for. Pruning rests on
// Spent, partial order on all of it.
type Ordering interface {
	// Spent says that m will never matter again to its receiver: nothing that
	// anything depends on differs between its delivery, now or later, and none.
	Spent(receiver protocol.Machine, m protocol.Message) bool

	// Early says of a delivery that sends and returns nothing that it commutes with
	// all that may ever happen at its receiver, up to messages that are spent.
	Early(before, after protocol.Machine, m protocol.Message) bool

	// Calm says that nothing that may happen in any run from s conflicts with the
	// delivery of m to a node.
	Calm(m *Model, s *State, node int, msg protocol.Message) bool

	// Blind says that when an operation begins changes no verdict.
	Blind() bool

	// Alike says that two messages to one receiver differ in nothing but who is
	// counted, if they have one effect.
	Alike(a, b protocol.Message) bool
}

// ampleOrdered leaves out steps of which every outcome is reached by others too.
//
// A delivery that is early or calm commutes with every event that could come before
// it: alone it is a persistent set. Of two votes that complete one quorum alike,
// either leaves the other spent, so one of them is enough.
//
// Every path ends: a step uses up a message, an operation or some budget, and
// only steps send messages, of which a machine has so many. Replicas that disagree do so
// until their logs forget it, which no system here lives to see. So the verdict is the same.
func (m *Model) ampleOrdered(s *State, steps []explore.Step[State]) []explore.Step[State] {
	for i := range steps {
		kind, n := split(steps[i].Action)
		if kind == actInvoke && m.Claims.Ordering.Blind() || kind == actDeliver && m.atOnce(s, m.envelopes.at(uint32(n))) {
			return steps[i : i+1]
		}
	}
	kept := steps[:0]
	for _, t := range steps {
		if kind, n := split(t.Action); kind == actDeliver && m.repeats(s, m.envelopes.at(uint32(n)), kept) {
			continue
		}
		kept = append(kept, t)
	}
	return kept
}

// atOnce reports whether e may be delivered before all else.
func (m *Model) atOnce(s *State, e *envelope) bool {
	l := m.local(s, e.to)
	o := m.step(l, input{deliver, e.id})
	if o.result == 0 && len(o.outs) == 0 && len(o.told) == 0 && m.Claims.Ordering.Early(l.machine, o.next.machine, e.msg) {
		return true
	}
	return m.Claims.Ordering.Calm(m, s, e.to, e.msg)
}

// repeats reports whether one of some deliveries does the same as that of e.
func (m *Model) repeats(s *State, e *envelope, steps []explore.Step[State]) bool {
	o := m.step(m.local(s, e.to), input{deliver, e.id})
	return slices.ContainsFunc(steps, func(t explore.Step[State]) bool {
		kind, n := split(t.Action)
		if kind != actDeliver {
			return false
		}
		x := m.envelopes.at(uint32(n))
		if x.to != e.to || !m.Claims.Ordering.Alike(x.msg, e.msg) {
			return false
		}
		y := m.step(m.local(s, x.to), input{deliver, x.id})
		return y.result == o.result && slices.Equal(y.outs, o.outs) && slices.Equal(y.told, o.told)
	})
}
