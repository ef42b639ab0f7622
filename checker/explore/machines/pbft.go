package machines

import (
	"fmt"
	"time"

	"turncoat/adversary"
	"turncoat/checker/explore"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/pbft"
)

// PBFT is a group of four replicas, in the form with authenticators (TOCS 2002),
// that keeps registers for its clients. The request timers of replicas may expire at any
// moment, and so they change views while messages of older views are still under
// way; and the first primary may lie.
//
// Left out: retransmission, since the timers for it never expire: what is late
// arrives late, and nothing is lost.
type PBFT struct {
	Clients  int
	Writes   int // of each client
	Reads    int // of each client, after its writes
	Liars    int // 0 or 1: r0, the first primary
	Lies     int // that it tells
	Timeouts int // request timers that expire
	From     int // where a directed search begins (see prefix); 0 for the start
	Lifted   pbft.Rule
}

const (
	pbftReplicas   = 4
	pbftCheckpoint = 2 // K
)

// Model returns the model.
func (p PBFT) Model() *Model {
	p = p.raised()
	keys, err := auth.NewAuthority(auth.Ideal, 1, pbftReplicas+p.Clients)
	if err != nil {
		panic(err) // the suite is known
	}
	c := pbft.Config{K: pbftCheckpoint, Lifted: p.Lifted, ViewTimeout: time.Second, StatusInterval: time.Second, ClientTimeout: time.Second}
	for i := range pbftReplicas {
		c.Members = append(c.Members, protocol.NodeID(i))
	}
	c = c.WithDefaults()
	dialect := ordering{PBFT: adversary.PBFT{Config: &c}, keys: keys.Keys(0)}
	s := System{
		Protocol: "pbft", K: pbftCheckpoint, Object: dbqs.ObjectID(keys.Owner(0).Public), Strategy: new(adversary.PBFTSay).Name(), Faults: Faults{Timers: p.Timeouts, Lies: p.Lies}, Claims: p.claims(), Prefix: p.prefix(),
		Expire: []protocol.TimerID{pbft.TimerRequest, pbft.TimerViewChange},
		Extra:  []func(*Model) explore.Property[State]{agreement},
	}
	if p.Timeouts > 0 {
		s.Extra = append(s.Extra, newView)
	}
	for _, r := range pbft.Rules {
		if p.Lifted&r.Rule != 0 {
			s.Lifted = append(s.Lifted, r.Name)
		}
	}
	for i := range pbftReplicas {
		k := keys.Keys(protocol.NodeID(i))
		replica := func() protocol.Machine {
			r, err := pbft.NewReplica(&c, k, pbft.NewRegisters())
			if err != nil {
				panic(err) // the configuration above is valid
			}
			return r
		}
		dialect.genesis, _ = replica().(*pbft.Replica).CheckpointDigest(0)
		if i < p.Liars {
			replica = nil
		}
		s.Nodes = append(s.Nodes, Node{Name: fmt.Sprintf("r%d", i), New: replica})
	}
	s.Dialect = dialect
	for i := range p.Clients {
		k := keys.Keys(protocol.NodeID(pbftReplicas + i))
		s.Nodes = append(s.Nodes, Node{Name: fmt.Sprintf("c%d", i), Script: p.script(i, s.Object), New: func() protocol.Machine {
			client, err := pbft.NewClient(&c, k, pbft.NewRegisters())
			if err != nil {
				panic(err)
			}
			return client
		}})
	}
	return New(s)
}

// votesCount are the rules without which messages are still spent when
// Spent says so, and votes commute.
const votesCount = pbft.CommitPhase | pbft.PreparedCertificates | pbft.HighestView | pbft.A2

// claims says what can be left out. Backups that are primary in no view that is
// ever reached are alike: a first view change takes two expiries, a second two more. But where there are
// requests enough for a checkpoint, whoever lacks its state asks others for it by their numbers.
func (p PBFT) claims() (c Claims) {
	if p.Lifted&^votesCount == 0 {
		c.Ordering = votes{clients: p.Clients, primaries: p.primaries(), blind: p.Clients == 1 || p.Reads == 0, liar: p.Liars > 0}
	}
	checkpoints := p.Clients*(p.Writes+p.Reads) >= pbftCheckpoint
	if p.Lifted&pbft.HighestView != 0 || p.From > fromStart || p.Liars > 0 || checkpoints {
		return c
	}
	c.About = func(m protocol.Message) int {
		if ack, ok := m.(*pbft.ViewChangeAck); ok {
			return int(ack.Origin)
		}
		return -1
	}
	var alike []int
	for i := p.primaries(); i < pbftReplicas; i++ {
		alike = append(alike, i)
	}
	c.Alike = [][]int{alike}
	return c
}

// primaries returns how many replicas are primary in some view that can be reached.
// Whoever waits in view 1 for its NEW-VIEW leaves it only when a quorum is there.
func (p PBFT) primaries() int {
	if p.Liars > 0 {
		return pbftReplicas
	}
	return min(1+p.Timeouts, 2+max(0, p.Timeouts-2), pbftReplicas)
}

func (p PBFT) script(client int, object protocol.ID) (ops []protocol.Operation) {
	for i := range p.Writes {
		ops = append(ops, protocol.Operation{Kind: protocol.Write, Object: object, Value: fmt.Appendf(nil, "c%d.%d", client, i)})
	}
	for range p.Reads {
		ops = append(ops, protocol.Operation{Kind: protocol.Read, Object: object})
	}
	return ops
}

// agreement is the property that no two replicas execute different requests under one
// sequence number.
func agreement(m *Model) explore.Property[State] {
	return explore.Property[State]{Name: "agreement", Kind: explore.Always, Holds: func(s *State) bool {
		for i := m.liar + 1; i < pbftReplicas; i++ { // the liar is the first
			a := m.local(s, i).machine.(*pbft.Replica)
			for j := m.liar + 1; j < i; j++ {
				b := m.local(s, j).machine.(*pbft.Replica)
				for seq := uint64(1); seq <= min(a.LastExecuted(), b.LastExecuted()); seq++ {
					x, _, _, here := a.Executed(seq)
					y, _, _, there := b.Executed(seq)
					if here && there && x != y {
						return false
					}
				}
			}
		}
		return true
	}}
}

// newView is the situation that a replica is active in a later view.
func newView(m *Model) explore.Property[State] {
	return explore.Property[State]{Name: "new view", Kind: explore.Reach, Holds: func(s *State) bool {
		for i := m.liar + 1; i < pbftReplicas; i++ {
			if view, active := m.local(s, i).machine.(*pbft.Replica).View(); active && view > 0 {
				return true
			}
		}
		return false
	}}
}
