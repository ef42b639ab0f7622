package view

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/ring"
)

// The dissemination tree: all members of the new configuration in the order of
// their ids, turned by a hash of the epoch, so that nobody stands above the same
// members for good. The service's replicas send
// to the first positions, each of which is served by f+1 of them; the member at a
// position sends to FanOut others. A member that drops what it should pass on
// delays those below it until they hear of the epoch in another way.

// forward sends the step into the node's epoch to its children in the tree.
func (v *View) forward(env protocol.Env, s *Step) {
	c := v.Config()
	n := c.Len()
	if v.Member() == nil || n == 0 {
		return
	}
	v.dismiss(env, s)
	turn := v.turned()
	at := func(position int) protocol.NodeID { return c.At((position + turn) % n).Node }
	self := v.keys.Self()
	send := func(position int) {
		if to := at(position); to != self {
			env.Send(to, s)
		}
	}
	replicas := v.ConfigAt(s.Delta.From).Service() // who made the step
	roots := v.roots(len(replicas))
	weak := (len(replicas)-1)/3 + 1
	for i := range replicas {
		if replicas[i] != v.self {
			continue
		}
		for p := range roots {
			if (i-p%len(replicas)+len(replicas))%len(replicas) < weak {
				send(p)
			}
		}
	}
	position := (c.Rank(v.self) - turn + n) % n
	for p := roots + position*v.cfg.FanOut; p < min(n, roots+(position+1)*v.cfg.FanOut); p++ {
		send(p)
	}
}

// turned returns by how much the tree of the epoch is turned.
func (v *View) turned() int {
	turned := v.keys.Digest(statement("tree", v.Epoch()))
	return int(binary.LittleEndian.Uint64(turned[:]) % uint64(v.Config().Len()))
}

// roots returns how many members so many replicas serve themselves.
func (v *View) roots(replicas int) int {
	return min(v.Config().Len(), max(1, replicas)*v.cfg.FanOut)
}

// Above returns whom the node, a member, passes nonces to: the active member above it in
// the tree, or one of the service's replicas, each time another.
func (v *View) Above(attempt int) protocol.NodeID {
	c := v.Config()
	n, replicas, turn := c.Len(), c.Service(), v.turned()
	roots := v.roots(len(replicas))
	p := (c.Rank(v.self) - turn + n) % n
	for p >= roots {
		p = (p - roots) / v.cfg.FanOut
		if m := c.At((p + turn) % n); m.Status == ring.Active {
			return m.Node
		}
	}
	return c.Lookup(replicas[(p+attempt)%len(replicas)]).Node
}

// dismiss has the service's replicas tell those whom the step removes: they stand
// in no tree any more.
func (v *View) dismiss(env protocol.Env, s *Step) {
	was := v.ConfigAt(s.Delta.From)
	if !slices.Contains(was.Service(), v.self) {
		return
	}
	for i := range s.Delta.Changes {
		if c := &s.Delta.Changes[i]; c.Kind == ring.Remove {
			env.Send(was.Lookup(c.Member.ID).Node, s)
		}
	}
}
