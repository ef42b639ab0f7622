package pbft

import (
	"slices"

	"turncoat/protocol"
)

// NEW-VIEW: the primary sends its decision, the backups check it, and all enter
// the view (§3.2.4).

// tryNewView lets the primary of the view decide, once the VIEW-CHANGEs that it has
// admitted suffice: its own, and those that 2f-1 others acknowledge.
func (r *Replica) tryNewView(env protocol.Env) {
	admitted := 0
	for i := range r.changes.current {
		if r.admits(i) {
			admitted++
		}
	}
	if admitted < r.cfg.Quorum() {
		return // which decides nothing
	}
	m := &NewView{View: r.view, V: make([]ViewChangeID, 0, admitted), Replica: r.self}
	set := make([]*ViewChange, 0, admitted)
	for i := range r.changes.current {
		if c := &r.changes.current[i]; r.admits(i) {
			set = append(set, c.m)
			m.V = append(m.V, ViewChangeID{int32(i), c.digest})
		}
	}
	d, ok := Decide(r.cfg, set)
	if !ok {
		return
	}
	m.Start, m.X = d.Start, d.X
	if r.cfg.Signed {
		m.Signed = set
		m.O = r.proposals(m)
	}
	r.changes.newView = m
	r.broadcast(env, m)
	r.enterView(env, m)
}

// admits reports whether the primary may decide on the VIEW-CHANGE of replica i.
func (r *Replica) admits(i int) bool {
	c := &r.changes.current[i]
	if c.m == nil {
		return false
	}
	return int32(i) == r.self || r.cfg.Signed || r.acksFor(int32(i), &c.digest) >= 2*r.cfg.F()-1
}

// onNewView keeps the NEW-VIEW of a primary, and checks it once this replica is in
// its view. Of several it keeps the one of the lowest view, so that the primary of a
// far view cannot hide the next.
func (r *Replica) onNewView(env protocol.Env, m *NewView) {
	v := &r.changes
	if m.View < r.view || m.View == r.view && r.active || int(m.Replica) != r.cfg.Primary(m.View) {
		return
	}
	if v.newView != nil && v.newView.View <= m.View || !r.seal.fromReplica(m.Replica, m) {
		return
	}
	v.newView = m
	r.tryInstall(env)
}

// tryInstall repeats the primary's decision on the messages that its NEW-VIEW
// names, once this backup has them all, and enters the view; or leaves it for the
// next if the primary decided otherwise. A primary that is believed instead could
// leave out what has committed.
func (r *Replica) tryInstall(env protocol.Env) {
	m := r.changes.newView
	if m == nil || m.View != r.view || r.active || r.isPrimary() {
		return
	}
	if !r.cfg.enforced(RecomputeNewView) {
		r.enterView(env, m)
		return
	}
	if r.cfg.Signed {
		r.takeSigned(m)
	}
	set, complete := r.named(env, m)
	if !complete {
		return
	}
	d, ok := Decide(r.cfg, set)
	if !ok || d.Start != m.Start || !slices.Equal(d.X, m.X) || r.cfg.Signed && !r.seal.proposalsHold(m) {
		env.Note(NoteNewViewRefused, r.view)
		r.startViewChange(env, r.view+1)
		return
	}
	r.enterView(env, m)
}

// named returns the VIEW-CHANGEs that m names. It is complete when this replica
// has all of them; names that repeat or do not exist yield a set that decides nothing.
func (r *Replica) named(env protocol.Env, m *NewView) (set []*ViewChange, complete bool) {
	for i, id := range m.V {
		if !r.cfg.member(id.Replica) || i > 0 && id.Replica <= m.V[i-1].Replica {
			return nil, true
		}
		c := r.lookup(id)
		if c == nil {
			return nil, false
		}
		if !c.proved {
			env.Note(NoteVouchedViewChange, r.view)
		}
		set = append(set, c.m)
	}
	return set, true
}

// lookup returns the VIEW-CHANGE that a NEW-VIEW names, if this replica has it and
// may believe it: its sender authenticated it, or f acknowledgements and the
// primary, so a correct replica among them, say that it did to them.
func (r *Replica) lookup(id ViewChangeID) *received {
	if c := &r.changes.current[id.Replica]; c.m != nil && c.digest == id.Digest {
		return c
	}
	c := &r.changes.other[id.Replica]
	if c.m != nil && c.digest == id.Digest && (c.proved || !r.cfg.Signed && r.acksFor(id.Replica, &c.digest) >= r.cfg.F()) {
		return c
	}
	return nil
}

// enterView begins the normal case of a view with what its NEW-VIEW says.
func (r *Replica) enterView(env protocol.Env, m *NewView) {
	env.Note(NoteNewView, r.view)
	r.active = true
	if r.timing {
		r.timing = false
		env.CancelTimer(TimerViewChange)
	}
	r.startFrom(env, m.Start, m.startProof())
	r.next = max(m.Start.Seq+uint64(len(m.X)), r.log.h) + 1
	r.assignChosen(env, m)
	r.requeue()
	r.fetchBodies(env)
	for i := range r.log.slots {
		s := &r.log.slots[i]
		if s.early != nil && s.assigned == nil && s.seq >= r.next {
			r.acceptPrePrepare(env, s, s.early)
		}
		r.tryPrepare(env, s)
	}
}

// assignChosen assigns what the NEW-VIEW chose and the log has room for. What is above
// the high watermark waits until that moves.
func (r *Replica) assignChosen(env protocol.Env, m *NewView) {
	for i := range m.X {
		s := r.slot(m.Start.Seq + 1 + uint64(i))
		if s == nil || s.assigned != nil {
			continue
		}
		b := s.batch(&m.X[i])
		if m.X[i] == nullDigest {
			env.Note(NoteNullRequest, s.seq)
		}
		r.assign(s, b, nil)
		if r.cfg.Signed && len(m.O) == len(m.X) {
			s.proposal = &m.O[i]
		}
		r.tryPrepare(env, s)
	}
}

// startFrom fetches the state of the checkpoint that the view starts from if this
// replica is behind it. Only the signed
// form has the proof to move the low watermark there.
func (r *Replica) startFrom(env protocol.Env, start CheckpointID, proof []Vote) {
	if start.Seq <= r.log.h {
		return
	}
	if c := r.ownCheckpoint(start.Seq); c != nil && c.id == start {
		if r.cfg.Signed {
			r.hProof = proof
			r.adopt(start.Seq)
		}
	} else if start.Seq > r.executed {
		r.startTransfer(env, start, proof)
	}
}

// requeue makes the requests that wait, and are not among those that the NEW-VIEW
// chose, candidates for a proposal again.
func (r *Replica) requeue() {
	r.queue.next = 0
	for i := range r.queue.entries {
		r.queue.entries[i].proposed = false
	}
	for i := range r.span() {
		s := r.place(i)
		if s == nil {
			continue
		}
		for i := range s.assigned.refs {
			if e := r.queue.find(&s.assigned.refs[i]); e != nil {
				e.proposed = true
			}
		}
	}
}
