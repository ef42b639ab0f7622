package models

import (
	"math/bits"

	"turncoat/checker/explore"
)

// The atomic register of Attiya, Bar-Noy and Dolev (Sharing Memory Robustly in
// Message-Passing Systems, JACM 1995), with several writers: an operation asks a
// majority for its newest value, then has a majority record the value it
// writes or is about to return.
//
// A state is the state of each server (value with sequence number, phase, and what
// the phase has gathered), the clients with their history, and the network. A
// transition is a delivery that changes or sends something. Crashes, loss,
// retries and timers are left out; late acknowledgements stay under way for ever.
//
// A server serves one operation at a time: Put and Get wait in the network until
// it is free.

// Phases of a server.
const (
	idle    uint8 = iota
	asking        // phase 1: waits for AckQuery of a majority
	storing       // phase 2: waits for AckRecord of a majority
)

// server is the state of one server. What a phase does not use is zero.
type server struct {
	reg   tagged
	phase uint8
	op    uint8 // client<<1, plus 1 for a read: with it request and value are known
	read  uint8 // phase 2 of a read: the value it will return
	acks  uint8 // phase 2: bit i is the acknowledgement of server i

	// responses of phase 1: answered plus what server i holds, or zero.
	responses [maxServers]tagged
}

const answered tagged = 1 << 15

type abdState struct {
	servers [maxServers]server
	clients clients
	net     network
}

type abd struct {
	system
	majority int
}

// ABD returns the model with the given numbers of servers (2 to 5) and clients (1 to 4).
func ABD(servers, clients int) explore.Model[abdState] { return newABD(servers, clients) }

func newABD(servers, clients int) *abd {
	return &abd{system{servers, clients}, servers/2 + 1}
}

// Initial returns the state in which every write has been sent.
func (m *abd) Initial() []abdState {
	var s abdState
	for i := range m.servers {
		s.servers[i].reg = tag(0, i, 0)
	}
	m.start(&s.net)
	return []abdState{s}
}

// Properties returns linearizability and the read of a written value.
func (m *abd) Properties() []explore.Property[abdState] {
	return []explore.Property[abdState]{
		{Name: "linearizable", Kind: explore.Always, Holds: func(s *abdState) bool { return !s.clients.wrong }},
		{Name: "value chosen", Kind: explore.Reach, Holds: func(s *abdState) bool { return s.net.anyReadOfWrite() }},
	}
}

// Successors delivers each distinct message that its receiver acts on.
func (m *abd) Successors(s *abdState, out []explore.Step[abdState]) []explore.Step[abdState] {
	var last envelope
	for i, e := range s.net.all() {
		if e == last || !m.acts(s, e) {
			continue
		}
		last = e
		var step *explore.Step[abdState]
		out, step = explore.Extend(out)
		step.Action = explore.Action(e)
		next := &step.State
		copy(next.servers[:m.servers], s.servers[:m.servers])
		next.clients = s.clients
		next.net.copyWithout(&s.net, i)
		if m.isServer(e.to()) {
			m.serve(next, e)
		} else {
			m.receive(&next.clients, &next.net, e)
		}
	}
	return out
}

// acts reports whether the receiver of e changes or sends anything.
func (m *abd) acts(s *abdState, e envelope) bool {
	if !m.isServer(e.to()) {
		return m.awaits(&s.clients, e)
	}
	v := &s.servers[e.to()]
	switch e.kind() {
	case put, get:
		return v.phase == idle
	case ackQuery:
		return v.phase == asking && e.request() == m.request(v) && v.responses[e.from()] != answered|e.tagged()
	case ackRecord:
		return v.phase == storing && e.request() == m.request(v) && v.acks>>e.from()&1 == 0
	}
	return true // query and record are always answered
}

// request is the number of the request that v serves.
func (m *abd) request(v *server) int {
	if v.op&1 == 0 {
		return m.putRequest(int(v.op >> 1))
	}
	return m.getRequest(int(v.op >> 1))
}

