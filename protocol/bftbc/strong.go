package bftbc

import "turncoat/protocol"

// The strong variant prepares only what follows a complete write, so that accomplices
// cannot build lurking writes one upon the other: what a removed client left behind
// is at most one timestamp ahead, and two writes of correct clients mask it. The
// proof that the highest write is complete comes with the replies of phase 1, which
// are votes that it is written; if they disagree, the client completes it first.

// completeHighest goes on to prepare with the write certificate of the highest
// write, which the replies of phase 1 may be already.
func (c *Client) completeHighest(env protocol.Env) {
	if c.max == nil {
		c.beginPrepare(env, nil)
		return
	}
	b := ballot{claim: Written, stamp: c.max.stamp()}
	for _, h := range c.votes {
		if h.Claim == Written && h.Stamp == b.stamp {
			b.add(h.replica, h.Sig)
		}
	}
	if cert := b.certificate(c.config.quorum()); cert != nil {
		c.beginPrepare(env, cert)
		return
	}
	env.Note(CompletedFirst, b.stamp.TS.Counter)
	c.send(env, completing, c.max)
}
