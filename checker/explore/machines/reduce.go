package machines

import (
	"slices"

	"turncoat/checker/explore"
	"turncoat/protocol"
)

// Claims is what a protocol's author vouches for, so that fewer states need be
// explored. Each is tested by exploring with and without what rests on it.
type Claims struct {
	// Alike are kinds of correct servers; those of one kind nobody tells apart: a run in
	// which they are renamed throughout is a run too. Symmetry rests on it.
	Alike [][]int

	// About returns the node that a message to one about another names, -1 for none; nil
	// if no message does. Of those that a server sends in one step it tells which is which.
	About func(m protocol.Message) int

	// Late says that what comes late changes nothing: a reply that a client ignores
	// now, it ignores for ever, and a request that does not change its server now
	// never will. Pruning rests on it.
	Late bool

	// Counting says, beyond Late, that the protocol is one of requests to servers and
	// replies to clients, in phases that count the replies of distinct servers: what a
	// client does after a phase depends on which replies were counted, not on their order,
	// and nothing but the reply that completes a phase makes it send or return. A
	// request whose reply is counted and that sends nothing else either changes its
	// server, or never does (a query). Partial order rests on it.
	Counting bool

	// Ack reports whether a reply has no content: all that count are worth the same.
	Ack func(m protocol.Message) bool

	// Repeats says that one server may be counted more than once in a phase.
	Repeats bool

	// Ordering is for replicas that vote on an order, in place of Late and Counting.
	Ordering Ordering

	// Ample takes the place of Model.Ample, for a system of which more can be said; nil
	// if there is none. Dead, if there is one, says of a message in flight whether it
	// will never matter, where it is sure of that.
	Ample func(m *Model, s *State, steps []explore.Step[State]) []explore.Step[State]
	Dead  func(m *Model, s *State, e *envelope) (dead, sure bool)
}

// Reductions returns the kinds that the claims make sound. Faults take some away:
// a timer, a loss or a copy is not what the argument for partial order is about.
func (m *Model) Reductions() explore.Reduction {
	r := explore.None
	if len(m.orders) > 1 {
		r |= explore.Symmetry
	}
	if m.Claims.Late {
		r |= explore.Prune
	}
	if m.Claims.Ordering != nil {
		r |= explore.Prune
		if m.budget[losses]+m.budget[duplicates]+m.budget[crashes] == 0 {
			r |= explore.PartialOrder
		}
	}
	if m.Claims.Late && m.Claims.Counting && m.budget == [faultKinds]int{} {
		r |= explore.PartialOrder
	}
	return r
}

// WhyNot says why a kind is not among them.
func (m *Model) WhyNot(kind explore.Reduction) string {
	switch {
	case kind == explore.Symmetry:
		return "no two correct servers of this model are alike"
	case !m.Claims.Late:
		return "late replies can still count here, so every order of deliveries matters"
	case !m.Claims.Counting:
		return "what a client makes of a quorum's replies depends on their order here"
	}
	return "with timers, losses, duplicates or crashes the order of replies matters"
}

// Canonicalize takes away dead messages and renames servers that are alike.
func (m *Model) Canonicalize(s *State, r explore.Reduction) {
	if r&explore.Prune != 0 {
		m.prune(s)
	}
	if r&explore.Symmetry != 0 {
		m.rename(s)
	}
}

// prune takes away messages that will never change anything but the network, now
// or later, and when every client is done all of them.
func (m *Model) prune(s *State) {
	kept := 0
	over := m.done(s) && m.Claims.Ordering == nil
	for i := range int(s.count) {
		if !over && !m.dead(s, m.inFlight(s, i)) {
			s.flight[kept] = s.flight[i]
			kept++
		}
	}
	clear(s.flight[kept:s.count])
	s.count = uint8(kept)
}

