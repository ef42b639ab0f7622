package checker

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership"
)

// Epochs watches a run of storage whose groups change: its clients as any store's,
// the membership below it as Membership does, and what must be true of the two
// together: that what is complete is held by enough members of whichever group serves
// it (dbqs.durability), that no phase counted replies of two epochs (dbqs.one-epoch)
// and that no client acted in an epoch that was long over. It also computes the windows
// in which the fault bound of each group had to hold.
type Epochs struct {
	epochal

	complete []completed // by object, as in run.Objects
	moved    [][2]uint64 // by node: what the replica said when it was last looked at
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

// NewEpochs returns an observer of a run whose servers are the nodes below
// s.FirstClient.
func NewEpochs(s System, run EpochsRun) *Epochs {
	e := &Epochs{complete: make([]completed, len(run.Objects)), moved: make([][2]uint64, s.FirstClient)}
	e.epochal = newEpochal(s, run, func(id protocol.NodeID, x protocol.ID, epoch uint64) bool {
		r := e.replica(id)
		return r != nil && r.Settled(x, epoch)
	})
	return e
}

// Returned records the end of an operation and holds what must be true of it.
func (e *Epochs) Returned(event uint64, at int64, client protocol.NodeID, r protocol.Result) {
	e.epochal.Returned(event, at, client, r)
	c, ok := e.system.Machine(client).(*dbqs.Client)
	if !ok {
		return // the agent, or in the adversary's hands
	}
	e.members.acted(event, at, client, c.Epoch())
	e.onePhase(event, at, client, c)
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
	e.step(event, at, node, machine)
	h, server := machine.(Host)
	if !server {
		return
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
			own, ready := r.Ready(x)
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
