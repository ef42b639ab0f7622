package pbft

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// View changes (§3.2.4), the side of every replica: leaving a view, P and Q, the
// VIEW-CHANGEs of others and their acknowledgements. What the new primary makes
// of them is in newview.go, how a view is entered in install.go.

// received is a VIEW-CHANGE with its digest.
type received struct {
	m      *ViewChange
	digest auth.Digest
	proved bool // authenticated by its sender for this replica
}

// viewChanges is what a replica knows about the view change to its view, and about
// those to higher ones.
type viewChanges struct {
	current []received    // by replica, for the replica's view, proved; its own included
	other   []received    // a second one of the same sender, or one that is not proved
	later   []*ViewChange // by replica, the highest above the replica's view
	acks    []ackRow      // by acknowledger
	newView *NewView      // received or sent, for the replica's view or above
}

func newViewChanges(n int) viewChanges {
	return viewChanges{
		current: make([]received, n),
		other:   make([]received, n),
		later:   make([]*ViewChange, n),
		acks:    make([]ackRow, n),
	}
}

// startViewChange leaves the view for a higher one: what is tentative is undone,
// what prepared and pre-prepared goes into P and Q, and nothing of the normal case
// is accepted until the NEW-VIEW.
func (r *Replica) startViewChange(env protocol.Env, view uint64) {
	r.rollBack(env)
	r.noteDeparture(env)
	r.fruitless = true
	if r.timing {
		r.timing = false
		env.CancelTimer(TimerRequest)
		env.CancelTimer(TimerViewChange)
	}
	r.recordCertificates()
	r.view, r.active = view, false
	v := &r.changes
	if v.newView != nil && v.newView.View < view {
		v.newView = nil
	}
	for i := range v.current {
		v.current[i], v.other[i] = received{}, received{}
		if m := v.later[i]; m != nil && m.View <= view {
			v.later[i] = nil
			if m.View == view {
				v.current[i] = received{m, r.seal.ViewChangeDigest(m), true}
			}
		}
	}
	m := r.viewChange()
	v.current[r.self] = received{m, r.seal.rememberViewChange(m), true}
	r.broadcast(env, m)
	for i := range v.current {
		r.acknowledge(env, int32(i))
	}
	r.afterViewChange(env)
}

// maxDoublings bounds the time-out to 2^10 T [O].
const maxDoublings = 10

// onViewTimer gives up on the view. The time-out doubles if nothing has executed
// since the last view change; not when a replica joins others, which have waited
// for it already.
func (r *Replica) onViewTimer(env protocol.Env) {
	r.timing = false
	if r.fruitless {
		r.timeout = min(2*r.timeout, r.cfg.ViewTimeout<<maxDoublings)
	}
	r.startViewChange(env, r.view+1)
}

// noteDeparture notes what kind of view change this is.
func (r *Replica) noteDeparture(env protocol.Env) {
	if r.fruitless {
		env.Note(NoteViewChangesInARow, r.view)
	}
	prepared := false
	for i := range r.span() {
		s := r.place(i)
		prepared = prepared || s != nil && s.seq > r.executed && r.active && r.prepared(s)
	}
	if prepared {
		env.Note(NoteViewChangePrepared, r.view)
	}
	if r.executed > r.log.h {
		env.Note(NoteViewChangeCommitted, r.view)
	}
}

// recordCertificates moves what the log says of the view that is left into P and Q.
func (r *Replica) recordCertificates() {
	for i := range r.log.slots {
		s := &r.log.slots[i]
		if s.seq == 0 {
			continue
		}
		if s.assigned != nil && s.sent {
			e := Certified{Seq: s.seq, View: r.view, Digest: s.assigned.digest}
			s.preprepared(e)
			if r.prepared(s) {
				s.p, s.hasP = e, true
				s.p.Proof = r.proofOf(s)
			}
		}
		s.leaveView()
	}
	r.log.top, r.lacking = r.log.h, false
}

// preprepared puts e into the slot's part of Q, in place of an earlier view of its digest.
func (s *slot) preprepared(e Certified) {
	kept := s.q[:0]
	for _, old := range s.q {
		if old.Digest != e.Digest {
			kept = append(kept, old)
		}
	}
	s.q = append(kept, e) // its view is the latest: ascending
}

