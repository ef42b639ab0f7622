package models

import "turncoat/checker/explore"

// A register with a single copy: one server answers Put and Get at once, so
// operations take effect when they are delivered. Clients, network and history
// are those of abd.
//
// With more servers than one nothing keeps the copies together: a client that
// writes at one and reads at the next sees that, and so does the search. The
// model is there to show what a counterexample looks like.

type singleCopyState struct {
	held    [maxServers]uint8 // value of each server
	clients clients
	net     network
}

type singleCopy struct{ system }

// SingleCopy returns the model with the given numbers of servers (1 to 5) and clients (1 to 4).
func SingleCopy(servers, clients int) explore.Model[singleCopyState] {
	return newSingleCopy(servers, clients)
}

func newSingleCopy(servers, clients int) *singleCopy { return &singleCopy{system{servers, clients}} }

// Initial returns the state in which every write has been sent.
func (m *singleCopy) Initial() []singleCopyState {
	var s singleCopyState
	m.start(&s.net)
	return []singleCopyState{s}
}

// Properties returns linearizability and the read of a written value.
func (m *singleCopy) Properties() []explore.Property[singleCopyState] {
	return []explore.Property[singleCopyState]{
		{Name: "linearizable", Kind: explore.Always, Holds: func(s *singleCopyState) bool { return !s.clients.wrong }},
		{Name: "value chosen", Kind: explore.Reach, Holds: func(s *singleCopyState) bool { return s.net.anyReadOfWrite() }},
	}
}

// Successors delivers each distinct message that its receiver acts on.
func (m *singleCopy) Successors(s *singleCopyState, out []explore.Step[singleCopyState]) []explore.Step[singleCopyState] {
	var last envelope
	for i, e := range s.net.all() {
		if e == last || !m.isServer(e.to()) && !m.awaits(&s.clients, e) {
			continue
		}
		last = e
		var step *explore.Step[singleCopyState]
		out, step = explore.Extend(out)
		step.Action = explore.Action(e)
		next := &step.State
		next.held, next.clients = s.held, s.clients
		next.net.copyWithout(&s.net, i)
		m.deliver(next, e)
	}
	return out
}

// deliver hands a message to its receiver, which acts on it.
func (m *singleCopy) deliver(s *singleCopyState, e envelope) {
	switch me := e.to(); e.kind() {
	case put:
		s.held[me] = uint8(e.tagged().value())
		s.net.add(seal(putOk, me, e.from(), e.request(), 0))
	case get:
		s.net.add(seal(getOk, me, e.from(), e.request(), tag(0, 0, int(s.held[me]))))
	default:
		m.receive(&s.clients, &s.net, e)
	}
}

// AppendState encodes servers, then clients and network.
func (m *singleCopy) AppendState(b []byte, s *singleCopyState) []byte {
	b = append(b, s.held[:m.servers]...)
	return m.appendClients(b, &s.clients, &s.net)
}

// DecodeState is the inverse of AppendState.
func (m *singleCopy) DecodeState(b []byte, s *singleCopyState) {
	s.held = [maxServers]uint8{}
	copy(s.held[:], b[:m.servers])
	m.decodeClients(b[m.servers:], &s.clients, &s.net)
}

// Describe says which message is delivered.
func (m *singleCopy) Describe(_ *singleCopyState, a explore.Action) string {
	return envelope(a).describe(m.servers)
}

// Explain shows the history.
func (m *singleCopy) Explain(s *singleCopyState) string { return m.explain(&s.clients) }
