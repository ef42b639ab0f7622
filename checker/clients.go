package checker

import (
	"encoding/binary"
	"fmt"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/dbqs"
)

// Clients watches the clients of a store while a run goes on: it keeps the history
// of every register, holds that a read returns only what a client wrote and a
// get only what has the right hash, and how long operations take. Atomicity is
// judged from the history when the run is over. It knows nothing of how the store
// works. What clients in the adversary's hands do is not recorded: they are
// promised nothing. Its methods are those of an observer of the simulator; the two
// do not know each other.
type Clients struct {
	History History
	Reach   *Reach

	system   System
	invented invention
	inFlight []flight             // by client, from system.FirstClient
	written  map[attempt]bool     // what clients began to write; looked up only
	complete map[protocol.ID]bool // content-hash objects whose put is complete
	findings []Finding
	observed []ObservedWrite // of clients that are not correct
	event    int64           // the newest
	slowest  time.Duration
	late     int   // operations beyond the liveness bound
	last     int64 // when the last operation returned
}

// System is what the observers must know of the run that they watch.
type System struct {
	F           int
	FirstClient protocol.NodeID
	Clients     int
	Situations  []string // those that the machines can note
	Group       func(protocol.ID) []protocol.NodeID
	Machine     func(protocol.NodeID) protocol.Machine // nil while a node is down
	Correct     func(protocol.NodeID) bool

	// Calm is when the last fault has healed and the network is synchronous; from
	// then, or from its invocation, an operation may take Bound.
	Calm, Bound time.Duration
}

// invention is what a read of a value that nobody wrote breaks, and how that is said.
type invention struct{ property, what string }

// attempt is a value that a client began to write to an object.
type attempt struct {
	object protocol.ID
	value  string
}

// flight is the operation that a client has in flight.
type flight struct {
	op   protocol.Operation
	id   OpID
	at   int64
	open bool
	// before says, for a get, whether a put was complete when it began.
	before bool
}

// NewClients returns an observer of a run that has not begun.
func NewClients(s System) *Clients {
	return &Clients{
		Reach: NewReach(s.Situations...), system: s, invented: invention{"dbqs.no-fabrication", "which the owner never signed"}, inFlight: make([]flight, s.Clients),
		written: make(map[attempt]bool), complete: make(map[protocol.ID]bool),
	}
}

// Invoked records the beginning of an operation.
func (c *Clients) Invoked(event uint64, at int64, client protocol.NodeID, op protocol.Operation) {
	c.event = int64(event)
	if !c.system.Correct(client) {
		return // what it asks for, its messages say: see Signed
	}
	f := c.flight(client)
	*f = flight{op: op, at: at, open: true, before: c.complete[op.Object]}
	switch op.Kind {
	case protocol.Write:
		c.written[attempt{op.Object, string(op.Value)}] = true
		f.id = c.History.BeginWrite(int32(c.number(client)), c.History.Object(op.Object[:]), c.History.Value(op.Value), int64(event))
	case protocol.Read:
		f.id = c.History.BeginRead(int32(c.number(client)), c.History.Object(op.Object[:]), int64(event))
	}
}

// Returned records the end of an operation and holds what must be true of it.
func (c *Clients) Returned(event uint64, at int64, client protocol.NodeID, r protocol.Result) {
	c.event = int64(event)
	if !c.system.Correct(client) {
		return
	}
	f := c.flight(client)
	f.open = false
	c.last = at
	c.timed(f, at)
	switch f.op.Kind {
	case protocol.Write:
		c.History.End(f.id, Absent, int64(event))
	case protocol.Read:
		output := Absent
		if r.Found {
			output = c.History.Value(r.Value)
			c.genuine(event, at, client, f.op.Object, r.Value)
		}
		c.History.End(f.id, output, int64(event))
	case protocol.Put:
		c.complete[f.op.Object] = true
	case protocol.Get:
		c.content(event, at, client, f, r)
	}
}

