package experiment

import (
	"turncoat/protocol"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership"
	"turncoat/scenarios"
	"turncoat/sim"
)

// What a change of groups costs those who use the objects, as the servers' states tell:
// an object is available while a quorum of its group in one epoch serves it, has
// entered that epoch and finished its transfer. An object counts from the first
// operation on it to the last operation of the run. That a client has yet to hear of
// the epoch is not counted here; latencies show it.

// estate is a server with both its parts.
type estate interface {
	Server() *membership.Server
	Replica() *dbqs.Replica
}

// availability is the gauge.
type availability struct {
	quiet
	quorum  int
	objects []object
	servers []*seen // by node
	last    int64
}

// object is one object's account.
type object struct {
	id   protocol.ID
	up   bool
	from int64 // since when that has been so
	good int64 // time available
	all  int64
}

// seen is a server as it was last looked at.
type seen struct {
	replica *dbqs.Replica
	moved   [2]uint64
}

func newAvailability(f frame) gauge { return &availability{quorum: 2*int(f.spec.System.F.Lo) + 1} }

// Invoked implements sim.Observer.
func (g *availability) Invoked(_ uint64, at int64, _ protocol.NodeID, op protocol.Operation) {
	if isOrder(&op) {
		return
	}
	for i := range g.objects {
		if g.objects[i].id == op.Object {
			return
		}
	}
	g.objects = append(g.objects, object{id: op.Object, up: g.serves(op.Object), from: at})
}

// Returned implements sim.Observer.
func (g *availability) Returned(_ uint64, at int64, _ protocol.NodeID, _ protocol.Result) {
	g.last = at
}

// Stepped implements sim.Stepper.
func (g *availability) Stepped(_ uint64, at int64, node protocol.NodeID, m protocol.Machine) {
	h, ok := m.(estate)
	if !ok {
		return
	}
	for int(node) >= len(g.servers) {
		g.servers = append(g.servers, nil)
	}
	epoch, pending := h.Replica().Moved()
	now := &seen{h.Replica(), [2]uint64{epoch, uint64(pending)}}
	if was := g.servers[node]; was != nil && *was == *now {
		return
	}
	g.servers[node] = now
	for i := range g.objects {
		if o := &g.objects[i]; g.serves(o.id) != o.up {
			o.count(at)
			o.up = !o.up
		}
	}
}

// serves reports whether a quorum of one epoch's group serves an object.
func (g *availability) serves(x protocol.ID) bool {
	counts := make(map[uint64]int) // looked up only
	for _, s := range g.servers {
		if s == nil {
			continue
		}
		if epoch, serving := s.replica.Serves(x); serving {
			if counts[epoch]++; counts[epoch] >= g.quorum {
				return true
			}
		}
	}
	return false
}

// count closes the account up to a time.
func (o *object) count(at int64) {
	if o.all += at - o.from; o.up {
		o.good += at - o.from
	}
	o.from = at
}

func (g *availability) columns(*scenarios.Report) [][]float64 {
	good, all := int64(0), int64(0)
	for i := range g.objects {
		o := &g.objects[i]
		if o.from < g.last {
			o.count(g.last)
		}
		good, all = good+o.good, all+o.all
	}
	return [][]float64{{100 * (1 - float64(good)/float64(all))}}
}

// transferred counts the bytes of what servers fetch from each other when groups
// change, as they arrive.
type transferred struct {
	quiet
	bytes int
	last  int64
}

func newTransferred(frame) gauge { return &transferred{} }

// Step implements sim.Tracer.
func (g *transferred) Step(s sim.Step) {
	if s.Kind != sim.StepMessage {
		return
	}
	switch s.Message.(type) {
	case *dbqs.Fetch, *dbqs.FetchReply, *dbqs.Confirm, *dbqs.Confirmed:
		g.bytes += len(s.Message.AppendTo(nil))
	}
}

// Returned implements sim.Observer.
func (g *transferred) Returned(_ uint64, at int64, _ protocol.NodeID, _ protocol.Result) { g.last = at }

func (g *transferred) columns(*scenarios.Report) [][]float64 {
	return [][]float64{{float64(g.bytes) / 1000 / (float64(g.last) / 1e9)}}
}
