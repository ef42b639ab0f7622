package dbqs

import "turncoat/protocol"

// A read hears a quorum and takes the highest record that the owner signed. If
// all of a quorum hold it, it returns; else it writes it back first, so that no
// later read returns an older one (new-old inversion).

// beginRead enters phase 1.
func (c *Client) beginRead(env protocol.Env) {
	c.begin(env, reading, func(h Header) protocol.Message { return &Read{h} })
}

// onReadReply counts a record.
func (c *Client) onReadReply(env protocol.Env, member int, m *ReadReply) {
	if c.phase != reading {
		return
	}
	if m.Record != nil && !same(m.Record, c.best) && !c.config.validRecord(c.keys, c.op.Object, m.Record) {
		env.Note(Refused, m.Record.TS.Counter)
		return
	}
	if !c.count(member) {
		return
	}
	switch order := c.config.Lifted.compare(m.Record, c.best); {
	case order > 0:
		c.best = m.Record
		c.forgetHolders()
		c.addHolder(member)
	case order == 0:
		c.addHolder(member)
	}
	if c.replies >= c.config.readQuorum() {
		c.settle(env)
	}
}

// settle returns what a quorum holds, or writes it back.
func (c *Client) settle(env protocol.Env) {
	unanimous := c.holding >= c.replies
	if unanimous || c.config.Lifted.Lifted(WriteBack) {
		c.deliver(env)
		return
	}
	env.Note(WroteBack, c.best.TS.Counter)
	best := c.best
	c.begin(env, returning, func(h Header) protocol.Message { return &Write{h, best} })
}

// hold counts a member that acknowledged the write-back.
func (c *Client) hold(env protocol.Env, member int) {
	c.tally()
	c.addHolder(member)
	if c.holding >= c.config.writeQuorum() {
		c.deliver(env)
	}
}

// addHolder counts a member that is known to hold the highest record.
func (c *Client) addHolder(member int) {
	if c.holders.Add(member) || c.config.Lifted.Lifted(DistinctSenders) {
		c.holding++
	}
}

func (c *Client) forgetHolders() {
	c.holders.Clear()
	c.holding = 0
}

// deliver ends the read with the highest record.
func (c *Client) deliver(env protocol.Env) {
	if c.best == nil {
		c.finish(env, false, nil)
		return
	}
	c.finish(env, true, c.best.Value)
}
