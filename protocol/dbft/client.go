package dbft

import (
	"encoding/binary"
	"fmt"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
)

// Client carries out one operation at a time, as one request to the object's group. It
// acts in the epoch of its view, under a lease. When its view moves on before there
// is a result, it sends the same request to the group of the new epoch: the timestamp
// stays, so that the reply table that was handed over keeps it from executing twice. It
// implements protocol.Client.
type Client struct {
	config *Config
	keys   *auth.Keys
	view   view.View
	call   pbft.Caller
	group  *pbft.Config // that the caller calls; nil before the first call

	op    protocol.Operation
	busy  bool   // an operation is in flight
	asked bool   // the caller has its request
	epoch uint64 // of the group
	tried uint64 // epoch in which it was last tried to send
	began uint64 // epoch in which the operation began
	mute  bool   // something was not sent, or not accepted, for want of a lease
}

// NewClient returns an idle client.
func NewClient(c *Config, keys *auth.Keys) *Client {
	return &Client{config: c, keys: keys, view: view.New(c.View, keys, protocol.ID{})}
}

// Start implements protocol.Machine. An operation in flight is forgotten in a crash;
// the timestamps go on from the clock.
func (c *Client) Start(_ protocol.Env, disk protocol.Disk) { c.view.Start(disk) }

// View returns the client's view, for reading only.
func (c *Client) View() *view.View { return &c.view }

// Epoch returns the epoch of the group that was called last; for checkers.
func (c *Client) Epoch() uint64 { return c.epoch }

// calling is the world as the caller sees it.
type calling struct {
	protocol.Env
	instance Instance
}

// Send carries a message to a replica of the group.
func (e calling) Send(to protocol.NodeID, m protocol.Message) { e.Env.Send(to, &Carry{e.instance, m}) }

func (c *Client) calling(env protocol.Env) protocol.Env {
	return calling{env, Instance{c.op.Object, c.epoch}}
}

// Invoke implements protocol.Client.
func (c *Client) Invoke(env protocol.Env, op protocol.Operation) {
	c.op, c.busy, c.asked, c.began = op, true, false, c.view.Epoch()
	env.SetTimer(pbft.TimerClient, c.config.Retry)
	c.send(env)
}

// send calls the group of the view's epoch, or the next time that it may.
func (c *Client) send(env protocol.Env) {
	c.tried = c.view.Epoch()
	if !c.mayAct(env) {
		return
	}
	g := c.config.Group(c.view.Config(), c.op.Object)
	if g == nil {
		return // too few active members: the next epoch may have more
	}
	first := c.group == nil
	c.group, c.epoch = g, c.view.Epoch()
	if first {
		c.call = pbft.NewCaller(g, c.keys)
	} else {
		c.call.MoveTo(c.calling(env), g) // the request under way, if there is one, with it
	}
	if !c.asked {
		c.asked = true
		request, readOnly := encode(c.op)
		c.call.Begin(c.calling(env), request, readOnly)
	}
}

// mayAct reports whether the client may send or accept now. Without a lease it asks for
// one, and remembers that it has something to do when the lease is there.
func (c *Client) mayAct(env protocol.Env) bool {
	if !c.config.enforced(Freshness) || c.view.Current(env.Now()) {
		return true
	}
	if !c.mute {
		env.Note(LeaseRefused, c.epoch)
		c.view.Refresh(env)
	}
	c.mute = true
	return false
}

// Deliver implements protocol.Machine.
func (c *Client) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	switch m := m.(type) {
	case *Refusal:
		c.view.Heard(env, from, m.Now)
	case *Carry:
		c.onReply(env, m)
	default:
		if c.view.OnMessage(env, from, m) {
			c.follow(env)
		}
	}
}

// follow takes up what has changed in the view: another epoch, or a lease.
func (c *Client) follow(env protocol.Env) {
	if c.busy && (c.view.Epoch() != c.tried || c.mute && c.view.Current(env.Now())) {
		c.mute = false
		c.send(env)
	}
}

// onReply counts a reply of the epoch that was asked in: that of another does not
// authenticate.
func (c *Client) onReply(env protocol.Env, m *Carry) {
	reply, ok := m.Inner.(*pbft.Reply)
	if !ok || !c.asked || m.Instance != (Instance{c.op.Object, c.epoch}) || !c.mayAct(env) {
		return
	}
	result, done := c.call.OnReply(c.calling(env), reply)
	if !done {
		return
	}
	if c.epoch > c.began {
		env.Note(Straddled, c.epoch-c.began)
	}
	c.busy, c.asked, c.mute = false, false, false
	env.Return(decode(c.op, result))
}

// Timer implements protocol.Machine: the request is sent again, or the lease asked for.
func (c *Client) Timer(env protocol.Env, _ protocol.TimerID) {
	if !c.busy {
		return
	}
	env.Note(Retransmission, c.epoch)
	c.mute = false
	switch {
	case !c.mayAct(env):
		env.SetTimer(pbft.TimerClient, c.config.Retry)
	case !c.asked || c.epoch != c.view.Epoch():
		env.SetTimer(pbft.TimerClient, c.config.Retry)
		c.send(env)
	default:
		c.call.OnTimer(c.calling(env))
	}
}

// Clone implements protocol.Machine.
func (c *Client) Clone() protocol.Machine {
	d := *c
	d.view = c.view.Clone()
	if c.group != nil {
		d.call = c.call.Clone()
	}
	return &d
}

// AppendState implements protocol.Machine.
func (c *Client) AppendState(b []byte) []byte {
	b = c.view.AppendState(b)
	for _, v := range [...]uint64{c.epoch, c.tried, c.began, uint64(c.op.Seq)} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	b = protocol.AppendBool(protocol.AppendBool(protocol.AppendBool(b, c.busy), c.asked), c.mute)
	if c.group != nil {
		b = c.call.AppendState(b)
	}
	return protocol.AppendBytes(append(append(b, byte(c.op.Kind)), c.op.Object[:]...), c.op.Value)
}

func (c *Client) String() string {
	if !c.busy {
		return "idle"
	}
	return fmt.Sprintf("%v %v in epoch %d", c.op.Kind, c.op.Object, c.epoch)
}
