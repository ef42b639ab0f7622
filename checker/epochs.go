package checker

import (
	"slices"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
)

// Epochs watches a run of storage whose groups change: its clients as any store's,
// the membership below it as Membership does, and what must be true of the two
// together: that what is complete is held by enough members of whichever group serves
// it (dbqs.durability), that no phase counted replies of two epochs (dbqs.one-epoch)
// and that no client acted in an epoch that was long over. It also computes the windows
// in which the fault bound of each group had to hold.
type Epochs struct {
	*Clients

	members  *Membership
	run      EpochsRun
	complete []completed // by object, as in run.Objects
	moved    [][2]uint64 // by node: what the replica said when it was last looked at
	windows  []Window    // closed ones first, of each object in order of epochs
	open     int         // the first of the open ones
}

// EpochsRun is what Epochs must know of a run besides System.
type EpochsRun struct {
	MembershipRun
	Agent      protocol.NodeID // the client that is no client of the store
	Objects    []protocol.ID
	Situations []string
}

// completed is the newest record of an object that an operation ended with.
type completed struct {
	record *dbqs.Record
	epoch  uint64
}

// Host is a server with both its parts.
type Host interface {
	Server() *membership.Server
	Replica() *dbqs.Replica
}

// Window is the window of vulnerability of one object's group in one epoch: from the
// epoch's beginning until every correct member of the group has left it, every correct
// member of the next has what it gained, and no correct client can still act in it.
type Window struct {
	Object  protocol.ID
	Epoch   uint64
	Members []protocol.NodeID
	From    time.Duration
	To      time.Duration // the run's end, if it did not close
}

// NewEpochs returns an observer of a run whose servers are the nodes below
// s.FirstClient.
func NewEpochs(s System, run EpochsRun) *Epochs {
	below := s
	below.Machine = func(id protocol.NodeID) protocol.Machine {
		if h, ok := s.Machine(id).(Host); ok {
			return h.Server()
		}
		return s.Machine(id)
	}
	e := &Epochs{members: NewMembership(below, run.MembershipRun), run: run, complete: make([]completed, len(run.Objects))}
	s.Situations = run.Situations
	e.Clients = NewClients(s)
	e.members.Reach = e.Reach
	e.moved = make([][2]uint64, s.FirstClient)
	e.begin(0, run.Genesis.Epoch())
	return e
}

// Invoked records the beginning of an operation.
func (e *Epochs) Invoked(event uint64, at int64, client protocol.NodeID, op protocol.Operation) {
	if client == e.run.Agent {
		e.members.Invoked(event, at, client, op)
		return
	}
	e.Clients.Invoked(event, at, client, op)
}

// Returned records the end of an operation and holds what must be true of it.
func (e *Epochs) Returned(event uint64, at int64, client protocol.NodeID, r protocol.Result) {
	if client == e.run.Agent {
		e.members.Returned(event, at, client, r)
		return
	}
	e.Clients.Returned(event, at, client, r)
	c, ok := e.system.Machine(client).(*dbqs.Client)
	if !ok {
		return // in the adversary's hands
	}
	e.members.acted(event, at, client, c.Epoch())
	if c.Mixed() {
		e.find("dbqs.one-epoch", event, at, client, "client %d ended a phase on replies of epoch %d and of one before", e.number(client), c.Epoch())
	}
	op := e.flight(client).op
	if i := slices.Index(e.run.Objects, op.Object); op.Kind == protocol.Write || op.Kind == protocol.Read && r.Found {
		if d := &e.complete[i]; dbqs.Newer(c.Written(), d.record) > 0 {
			*d = completed{c.Written(), c.Epoch()}
			e.durable(event, at, client, i)
		}
	}
}

// Stepped looks at what a node's input has changed.
func (e *Epochs) Stepped(event uint64, at int64, node protocol.NodeID, machine protocol.Machine) {
	h, server := machine.(Host)
	if !server {
		if _, client := machine.(interface{ View() *view.View }); client {
			e.members.Stepped(event, at, node, machine)
		}
		return
	}
	was := e.members.latest()
	e.members.Stepped(event, at, node, h.Server())
	for was++; was <= e.members.latest(); was++ {
		e.begin(at, was)
	}
	epoch, pending := h.Replica().Moved()
	if now := [2]uint64{epoch, uint64(pending)}; e.moved[node] != now && e.system.Correct(node) {
		e.moved[node] = now
		for i := range e.complete {
			e.received(event, at, node, h.Replica(), i)
			e.durable(event, at, node, i)
		}
		e.close(at)
	}
}

// replica returns the replica of a correct server that is up.
func (e *Epochs) replica(node protocol.NodeID) *dbqs.Replica {
	if h, ok := e.system.Machine(node).(Host); ok && e.system.Correct(node) {
		return h.Replica()
	}
	return nil
}

