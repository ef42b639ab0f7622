package shrink

import (
	"slices"

	"turncoat/protocol"
	"turncoat/sim"
)

// timeline says when the operations of a run began and ended. It exists so that
// operations can be taken away while the others keep their moments.
type timeline map[moment]span // looked up only

// moment names an operation: the n-th of a node.
type moment struct {
	node protocol.NodeID
	seq  uint32
}

type span struct {
	from, to int64
	ended    bool
}

func newTimeline() timeline { return make(timeline) }

// Step implements sim.Tracer.
func (t timeline) Step(s sim.Step) {
	switch s.Kind {
	case sim.StepInvoke:
		t[moment{s.Node, s.Op.Seq}] = span{from: s.At}
	case sim.StepReturn:
		m := moment{s.Node, s.Result.Seq}
		t[m] = span{from: t[m].from, to: s.At, ended: true}
	}
}

// operations returns where in the list the operations are, in the order in which
// they began.
func (t *trial) operations() []int {
	var at []int
	for i := range t.list {
		if isOperation(&t.list[i]) {
			at = append(at, i)
		}
	}
	slices.SortStableFunc(at, func(i, j int) int { return int(t.span(&t.list[i]).from - t.span(&t.list[j]).from) })
	return at
}

// span returns when an operation of the list happened.
func (t *trial) span(d *sim.Decision) span {
	return t.when[moment{protocol.NodeID(t.report.Servers) + protocol.NodeID(d.Actor), d.Index}]
}

// without returns the list without some operations, by their places. With timed set
// those that stay begin when they did: their clients pause for as long as the
// operations that are gone had taken.
func (t *trial) without(gone []int, timed bool) []sim.Decision {
	if !timed {
		return remove(t.list, slices.Sorted(slices.Values(gone)))
	}
	idle := make(map[int32]int64) // by client: since when; looked up only
	pause := make(map[sim.Key]int64)
	begins := int64(0)
	var kept []int
	for _, i := range t.operations() {
		if !slices.Contains(gone, i) {
			kept = append(kept, i)
		}
	}
	if len(kept) > 0 {
		begins = t.span(&t.list[kept[0]]).from // what came before all of them is gone
	}
	for _, i := range kept {
		d := &t.list[i]
		since, later := idle[d.Actor]
		if !later {
			since = begins
		}
		k := d.Key
		k.Label = pauseLabel
		pause[k] = t.span(d).from - since
		idle[d.Actor] = t.span(d).to
	}
	var out []sim.Decision
	for i := range t.list {
		d := t.list[i]
		switch {
		case slices.Contains(gone, i):
		case isPause(&d):
		case isOperation(&d):
			out = append(out, d)
			k := d.Key
			k.Label = pauseLabel
			out = append(out, sim.Decision{Key: k, Value: pause[k]})
		default:
			out = append(out, d)
		}
	}
	return out
}

// pauseLabel is what the workload calls the pause before an operation.
const pauseLabel = "think"

// remove returns list without the places in gone, which rise.
func remove(list []sim.Decision, gone []int) []sim.Decision {
	out := make([]sim.Decision, 0, len(list))
	for i := range list {
		if len(gone) > 0 && gone[0] == i {
			gone = gone[1:]
			continue
		}
		out = append(out, list[i])
	}
	return out
}
