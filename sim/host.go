package sim

import (
	"time"

	"turncoat/protocol"
)

// CPU is the price of a node's work, in virtual nanoseconds. One server with one
// queue: inputs that arrive while it is busy wait in order. The zero value costs
// nothing and the node answers within the instant.
type CPU struct {
	PerInput  time.Duration // each message, timer or operation
	PerSend   time.Duration // each message sent
	Sign      time.Duration
	Verify    time.Duration
	MAC       time.Duration
	Digest    time.Duration
	Share     time.Duration // each threshold share made or checked
	PerKBHash time.Duration // each 1,024 bytes hashed by any of these
}

// price returns what a step has cost: sends messages, and the meter's growth.
func (c *CPU) price(sends int, was, is *protocol.Meter) int64 {
	t := int64(c.PerInput) + int64(sends)*int64(c.PerSend)
	t += int64(is.Signs-was.Signs) * int64(c.Sign)
	t += int64(is.Verifies-was.Verifies) * int64(c.Verify)
	t += int64(is.MACs-was.MACs) * int64(c.MAC)
	t += int64(is.Digests-was.Digests) * int64(c.Digest)
	t += int64(is.Shares-was.Shares) * int64(c.Share)
	return t + int64(is.Bytes-was.Bytes)*int64(c.PerKBHash)/1024
}

// Host is a computer that runs one machine.
type Host struct {
	Name    string // for people: "s0", "c1"
	New     func() protocol.Machine
	Meter   *protocol.Meter // of the machine's keys; nil when crypto costs nothing
	CPU     CPU
	Clock   Clock
	Disk    *Disk // nil: nothing is ever stored, so a crash forgets all
	Region  int   // row of the network's region matrix
	Egress  int64 // bits a second out of the node's NIC, 0 = unlimited
	Correct bool  // the properties are promised to it
}

// life says whether a host runs its machine.
type life uint8

const (
	unborn life = iota // before its first start
	up
	down // crashed
)

// host is the state behind a Host.
type host struct {
	*Host
	id          protocol.NodeID
	machine     protocol.Machine
	disk        *disk
	life        life
	incarnation uint32
	crashed     []int64 // by incarnation: when it ended
	timers      timers
	armings     uint32 // timers ever armed, over all incarnations: numbers their events
	nonces      uint32
	armed       map[protocol.TimerID]uint32 // how often, when decisions are listed; looked up only
	busyUntil   int64                       // when the CPU is free
	backlog     *backlog                    // nil without costs
	nicFree     int64                       // when the NIC is free
	client      *client                     // nil if nobody asks it for anything
}

// client is the state of a host that is asked for operations.
type client struct {
	invoked uint32             // number of the next operation to ask for
	next    protocol.Operation // the next to begin, or in flight
	pending bool               // one is in flight
	busy    bool               // there is more to do
	results []protocol.Result  // that wait for the CPU or the disk, oldest first
}

// op returns 1 + the number of the operation that the host was asked for last, 0 if
// there was none.
func (h *host) op() uint32 {
	if h.client == nil {
		return 0
	}
	return h.client.invoked
}

// backlog is the inputs that wait for the CPU of a host, oldest first.
type backlog struct {
	events []event
	served int // of events, from the first
}

func (b *backlog) empty() bool { return b.served == len(b.events) }

func (b *backlog) add(e event) { b.events = append(b.events, e) }

// next removes and returns the oldest.
func (b *backlog) next() event {
	e := b.events[b.served]
	b.served++
	if b.served*2 >= len(b.events) { // each event is moved at most once for each one served
		b.events = append(b.events[:0], b.events[b.served:]...)
		b.served = 0
	}
	return e
}

// clear forgets all and returns what was waiting, good until the next add.
func (b *backlog) clear() []event {
	left := b.events[b.served:]
	b.events, b.served = b.events[:0], 0
	return left
}
