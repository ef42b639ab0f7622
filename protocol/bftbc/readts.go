package bftbc

import "turncoat/protocol"

// Phase 1 of a write learns the highest prepare certificate that a quorum knows.
// Any complete write is at or below it, because two quorums share a correct
// replica.

// readTS answers a request for the highest prepare certificate.
func (r *Replica) readTS(h Header) *ReadTSReply {
	reply := &ReadTSReply{Header: h}
	rec := r.object(h.Object).record
	if rec == nil {
		return reply
	}
	reply.Record = &Record{Cert: rec.Cert}
	if r.config.Variant == Strong {
		reply.Record = rec
		v := r.vote(Written, h.Object, rec.Cert.Stamp)
		reply.Vote = &v
	}
	return reply
}

// beginWrite enters phase 1.
func (c *Client) beginWrite(env protocol.Env) {
	c.digest = c.keys.Digest(c.op.Value)
	c.begin(env, askTS, func(h Header) protocol.Message {
		if c.config.Variant == Optimised {
			return c.readTSPrep(h)
		}
		return &ReadTS{h}
	})
}

// onReadTSReply counts a certificate of something prepared: a faulty replica cannot
// exhaust the timestamps by inventing a huge one.
func (c *Client) onReadTSReply(env protocol.Env, replica protocol.NodeID, m *ReadTSReply) {
	if c.phase != askTS {
		return
	}
	if m.Record != nil && !c.believes(m.Record) {
		env.Note(Refused, m.Record.stamp().TS.Counter)
		return
	}
	if !c.count(replica) {
		return
	}
	if m.Record.stamp().Compare(c.max.stamp()) > 0 {
		c.max = m.Record
	}
	if m.Vote != nil && c.config.endorses(c.keys, replica, c.op.Object, m.Vote) {
		c.votes = append(c.votes, heard{replica, *m.Vote})
	}
	if c.replied.Len() < c.config.quorum() {
		return
	}
	switch c.config.Variant {
	case Optimised:
		c.choosePath(env)
	case Strong:
		c.completeHighest(env)
	default:
		c.beginPrepare(env, nil)
	}
}

// believes reports whether what a replica said to hold was prepared. The value
// comes with it in the strong variant only.
func (c *Client) believes(r *Record) bool {
	if !c.config.prepared(c.keys, c.op.Object, r.Cert) {
		return false
	}
	return c.config.Variant != Strong || c.config.matches(c.keys, r.Value, r.Cert)
}

// heard is a vote of phase 1 and whose it is.
type heard struct {
	replica protocol.NodeID
	Vote
}
