package pbft

import "turncoat/protocol"

// Retransmission (§5.2): a replica for which nothing moves tells the others where
// it is, and they send again what it lacks. Nothing is sent again while all goes well.

// progress is where a replica is.
type progress struct {
	view, executed, h, first uint64
	active                   bool
}

func (r *Replica) position() progress {
	return progress{view: r.view, executed: r.executed, h: r.log.h, first: r.queue.popped, active: r.active}
}

// outstanding reports whether anything is unfinished that a lost message could explain.
func (r *Replica) outstanding() bool {
	return !r.active || r.transfer != nil || r.queue.len() > 0 || r.log.top > r.executed ||
		r.ahead > r.executed || r.lastCheckpoint().id.Seq > r.log.h
}

// onStatusTimer asks again for what is outstanding if nothing has moved.
func (r *Replica) onStatusTimer(env protocol.Env) {
	if !r.outstanding() {
		return
	}
	if r.active && !r.isPrimary() && r.queue.popped == r.progress.first {
		r.relay(env)
	}
	if r.position() != r.progress {
		return
	}
	r.broadcast(env, r.status())
	if !r.active {
		r.resendOwnViewChange(env)
		return
	}
	r.fetchBodies(env)
	if r.transfer == nil {
		if id, ok := r.bestClaim(); ok {
			r.startTransfer(env, id, r.claims.votes(id, r.cfg.Quorum()))
		}
	}
}

// maxRelayed bounds how many requests are relayed at once [O].
const maxRelayed = 16

// relay sends the first requests of the queue to the primary, in case their clients
// did not: a backup that timed the primary for what it never got would be unfair.
func (r *Replica) relay(env protocol.Env) {
	to := r.cfg.Members[r.cfg.Primary(r.view)]
	for i := range min(r.queue.len(), maxRelayed) {
		env.Send(to, r.queue.entries[i].req)
	}
}

// status says what this replica has.
func (r *Replica) status() *Status {
	m := &Status{View: r.view, Active: r.active, H: r.log.h, Executed: max(r.executed, r.log.h), Replica: r.self}
	if !r.active {
		m.HaveNewView = r.changes.newView != nil && r.changes.newView.View == r.view
		m.Have = r.haveViewChanges()
		return m
	}
	for i := range uint64(64) {
		s := r.peek(m.Executed + 1 + i)
		if s == nil || s.assigned == nil {
			continue
		}
		m.PrePrepared |= 1 << i
		if r.prepared(s) {
			m.Prepared |= 1 << i
		}
		if r.committedLocal(s) {
			m.Committed |= 1 << i
		}
	}
	return m
}

// haveViewChanges is the set of replicas whose VIEW-CHANGE this one has, or, once it
// has the NEW-VIEW, need not have: in the version that the NEW-VIEW names.
func (r *Replica) haveViewChanges() (have protocol.Bitset) {
	if m := r.changes.newView; m != nil && m.View == r.view {
		for i := range r.cfg.N() {
			have.Add(i)
		}
		var lacking protocol.Bitset
		for _, id := range m.V {
			if r.cfg.member(id.Replica) && r.lookup(id) == nil {
				lacking.Add(int(id.Replica))
			}
		}
		return without(have, lacking, r.cfg.N())
	}
	for i := range r.changes.current {
		if r.changes.current[i].m != nil {
			have.Add(i)
		}
	}
	return have
}

// without returns the members below n of a that are not in b.
func without(a, b protocol.Bitset, n int) (c protocol.Bitset) {
	for i := range n {
		if a.Has(i) && !b.Has(i) {
			c.Add(i)
		}
	}
	return c
}

// onStatus sends again what the sender lacks and this replica has.
func (r *Replica) onStatus(env protocol.Env, m *Status) {
	if !r.seal.fromReplica(m.Replica, m) {
		return
	}
	r.resendCheckpoints(env, m)
	switch {
	case m.View < r.view:
		r.resendViewChangeTo(env, m.Replica)
	case m.View == r.view && !m.Active:
		r.resendViewChanges(env, m)
	case m.View == r.view && r.active:
		r.resendVotes(env, m)
	}
}

// resendCheckpoints sends the CHECKPOINTs of this replica above the sender's watermark.
func (r *Replica) resendCheckpoints(env protocol.Env, m *Status) {
	for i := range r.checkpoints {
		if c := &r.checkpoints[i]; c.message != nil && (c.id.Seq > m.H || c.id.Seq > m.Executed) {
			env.Send(r.cfg.Members[m.Replica], c.message)
		}
	}
}

// resendVotes sends what the sender lacks of the 64 numbers that come next there.
func (r *Replica) resendVotes(env protocol.Env, m *Status) {
	to := r.cfg.Members[m.Replica]
	for i := range uint64(64) {
		s := r.peek(m.Executed + 1 + i)
		if s == nil || s.assigned == nil {
			continue
		}
		if m.PrePrepared>>i&1 == 0 && r.isPrimary() && s.message != nil {
			env.Send(to, s.message)
		}
		d := s.assigned.digest
		if m.Prepared>>i&1 == 0 && s.sent && !r.isPrimary() {
			p := &Prepare{View: r.view, Seq: s.seq, Digest: d, Replica: r.self}
			r.seal.SealFor(to, p)
			env.Send(to, p)
		}
		if m.Committed>>i&1 == 0 && s.announced {
			c := &Commit{View: r.view, Seq: s.seq, Digest: d, Replica: r.self}
			r.seal.SealFor(to, c)
			env.Send(to, c)
		}
	}
}

// resendOwnViewChange sends the VIEW-CHANGE of this replica to all again.
func (r *Replica) resendOwnViewChange(env protocol.Env) {
	for i := range r.cfg.Members {
		if int32(i) != r.self {
			r.resendViewChangeTo(env, int32(i))
		}
	}
}

// resendViewChangeTo sends it to one replica.
func (r *Replica) resendViewChangeTo(env protocol.Env, to int32) {
	if m := r.changes.current[r.self].m; m != nil {
		r.resend(env, to, m)
	}
}

// resendViewChanges sends a replica that waits for its NEW-VIEW what it lacks of
// it: the NEW-VIEW, which anyone may pass on; this replica's VIEW-CHANGE; those of
// others, from the primary; and acknowledgements of them, from the backups, for
// one whose sender will not authenticate it to the replica that waits.
func (r *Replica) resendViewChanges(env protocol.Env, m *Status) {
	if nv := r.changes.newView; nv != nil && nv.View == r.view && !m.HaveNewView {
		r.resend(env, m.Replica, nv)
	}
	for i := range r.changes.current {
		c := &r.changes.current[i]
		if c.m == nil || int32(i) == m.Replica {
			continue
		}
		lacks := !m.Have.Has(i)
		if lacks && (int32(i) == r.self || r.isPrimary()) {
			r.resend(env, m.Replica, c.m)
		}
		if lacks || r.cfg.Primary(r.view) == int(m.Replica) {
			r.acknowledgeTo(env, m.Replica, int32(i))
		}
	}
}

// resend sends a message of a view change again. A lost one would otherwise stop
// the view change for good.
func (r *Replica) resend(env protocol.Env, to int32, m protocol.Message) {
	if r.cfg.enforced(ResendViewChange) {
		env.Send(r.cfg.Members[to], m)
	}
}
