package dbqs

import "turncoat/protocol"

// A write has two phases. Phase 1 learns the highest timestamp that a quorum
// knows; any earlier complete write is among them, because two quorums share a
// correct replica. Phase 2 stores the value under a higher timestamp at a quorum.

// beginWrite enters phase 1.
func (c *Client) beginWrite(env protocol.Env) {
	c.begin(env, askTS, func(h Header) protocol.Message { return &ReadTS{h} })
}

// onReadTSReply counts a timestamp that the object's owner signed: a faulty
// replica cannot exhaust the space of timestamps by inventing a huge one.
func (c *Client) onReadTSReply(env protocol.Env, member int, m *ReadTSReply) {
	if c.phase != askTS {
		return
	}
	ts := Timestamp{}
	if m.Stamp != nil {
		if !c.config.validStamp(c.keys, c.op.Object, m.Stamp) {
			env.Note(Refused, m.Stamp.TS.Counter)
			return
		}
		ts = m.Stamp.TS
	}
	if !c.count(member) {
		return
	}
	c.highest.Counter = max(c.highest.Counter, ts.Counter)
	if c.replies >= c.config.readQuorum() {
		c.store(env)
	}
}

// store enters phase 2 with the successor of the highest timestamp.
func (c *Client) store(env protocol.Env) {
	owner := c.owners[c.op.Object]
	if owner == nil {
		panic("a client was asked to write an object whose key it does not hold")
	}
	r := &Record{Public: owner.Public, Value: c.op.Value}
	r.TS = Timestamp{Counter: c.highest.Counter + 1, Writer: c.keys.Self()}
	c.keys.Scratch = statement(c.keys.Scratch[:0], c.op.Object, r.TS, c.keys.Digest(r.Value))
	r.Sig = c.keys.SignAs(owner, c.keys.Scratch)
	c.best = r
	c.begin(env, storing, func(h Header) protocol.Message { return &Write{h, r} })
}

// onWriteReply counts an acknowledgement, of a write or of a write-back.
func (c *Client) onWriteReply(env protocol.Env, member int, m *WriteReply) {
	if !c.acknowledges(m) {
		return
	}
	switch c.phase {
	case storing:
		if c.count(member) && c.replies >= c.config.writeQuorum() {
			c.finish(env, false, nil)
		}
	case returning:
		c.hold(env, member)
	}
}

// acknowledges reports whether m is about the record that is being written. Under
// the rule on nonces that follows from the nonce for all that this client sent;
// with it lifted, an acknowledgement of anything counts.
func (c *Client) acknowledges(m *WriteReply) bool {
	return c.config.Lifted.Lifted(ReplyNonce) || c.best != nil && m.Sig == c.best.Sig
}