// Signed records that a client which is not correct has sent a signed write. It may
// take effect at any time from now on. Stamp tells two writes of one value apart.
func (c *Clients) Signed(client protocol.NodeID, object protocol.ID, value []byte, stamp uint64) {
	c.written[attempt{object, string(value)}] = true
	c.observed = append(c.observed, ObservedWrite{Client: int32(c.number(client)), Object: c.History.Object(object[:]),
		Value: c.History.Value(value), Stamp: string(binary.BigEndian.AppendUint64(nil, stamp)), Signed: c.event})
}

// Join adds to the history what the clients that are not correct have written, once
// the run is over.
func (c *Clients) Join() { c.History.AddObserved(c.observed) }

// Noted counts the situations that the machines report.
func (c *Clients) Noted(_ uint64, _ int64, _ protocol.NodeID, situation string, _ uint64) {
	c.Reach.Add(situation, 1)
}

// genuine holds that a read returns what a client asked to write. Of a store, where
// the one signer of each object is its owner and the clients are its writers, that is
// dbqs.no-fabrication; of a replicated service, where values are not signed, it is
// pbft.validity seen from outside.
func (c *Clients) genuine(event uint64, at int64, client protocol.NodeID, object protocol.ID, value []byte) {
	if !c.written[attempt{object, string(value)}] {
		c.find(c.invented.property, event, at, client, "client %d read %q of %v, %s", c.number(client), value, object, c.invented.what)
	}
}

// content holds what the protocol promises of content-hash objects: a value has
// its hash, and is found by every get that begins after a put of it returned.
func (c *Clients) content(event uint64, at int64, client protocol.NodeID, f *flight, r protocol.Result) {
	switch {
	case r.Found && dbqs.ContentID(r.Value) != f.op.Object:
		c.find("dbqs.no-fabrication", event, at, client, "client %d got %q for %v, which is not its hash", c.number(client), r.Value, f.op.Object)
	case !r.Found && f.before:
		c.find("dbqs.durability", event, at, client, "client %d did not find %v, whose put had returned before", c.number(client), f.op.Object)
	}
}

// timed holds the liveness bound for an operation that has returned.
func (c *Clients) timed(f *flight, now int64) {
	took := time.Duration(now - max(f.at, int64(c.system.Calm)))
	c.slowest = max(c.slowest, took)
	if took > c.system.Bound {
		c.late++
	}
}

// Base returns c, to those who hold what is built on it.
func (c *Clients) Base() *Clients { return c }

// LastReturn returns when the last operation returned, in virtual time.
func (c *Clients) LastReturn() time.Duration { return time.Duration(c.last) }

// Findings returns the safety properties that broke, first things first.
func (c *Clients) Findings() []Finding { return c.findings }

// Liveness judges at the end of the run whether every operation of a client that
// is up ended within the bound. idle says that nothing could have happened any
// more, so that what is pending is pending for good.
func (c *Clients) Liveness(now int64, idle bool) (Verdict, string) {
	for i := range c.inFlight {
		f := &c.inFlight[i]
		if !f.open || c.system.Machine(c.system.FirstClient+protocol.NodeID(i)) == nil {
			continue // returned, or its client crashed
		}
		waited := time.Duration(now - max(f.at, int64(c.system.Calm)))
		what := fmt.Sprintf("%v %d of client %d, begun at %v, had not returned at %v", f.op.Kind, f.op.Seq, i, time.Duration(f.at), time.Duration(now))
		if idle || waited > c.system.Bound {
			return Stuck, what
		}
		return Undecided, what + ", when the run was cut off"
	}
	if c.late > 0 {
		return Stuck, fmt.Sprintf("%d operations took longer than %v after the last fault; the slowest took %v", c.late, c.system.Bound, c.slowest)
	}
	return Pass, ""
}

// flight returns the operation of a client.
func (c *Clients) flight(client protocol.NodeID) *flight { return &c.inFlight[c.number(client)] }

// number returns the number of a client among the clients, from 0.
func (c *Clients) number(client protocol.NodeID) protocol.NodeID {
	return client - c.system.FirstClient
}

func (c *Clients) find(property string, event uint64, at int64, node protocol.NodeID, format string, args ...any) {
	c.findings = append(c.findings, Finding{
		Property: property, Detail: fmt.Sprintf(format, args...), At: at, Node: int32(node), Events: []uint64{event},
	})
}
