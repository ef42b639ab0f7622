// Package protocol holds the contract between a protocol participant and the
// world that drives it.
//
// A participant is a Machine: a deterministic function from inputs (start, a
// message, a timer, an operation to invoke) to a new state and effects. The
// same Machine, unchanged, is driven by the simulator (package sim, seeded
// virtual time), by the explorer (package checker/explore, no time, every
// schedule) and could be driven by sockets and clocks. Whatever it needs of the
// world reaches it through Env. This file states every duty of both sides; the
// other files of the package hold the values that cross the line.
package protocol

import "time"

// NodeID names a node of the system: a small index, dense from 0, given by the
// world. It is an address, not a proof: see Machine.Deliver.
type NodeID int32

// None is no node.
const None NodeID = -1

// Time is a reading of a node's own clock, in nanoseconds since an origin of
// the world's choice. Clocks of different nodes differ by an offset and drift
// apart; they never stop and never go back while a node is up.
type Time int64

// Add returns the reading d after t.
func (t Time) Add(d time.Duration) Time { return t + Time(d) }

// Sub returns the time from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// TimerID names a timer of one machine. The machine chooses the numbers.
type TimerID uint64

// Machine is one participant of a protocol.
//
// Duties of the machine:
//   - Determinism. State and effects are a function of the inputs so far and of
//     what Env answered. No clock, randomness, goroutine, I/O, global variable or
//     map order takes part.
//   - It returns from every input. Whatever other nodes send, it does not panic;
//     it panics only when its own rules exclude the state that it is in.
//   - A message is immutable once sent, and once delivered: a machine may keep
//     the pointer, and never writes through it.
//   - Env is valid during the call that passed it and not after.
//   - What it must not forget in a crash, it gives to Env.Store and covers with
//     Env.Sync before the effect that relies on it.
//
// Duties of the world:
//   - One input at a time; Start first, exactly once in each incarnation.
//   - Messages may be lost, delayed, duplicated, reordered and altered in flight,
//     and come from anyone; nothing is promised about them.
//   - Effects of one input leave in the order in which they were made.
//   - A crash takes all state but the synced part of the store. A node that
//     comes back is a new Machine, in the same configuration, whose Start is
//     given the disk.
type Machine interface {
	// Start begins an incarnation. The disk holds what earlier incarnations made
	// durable, and is empty in the first.
	Start(env Env, disk Disk)

	// Deliver hands over a message. from is what the network claims: it may be
	// forged, so a machine believes only what it can authenticate.
	Deliver(env Env, from NodeID, m Message)

	// Timer says that a timer has expired. It was armed by this incarnation and
	// neither cancelled nor armed again since.
	Timer(env Env, id TimerID)

	// Clone returns an independent copy: no input to one is seen by the other.
	// Immutable parts (messages, keys, configuration) may be shared.
	Clone() Machine

	// AppendState appends a canonical encoding of the state to b: two machines of
	// one configuration behave alike from now on if their encodings are equal.
	AppendState(b []byte) []byte
}

// Client is a machine through which operations are invoked.
type Client interface {
	Machine

	// Invoke begins op. The world invokes an operation only after the previous one
	// of this incarnation has returned. The machine answers by Env.Return, now or later, once.
	Invoke(env Env, op Operation)
}

// Env is the world as a machine sees it during one input.
type Env interface {
	// Now reads the node's own clock. It does not change during one input.
	Now() Time

	// Nonce returns a number that no incarnation of this node has been given before
	// and that no other node can guess.
	Nonce() uint64

	// Send gives m to the network for to. Sending to oneself is allowed and goes
	// through the network's queue, not its faults.
	Send(to NodeID, m Message)

	// SetTimer arms timer id to expire after d on the node's own clock, in place of
	// an earlier arming of the same id. It expires once, never early by that clock.
	// A d below zero counts as zero.
	SetTimer(id TimerID, d time.Duration)

	// CancelTimer disarms timer id: it will not expire. Unarmed ids are ignored.
	CancelTimer(id TimerID)

	// Store writes record under key to the node's disk, in place of what was there;
	// a nil record deletes. It is volatile until a later Sync is complete.
	Store(key ID, record Message)

	// Sync makes all that was stored durable. The world holds back every later
	// effect of this machine that others can see (Send, Return) until it is. A
	// crash before that loses the records and those effects together.
	Sync()

	// Return ends the operation in flight of a Client.
	Return(r Result)

	// Note tells observers that a named situation occurred. It has no effect on the
	// run; detail is a number that makes sense with the name (a view, an epoch).
	Note(situation string, detail uint64)
}

// Disk is what a node finds when it starts: the synced records, sorted by key.
type Disk []Record

// Record is one durable record.
type Record struct {
	Key   ID
	Value Message
}

// OpKind says what an operation does.
type OpKind uint8

// The kinds of operation. Read and Write act on a mutable register; Put and Get
// on an immutable object whose id is the hash of its value.
const (
	Read OpKind = iota
	Write
	Get
	Put
)

var opKinds = [...]string{Read: "read", Write: "write", Get: "get", Put: "put"}

func (k OpKind) String() string { return opKinds[k] }

// Changes reports whether operations of kind k write a value.
func (k OpKind) Changes() bool { return k == Write || k == Put }

// Operation is what a user of the system asks of a client.
type Operation struct {
	Seq    uint32 // number at its client, from 0
	Kind   OpKind
	Object ID
	Value  []byte // what Write and Put write
}

// Result is how an operation ended.
type Result struct {
	Seq   uint32
	Found bool   // the object has a value (Read, Get)
	Value []byte // that value
}
