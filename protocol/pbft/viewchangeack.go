package pbft

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// VIEW-CHANGE-ACKs (§3.2.4): what a MAC cannot prove to a third, others vouch for.

// ackRow is what one replica has acknowledged of a view's VIEW-CHANGEs.
type ackRow struct {
	view    uint64
	has     protocol.Bitset // by origin
	digests []auth.Digest
}

// acknowledge tells the view's primary that the VIEW-CHANGE of origin was received
// here and was authentic. Without the acknowledgements a MAC that holds for the
// primary alone would let it start a view that nobody can check.
func (r *Replica) acknowledge(env protocol.Env, origin int32) {
	r.acknowledgeTo(env, int32(r.cfg.Primary(r.view)), origin)
}

func (r *Replica) acknowledgeTo(env protocol.Env, to, origin int32) {
	c := &r.changes.current[origin]
	if c.m == nil || to == r.self || origin == r.self || origin == to || r.cfg.Signed {
		return
	}
	m := &ViewChangeAck{View: r.view, Origin: origin, Digest: c.digest, Replica: r.self}
	r.seal.SealFor(r.cfg.Members[to], m)
	env.Send(r.cfg.Members[to], m)
}

// onViewChangeAck counts an acknowledgement. One for a view that this replica has
// yet to enter is kept: those of others are often faster than its own timer.
func (r *Replica) onViewChangeAck(env protocol.Env, m *ViewChangeAck) {
	if m.View < r.view || !r.cfg.member(m.Origin) || m.Origin == m.Replica || !r.seal.fromReplica(m.Replica, m) {
		return
	}
	row := &r.changes.acks[m.Replica]
	if m.View < row.view {
		return
	}
	if m.View > row.view || row.digests == nil {
		*row = ackRow{view: m.View, digests: make([]auth.Digest, r.cfg.N())}
	}
	if row.has.Add(int(m.Origin)) {
		row.digests[m.Origin] = m.Digest
	}
	if m.View == r.view && !r.active {
		r.afterViewChange(env)
	}
}

// acksFor returns how many replicas, other than its origin, the primary and this
// one, have acknowledged a VIEW-CHANGE for this view.
func (r *Replica) acksFor(origin int32, d *auth.Digest) int {
	n := 0
	for i := range r.changes.acks {
		row := &r.changes.acks[i]
		if row.view == r.view && int32(i) != r.self && i != r.cfg.Primary(r.view) && row.has.Has(int(origin)) && row.digests[origin] == *d {
			n++
		}
	}
	return n
}
