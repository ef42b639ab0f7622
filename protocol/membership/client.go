package membership

import (
	"encoding/binary"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
)

// Client is a user of the system. It implements protocol.Client with two
// operations:
//
//   - Write has the service execute an operation, such as an admission: Value is
//     what Encode returned. Found says that it was done; Value is the Outcome.
//   - Read acts in the client's epoch, which it may under a freshness lease alone. It
//     stands for whatever a client of a storage system would do. Value is the
//     epoch, 8 bytes little-endian.
type Client struct {
	cfg  *Config
	keys *auth.Keys
	view view.View
	call pbft.Caller

	instance uint64 // of the replication protocol that call is for
	op       protocol.Operation
	acting   bool // op is a Read that waits for a lease
	asking   bool // op is a Write that has no result
	again    bool // it was sent to more than one group, or more than once
	timeout  time.Duration
}

// The timers of a client, besides its caller's.
const (
	timerLease protocol.TimerID = 32 + iota // a lease has been waited for
	timerAgain                              // the service was about to move
)

// maxDoublings bounds how far a client backs off; from there on it asks all replicas at
// once, for one in turn may be the liar, or late, each time [O].
const maxDoublings = 3

// NewClient returns the client that keys belong to.
func NewClient(cfg *Config, keys *auth.Keys) (*Client, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	c := &Client{cfg: cfg, keys: keys, view: view.New(cfg.View, keys, protocol.ID{})}
	c.connect()
	return c, nil
}

// connect turns to the group that runs the service in the client's epoch.
func (c *Client) connect() {
	group := c.cfg.Group(c.view.Config())
	c.instance, c.call = group.Instance, pbft.NewCaller(&group, c.keys)
}

// View returns the client's view, for reading only.
func (c *Client) View() *view.View { return &c.view }

// Start begins the incarnation.
func (c *Client) Start(_ protocol.Env, disk protocol.Disk) {
	c.view.Start(disk)
	c.connect()
}

// Invoke begins an operation.
func (c *Client) Invoke(env protocol.Env, op protocol.Operation) {
	c.op = op
	if op.Kind.Changes() {
		c.asking, c.again = true, false
		c.call.Begin(env, op.Value, false)
		return
	}
	c.acting, c.timeout = true, c.cfg.Retry
	c.act(env, true)
}

// act ends a Read under a lease, and asks for one if there is none.
func (c *Client) act(env protocol.Env, ask bool) {
	switch {
	case !c.acting:
		return
	case c.view.Current(env.Now()):
		c.acting = false
		env.CancelTimer(timerLease)
		env.Return(protocol.Result{Seq: c.op.Seq, Found: true, Value: binary.LittleEndian.AppendUint64(nil, c.view.Epoch())})
	case ask:
		if c.timeout < c.cfg.Retry<<maxDoublings {
			c.view.Refresh(env)
		} else {
			c.view.RefreshAll(env)
		}
		env.SetTimer(timerLease, c.timeout)
	}
}

// Deliver handles one message.
func (c *Client) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	if reply, ok := m.(*pbft.Reply); ok {
		if result, done := c.call.OnReply(env, reply); done {
			c.conclude(env, result)
		}
		return
	}
	was := c.view.Epoch()
	if !c.view.OnMessage(env, from, m) {
		return
	}
	if c.cfg.Instance(c.view.Epoch()) != c.instance {
		c.connect()
		if c.asking {
			c.again = true
			c.call.Begin(env, c.op.Value, false)
		}
	}
	moved := c.view.Epoch() != was
	if moved {
		c.timeout = c.cfg.Retry // there is somebody who answers
	}
	c.act(env, moved)
}

// conclude ends a Write, unless the service will only take it when it has moved. An
// order that was brought twice and is used up was carried out the first time.
func (c *Client) conclude(env protocol.Env, result []byte) {
	outcome := Malformed
	if len(result) == 1 {
		outcome = Outcome(result[0])
	}
	if outcome == Closing {
		env.SetTimer(timerAgain, c.cfg.Retry)
		return
	}
	c.asking = false
	found := outcome == Done || outcome == Used && c.again
	env.Return(protocol.Result{Seq: c.op.Seq, Found: found, Value: result})
}

// Timer asks again.
func (c *Client) Timer(env protocol.Env, id protocol.TimerID) {
	switch id {
	case pbft.TimerClient:
		c.call.OnTimer(env)
		c.view.Probe(env)
	case timerAgain:
		if c.asking && !c.call.Busy() {
			c.call.Begin(env, c.op.Value, false)
			c.view.Probe(env)
		}
	case timerLease:
		c.timeout = min(2*c.timeout, c.cfg.Retry<<maxDoublings)
		c.act(env, true)
	}
}

// Clone returns an independent copy.
func (c *Client) Clone() protocol.Machine {
	d := *c
	d.view, d.call = c.view.Clone(), c.call.Clone()
	return &d
}

// AppendState appends a canonical encoding of the state.
func (c *Client) AppendState(b []byte) []byte {
	b = c.call.AppendState(c.view.AppendState(b))
	b = protocol.AppendBool(protocol.AppendBool(protocol.AppendBool(append(b, byte(c.op.Kind)), c.acting), c.asking), c.again)
	b = binary.LittleEndian.AppendUint32(b, c.op.Seq)
	return binary.LittleEndian.AppendUint64(b, uint64(c.timeout))
}
