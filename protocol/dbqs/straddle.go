package dbqs

import (
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
)

// This file models a client whose groups change under it. It acts in the epoch of
// its view, under a lease that says that the epoch is current, and counts replies of
// that epoch alone. When its view moves on, it does the phase that it is in over
// again in the new epoch, and no more than that: a write whose timestamp was chosen
// keeps it, or it could take effect twice.

// NewEpochClient returns an idle client that follows the epochs by a view of its
// own.
func NewEpochClient(c *Config, keys *auth.Keys, owners []*auth.Signer, cfg *view.Config) *Client {
	k := NewClient(c, keys, owners)
	v := view.New(cfg, keys, protocol.ID{})
	k.view = &v
	return k
}

// View returns the client's view, for reading only; nil in a static system.
func (c *Client) View() *view.View { return c.view }

// Epoch returns the epoch in which the latest phase ran; for checkers.
func (c *Client) Epoch() uint64 { return c.epoch }

// Restarted reports whether the operation has moved to another epoch than it began in;
// for checkers.
func (c *Client) Restarted() bool { return c.epoch != c.began }

// Mixed reports whether a phase of the latest operation has counted replies of two
// epochs; for checkers.
func (c *Client) Mixed() bool { return c.mixed }

// tally notes in which epoch a reply is counted.
func (c *Client) tally() {
	c.mixed = c.mixed || c.replies+c.holding > 0 && c.heard != c.epoch
	c.heard = c.epoch
}

// locate finds the object's group for a phase that begins.
func (c *Client) locate() {
	if c.view == nil {
		c.group = c.config.group(c.op.Object)
		return
	}
	c.epoch, c.group = c.view.Epoch(), c.view.Group(c.op.Object, c.config.size())
}

// mayAct reports whether the client may send or accept now. Without a lease it asks
// for one, and remembers that it has something to ask when the lease is there: the
// members that it asked before may all have left the epoch since, and be in the
// adversary's hands.
func (c *Client) mayAct(env protocol.Env) bool {
	if c.view == nil || !c.config.enforced(Freshness) || c.view.Current(env.Now()) {
		return true
	}
	if !c.mute {
		env.Note(LeaseRefused, c.epoch)
		if c.straddles() {
			c.view.RefreshAll(env)
		} else {
			c.view.Refresh(env)
		}
	}
	c.mute = true
	return false
}

// straddles reports whether two epochs have ended since the operation began. Where epochs
// are hardly longer than it takes to get a lease and to use it, the nearest replica of the
// service may give one in time where the next in turn would not.
func (c *Client) straddles() bool { return c.view != nil && c.view.Epoch() >= c.began+2 }

// follow takes what concerns epochs and leases and is no reply, and reports whether m
// was that.
func (c *Client) follow(env protocol.Env, from protocol.NodeID, m protocol.Message) bool {
	if c.view == nil {
		return false
	}
	if refusal, ok := m.(*Refusal); ok {
		c.view.Heard(env, from, refusal.Now)
		return true
	}
	if !c.view.OnMessage(env, from, m) {
		return false
	}
	switch {
	case c.phase == idle:
	case c.view.Epoch() != c.epoch:
		c.restart(env)
	case c.mute && c.view.Current(env.Now()):
		c.mute = false
		c.ask(env)
	}
	return true
}

// restart does the phase over again in the epoch that the view has moved to.
func (c *Client) restart(env protocol.Env) {
	env.Note(PhaseRestarted, c.view.Epoch())
	replies, holding, best := c.replies, c.holding, c.best
	c.mute = false
	c.forgetHolders()
	switch c.phase {
	case storing:
		if !c.config.enforced(RestartPhaseOnly) {
			c.beginWrite(env)
			return
		}
		c.begin(env, storing, func(h Header) protocol.Message { return &Write{h, best} })
	case returning:
		env.Note(WriteBackStraddled, c.view.Epoch())
		c.begin(env, returning, func(h Header) protocol.Message { return &Write{h, best} })
	default:
		c.best = nil
		c.open(env)
	}
	if !c.config.enforced(OneEpochPhase) {
		c.replies, c.holding, c.best = replies, holding, best
	}
}

// noteStraddled notes an operation that ends in another epoch than it began in.
func (c *Client) noteStraddled(env protocol.Env) {
	if c.view == nil || c.epoch == c.began {
		return
	}
	if c.op.Kind == protocol.Write {
		env.Note(WriteStraddled, c.epoch-c.began)
	}
	if c.epoch >= c.began+2 {
		env.Note(TwoStraddled, c.epoch)
	}
}

// appendEpochs appends what only a client with a view has.
func (c *Client) appendEpochs(b []byte) []byte {
	b = c.view.AppendState(b)
	for _, e := range [...]uint64{c.epoch, c.began, c.heard} {
		b = binary.LittleEndian.AppendUint64(b, e)
	}
	return protocol.AppendBool(protocol.AppendBool(b, c.mute), c.mixed)
}