// viewChange returns this replica's VIEW-CHANGE for its view.
func (r *Replica) viewChange() *ViewChange {
	m := &ViewChange{View: r.view, H: r.log.h, C: make([]CheckpointID, 0, 1+len(r.checkpoints)), Replica: r.self}
	if r.transfer != nil && r.cfg.Signed {
		m.C = append(m.C, r.transfer.target) // proved, if not held yet
	}
	for i := range r.checkpoints {
		if c := &r.checkpoints[i]; c.id.Seq >= r.log.h {
			m.C = append(m.C, c.id)
		}
	}
	m.HProof = r.hProof
	for seq := r.log.h + 1; seq <= r.log.h+r.cfg.L; seq++ {
		s := r.peek(seq)
		if s == nil {
			continue
		}
		if s.hasP && r.cfg.enforced(PreparedCertificates) {
			m.P = append(m.P, s.p)
		}
		if !r.cfg.Signed {
			m.Q = append(m.Q, s.q...)
		}
	}
	return m
}

// onViewChange takes in the VIEW-CHANGE of another replica.
func (r *Replica) onViewChange(env protocol.Env, m *ViewChange) {
	if m.View < r.view || !r.cfg.member(m.Replica) || m.Replica == r.self || !m.wellFormed(r.cfg) {
		return
	}
	proved := r.seal.fromReplica(m.Replica, m) && r.seal.proofsHold(m)
	switch v := &r.changes; {
	case m.View > r.view:
		if proved && (v.later[m.Replica] == nil || v.later[m.Replica].View < m.View) {
			v.later[m.Replica] = m
			r.joinHigherView(env)
			r.afterViewChange(env)
		}
	case r.active:
		// too late to count; its sender will be told by its STATUS
	case proved && v.current[m.Replica].m == nil:
		v.current[m.Replica] = received{m, r.seal.ViewChangeDigest(m), true}
		r.acknowledge(env, m.Replica)
		r.afterViewChange(env)
	default:
		r.takeNamed(env, m, proved)
	}
}

// takeNamed keeps a VIEW-CHANGE whose MAC is wrong here, or that is not its
// sender's first, if it is the one that the NEW-VIEW names: then others may vouch for it.
func (r *Replica) takeNamed(env protocol.Env, m *ViewChange, proved bool) {
	nv := r.changes.newView
	if nv == nil || nv.View != r.view {
		return
	}
	id := ViewChangeID{m.Replica, r.seal.ViewChangeDigest(m)}
	if slices.Contains(nv.V, id) {
		r.changes.other[m.Replica] = received{m, id.Digest, proved}
		r.afterViewChange(env)
	}
}

// wellFormed reports whether m could come from a correct replica, as far as its form tells.
func (m *ViewChange) wellFormed(cfg *Config) bool {
	for i, c := range m.C {
		if c.Seq < m.H || c.Seq > m.H+cfg.L || c.Seq%cfg.K != 0 || i > 0 && c.Seq <= m.C[i-1].Seq {
			return false
		}
	}
	for i := range m.P {
		if e := &m.P[i]; !m.inRange(e, cfg) || i > 0 && e.Seq <= m.P[i-1].Seq {
			return false
		}
	}
	for i := range m.Q {
		if e := &m.Q[i]; !m.inRange(e, cfg) || i > 0 && !m.Q[i-1].before(e) {
			return false
		}
	}
	return m.H%cfg.K == 0
}

func (m *ViewChange) inRange(e *Certified, cfg *Config) bool {
	return e.Seq > m.H && e.Seq <= m.H+cfg.L && e.View < m.View
}

// before orders Q: by sequence number, then view. A replica pre-prepares one
// digest in one view.
func (e *Certified) before(f *Certified) bool {
	return e.Seq < f.Seq || e.Seq == f.Seq && e.View < f.View
}

// joinHigherView draws the replica into the smallest higher view once a weak quorum
// is in higher views: at least one correct replica has given up on this one.
func (r *Replica) joinHigherView(env protocol.Env) {
	if !r.cfg.enforced(JoinSmallestView) {
		return
	}
	higher, smallest := 0, uint64(0)
	for _, m := range r.changes.later {
		if m == nil {
			continue
		}
		if higher == 0 || m.View < smallest {
			smallest = m.View
		}
		higher++
	}
	if higher >= r.cfg.Weak() {
		env.Note(NoteJoined, smallest)
		r.startViewChange(env, smallest)
	}
}

// afterViewChange does what may follow once more is known: the timer for the
// NEW-VIEW starts when a quorum is in this view or above, the primary may decide,
// and a backup may be able to check the NEW-VIEW.
//
// Those above count [O]: one that has gone on no longer sends what it sent for this
// view, and if that was lost, too few to start the timer would be left behind.
func (r *Replica) afterViewChange(env protocol.Env) {
	if r.active {
		return
	}
	present := 0
	for i := range r.changes.current {
		if r.changes.current[i].m != nil || r.changes.later[i] != nil {
			present++
		}
	}
	if present >= r.cfg.Quorum() && !r.timing {
		r.timing = true
		env.SetTimer(TimerViewChange, r.timeout)
	}
	if r.isPrimary() {
		r.tryNewView(env)
	} else {
		r.tryInstall(env)
	}
}
