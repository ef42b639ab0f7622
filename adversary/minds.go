package adversary

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
)

// minds are the copies of the machine that speak under one identity, and which of
// them speak with whom. Mind 0 is the honest copy itself until a message is kept
// from it; from then on it is a fork.
type minds struct {
	copies []*Copy // nil: mind 0 is the honest copy; any other does not live yet
	routes []route // sorted by peer
	hears  mindSet // who is given the message of this step
}

// mindSet is a set of minds, by bit.
type mindSet uint16

const maxMinds = 16

func (m mindSet) has(i int) bool { return m>>i&1 == 1 }

// route says which minds speak with a peer.
type route struct {
	peer  protocol.NodeID
	minds mindSet
}

// routeOf returns the minds that speak with peer, drawn at the first contact.
func (m *minds) routeOf(peer protocol.NodeID, draw func() mindSet) mindSet {
	i, found := slices.BinarySearchFunc(m.routes, peer, func(r route, peer protocol.NodeID) int { return int(r.peer) - int(peer) })
	if !found {
		m.routes = slices.Insert(m.routes, i, route{peer, draw()})
	}
	return m.routes[i].minds
}

// hear says which minds are given the message that is about to be delivered.
func (m *minds) hear(s *Step, who mindSet) {
	m.hears = who
	if !who.has(0) && m.copies[0] == nil {
		m.copies[0] = s.Fork(1)
	}
}

// speak returns what the minds say in this step. speaks tells whether a mind may
// say something to a node.
func (m *minds) speak(s *Step, out []Sent, speaks func(mind int, to protocol.NodeID) bool) []Sent {
	if m.copies[0] != nil {
		out = s.liesOf(out)
	}
	out = slices.DeleteFunc(out, func(o Sent) bool { return o.By == "" && !speaks(0, o.To) })
	for i, c := range m.copies {
		if c == nil || !m.concerns(s, i) {
			continue
		}
		for _, o := range c.Run(s, &s.In) {
			if speaks(i, o.To) {
				out = append(out, o)
			}
		}
	}
	return out
}

// concerns reports whether the step's input is for mind i, a copy.
func (m *minds) concerns(s *Step, i int) bool {
	switch s.In.Kind {
	case Delivered:
		return s.In.From != s.Self() && m.hears.has(i)
	case Woken:
		return s.In.Slot == i+1
	case Invoked:
		return true
	}
	return false
}

// drop ends all copies: the honest one speaks again.
func (m *minds) drop(s *Step) {
	for i, c := range m.copies {
		if c != nil {
			c.Drop(s)
			m.copies[i] = nil
		}
	}
	m.routes = nil
}

func (m *minds) clone() minds {
	c := minds{routes: slices.Clone(m.routes), hears: m.hears}
	for _, copy := range m.copies {
		c.copies = append(c.copies, copy.clone())
	}
	return c
}

func (m *minds) appendTo(b []byte) []byte {
	for _, c := range m.copies {
		b = c.appendTo(b)
	}
	b = binary.AppendUvarint(b, uint64(len(m.routes)))
	for _, r := range m.routes {
		b = binary.AppendVarint(b, int64(r.peer))
		b = binary.AppendUvarint(b, uint64(r.minds))
	}
	return b
}
