package bftbc

import "turncoat/protocol"

// A read hears a quorum and takes the newest record that was prepared. If all of a
// quorum hold it, it returns; else it writes it back first, so that no later read
// returns an older one, and what a faulty client wrote to a few is written to a
// quorum or never seen.

// beginRead enters phase 1.
func (c *Client) beginRead(env protocol.Env) {
	c.holders.Clear()
	c.begin(env, reading, func(h Header) protocol.Message { return &Read{h} })
}

// onReadReply counts a record.
func (c *Client) onReadReply(env protocol.Env, replica protocol.NodeID, m *ReadReply) {
	if c.phase != reading {
		return
	}
	if m.Record != nil && !c.config.genuine(c.keys, c.op.Object, m.Record) {
		env.Note(Refused, m.Record.stamp().TS.Counter)
		return
	}
	if !c.count(replica) {
		return
	}
	switch order := m.Record.stamp().Compare(c.max.stamp()); {
	case order > 0:
		c.max = m.Record
		c.holders.Clear()
		c.holders.Add(c.member(replica))
	case order == 0:
		c.holders.Add(c.member(replica))
	}
	if c.replied.Len() >= c.config.quorum() {
		c.settle(env)
	}
}

// settle returns what a quorum holds, or writes it back.
func (c *Client) settle(env protocol.Env) {
	switch {
	case c.holders.Len() >= c.config.quorum() && c.max == nil:
		c.finish(env, false, nil)
	case c.holders.Len() >= c.config.quorum():
		c.record = c.max
		c.finish(env, true, c.max.Value)
	default:
		env.Note(WroteBack, c.max.stamp().TS.Counter)
		c.send(env, returning, c.max)
	}
}
