package bftbc

import (
	"slices"

	"turncoat/protocol"
)

// Phase 2 of a write binds a timestamp to one value before anything is written.
// A replica prepares one write of a client at a time: the next only when a write
// certificate shows that this one, or a newer write, is complete. So a client in
// the adversary's hands can prepare one write and no more without writing it.

// beginPrepare enters phase 2 with the successor of the highest timestamp.
// completed is the write certificate of the highest in the strong variant.
func (c *Client) beginPrepare(env protocol.Env, completed *Certificate) {
	var top *Certificate
	if c.max != nil {
		top = c.max.Cert
	}
	s := Stamp{top.stamp().TS.successor(c.keys.Self()), c.digest}
	c.ballot = ballot{claim: Prepared, stamp: s}
	c.begin(env, preparing, func(h Header) protocol.Message {
		m := &Prepare{
			Header: h, Client: c.keys.Self(), Max: top, TS: s.TS, Digest: s.Digest,
			Previous: c.previous[c.op.Object], Completed: completed,
		}
		Sign(c.keys, c.config.Epoch, m)
		return m
	})
}

// onPrepare prepares a write, unless another of the same client stands in its way.
func (r *Replica) onPrepare(env protocol.Env, from protocol.NodeID, m *Prepare) {
	if !r.admits(env, m) || !r.justified(env, m) {
		return
	}
	old := r.object(m.Object)
	s := old
	for _, cert := range []*Certificate{m.Previous, m.Completed} {
		var ok bool
		if s, ok = r.learn(env, m.Object, s, cert); !ok {
			return
		}
	}
	stamp := Stamp{m.TS, m.Digest}
	prepared := true
	// What is at or below a complete write can change nothing that is read, so it
	// needs no entry.
	if stamp.Compare(s.written) > 0 {
		s, prepared = r.enter(env, s, stamp)
	}
	if s != old {
		r.save(env, m.Object, s)
	}
	if prepared {
		env.Send(from, &PrepareReply{m.Header, r.vote(Prepared, m.Object, stamp)})
	}
}

// justified reports whether the timestamp is the successor of one that was
// prepared: of one whose write is complete, in the strong variant.
func (r *Replica) justified(env protocol.Env, m *Prepare) bool {
	if r.config.lifts(Successor) {
		return true
	}
	ok := m.TS == m.Max.stamp().TS.successor(m.Client) && (m.Max == nil || r.config.prepared(r.keys, m.Object, m.Max))
	if ok && m.Max != nil && r.config.Variant == Strong {
		ok = r.config.complete(r.keys, m.Object, m.Completed) && m.Completed.Stamp == m.Max.Stamp
	}
	if !ok {
		env.Note(Refused, m.TS.Counter)
	}
	return ok
}

// learn takes note of a write certificate and returns the state with it; false if
// the certificate is not valid. What the replica knows already it does not check.
func (r *Replica) learn(env protocol.Env, object protocol.ID, s *state, cert *Certificate) (*state, bool) {
	if cert.stamp().Compare(s.written) <= 0 {
		return s, true
	}
	if !r.config.complete(r.keys, object, cert) {
		env.Note(Refused, cert.Stamp.TS.Counter)
		return s, false
	}
	s = s.clone()
	if n := s.learn(cert.Stamp); n > 0 {
		env.Note(Purged, uint64(n))
	}
	return s, true
}

// enter puts a stamp into the prepare list and returns the state with it; false if
// another write of the client is there.
func (r *Replica) enter(env protocol.Env, s *state, stamp Stamp) (*state, bool) {
	i, found := find(s.plist, stamp.TS.Client)
	if found && s.plist[i].Stamp == stamp {
		return s, true
	}
	if found && !r.vacates(env, s.plist[i], s.written) {
		return s, false
	}
	s = s.clone()
	if !found {
		s.plist = slices.Insert(s.plist, i, entry{})
	}
	s.plist[i] = entry{Stamp: stamp}
	return s, true
}

// vacates reports whether an entry of a client may give way to another of the
// same client: once its write, or a newer one, is complete.
func (r *Replica) vacates(env protocol.Env, e entry, written Stamp) bool {
	if e.Stamp.Compare(written) <= 0 || r.config.lifts(OnePerClient) {
		return true
	}
	env.Note(Blocked, uint64(e.Stamp.TS.Client))
	return false
}

// onPrepareReply counts a vote toward the prepare certificate.
func (c *Client) onPrepareReply(env protocol.Env, replica protocol.NodeID, m *PrepareReply) {
	if c.phase == preparing && c.tally(replica, &m.Vote) {
		c.store(env, c.ballot.certificate(c.config.quorum()))
	}
}
