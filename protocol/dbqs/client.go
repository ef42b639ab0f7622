package dbqs

import (
	"encoding/binary"
	"fmt"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
)

// phase is what a client waits for.
type phase uint8

const (
	idle      phase = iota
	askTS           // write, phase 1: timestamps
	storing         // write, phase 2: acknowledgements
	reading         // read, phase 1: records
	returning       // read, phase 2: acknowledgements of the write-back
	putting         // content-hash put: acknowledgements
	getting         // content-hash get: the value, or a quorum of absences
)

var phaseNames = [...]string{"idle", "ask-ts", "storing", "reading", "returning", "putting", "getting"}

// Client carries out one operation at a time. Of each phase it counts valid
// replies of distinct members of the object's group; whoever has not answered is
// asked again, ever less often, until the phase is over.
type Client struct {
	config *Config
	keys   *auth.Keys
	owners map[protocol.ID]*auth.Signer // of the objects that it may write; looked up only

	op      protocol.Operation
	phase   phase
	nonce   uint64
	group   []protocol.NodeID
	replied protocol.Bitset // members that answered this phase, by place in the group
	replies int             // answers counted; differs only with the rule on distinct senders lifted
	request protocol.Message
	retry   time.Duration

	highest Timestamp       // askTS: the highest so far
	best    *Record         // reading, returning: the highest so far; storing: what is written
	holders protocol.Bitset // reading, returning: members known to hold best
	holding int             // how many; differs only with the rule on distinct senders lifted

	view  *view.View // nil in a static system
	epoch uint64     // of the phase
	began uint64     // epoch in which the operation began
	mute  bool       // the request was not sent, or replies were not accepted, for want of a lease
	mixed bool       // replies of two epochs were counted in one phase; only with that rule lifted
	heard uint64     // epoch of the last reply that was counted
}

// retryTimer is the client's one timer.
const retryTimer protocol.TimerID = 1

// NewClient returns an idle client that may write the objects of the given owners.
func NewClient(c *Config, keys *auth.Keys, owners []*auth.Signer) *Client {
	k := &Client{config: c, keys: keys, owners: make(map[protocol.ID]*auth.Signer, len(owners))}
	for _, o := range owners {
		k.owners[ObjectID(o.Public)] = o
	}
	return k
}

// Start implements protocol.Machine. An operation in flight is forgotten in a crash.
func (c *Client) Start(_ protocol.Env, disk protocol.Disk) {
	if c.view != nil {
		c.view.Start(disk)
	}
}

// Invoke implements protocol.Client.
func (c *Client) Invoke(env protocol.Env, op protocol.Operation) {
	c.op = op
	c.best, c.highest = nil, Timestamp{}
	c.mixed = false
	c.forgetHolders()
	if c.view != nil {
		c.began = c.view.Epoch()
	}
	c.open(env)
}

// open begins the operation's first phase.
func (c *Client) open(env protocol.Env) {
	switch c.op.Kind {
	case protocol.Read:
		c.beginRead(env)
	case protocol.Write:
		c.beginWrite(env)
	case protocol.Put:
		c.beginPut(env)
	case protocol.Get:
		c.beginGet(env)
	}
}

// begin enters a phase whose request carries a new nonce.
func (c *Client) begin(env protocol.Env, p phase, request func(Header) protocol.Message) {
	c.phase, c.nonce = p, env.Nonce()
	c.replied.Clear()
	c.replies = 0
	c.locate()
	c.request = request(Header{c.op.Object, c.nonce, c.epoch})
	c.retry = c.config.Retry
	c.ask(env)
	env.SetTimer(retryTimer, c.retry)
}

// ask sends the request of the phase to the members from whom it needs an answer.
func (c *Client) ask(env protocol.Env) {
	if !c.mayAct(env) {
		return
	}
	skip := c.answered()
	for i, id := range c.group {
		if !skip.Has(i) {
			env.Send(id, c.request)
		}
	}
}

