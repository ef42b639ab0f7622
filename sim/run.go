package sim

import (
	"fmt"
	"runtime/debug"
	"time"

	"turncoat/protocol"
)

// Stop says why a run ended.
type Stop uint8

// The reasons to stop.
const (
	Quiescent  Stop = iota + 1 // nothing is left to happen
	Settled                    // the operations are done and Settle has passed
	Late                       // Deadline has passed
	Exhausted                  // MaxEvents was reached
	TimeStands                 // MaxInstant was reached: time does not advance
	Panicked                   // a machine met a state that its own rules exclude
)

var stops = [...]string{Quiescent: "quiescent", Settled: "settled", Late: "deadline", Exhausted: "event budget", TimeStands: "time does not advance", Panicked: "panic"}

func (s Stop) String() string { return stops[s] }

// Outcome is what a run was, apart from whether it was right.
type Outcome struct {
	Stop     Stop
	Detail   string          // Panicked, TimeStands: which node, what it said
	Stack    string          // Panicked: where
	Node     protocol.NodeID // of the last event; None if that was a cut or there was none
	Virtual  time.Duration   // when the last event happened
	Events   uint64          // inputs and faults
	Counts   Counts
	Exceeded []Excess
	Faulty   []Corruption   // that came about, in order of time
	Struck   map[Act]uint64 // faults that struck and changed something, by kind
}

// Run lets the world happen until it stops. It is called once.
func (w *World) Run() (out Outcome) {
	node := protocol.None
	defer func() {
		if r := recover(); r != nil {
			out = w.outcome(Panicked, node)
			out.Detail = fmt.Sprintf("%s panicked at event %d: %v", w.name(node), w.events, r)
			out.Stack = string(debug.Stack())
		}
	}()
	for {
		e, ok := w.queue.pop()
		if !ok {
			return w.outcome(Quiescent, node)
		}
		if e.kind == evTimer && !w.expires(e) {
			continue
		}
		if e.at > w.end {
			if w.clients == 0 && w.config.Settle > 0 {
				return w.outcome(Settled, node)
			}
			return w.outcome(Late, node)
		}
		if w.config.MaxEvents > 0 && w.events >= w.config.MaxEvents {
			return w.outcome(Exhausted, node)
		}
		if e.at > w.now {
			w.now, w.instant = e.at, 0
		}
		if w.instant >= w.config.MaxInstant {
			out = w.outcome(TimeStands, node)
			out.Detail = fmt.Sprintf("%d events at %v without an end, the last at %s", w.instant, w.Now(), w.name(node))
			return out
		}
		w.events++
		w.instant++
		node = protocol.NodeID(e.node)
		if w.config.Heartbeat != nil {
			w.config.Heartbeat.Store(w.events)
		}
		w.handle(e)
	}
}

// expires looks at the event of a timer that has come up. One that was cancelled is
// no event of the run: it takes no time and counts nowhere.
func (w *World) expires(e event) bool {
	live, again := w.hosts[e.node].timers.comeUp(e.aux, e.at)
	if again > 0 {
		e.at = again
		w.push(e)
	}
	return live
}

func (w *World) outcome(s Stop, node protocol.NodeID) Outcome {
	faulty := carriedOut(w.faults, w.Now())
	return Outcome{Stop: s, Node: node, Virtual: w.Now(), Events: w.events, Counts: w.counts,
		Exceeded: exceeded(w.config.Bounds, faulty), Faulty: faulty, Struck: w.struck}
}

// name returns what people call a node.
func (w *World) name(id protocol.NodeID) string {
	if id == protocol.None {
		return "the network"
	}
	return w.hosts[id].Name
}

// Seal adds the verdict to the digest of the run and returns it.
func (w *World) Seal(verdict string) Digest { return w.record.seal(verdict) }
