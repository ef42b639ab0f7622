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

// free reports whether nothing costs anything.
func (c *CPU) free() bool { return *c == CPU{} }

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

// host is the state behind a Host.
type host struct {
	Host
	id          protocol.NodeID
	machine     protocol.Machine
	disk        *disk
	up          bool
	corrupt     bool // in the adversary's hands from the start
	incarnation uint32
	crashed     []int64 // by incarnation: when it ended
	timers      []timer
	armings     uint32 // timers ever armed: tells a stale expiry from a live one
	nonces      uint32
	busyUntil   int64
	backlog     []event // inputs that wait for the CPU, oldest first
	nicFree     int64

	// Clients only.
	invoked uint32             // number of the next operation to ask for
	next    protocol.Operation // the next to begin
	pending bool               // one is in flight
	busy    bool               // there is more to do
	results []protocol.Result  // that wait for the CPU or the disk, oldest first
}

// timer is an armed timer.
type timer struct {
	id     protocol.TimerID
	arming uint32
}

// arm replaces the arming of a timer and returns the new one.
func (h *host) arm(id protocol.TimerID) uint32 {
	h.armings++
	for i := range h.timers {
		if h.timers[i].id == id {
			h.timers[i].arming = h.armings
			return h.armings
		}
	}
	h.timers = append(h.timers, timer{id, h.armings})
	return h.armings
}

func (h *host) disarm(id protocol.TimerID) {
	for i := range h.timers {
		if h.timers[i].id == id {
			last := len(h.timers) - 1
			h.timers[i] = h.timers[last]
			h.timers = h.timers[:last]
			return
		}
	}
}

// expire disarms the timer of an arming and returns its id; false if it was
// cancelled or armed again since.
func (h *host) expire(arming uint32) (protocol.TimerID, bool) {
	for i := range h.timers {
		if h.timers[i].arming == arming {
			id := h.timers[i].id
			last := len(h.timers) - 1
			h.timers[i] = h.timers[last]
			h.timers = h.timers[:last]
			return id, true
		}
	}
	return 0, false
}
