package models

import "turncoat/checker/explore"

// Reductions of abd, and why they are sound.
//
// No symmetry: the client's number chooses its servers, and server ids break
// ties between sequence numbers, so no two nodes are alike.
//
// Prune: a message is dead if its delivery, now and in every future, changes
// nothing but the network, and what it sends is dead. A request that has one server and
// one operation to its number passes through each phase once; so an
// acknowledgement outside its phase is dead, and with it a Query, or a Record
// that its receiver will not adopt (sequence numbers only grow), that asks for
// such an acknowledgement. Requests whose number occurs twice at a server are left alone.
//
// Partial order: one delivery is explored alone when nothing that can happen
// before it interferes. Client deliveries are not invisible: they write the
// history, and each invocation notes what others had completed. So the usual
// condition on visible transitions would keep almost all orders. It is not needed here:
//   - every path ends, because each operation is done once;
//   - a history that is not linearizable stays so, whatever is appended;
//   - a read that returned a written value is in the history for ever, and its
//     answer was under way in the state before it returned.
//
// So it is enough to reach every history of a terminal state, which persistent
// sets do (Godefroid 1996).

// Reductions returns the kinds that are sound for abd.
func (m *abd) Reductions() explore.Reduction { return explore.PartialOrder | explore.Prune }

// WhyNot says why there is no symmetry.
func (m *abd) WhyNot(explore.Reduction) string {
	return "the number of a client chooses its servers and the numbers of servers break ties, so no two nodes of abd are alike"
}

// Canonicalize takes away dead messages.
func (m *abd) Canonicalize(s *abdState, r explore.Reduction) {
	if r&explore.Prune != 0 {
		s.net.keep(func(e envelope) bool { return !m.dead(s, e) })
	}
}

// dead reports whether nobody will ever act on e, or on what it leads to.
func (m *abd) dead(s *abdState, e envelope) bool {
	switch e.kind() {
	case ackQuery:
		return !m.awaited(s, asking, e.to(), e.request())
	case ackRecord:
		return !m.awaited(s, storing, e.to(), e.request())
	case query:
		return !m.awaited(s, asking, e.from(), e.request())
	case record:
		return m.stale(s, e) && !m.awaited(s, storing, e.from(), e.request())
	}
	return false
}

// awaited reports whether an acknowledgement of the given phase can still
// matter to the server that asked. It is sent during or after that phase.
func (m *abd) awaited(s *abdState, phase uint8, asker, request int) bool {
	v := &s.servers[asker]
	return v.phase == phase && m.request(v) == request || !m.once(asker, request)
}

// stale reports whether the receiver of a Record will not adopt what it carries.
func (m *abd) stale(s *abdState, e envelope) bool {
	return !e.tagged().newer(s.servers[e.to()].reg)
}

// once reports whether the server serves only one operation of this number.
func (m *abd) once(server, request int) bool {
	n := 0
	for k := range m.clients {
		if m.putRequest(k) == request && m.putServer(k) == server {
			n++
		}
		if m.getRequest(k) == request && m.getServer(k) == server {
			n++
		}
	}
	return n == 1
}

// Ample returns a single step that commutes with whatever can come before it,
// if there is one, else all steps.
func (m *abd) Ample(s *abdState, steps []explore.Step[abdState], r explore.Reduction) []explore.Step[abdState] {
	if len(steps) < 2 {
		return steps
	}
	settled := m.settled(s)
	for i := range steps {
		if m.alone(s, envelope(steps[i].Action), r, settled) {
			return steps[i : i+1]
		}
	}
	return steps
}

// settled returns the largest sequence number that there will ever be, or -1
// while some write has not returned. Once all have, no number is made any more,
// and the largest is at the server that made it.
func (m *abd) settled(s *abdState) int {
	for _, k := range s.clients.all[:m.clients] {
		if k.stage == writing {
			return -1
		}
	}
	most := tagged(0)
	for _, v := range s.servers[:m.servers] {
		if v.reg.newer(most) {
			most = v.reg
		}
	}
	return int(most >> 3)
}

// alone reports whether the delivery of e by itself is a persistent set.
func (m *abd) alone(s *abdState, e envelope, r explore.Reduction, settled int) bool {
	if !m.isServer(e.to()) {
		return m.returnsAlone(&s.clients, e)
	}
	// In the quotient by dead messages it is the same who completes a quorum,
	// unless the answers differ; with two servers there is but one who can.
	anyone := (r&explore.Prune != 0 || m.servers == 2) && m.once(e.to(), e.request())
	final := func(v tagged) bool { return int(v>>3) == settled }
	switch v := &s.servers[e.to()]; e.kind() {
	case record:
		return m.stale(s, e) // and stays so: only the acknowledgement is sent
	case ackRecord:
		return anyone // Put and Get wait until the phase ends, and nothing else at the server depends on it
	case query:
		return final(v.reg) // the answer is the same now and later
	case ackQuery:
		// The answer chosen is the server's own, whoever completes the quorum, and
		// adopting it changes nothing that another Query could see.
		return anyone && final(v.responses[e.to()]&^answered)
	}
	return false
}