// Timer implements protocol.Machine: whoever has not answered is asked again.
func (c *Client) Timer(env protocol.Env, _ protocol.TimerID) {
	if c.phase == idle {
		return
	}
	env.Note(Retransmission, uint64(c.phase))
	c.mute = false
	c.ask(env)
	c.retry = min(2*c.retry, c.config.RetryMax)
	env.SetTimer(retryTimer, c.retry)
}

// answered returns the members that need not be asked again.
func (c *Client) answered() *protocol.Bitset {
	if c.phase == returning {
		return &c.holders
	}
	return &c.replied
}

// Deliver implements protocol.Machine.
func (c *Client) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	if c.follow(env, from, m) {
		return
	}
	reply, ok := m.(Reply)
	if !ok || c.phase == idle {
		return
	}
	member := c.member(from)
	if member < 0 || !c.current(reply) || !authentic(c.keys, from, reply) || !c.mayAct(env) {
		return
	}
	switch m := m.(type) {
	case *ReadTSReply:
		c.onReadTSReply(env, member, m)
	case *WriteReply:
		c.onWriteReply(env, member, m)
	case *ReadReply:
		c.onReadReply(env, member, m)
	case *PutReply:
		c.onPutReply(env, member)
	case *GetReply:
		c.onGetReply(env, member, m)
	}
}

// current reports whether a reply answers the request of this phase.
func (c *Client) current(r Reply) bool {
	h := r.header()
	return h.Object == c.op.Object && h.Epoch == c.epoch && (h.Nonce == c.nonce || c.config.Lifted.Lifted(ReplyNonce))
}

// member returns the place of a node in the object's group, -1 if it has none.
func (c *Client) member(id protocol.NodeID) int {
	for i, m := range c.group {
		if m == id {
			return i
		}
	}
	return -1
}

// count counts a valid reply of a member and reports whether it was the first.
func (c *Client) count(member int) bool {
	fresh := c.replied.Add(member)
	if fresh || c.config.Lifted.Lifted(DistinctSenders) {
		c.tally()
		c.replies++
		return true
	}
	return false
}

// Written returns the record of the latest write, once its phase 2 has begun;
// for checkers.
func (c *Client) Written() *Record { return c.best }

// finish ends the operation.
func (c *Client) finish(env protocol.Env, found bool, value []byte) {
	c.noteStraddled(env)
	c.phase, c.request = idle, nil
	env.CancelTimer(retryTimer)
	env.Return(protocol.Result{Seq: c.op.Seq, Found: found, Value: value})
}

// Clone implements protocol.Machine.
func (c *Client) Clone() protocol.Machine {
	k := *c
	k.replied, k.holders = c.replied.Clone(), c.holders.Clone()
	if c.view != nil {
		v := c.view.Clone()
		k.view = &v
	}
	return &k
}

// AppendState implements protocol.Machine.
func (c *Client) AppendState(b []byte) []byte {
	b = append(b, byte(c.phase))
	if c.view != nil {
		b = c.appendEpochs(b)
	}
	if c.phase == idle {
		return b
	}
	b = binary.LittleEndian.AppendUint32(b, c.op.Seq)
	b = append(b, c.op.Object[:]...)
	b = protocol.AppendBytes(b, c.op.Value)
	b = binary.LittleEndian.AppendUint64(b, c.nonce)
	b = c.replied.AppendTo(b)
	b = binary.AppendUvarint(b, uint64(c.replies))
	b = binary.AppendUvarint(b, uint64(c.retry))
	b = appendTimestamp(b, c.highest)
	b = appendOptional(b, c.best)
	b = binary.AppendUvarint(b, uint64(c.holding))
	return c.holders.AppendTo(b)
}

func (c *Client) String() string {
	if c.phase == idle {
		return "idle"
	}
	have := c.replies
	if c.phase == returning {
		have = c.holding
	}
	return fmt.Sprintf("%v %v %s, %d of %d", c.op.Kind, c.op.Object, phaseNames[c.phase], have, len(c.group))
}
