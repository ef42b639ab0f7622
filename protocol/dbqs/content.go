package dbqs

import "turncoat/protocol"

// Content-hash objects never change and prove themselves: a put is complete when
// a quorum holds the value, a get returns the first value with the right hash,
// and says "not found" only when a quorum does not hold it.

// beginPut stores the value.
func (c *Client) beginPut(env protocol.Env) {
	c.begin(env, putting, func(h Header) protocol.Message { return &Put{h, c.op.Value} })
}

func (c *Client) onPutReply(env protocol.Env, member int) {
	if c.phase == putting && c.count(member) && c.replies >= c.config.writeQuorum() {
		c.finish(env, false, nil)
	}
}

// beginGet asks for the value.
func (c *Client) beginGet(env protocol.Env) {
	c.begin(env, getting, func(h Header) protocol.Message { return &Get{h} })
}

func (c *Client) onGetReply(env protocol.Env, member int, m *GetReply) {
	if c.phase != getting {
		return
	}
	if m.Found {
		if protocol.ID(c.keys.Digest(m.Value)) == c.op.Object {
			c.finish(env, true, m.Value)
		}
		return // a wrong value is no answer, and no absence either
	}
	if c.count(member) && c.replies >= c.config.readQuorum() {
		env.Note(Absent, 0)
		c.finish(env, false, nil)
	}
}