// serve hands a message to a server that acts on it.
func (m *abd) serve(s *abdState, e envelope) {
	me := e.to()
	v := &s.servers[me]
	switch e.kind() {
	case put, get:
		*v = server{reg: v.reg, phase: asking, op: uint8(m.clientOf(e.from()) << 1)}
		if e.kind() == get {
			v.op |= 1
		}
		v.responses[me] = answered | v.reg
		m.broadcast(s, query, me, e.request(), 0)
	case query:
		s.net.add(seal(ackQuery, me, e.from(), e.request(), v.reg))
	case ackQuery:
		v.responses[e.from()] = answered | e.tagged()
		m.tryStore(s, me)
	case record:
		s.net.add(seal(ackRecord, me, e.from(), e.request(), 0))
		v.adopt(e.tagged())
	case ackRecord:
		v.acks |= 1 << e.from()
		m.tryAnswer(s, me)
	}
}

// adopt takes a value over if its sequence number is larger.
func (v *server) adopt(u tagged) {
	if u.newer(v.reg) {
		v.reg = u
	}
}

func (m *abd) broadcast(s *abdState, k kind, from, request int, v tagged) {
	for to := range m.servers {
		if to != from {
			s.net.add(seal(k, from, to, request, v))
		}
	}
}

// tryStore begins phase 2 when a majority has answered: the newest value
// answered is written back, or a new one written with a larger clock.
func (m *abd) tryStore(s *abdState, me int) {
	v := &s.servers[me]
	answers, newest := 0, tagged(0)
	for _, r := range v.responses[:m.servers] {
		if r != 0 {
			answers++
			if u := r &^ answered; answers == 1 || u.newer(newest) {
				newest = u
			}
		}
	}
	if answers < m.majority {
		return
	}
	request, client := m.request(v), int(v.op>>1)
	next := server{reg: v.reg, phase: storing, op: v.op, acks: 1 << me}
	chosen := newest
	if v.op&1 == 0 {
		chosen = tag(newest.clock()+1, me, client+1)
	} else {
		next.read = uint8(newest.value())
	}
	next.adopt(chosen)
	*v = next
	m.broadcast(s, record, me, request, chosen)
}

// tryAnswer answers the client when a majority has recorded.
func (m *abd) tryAnswer(s *abdState, me int) {
	v := &s.servers[me]
	if bits.OnesCount8(v.acks) < m.majority {
		return
	}
	to := m.node(int(v.op >> 1))
	if v.op&1 == 0 {
		s.net.add(seal(putOk, me, to, m.request(v), 0))
	} else {
		s.net.add(seal(getOk, me, to, m.request(v), tag(0, 0, int(v.read))))
	}
	*v = server{reg: v.reg}
}

// AppendState encodes servers, then clients and network.
func (m *abd) AppendState(b []byte, s *abdState) []byte {
	for i := range m.servers {
		v := &s.servers[i]
		b = append(b, byte(v.reg), byte(v.reg>>8)|v.phase<<4)
		switch v.phase {
		case asking:
			b = append(b, v.op)
			for _, r := range v.responses[:m.servers] {
				b = append(b, byte(r), byte(r>>8))
			}
		case storing:
			b = append(b, v.op, v.read, v.acks)
		}
	}
	return m.appendClients(b, &s.clients, &s.net)
}

// DecodeState is the inverse of AppendState.
func (m *abd) DecodeState(b []byte, s *abdState) {
	for i := range m.servers {
		v := &s.servers[i]
		*v = server{reg: tagged(b[0]) | tagged(b[1]&0xf)<<8, phase: b[1] >> 4}
		b = b[2:]
		switch v.phase {
		case asking:
			v.op = b[0]
			for j := range m.servers {
				v.responses[j] = tagged(b[1+2*j]) | tagged(b[2+2*j])<<8
			}
			b = b[1+2*m.servers:]
		case storing:
			v.op, v.read, v.acks = b[0], b[1], b[2]
			b = b[3:]
		}
	}
	m.decodeClients(b, &s.clients, &s.net)
}

// Describe says which message is delivered.
func (m *abd) Describe(_ *abdState, a explore.Action) string {
	return envelope(a).describe(m.servers)
}

// Explain shows the history.
func (m *abd) Explain(s *abdState) string { return m.explain(&s.clients) }