// dead reports whether e will never matter: its receiver ignores it, and so will whoever
// is sent something in answer.
func (m *Model) dead(s *State, e *envelope) bool {
	if m.Claims.Dead != nil {
		if dead, sure := m.Claims.Dead(m, s, e); sure {
			return dead
		}
	}
	l := m.local(s, e.to)
	if m.Claims.Ordering != nil && m.Claims.Ordering.Spent(l.machine, e.msg) {
		return true
	}
	o := m.step(l, input{deliver, e.id})
	if m.Claims.Ordering != nil {
		return o.quiet && len(m.Nodes[e.to].Script) > 0 // a reply that comes late
	}
	if o.next != l || o.result != 0 {
		return false
	}
	return !slices.ContainsFunc(o.outs, func(x *envelope) bool { return !m.step(m.local(s, x.to), input{deliver, x.id}).quiet })
}

// Ample leaves out steps of which every outcome is reached by others too.
//
// Take any run, and a phase of a client in it: a set Q of servers is counted, of which
// one completes the phase at some moment. Change the run so:
//   - a query whose reply is not counted is not delivered: it changes no server,
//     and when the phase is over it is dead;
//   - the completing reply is made the liar's, if the liar is in Q, and else that of the
//     reply sent last; the moment stays;
//   - every other reply is delivered as soon as it is sent, the liar's (if it may
//     count twice) when it was.
//
// The liar knows ever more facts, so what it could say earlier, it can say later. All
// invocations and returns stay where they were, the same replies are
// counted, so the client does the same: the histories are equal, and where the run ends
// the states differ by dead messages. So it is enough to explore runs in which
//   - a reply that counts and does not complete is delivered at once: alone;
//   - a liar that counts once speaks last.
//
// If the replies are acknowledgements, the liar may take the place of any that
// completes: so when it can, only the liar completes.
//
// Every path ends, and a history that is not atomic stays so whatever is appended:
// so reaching all histories of terminal states is enough.
func (m *Model) Ample(s *State, steps []explore.Step[State], _ explore.Reduction) []explore.Step[State] {
	switch {
	case m.Claims.Ordering != nil:
		return m.ampleOrdered(s, steps)
	case m.Claims.Ample != nil:
		return m.Claims.Ample(m, s, steps)
	}
	return m.ample(s, steps)
}

func (m *Model) ample(s *State, steps []explore.Step[State]) []explore.Step[State] {
	for i := range steps {
		if kind, n := split(steps[i].Action); kind == actDeliver {
			if e := m.envelopes.at(uint32(n)); m.counts(s, e) {
				return steps[i : i+1]
			}
		}
	}
	kept := steps[:0]
	for _, t := range steps {
		kind, n := split(t.Action)
		switch {
		case kind == actLie && !m.Claims.Repeats && m.counts(s, m.envelopes.at(uint32(n))):
			continue
		case kind == actDeliver && m.covered(s, m.envelopes.at(uint32(n)), steps):
			continue
		}
		kept = append(kept, t)
	}
	return kept
}

// counts reports whether e is a reply that its client counts and that completes nothing.
func (m *Model) counts(s *State, e *envelope) bool {
	if len(m.Nodes[e.to].Script) == 0 {
		return false
	}
	o := m.step(m.local(s, e.to), input{deliver, e.id})
	return !o.quiet && o.result == 0 && len(o.outs) == 0 && len(o.told) == 0
}

// covered reports whether e is an acknowledgement that completes a phase which
// the liar can complete as well.
func (m *Model) covered(s *State, e *envelope, steps []explore.Step[State]) bool {
	if len(m.Nodes[e.to].Script) == 0 || !m.Claims.Ack(e.msg) {
		return false
	}
	o := m.step(m.local(s, e.to), input{deliver, e.id})
	return slices.ContainsFunc(steps, func(t explore.Step[State]) bool {
		kind, n := split(t.Action)
		if kind != actLie || m.envelopes.at(uint32(n)).to != e.to {
			return false
		}
		lie := m.step(m.local(s, e.to), input{deliver, uint32(n)})
		return lie.next == o.next && lie.result == o.result
	})
}
