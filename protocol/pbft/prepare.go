package pbft

import "turncoat/protocol"

// tryPrepare sends the PREPARE of a backup once it accepts the assignment, has the
// bodies and believes them. From then on the batch is pre-prepared here: what Q
// claims is that its sender can supply the bodies.
func (r *Replica) tryPrepare(env protocol.Env, s *slot) {
	if !r.active || s.assigned == nil {
		return
	}
	if !s.sent && s.assigned.complete() && r.vouched(env, s) {
		s.sent = true
		if !r.isPrimary() {
			m := &Prepare{View: r.view, Seq: s.seq, Digest: s.assigned.digest, Replica: r.self}
			r.broadcast(env, m)
			s.prepares.add(r.cfg, r.self, &m.Digest, r.signature(m))
		}
	}
	r.tryCommit(env, s)
}

// onPrepare counts m toward the certificate of its slot. Votes of this view are
// counted from the moment that it is entered, before its NEW-VIEW has come.
func (r *Replica) onPrepare(env protocol.Env, m *Prepare) {
	if m.View != r.view || int(m.Replica) == r.cfg.Primary(m.View) {
		return // another view, or from one who never prepares
	}
	if !r.seal.fromReplica(m.Replica, m) {
		return
	}
	s := r.slot(m.Seq)
	if s == nil {
		return // outside the watermarks
	}
	s.prepares.add(r.cfg, m.Replica, &m.Digest, r.signature(m))
	r.tryPrepare(env, s)
}
