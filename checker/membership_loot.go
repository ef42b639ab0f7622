package checker

import (
	"slices"

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

// plunder is what the adversary has, and what it could have recorded.
type plunder struct {
	loot      []loot
	handovers []*membership.Handover // public: they went over the network
	last      []searched             // by node: when its keys were last tried
	enough    bool                   // it can sign
}

// searched is how things stood when a server's keys were tried on what was recorded.
type searched struct {
	epoch     uint64
	handovers int
	done      bool
}

// The situations that plundering brings about.
const (
	NoteShareLearned = "mobile.share-learned" // a server had a share of the service's key, or the key to one that was recorded
	NoteEmptyHanded  = "mobile.empty-handed"  // a former member of the service's group had neither
)

// Plundered holds membership.key-secrecy against an adversary that remembers: f+1
// shares of one sharing sign whatever it likes, whenever it has got hold of them. It
// has recorded all dealings, and tries a server's keys on them.
func (m *Membership) Plundered(event uint64, at int64, node protocol.NodeID, machine protocol.Machine) {
	s, ok := machine.(*membership.Server)
	if !ok {
		return
	}
	p := &m.plunder
	sharing, held := s.Share()
	if held {
		m.steal(event, at, node, sharing)
	}
	if p.last == nil {
		p.last = make([]searched, m.system.FirstClient)
	}
	now := searched{s.View().Epoch(), len(p.handovers), true}
	if p.last[node] == now {
		return
	}
	first := !p.last[node].done
	p.last[node] = now
	past := false
	for _, h := range p.handovers {
		if share, _, opens := s.Opens(h); opens {
			of, _, _ := share.Held()
			m.steal(event, at, node, of)
			held = true
		} else if c := s.View().ConfigAt(h.Epoch); c != nil && containsID(c.Service(), s.View().Self()) {
			past = true
		}
	}
	switch {
	case held && first:
		m.Reach.Add(NoteShareLearned, 1)
	case past && !held && first:
		m.Reach.Add(NoteEmptyHanded, 1)
	}
}

// record keeps what a group hands over to the next.
func (p *plunder) record(b *membership.Boundary) {
	if n := len(p.handovers); n == 0 || p.handovers[n-1].Epoch < b.Statement.Epoch {
		p.handovers = append(p.handovers, &membership.Handover{Epoch: b.Statement.Epoch, Form: b.Handover})
	}
}

// steal counts a share that the adversary has.
func (m *Membership) steal(event uint64, at int64, node protocol.NodeID, sharing auth.Digest) {
	p := &m.plunder
	i := slices.IndexFunc(p.loot, func(l loot) bool { return l.sharing == sharing })
	if i < 0 {
		i = len(p.loot)
		p.loot = append(p.loot, loot{sharing: sharing})
	}
	l := &p.loot[i]
	if l.of.Add(int(node)); l.of.Len() > m.system.F && !p.enough {
		p.enough = true
		m.find("membership.key-secrecy", event, at, node, "the adversary has %d shares of one sharing, the last from server %d: it can sign for the service", l.of.Len(), node)
	}
}

// Plundered looks into the member's half of a server.
func (e *Epochs) Plundered(event uint64, at int64, node protocol.NodeID, machine protocol.Machine) {
	if h, ok := machine.(Host); ok {
		e.members.Plundered(event, at, node, h.Server())
	}
}