// group returns the group of an object in an epoch, nil if nobody has entered that.
func (e *Epochs) group(x protocol.ID, epoch uint64) []protocol.NodeID {
	if c := e.members.at(epoch).config; c != nil {
		return c.Group(x, 3*e.system.F+1)
	}
	return nil
}

// durable holds that of the newest group that serves an object w correct members hold
// what is complete. A group serves when w correct members do. Members that are
// down, or have yet to fetch it, have the benefit of the doubt.
func (e *Epochs) durable(event uint64, at int64, node protocol.NodeID, object int) {
	x, d := e.run.Objects[object], &e.complete[object]
	if d.record == nil {
		return
	}
	for epoch := e.members.latest(); epoch >= d.epoch; epoch-- {
		serving, holding := 0, 0
		for _, id := range e.group(x, epoch) {
			r := e.replica(id)
			if r == nil {
				if e.system.Correct(id) {
					holding++
				}
				continue
			}
			own, ready := r.Serves(x)
			if own == epoch && ready {
				serving++
			}
			if own < epoch || !r.Settled(x, epoch) || dbqs.Newer(d.record, r.Holds(x)) <= 0 {
				holding++
			}
		}
		if serving <= e.system.F {
			if epoch == 0 {
				return
			}
			continue
		}
		if holding <= e.system.F {
			e.find("dbqs.durability", event, at, node, "of the group of %v in epoch %d, %d correct members hold %q, complete since epoch %d; fewer than %d",
				x, epoch, holding, d.record.Value, d.epoch, e.system.F+1)
		}
		return
	}
}

// received holds the half of dbqs.durability that a single server can break: one that
// serves an object in an epoch whose group it has just joined holds all that was
// complete before. Its quorum of donors has a correct member in common with that of
// the write, and no donor acknowledged anything after it had spoken.
func (e *Epochs) received(event uint64, at int64, node protocol.NodeID, r *dbqs.Replica, object int) {
	x, d := e.run.Objects[object], &e.complete[object]
	epoch, serves := r.Serves(x)
	if d.record == nil || !serves || epoch <= d.epoch || dbqs.Newer(d.record, r.Holds(x)) <= 0 {
		return
	}
	if g := e.group(x, epoch-1); g != nil && !slices.Contains(g, node) {
		e.find("dbqs.durability", event, at, node, "server %d has finished its transfer of %v into epoch %d and has not %q, complete since epoch %d",
			node, x, epoch, d.record.Value, d.epoch)
	}
}

// begin opens the windows of an epoch.
func (e *Epochs) begin(at int64, epoch uint64) {
	for _, x := range e.run.Objects {
		e.windows = append(e.windows, Window{Object: x, Epoch: epoch, From: time.Duration(at), To: -1})
	}
}

// close closes the windows that nothing keeps open any more, in their order.
func (e *Epochs) close(at int64) {
	for ; e.open < len(e.windows); e.open++ {
		w := &e.windows[e.open]
		if w.Epoch == e.members.latest() || !e.over(w) {
			return
		}
		lease := e.run.Lease + e.run.Lease*time.Duration(2*e.run.Drift)/1_000_000
		w.To = max(time.Duration(at), time.Duration(e.members.at(w.Epoch+1).begun)+lease)
	}
}

// over reports whether every correct member of a window's group has left its epoch and
// every correct member of the next has what it gained.
func (e *Epochs) over(w *Window) bool {
	next := e.group(w.Object, w.Epoch+1)
	for _, id := range slices.Concat(e.group(w.Object, w.Epoch), next) {
		if r := e.replica(id); e.system.Correct(id) && (r == nil || !r.Settled(w.Object, w.Epoch+1)) {
			return false
		}
	}
	return next != nil
}

// Windows returns the windows of all groups, up to the end of the run.
func (e *Epochs) Windows(end time.Duration) []Window {
	for i := range e.windows {
		w := &e.windows[i]
		w.Members = e.group(w.Object, w.Epoch)
		if w.To < 0 {
			w.To = end
		}
	}
	return e.windows
}

// Findings returns the safety properties that broke, those of the membership first.
func (e *Epochs) Findings() []Finding { return slices.Concat(e.members.findings, e.findings) }

// Liveness judges the operations, and the membership.
func (e *Epochs) Liveness(now int64, idle bool) (Verdict, string) {
	if v, detail := e.Clients.Liveness(now, idle); v != Pass {
		return v, detail
	}
	return e.members.Liveness(now, idle)
}

// Epochs returns how many epochs have ended.
func (e *Epochs) Epochs() uint64 { return e.members.Epochs() }
