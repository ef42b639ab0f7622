package pbft

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// onPrePrepare accepts the primary's assignment of a batch to a sequence number: in
// this view, authentic, between the watermarks, well formed, and the first that
// this view has for the number (§2.3.3).
func (r *Replica) onPrePrepare(env protocol.Env, m *PrePrepare) {
	if m.View != r.view || int(m.Replica) != r.cfg.Primary(m.View) || len(m.Requests) == 0 || len(m.Requests) > r.cfg.Batch {
		return
	}
	if !r.seal.fromReplica(m.Replica, m) || m.Digest != r.seal.batchOf(m) {
		return
	}
	s := r.slot(m.Seq)
	switch {
	case s == nil || s.assigned != nil:
	case !r.active:
		s.early = m // kept for when this view's NEW-VIEW has come
	default:
		r.acceptPrePrepare(env, s, m)
	}
}

func (r *Replica) acceptPrePrepare(env protocol.Env, s *slot, m *PrePrepare) {
	b := s.batch(&m.Digest)
	if b.refs == nil {
		b.setRefs(m.Requests)
	}
	if b.doubted > 0 {
		for i := range b.refs {
			if e := r.queue.find(&b.refs[i]); e != nil {
				b.fillAt(i, e.req, true)
			}
		}
	}
	if r.transfer != nil {
		env.Note(NoteTransferWhileOrdering, m.Seq)
	}
	r.assign(s, b, m)
	r.tryPrepare(env, s)
}

// assign records that this view assigns b to s. m is nil if the NEW-VIEW does.
func (r *Replica) assign(s *slot, b *batch, m *PrePrepare) {
	s.assigned, s.message = b, m
	s.certified = m == nil
	if m != nil && m.Auth.Sig != nil {
		s.proposal = &Vote{m.Replica, *m.Auth.Sig}
	}
	r.log.top = max(r.log.top, s.seq)
	r.lacking = r.lacking || b.doubted > 0 || !b.complete()
}

// vouched reports whether the requests assigned to s are their clients': each has a
// valid MAC for this replica, or a weak quorum's PRE-PREPARE and PREPAREs carry
// their digest (§3.2.2), or the NEW-VIEW chose them. Otherwise a faulty primary
// could make up requests.
func (r *Replica) vouched(env protocol.Env, s *slot) bool {
	if s.certified || s.assigned.doubted == 0 {
		return true
	}
	if 1+s.prepares.count(r.cfg, &s.assigned.digest) < r.cfg.Weak() {
		return false
	}
	env.Note(NoteVouchedRequest, s.seq)
	return true
}

// onFetch sends the bodies of a batch to who lacks them.
func (r *Replica) onFetch(env protocol.Env, m *Fetch) {
	s := r.peek(m.Seq)
	if s == nil || !r.seal.fromReplica(m.Replica, m) {
		return
	}
	if b := s.find(&m.Digest); b != nil && b.complete() && b.digest != nullDigest {
		env.Send(r.cfg.Members[m.Replica], &Bodies{Seq: m.Seq, Requests: b.bodies})
	}
}

// onBodies takes the bodies of a batch that this replica lacks. They come from
// anyone: the digest proves them, and nothing is kept that was not asked for.
func (r *Replica) onBodies(env protocol.Env, m *Bodies) {
	s := r.peek(m.Seq)
	if s == nil || s.assigned == nil || s.assigned.complete() || len(m.Requests) > r.cfg.Batch {
		return
	}
	refs := make([]auth.Digest, len(m.Requests))
	for i, req := range m.Requests {
		if req == nil {
			return
		}
		refs[i] = r.seal.RequestDigest(req)
	}
	b := s.assigned
	if r.seal.BatchDigest(refs) != b.digest {
		return
	}
	if b.refs == nil {
		b.setRefs(refs)
	}
	for i, req := range m.Requests {
		proved := r.seal.authentic(req.Client, req)
		if proved && !r.finished(req) {
			r.queue.push(req, refs[i]) // it is timed like one that its client sent
		}
		b.fillAt(i, req, proved)
	}
	r.tryPrepare(env, s)
}

// fetchBodies asks everyone for the bodies that the assignments of this view lack.
func (r *Replica) fetchBodies(env protocol.Env) {
	for i := range r.span() {
		if s := r.place(i); s != nil && !s.assigned.complete() {
			r.broadcast(env, &Fetch{Seq: s.seq, Digest: s.assigned.digest, Replica: r.self})
		}
	}
}
