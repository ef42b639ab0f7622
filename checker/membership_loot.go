package checker

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership"
)

// What an adversary that moves from server to server has in the end: it lets go of a
// server and keeps what it has learned there.

// Plundered is an observer that is told what the adversary can look at.
type Plundered interface {
	// Plundered says that a server is in the adversary's hands, in a state of its machine.
	Plundered(event uint64, at int64, node protocol.NodeID, machine protocol.Machine)
}

// loot is who has given away a share of one sharing.
type loot struct {
	sharing auth.Digest
	of      protocol.Bitset
}

// Plundered holds membership.key-secrecy against an adversary that remembers: f+1
// shares of one sharing sign whatever it likes, whenever it has got hold of them.
func (m *Membership) Plundered(event uint64, at int64, node protocol.NodeID, machine protocol.Machine) {
	s, ok := machine.(*membership.Server)
	if !ok {
		return
	}
	if sharing, held := s.Share(); held {
		m.steal(event, at, node, sharing)
	}
}

// steal counts a share that the adversary has.
func (m *Membership) steal(event uint64, at int64, node protocol.NodeID, sharing auth.Digest) {
	i := 0
	for i < len(m.loot) && m.loot[i].sharing != sharing {
		i++
	}
	if i == len(m.loot) {
		m.loot = append(m.loot, loot{sharing: sharing})
	}
	l := &m.loot[i]
	if l.of.Add(int(node)); l.of.Len() > m.system.F && !m.plundered {
		m.plundered = true
		m.find("membership.key-secrecy", event, at, node, "the adversary has %d shares of one sharing, the last from server %d: it can sign for the service", l.of.Len(), node)
	}
}

// Plundered looks into the member's half of a server.
func (e *Epochs) Plundered(event uint64, at int64, node protocol.NodeID, machine protocol.Machine) {
	if h, ok := machine.(Host); ok {
		e.members.Plundered(event, at, node, h.Server())
	}
}
