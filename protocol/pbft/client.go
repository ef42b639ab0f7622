package pbft

import (
	"bytes"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Codec maps the operations of the world's users to those of a service and back.
type Codec interface {
	// Encode returns the service's form of op, and whether it changes nothing.
	Encode(op protocol.Operation) (request []byte, readOnly bool)
	// Decode returns the result of op from the service's.
	Decode(op protocol.Operation, result []byte) protocol.Result
}

// Client invokes operations of a replicated service (§2.3.1). It implements
// protocol.Client.
type Client struct {
	call  Caller
	codec Codec
	op    protocol.Operation
}

// NewClient returns the client that keys belong to.
func NewClient(cfg *Config, keys *auth.Keys, codec Codec) (*Client, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	return &Client{call: NewCaller(cfg, keys), codec: codec}, nil
}

// Start begins the incarnation. A client needs no disk: its timestamps come from its clock.
func (c *Client) Start(protocol.Env, protocol.Disk) {}

// Invoke sends the request of op.
func (c *Client) Invoke(env protocol.Env, op protocol.Operation) {
	c.op = op
	request, readOnly := c.codec.Encode(op)
	c.call.Begin(env, request, readOnly)
}

// Deliver counts replies.
func (c *Client) Deliver(env protocol.Env, _ protocol.NodeID, m protocol.Message) {
	if reply, ok := m.(*Reply); ok {
		if result, done := c.call.OnReply(env, reply); done {
			env.Return(c.codec.Decode(c.op, result))
		}
	}
}

// Timer sends the request again.
func (c *Client) Timer(env protocol.Env, id protocol.TimerID) {
	if id == TimerClient {
		c.call.OnTimer(env)
	}
}

// Clone returns an independent copy.
func (c *Client) Clone() protocol.Machine {
	d := *c
	d.call = c.call.Clone()
	return &d
}

// AppendState appends a canonical encoding of the state.
func (c *Client) AppendState(b []byte) []byte {
	b = appendU64(append(c.call.AppendState(b), byte(c.op.Kind)), uint64(c.op.Seq))
	return protocol.AppendBytes(append(b, c.op.Object[:]...), c.op.Value)
}

// Caller is the client's side of one request at a time, for machines that call a
// replicated service among other things. They pass it the replies and its timer.
type Caller struct {
	cfg       *Config
	seal      *Sealer
	timestamp uint64
	request   *Request // nil: nothing is asked
	answers   []answer // by replica
	timeout   time.Duration
}

// answer is the last reply of one replica to the request.
type answer struct {
	m      *Reply
	digest auth.Digest // of the result; only with digest replies
}

// NewCaller returns a caller with nothing to ask.
func NewCaller(cfg *Config, keys *auth.Keys) Caller {
	return Caller{cfg: cfg, seal: NewSealer(cfg, keys), answers: make([]answer, cfg.N())}
}

// Busy reports whether a request has no result yet.
func (c *Caller) Busy() bool { return c.request != nil }

// Begin sends a request for op to all replicas, in place of one that is under way.
func (c *Caller) Begin(env protocol.Env, op []byte, readOnly bool) {
	c.timeout = c.cfg.ClientTimeout
	replier := int32(-1)
	if c.cfg.DigestReplies {
		replier = int32(c.timestamp % uint64(c.cfg.N()))
	}
	c.send(env, op, readOnly && c.cfg.ReadOnly, replier)
}

// send makes a new request. Its timestamp is the clock's, or the next if the clock
// has not moved: no earlier incarnation can have used a higher one.
func (c *Caller) send(env protocol.Env, op []byte, readOnly bool, replier int32) {
	c.timestamp = max(c.timestamp+1, uint64(max(0, env.Now())))
	c.request = &Request{Client: c.seal.keys.Self(), Timestamp: c.timestamp, ReadOnly: readOnly, Replier: replier, Op: op}
	clear(c.answers)
	c.seal.remember(c.request)
	c.seal.Seal(c.request)
	c.transmit(env)
}

func (c *Caller) transmit(env protocol.Env) {
	for _, to := range c.cfg.Members {
		env.Send(to, c.request)
	}
	env.SetTimer(TimerClient, c.timeout)
}

// clientDoublings bounds a client's back-off to 16 times its first wait [O]. Where what
// it still needs is the reply of one that answers now and then, waiting on is all that
// keeps it waiting.
const clientDoublings = 4

// OnTimer sends the request again, with back-off, now asking every replica for the
// whole result. A read-only one that found no quorum is ordered like any other.
func (c *Caller) OnTimer(env protocol.Env) {
	if c.request == nil {
		return
	}
	c.timeout = min(2*c.timeout, c.cfg.ClientTimeout<<clientDoublings)
	if c.request.ReadOnly {
		c.send(env, c.request.Op, false, -1)
		return
	}
	if c.request.Replier >= 0 {
		again := *c.request
		again.Replier = -1
		c.seal.remember(&again)
		c.seal.Seal(&again)
		c.request = &again
	}
	c.transmit(env)
}

// OnReply counts a reply, and returns the result once enough replicas agree on it.
func (c *Caller) OnReply(env protocol.Env, m *Reply) (result []byte, done bool) {
	if c.request == nil || m.Timestamp != c.request.Timestamp || m.Client != c.request.Client || !c.seal.fromReplica(m.Replica, m) {
		return nil, false
	}
	a := answer{m: m}
	switch {
	case !m.Whole && len(m.Result) != len(a.digest):
		return nil, false // neither a result nor a digest
	case !m.Whole:
		copy(a.digest[:], m.Result)
	case c.cfg.DigestReplies:
		a.digest = c.seal.keys.Digest(m.Result)
	}
	c.answers[m.Replica] = a
	whole, enough := c.agreement(&a)
	if !enough || whole == nil {
		return nil, false
	}
	c.request = nil
	env.CancelTimer(TimerClient)
	return whole.Result, true
}

// agreement reports whether enough replicas gave a's result, and a reply that has it whole.
//
// Final results: a weak quorum, since one of it is correct; a quorum if read-only
// requests are answered at once, for a read that follows must not find a quorum
// that has not executed this. Tentative and read-only ones: a quorum, and for the
// tentative from one view, so that it survives every view change.
func (c *Caller) agreement(a *answer) (whole *Reply, enough bool) {
	final, oneView := 0, 0
	for i := range c.answers {
		o := &c.answers[i]
		if o.m == nil || !c.same(a, o) {
			continue
		}
		if o.m.Whole {
			whole = o.m
		}
		if !o.m.Tentative {
			final++
		}
		if o.m.View == a.m.View {
			oneView++
		}
	}
	tentative := c.cfg.Tentative && !c.request.ReadOnly
	return whole, final >= c.finalNeeded() || tentative && oneView >= c.tentativeNeeded()
}

func (c *Caller) same(a, o *answer) bool {
	if c.cfg.DigestReplies {
		return a.digest == o.digest
	}
	return o.m.Whole && bytes.Equal(a.m.Result, o.m.Result)
}

// finalNeeded is how many matching final replies the request needs.
func (c *Caller) finalNeeded() int {
	if c.request.ReadOnly || c.cfg.ReadOnly && c.cfg.enforced(ReadOnlyWriteQuorum) {
		return c.cfg.Quorum()
	}
	return c.cfg.Weak()
}

// tentativeNeeded is how many matching replies from one view a tentative result needs.
func (c *Caller) tentativeNeeded() int {
	if c.cfg.enforced(TentativeQuorum) {
		return c.cfg.Quorum()
	}
	return c.cfg.Weak()
}

// Clone returns an independent copy.
func (c *Caller) Clone() Caller {
	d := *c
	d.answers = append([]answer(nil), c.answers...)
	return d
}

// AppendState appends a canonical encoding of the state.
func (c *Caller) AppendState(b []byte) []byte {
	b = appendU64(appendU64(b, c.timestamp), uint64(c.timeout))
	if b = protocol.AppendBool(b, c.request != nil); c.request == nil {
		return b
	}
	b = c.request.AppendTo(b)
	for i := range c.answers {
		if b = protocol.AppendBool(b, c.answers[i].m != nil); c.answers[i].m != nil {
			b = c.answers[i].m.appendText(b)
		}
	}
	return b
}
