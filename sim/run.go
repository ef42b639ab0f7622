package sim

import (
	"fmt"
	"runtime/debug"
	"time"

	"github.com/zeebo/xxh3"

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
	Detail   string // Panicked, TimeStands: which node, what it said
	Stack    string // Panicked: where
	Node     protocol.NodeID
	Virtual  time.Duration // when the last event happened
	Events   uint64
	Counts   Counts
	Exceeded []Excess
	Faulty   []Corruption
	Struck   map[Act]uint64 // faults that struck, by kind
}

// Run lets the world happen until it stops. It is called once.
func (w *World) Run() (out Outcome) {
	node := protocol.None
	defer func() {
		if r := recover(); r != nil {
			out = w.outcome(Panicked, node)
			out.Detail = fmt.Sprintf("%s panicked at event %d: %v", w.hosts[node].Name, w.events, r)
			out.Stack = string(debug.Stack())
		}
	}()
	for {
		e, ok := w.queue.pop()
		if !ok {
			return w.outcome(Quiescent, node)
		}
		if e.at > w.end {
			if w.clients == 0 && w.config.Settle > 0 {
				return w.outcome(Settled, node)
			}
			return w.outcome(Late, node)
		}
		if e.at > w.now {
			w.now, w.instant = e.at, 0
		}
		w.events++
		w.instant++
		node = protocol.NodeID(e.node)
		if w.instant > w.config.MaxInstant {
			out = w.outcome(TimeStands, node)
			out.Detail = fmt.Sprintf("%d events at %v without an end, the last at %s", w.instant-1, w.Now(), w.hosts[node].Name)
			return out
		}
		if w.config.MaxEvents > 0 && w.events > w.config.MaxEvents {
			return w.outcome(Exhausted, node)
		}
		if w.config.Heartbeat != nil {
			w.config.Heartbeat.Store(w.events)
		}
		w.handle(e)
	}
}

func (w *World) outcome(s Stop, node protocol.NodeID) Outcome {
	return Outcome{Stop: s, Node: node, Virtual: w.Now(), Events: w.events, Counts: w.counts,
		Exceeded: exceeded(w.config.Bounds, w.faults), Faulty: w.faults, Struck: w.struck}
}

// Seal adds the verdict to the digest of the run and returns it.
func (w *World) Seal(verdict string) Digest { return w.record.seal(verdict) }

// handle lets one event happen.
func (w *World) handle(e event) {
	if e.kind == evStrike {
		s := &w.config.Strikes[e.aux]
		w.record.event(&e, -1, xxh3.Uint128{Lo: uint64(s.Act)})
		w.trace(Step{Kind: StepFault, Node: s.Node, Text: s.Act.String()})
		w.struck[s.Act]++
		w.strike(s)
		return
	}
	h := w.hosts[e.node]
	if e.kind == evReady {
		w.ready(h, e)
		return
	}
	if h.busyUntil > w.now && e.kind != evReturn {
		if len(h.backlog) == 0 {
			w.push(event{at: h.busyUntil, node: e.node, kind: evReady, aux: h.incarnation})
		}
		h.backlog = append(h.backlog, e)
		return
	}
	w.input(h, e)
}

// ready gives the CPU of h to the oldest input that waits for it.
func (w *World) ready(h *host, e event) {
	if e.aux != h.incarnation || len(h.backlog) == 0 {
		return
	}
	oldest := h.backlog[0]
	h.backlog = append(h.backlog[:0], h.backlog[1:]...)
	oldest.at = w.now
	w.input(h, oldest)
	if len(h.backlog) > 0 {
		w.push(event{at: h.busyUntil, node: e.node, kind: evReady, aux: h.incarnation})
	}
}

// input hands an event to the machine of h.
func (w *World) input(h *host, e event) {
	switch e.kind {
	case evMessage:
		w.arrive(h, e)
	case evTimer:
		id, live := h.expire(e.aux)
		if !live || !h.up {
			return // cancelled, armed again, or of an earlier life
		}
		w.record.event(&e, -1, xxh3.Uint128{Lo: uint64(id)})
		w.trace(Step{Kind: StepTimer, Node: h.id, Timer: id})
		w.turn(-1, 0)
		was := w.begin(h)
		h.machine.Timer(&w.env, id)
		w.finish(h, &was)
	case evInvoke:
		if e.aux == h.incarnation && h.up {
			w.invoke(h, e)
		}
	case evReturn:
		if e.aux == h.incarnation && h.up {
			r := h.results[0]
			h.results = h.results[1:]
			w.conclude(h, r)
		}
	case evBoot:
		w.record.event(&e, -1, xxh3.Uint128{})
		w.boot(h)
	}
}

// arrive delivers a packet, unless its sender crashed before it left or its
// receiver is down.
func (w *World) arrive(h *host, e event) {
	p := w.take(e.aux)
	sender := w.hosts[p.from]
	if p.life != sender.incarnation && p.depart > sender.crashed[p.life] {
		return
	}
	s := Step{Kind: StepMessage, Node: h.id, From: p.from, Message: p.msg, Cause: p.cause, SentAt: p.depart}
	if !h.up {
		s.Kind = StepDrop
		w.trace(s)
		return
	}
	w.record.event(&e, int32(p.from), p.hash)
	if w.config.Tracer != nil {
		w.trace(s)
	}
	w.turn(p.from, p.op)
	was := w.begin(h)
	h.machine.Deliver(&w.env, p.from, p.msg)
	w.finish(h, &was)
}

// invoke begins the next operation of a client.
func (w *World) invoke(h *host, e event) {
	op := h.next
	h.invoked = op.Seq + 1
	h.pending = true
	w.counts.Invoked++
	w.record.event(&e, int32(op.Kind), xxh3.Hash128(op.Value))
	for _, o := range w.config.Observers {
		o.Invoked(w.events, w.now, h.id, op)
	}
	w.trace(Step{Kind: StepInvoke, Node: h.id, Op: op})
	client, ok := h.machine.(protocol.Client)
	if !ok {
		panic(fmt.Sprintf("%s is asked for an operation but is no client", h.Name))
	}
	w.turn(h.id, h.invoked)
	was := w.begin(h)
	client.Invoke(&w.env, op)
	w.finish(h, &was)
}

// returned ends the operation of a client, once the CPU and disk let it.
func (w *World) returned(h *host, r protocol.Result, at int64) {
	if at > w.now {
		h.results = append(h.results, r)
		w.push(event{at: at, node: int32(h.id), kind: evReturn, aux: h.incarnation})
		return
	}
	w.conclude(h, r)
}

func (w *World) conclude(h *host, r protocol.Result) {
	if !h.pending {
		panic(fmt.Sprintf("%s returned operation %d, which is not in flight", h.Name, r.Seq))
	}
	h.pending = false
	w.counts.Returned++
	w.record.event(&event{at: w.now, node: int32(h.id), kind: evReturn}, -1, xxh3.Hash128(r.Value))
	for _, o := range w.config.Observers {
		o.Returned(w.events, w.now, h.id, r)
	}
	w.trace(Step{Kind: StepReturn, Node: h.id, Result: r})
	w.schedule(h)
}
