package bftbc

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// phase is what a client waits for.
type phase uint8

const (
	idle       phase = iota
	askTS            // write, phase 1: prepare certificates
	completing       // strong write: the highest write is written back
	preparing        // write, phase 2
	storing          // write, phase 3
	reading          // read, phase 1: records
	returning        // read, phase 2: write-back
)

var phaseNames = [...]string{"idle", "ask-ts", "completing", "preparing", "storing", "reading", "returning"}

// Client carries out one operation at a time. Of each phase it counts valid
// replies of distinct members of the object's group; whoever has not answered is
// asked again, ever less often, until the phase is over.
type Client struct {
	config   *Config
	keys     *auth.Keys
	previous map[protocol.ID]*Certificate // of its last write to an object; looked up only
	wrote    []protocol.ID                // the objects that it has begun to write

	op      protocol.Operation
	digest  auth.Digest // of the value to be written
	phase   phase
	nonce   uint64
	group   []protocol.NodeID
	replied protocol.Bitset // members that answered this phase, by place in the group
	request protocol.Message
	retry   time.Duration

	max     *Record         // askTS, reading: the newest so far; its value is absent where phase 1 has none
	votes   []heard         // askTS
	ballot  ballot          // preparing, storing, completing, returning
	record  *Record         // what is being written or was read last
	holders protocol.Bitset // reading: members known to hold max
}

// retryTimer is the client's one timer.
const retryTimer protocol.TimerID = 1

// NewClient returns an idle client. Its node must be among the config's clients for
// its writes to be prepared.
func NewClient(c *Config, keys *auth.Keys) *Client {
	return &Client{config: c, keys: keys, previous: make(map[protocol.ID]*Certificate)}
}

// Start implements protocol.Machine. An operation in flight is forgotten in a crash.
func (c *Client) Start(protocol.Env, protocol.Disk) {}

// Invoke implements protocol.Client. The protocol has mutable registers only.
func (c *Client) Invoke(env protocol.Env, op protocol.Operation) {
	c.op, c.group = op, c.config.group(op.Object)
	c.max, c.record, c.votes = nil, nil, nil
	switch op.Kind {
	case protocol.Read:
		c.beginRead(env)
	case protocol.Write:
		if !slices.Contains(c.wrote, op.Object) {
			c.wrote = append(c.wrote, op.Object)
		}
		c.beginWrite(env)
	default:
		panic(fmt.Sprintf("bftbc: a client was asked to %v; there are only registers", op.Kind))
	}
}

// begin enters a phase whose request carries a new nonce. Who is known to hold what
// a read writes back has answered already.
func (c *Client) begin(env protocol.Env, p phase, request func(Header) protocol.Message) {
	c.phase, c.nonce = p, env.Nonce()
	c.replied.Clear()
	if p == returning {
		c.replied = c.holders.Clone()
	}
	c.request = request(Header{c.op.Object, c.nonce})
	c.retry = c.config.Retry
	c.ask(env)
	env.SetTimer(retryTimer, c.retry)
}

// ask sends the request of the phase to the members that have not answered.
func (c *Client) ask(env protocol.Env) {
	for i, id := range c.group {
		if !c.replied.Has(i) {
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
	c.ask(env)
	c.retry = min(2*c.retry, c.config.RetryMax)
	env.SetTimer(retryTimer, c.retry)
}

// Deliver implements protocol.Machine.
func (c *Client) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	a, ok := m.(about)
	if !ok || c.phase == idle || c.member(from) < 0 || a.header().Object != c.op.Object || a.header().Nonce != c.nonce {
		return
	}
	if !authentic(c.keys, from, m) {
		return
	}
	switch m := m.(type) {
	case *ReadTSReply:
		c.onReadTSReply(env, from, m)
	case *PrepareReply:
		c.onPrepareReply(env, from, m)
	case *WriteReply:
		c.onWriteReply(env, from, m)
	case *ReadReply:
		c.onReadReply(env, from, m)
	}
}

// member returns the place of a node in the object's group, -1 if it has none.
func (c *Client) member(id protocol.NodeID) int { return slices.Index(c.group, id) }

// count counts a valid reply of a replica and reports whether it was the first.
func (c *Client) count(replica protocol.NodeID) bool { return c.replied.Add(c.member(replica)) }

// tally counts a vote for what the ballot is about, and reports whether it made a
// quorum of replies.
func (c *Client) tally(replica protocol.NodeID, v *Vote) bool {
	if v.Claim != c.ballot.claim || v.Stamp != c.ballot.stamp || c.replied.Has(c.member(replica)) {
		return false
	}
	if !c.config.endorses(c.keys, replica, c.op.Object, v) || !c.count(replica) {
		return false
	}
	c.ballot.add(replica, v.Sig)
	return c.replied.Len() >= c.config.quorum()
}

// finish ends the operation.
func (c *Client) finish(env protocol.Env, found bool, value []byte) {
	c.phase, c.request, c.votes, c.max = idle, nil, nil, nil
	env.CancelTimer(retryTimer)
	env.Return(protocol.Result{Seq: c.op.Seq, Found: found, Value: value})
}

// Record returns what the latest operation wrote or read, nil if it found nothing;
// for checkers.
func (c *Client) Record() *Record { return c.record }

// Believe makes the client take a record for the newest that it has heard of,
// unchecked. Only a client in the adversary's hands has use for it.
func (c *Client) Believe(r *Record) { c.max = r }

// Clone implements protocol.Machine.
func (c *Client) Clone() protocol.Machine {
	k := *c
	k.previous = make(map[protocol.ID]*Certificate, len(c.wrote))
	for _, id := range c.wrote {
		k.previous[id] = c.previous[id]
	}
	k.wrote, k.votes, k.ballot = slices.Clone(c.wrote), slices.Clone(c.votes), c.ballot.clone()
	k.replied, k.holders = c.replied.Clone(), c.holders.Clone()
	return &k
}

// AppendState implements protocol.Machine.
func (c *Client) AppendState(b []byte) []byte {
	ids := slices.Clone(c.wrote)
	slices.SortFunc(ids, protocol.ID.Compare)
	for _, id := range ids {
		b = appendCertificate(append(b, id[:]...), c.previous[id])
	}
	b = append(b, byte(c.phase))
	if c.phase == idle {
		return b
	}
	b = append(binary.LittleEndian.AppendUint32(b, c.op.Seq), byte(c.op.Kind))
	b = protocol.AppendBytes(append(b, c.op.Object[:]...), c.op.Value)
	b = protocol.AppendBytes(b, c.request.AppendTo(nil))
	b = binary.AppendUvarint(c.replied.AppendTo(b), uint64(c.retry))
	b = appendRecord(appendRecord(b, c.max), c.record)
	for i := range c.votes {
		b = appendVote(binary.AppendUvarint(b, uint64(uint32(c.votes[i].replica))), &c.votes[i].Vote)
	}
	return c.holders.AppendTo(c.ballot.appendTo(b))
}

func (c *Client) String() string {
	if c.phase == idle {
		return "idle"
	}
	return fmt.Sprintf("%v %v %s %d/%d", c.op.Kind, c.op.Object, phaseNames[c.phase], c.replied.Len(), len(c.group))
}
