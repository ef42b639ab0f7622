package bftbc

import (
	"slices"

	"turncoat/protocol"
)

// The optimised variant merges phases 1 and 2: a replica predicts the timestamp
// and prepares the value under it at once. If a quorum predicts alike, their votes
// are the prepare certificate; else the client prepares as in the base variant.
// Optimistic prepares have a list of their own, so that a wrong prediction does not
// stand in the way, and votes of their own, so that a certificate comes from one
// list: two lists, two lurking writes.

// readTSPrep returns the request of the merged phase.
func (c *Client) readTSPrep(h Header) *ReadTSPrep {
	m := &ReadTSPrep{Header: h, Client: c.keys.Self(), Seq: uint64(c.op.Seq) + 1, Digest: c.digest, Previous: c.previous[c.op.Object]}
	Sign(c.keys, c.config.Epoch, m)
	return m
}

// onReadTSPrep answers with the highest certificate and, if nothing stands in the
// way, with an optimistic prepare.
func (r *Replica) onReadTSPrep(env protocol.Env, from protocol.NodeID, m *ReadTSPrep) {
	old := r.object(m.Object)
	s, reply := old, r.readTS(m.Header)
	if r.config.Variant == Optimised && r.admits(env, m) {
		var ok bool
		var stamp Stamp
		if s, ok = r.learn(env, m.Object, s, m.Previous); ok {
			if s, stamp, ok = r.predict(env, s, m); ok {
				v := r.vote(PreparedFast, m.Object, stamp)
				reply.Vote = &v
			}
		}
	}
	if s != old {
		r.save(env, m.Object, s)
	}
	r.reply(env, from, reply)
}

// predict enters a write under the timestamp that the replica expects it to have,
// and returns the state with it; false if another write of the client stands in
// the way. An operation is entered once: were it entered again after it is
// complete, whoever replays the request could have an old value prepared anew.
func (r *Replica) predict(env protocol.Env, s *state, m *ReadTSPrep) (*state, Stamp, bool) {
	i, found := find(s.fast, m.Client)
	if found {
		e := s.fast[i]
		if e.Seq == m.Seq && e.Stamp.Digest == m.Digest {
			return s, e.Stamp, true
		}
		if m.Seq <= e.Seq || !r.vacates(env, e, s.written) {
			return s, Stamp{}, false
		}
	}
	s = s.clone()
	if !found {
		s.fast = slices.Insert(s.fast, i, entry{})
	}
	s.fast[i] = entry{Stamp{s.highest().successor(m.Client), m.Digest}, m.Seq}
	return s, s.fast[i].Stamp, true
}

// choosePath goes on to write if a quorum predicted alike, and else to prepare.
func (c *Client) choosePath(env protocol.Env) {
	b := ballot{claim: PreparedFast}
	for _, h := range c.votes {
		if len(b.proof) == 0 {
			b.stamp = h.Stamp
		}
		if h.Claim == PreparedFast && h.Stamp == b.stamp && h.Stamp.TS.Client == c.keys.Self() && h.Stamp.Digest == c.digest {
			b.add(h.replica, h.Sig)
		}
	}
	if cert := b.certificate(c.config.quorum()); cert != nil {
		env.Note(FastPath, cert.Stamp.TS.Counter)
		c.store(env, cert)
		return
	}
	env.Note(SlowPath, c.max.stamp().TS.Counter)
	c.beginPrepare(env, nil)
}
