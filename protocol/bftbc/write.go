package bftbc

import "turncoat/protocol"

// Phase 3 of a write stores the value with its prepare certificate at a quorum.
// The replies are the write certificate, which the client's next write must show.
// Write-backs, of reads and of the strong variant, are the same phase on another's
// record.

// store enters phase 3 with a prepare certificate.
func (c *Client) store(env protocol.Env, cert *Certificate) {
	c.send(env, storing, &Record{c.op.Value, cert})
}

// send enters a phase that writes a record.
func (c *Client) send(env protocol.Env, p phase, r *Record) {
	c.record = r
	c.ballot = ballot{claim: Written, stamp: r.stamp()}
	c.begin(env, p, func(h Header) protocol.Message { return &Write{h, r} })
}

// onWrite stores a record iff it is newer, and acknowledges what was prepared in
// any case. Who sends it does not matter: anyone may write back.
func (r *Replica) onWrite(env protocol.Env, from protocol.NodeID, m *Write) {
	if m.Record == nil {
		return
	}
	if !r.config.genuine(r.keys, m.Object, m.Record) {
		env.Note(Refused, m.Record.stamp().TS.Counter)
		return
	}
	s, stamp := r.object(m.Object), m.Record.stamp()
	switch order := stamp.Compare(s.record.stamp()); {
	case order < 0:
		env.Note(Superseded, s.record.stamp().TS.Counter)
		if r.removed(stamp.TS.Client) {
			env.Note(Masked, uint64(stamp.TS.Client))
		}
	case order > 0:
		if r.removed(stamp.TS.Client) {
			env.Note(Lurking, uint64(stamp.TS.Client))
		}
		s = s.clone()
		s.record = m.Record
		r.save(env, m.Object, s)
	}
	env.Send(from, &WriteReply{m.Header, r.vote(Written, m.Object, stamp)})
}

// onWriteReply counts a vote toward the write certificate.
func (c *Client) onWriteReply(env protocol.Env, replica protocol.NodeID, m *WriteReply) {
	switch c.phase {
	case storing, completing, returning:
	default:
		return
	}
	if !c.tally(replica, &m.Vote) {
		return
	}
	cert := c.ballot.certificate(c.config.quorum())
	switch c.phase {
	case storing:
		c.previous[c.op.Object] = cert
		c.finish(env, false, nil)
	case completing:
		c.beginPrepare(env, cert)
	case returning:
		c.finish(env, true, c.record.Value)
	}
}
