package checker

import (
	"fmt"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/dbqs"
)

// Storage watches the clients and replicas of dBQS while a run goes on: it keeps
// the history of every register, and holds dbqs.no-fabrication, dbqs.durability,
// the completeness of content-hash objects, and the bound on how long an
// operation takes. Atomicity is judged from the history when the run is over. Its
// methods are those of an observer of the simulator; the two do not know each other.
type Storage struct {
	History History
	Reach   *Reach

	system   System
	inFlight []flight // by client, from system.FirstClient
	written  map[attempt]bool     // what clients began to write; looked up only
	complete map[protocol.ID]bool // content-hash objects whose put is complete
	findings []Finding
	slowest  time.Duration
	late     int // operations beyond the liveness bound
}

// System is what Storage must know of the run that it watches.
type System struct {
	F           int
	FirstClient protocol.NodeID
	Clients     int
	Group       func(protocol.ID) []protocol.NodeID
	Machine     func(protocol.NodeID) protocol.Machine // nil while a node is down
	Correct     func(protocol.NodeID) bool

	// Calm is when the last fault has healed and the network is synchronous; from
	// then, or from its invocation, an operation may take Bound.
	Calm, Bound time.Duration
}

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

// NewStorage returns an observer of a run that has not begun.
func NewStorage(s System) *Storage {
	return &Storage{
		Reach: NewReach(dbqs.Situations()...), system: s, inFlight: make([]flight, s.Clients),
		written: make(map[attempt]bool), complete: make(map[protocol.ID]bool),
	}
}

// Invoked records the beginning of an operation.
func (s *Storage) Invoked(event uint64, at int64, client protocol.NodeID, op protocol.Operation) {
	f := &s.inFlight[client-s.system.FirstClient]
	*f = flight{op: op, at: at, open: true, before: s.complete[op.Object]}
	switch op.Kind {
	case protocol.Write:
		s.written[attempt{op.Object, string(op.Value)}] = true
		f.id = s.History.BeginWrite(int32(s.number(client)), s.History.Object(op.Object[:]), s.History.Value(op.Value), int64(event))
	case protocol.Read:
		f.id = s.History.BeginRead(int32(s.number(client)), s.History.Object(op.Object[:]), int64(event))
	}
}

// Returned records the end of an operation and holds what must be true of it.
func (s *Storage) Returned(event uint64, at int64, client protocol.NodeID, r protocol.Result) {
	f := &s.inFlight[client-s.system.FirstClient]
	f.open = false
	s.timed(f, at)
	switch f.op.Kind {
	case protocol.Write:
		s.History.End(f.id, Absent, int64(event))
		s.durable(event, at, client, f)
	case protocol.Read:
		output := Absent
		if r.Found {
			output = s.History.Value(r.Value)
			s.genuine(event, at, client, f.op.Object, r.Value)
		}
		s.History.End(f.id, output, int64(event))
	case protocol.Put:
		s.complete[f.op.Object] = true
	case protocol.Get:
		s.content(event, at, client, f, r)
	}
}

// Noted counts the situations that the machines report.
func (s *Storage) Noted(_ uint64, _ int64, _ protocol.NodeID, situation string, _ uint64) {
	s.Reach.Add(situation, 1)
}

// genuine holds dbqs.no-fabrication: the one signer of each object is its
// owner, whose writers are the clients of the run.
func (s *Storage) genuine(event uint64, at int64, client protocol.NodeID, object protocol.ID, value []byte) {
	if !s.written[attempt{object, string(value)}] {
		s.find("dbqs.no-fabrication", event, at, client, "client %d read %q of %v, which the owner never signed", s.number(client), value, object)
	}
}

// content holds what the protocol promises of content-hash objects: a value has
// its hash, and is found by every get that begins after a put of it returned.
func (s *Storage) content(event uint64, at int64, client protocol.NodeID, f *flight, r protocol.Result) {
	switch {
	case r.Found && dbqs.ContentID(r.Value) != f.op.Object:
		s.find("dbqs.no-fabrication", event, at, client, "client %d got %q for %v, which is not its hash", s.number(client), r.Value, f.op.Object)
	case !r.Found && f.before:
		s.find("dbqs.durability", event, at, client, "client %d did not find %v, whose put had returned before", s.number(client), f.op.Object)
	}
}

// durable holds dbqs.durability when a write returns: w correct members of the
// group hold the record or a newer one. Members that are down have the benefit
// of the doubt; their disks speak again when they are back.
func (s *Storage) durable(event uint64, at int64, client protocol.NodeID, f *flight) {
	c, ok := s.system.Machine(client).(*dbqs.Client)
	if !ok {
		return // a client in the adversary's hands is promised nothing
	}
	if holders := s.holders(f.op.Object, c.Written()); holders < s.system.F+1 {
		s.find("dbqs.durability", event, at, client, "client %d's write of %q returned while %d correct members held it, fewer than %d",
			s.number(client), f.op.Value, holders, s.system.F+1)
	}
}

func (s *Storage) holders(object protocol.ID, r *dbqs.Record) int {
	n := 0
	for _, id := range s.system.Group(object) {
		if !s.system.Correct(id) {
			continue
		}
		replica, up := s.system.Machine(id).(*dbqs.Replica)
		if !up || dbqs.Newer(r, replica.Holds(object)) <= 0 {
			n++
		}
	}
	return n
}

// timed holds the liveness bound for an operation that has returned.
func (s *Storage) timed(f *flight, now int64) {
	took := time.Duration(now - max(f.at, int64(s.system.Calm)))
	s.slowest = max(s.slowest, took)
	if took > s.system.Bound {
		s.late++
	}
}

// Findings returns the safety properties that broke, first things first.
func (s *Storage) Findings() []Finding { return s.findings }

// Liveness judges at the end of the run whether every operation of a client that
// is up ended within the bound. idle says that nothing could have happened any
// more, so that what is pending is pending for good.
func (s *Storage) Liveness(now int64, idle bool) (Verdict, string) {
	for i := range s.inFlight {
		f := &s.inFlight[i]
		client := s.system.FirstClient + protocol.NodeID(i)
		if !f.open || s.system.Machine(client) == nil {
			continue // returned, or its client crashed
		}
		waited := time.Duration(now - max(f.at, int64(s.system.Calm)))
		what := fmt.Sprintf("%v %d of client %d, begun at %v, had not returned at %v", f.op.Kind, f.op.Seq, i, time.Duration(f.at), time.Duration(now))
		if idle || waited > s.system.Bound {
			return Stuck, what
		}
		return Undecided, what + ", when the run was cut off"
	}
	if s.late > 0 {
		return Stuck, fmt.Sprintf("%d operations took longer than %v after the last fault; the slowest took %v", s.late, s.system.Bound, s.slowest)
	}
	return Pass, ""
}

// number returns the number of a client among the clients, from 0.
func (s *Storage) number(client protocol.NodeID) protocol.NodeID {
	return client - s.system.FirstClient
}

func (s *Storage) find(property string, event uint64, at int64, node protocol.NodeID, format string, args ...any) {
	s.findings = append(s.findings, Finding{
		Property: property, Detail: fmt.Sprintf(format, args...), At: at, Node: int32(node), Events: []uint64{event},
	})
}
