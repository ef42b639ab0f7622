package checker

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbft"
)

// Groups watches a run of dBFT: its clients and the membership below, and what must be
// true of the groups. Of each, all correct replicas execute one order (pbft.agreement),
// they end with one state and begin with the one that the group before ended with
// (pbft.checkpoint), and no request takes effect in two epochs (pbft.validity).
type Groups struct {
	epochal

	views uint64      // the highest view that a correct replica entered
	moved [][2]uint64 // by node: what the server said when it was last looked at
	order map[slotOf]auth.Digest
	seen  map[partOf]uint64 // the last sequence number looked at
	took  map[effect]uint64 // the epoch in which a request took effect
	began map[dbft.Instance]auth.Digest
	ended map[dbft.Instance]auth.Digest
}

// slotOf is a sequence number of an instance.
type slotOf struct {
	dbft.Instance
	seq uint64
}

// partOf is a server's part in an instance.
type partOf struct {
	dbft.Instance
	node protocol.NodeID
}

// effect is a request that took effect on an object.
type effect struct {
	object    protocol.ID
	client    protocol.NodeID
	timestamp uint64
}

// GroupHost is a server with both its parts.
type GroupHost interface {
	Replica() *dbft.Replica
}

// NewGroups returns an observer of a run whose servers are the nodes below s.FirstClient.
func NewGroups(s System, run EpochsRun) *Groups {
	g := &Groups{
		moved: make([][2]uint64, s.FirstClient), order: make(map[slotOf]auth.Digest), seen: make(map[partOf]uint64),
		took: make(map[effect]uint64), began: make(map[dbft.Instance]auth.Digest), ended: make(map[dbft.Instance]auth.Digest),
	}
	g.epochal = newEpochal(s, run, func(id protocol.NodeID, x protocol.ID, epoch uint64) bool {
		h, up := s.Machine(id).(GroupHost)
		return up && h.Replica().Settled(x, epoch)
	})
	return g
}

// Noted counts situations, and keeps the highest view.
func (g *Groups) Noted(event uint64, at int64, node protocol.NodeID, situation string, detail uint64) {
	if situation == dbft.ViewChanged && g.Clients.system.Correct(node) {
		g.views = max(g.views, detail)
	}
	g.Clients.Noted(event, at, node, situation, detail)
}

// Views returns the highest view that a correct replica of any group entered.
func (g *Groups) Views() uint64 { return g.views }

// Returned records the end of an operation, and holds membership.freshness.
func (g *Groups) Returned(event uint64, at int64, client protocol.NodeID, r protocol.Result) {
	g.epochal.Returned(event, at, client, r)
	if c, ok := g.Clients.system.Machine(client).(*dbft.Client); ok {
		g.members.acted(event, at, client, c.Epoch())
	}
}

// Stepped looks at what a node's input has changed.
func (g *Groups) Stepped(event uint64, at int64, node protocol.NodeID, machine protocol.Machine) {
	g.step(event, at, node, machine)
	h, server := machine.(GroupHost)
	if !server || !g.Clients.system.Correct(node) {
		return
	}
	epoch, progress := h.Replica().Moved()
	if now := [2]uint64{epoch, progress}; g.moved[node] != now {
		g.moved[node] = now
		for p := range h.Replica().Parts() {
			g.part(event, at, node, p)
		}
		g.close(at)
	}
}

// part looks at what a server's replica of one instance has done since the last look.
func (g *Groups) part(event uint64, at int64, node protocol.NodeID, p dbft.Part) {
	if p.Replica == nil {
		return
	}
	if d, ok := p.Replica.CheckpointDigest(0); ok {
		g.same(event, at, node, g.began, p.Instance, d, "began with another state than another correct member")
		before, known := g.ended[dbft.Instance{Object: p.Object, Epoch: p.From}]
		if known && p.From != p.Epoch && before != d {
			g.find("pbft.checkpoint", event, at, node, "server %d began the group of %v in epoch %d with another state than that of epoch %d ended with",
				node, p.Object, p.Epoch, p.From)
		}
	}
	if p.Over {
		g.same(event, at, node, g.ended, p.Instance, p.Digest, "ended with another state than another correct member")
	}
	key := partOf{p.Instance, node}
	last := p.Replica.LastExecuted()
	if last < g.seen[key] {
		g.seen[key] = 0 // it restarted
	}
	for seq := g.seen[key] + 1; seq <= last; seq++ {
		g.executed(event, at, node, p, seq)
	}
	g.seen[key] = last
}

// same holds that what correct servers say of an instance is one thing.
func (g *Groups) same(event uint64, at int64, node protocol.NodeID, said map[dbft.Instance]auth.Digest, i dbft.Instance, d auth.Digest, what string) {
	if first, known := said[i]; !known {
		said[i] = d
	} else if first != d {
		g.find("pbft.checkpoint", event, at, node, "server %d's replica of the group of %v in epoch %d %s", node, i.Object, i.Epoch, what)
	}
}

// executed holds pbft.agreement and pbft.validity at one sequence number.
func (g *Groups) executed(event uint64, at int64, node protocol.NodeID, p dbft.Part, seq uint64) {
	digest, requests, applied, ok := p.Replica.Executed(seq)
	if !ok {
		return
	}
	slot := slotOf{p.Instance, seq}
	if first, known := g.order[slot]; !known {
		g.order[slot] = digest
	} else if first != digest {
		g.find("pbft.agreement", event, at, node, "server %d executed another request than another correct member at sequence number %d of the group of %v in epoch %d",
			node, seq, p.Object, p.Epoch)
	}
	for n, q := range requests {
		if !applied[n] || dbft.IsEnd(q) {
			continue
		}
		e := effect{p.Object, q.Client, q.Timestamp}
		if epoch, again := g.took[e]; again && epoch != p.Epoch {
			g.find("pbft.validity", event, at, node, "request %d of client %d to %v took effect in epoch %d and in epoch %d",
				q.Timestamp, g.number(q.Client), p.Object, epoch, p.Epoch)
		}
		g.took[e] = p.Epoch
	}
}
