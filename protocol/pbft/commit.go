package pbft

import "turncoat/protocol"

// tryCommit sends the COMMIT once the slot has prepared.
func (r *Replica) tryCommit(env protocol.Env, s *slot) {
	if s.announced || !r.prepared(s) {
		return
	}
	s.announced = true
	m := &Commit{View: r.view, Seq: s.seq, Digest: s.assigned.digest, Replica: r.self}
	r.broadcast(env, m)
	s.commits.add(r.cfg, r.self, &m.Digest, r.signature(m))
}

// onCommit counts m toward the quorum that commits its slot.
func (r *Replica) onCommit(env protocol.Env, m *Commit) {
	if m.View != r.view || !r.seal.fromReplica(m.Replica, m) {
		return
	}
	s := r.slot(m.Seq)
	if s == nil {
		return // outside the watermarks
	}
	s.commits.add(r.cfg, m.Replica, &m.Digest, nil)
}
