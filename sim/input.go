package sim

import (
	"encoding/binary"
	"fmt"

	"github.com/zeebo/xxh3"

	"turncoat/protocol"
)

// handle lets one event happen.
func (w *World) handle(e event) {
	if e.kind == evStrike {
		s := &w.config.Strikes[e.aux]
		w.record.event(&e, -1, xxh3.Uint128{Lo: uint64(s.Act)})
		w.fault(s)
		return
	}
	h := &w.hosts[e.node]
	switch {
	case h.backlog == nil: // nothing costs anything
		w.input(h, e)
	case e.kind == evReady:
		w.ready(h, e)
	case e.kind == evReturn: // the CPU is done with it
		w.input(h, e)
	case !h.backlog.empty():
		h.backlog.add(e)
	case h.busyUntil > w.now:
		h.backlog.add(e)
		w.push(event{at: h.busyUntil, node: e.node, kind: evReady, aux: h.incarnation})
	default:
		w.input(h, e)
	}
}

// ready gives the CPU of h to the input that has waited for it longest.
func (w *World) ready(h *host, e event) {
	if e.aux != h.incarnation {
		return
	}
	oldest := h.backlog.next()
	oldest.at = w.now
	if oldest.kind != evTimer || w.expires(oldest) {
		w.input(h, oldest)
	}
	if !h.backlog.empty() {
		w.push(event{at: h.busyUntil, node: e.node, kind: evReady, aux: h.incarnation})
	}
}

// input hands an event to the machine of h.
func (w *World) input(h *host, e event) {
	switch e.kind {
	case evMessage:
		w.arrive(h, e)
	case evTimer:
		w.timer(h, e)
	case evInvoke:
		if e.aux == h.incarnation && h.life == up {
			w.invoke(h, e)
		}
	case evReturn:
		if e.aux == h.incarnation && h.life == up {
			r := h.client.results[0]
			h.client.results = h.client.results[1:]
			w.conclude(h, r)
		}
	case evBoot:
		if h.life == unborn {
			w.record.event(&e, -1, xxh3.Uint128{})
			w.boot(h)
		}
	}
}

// arrive delivers a packet, unless its sender crashed before it left or its
// receiver is down.
func (w *World) arrive(h *host, e event) {
	p := w.packets.take(e.aux)
	sender := &w.hosts[p.from]
	if p.life != sender.incarnation && p.depart > sender.crashed[p.life] {
		return
	}
	if h.life != up {
		if w.config.Tracer != nil {
			w.trace(Step{Kind: StepDrop, Node: h.id, From: p.from, Message: p.msg, Cause: p.cause, SentAt: p.depart})
		}
		return
	}
	w.record.event(&e, int32(p.from), p.hash)
	if w.config.Tracer != nil {
		w.trace(Step{Kind: StepMessage, Node: h.id, From: p.from, Message: p.msg, Cause: p.cause, SentAt: p.depart})
	}
	w.turn(p.from, p.op)
	was := w.begin(h)
	h.machine.Deliver(&w.env, p.from, p.msg)
	w.finish(h, &was)
}

// timer lets a timer expire.
func (w *World) timer(h *host, e event) {
	id := h.timers.expire(e.aux)
	w.record.event(&e, -1, xxh3.Uint128{Lo: uint64(id)})
	if w.config.Tracer != nil {
		w.trace(Step{Kind: StepTimer, Node: h.id, Timer: id})
	}
	w.turn(-1, 0)
	was := w.begin(h)
	h.machine.Timer(&w.env, id)
	w.finish(h, &was)
}

// invoke begins the next operation of a client.
func (w *World) invoke(h *host, e event) {
	op := h.client.next
	h.client.invoked = op.Seq + 1
	h.client.pending = true
	w.counts.Invoked++
	w.record.event(&e, int32(op.Kind), xxh3.Hash128Seed(op.Value, binary.LittleEndian.Uint64(op.Object[:])))
	for _, o := range w.config.Observers {
		o.Invoked(w.events, w.now, h.id, op)
	}
	if w.config.Tracer != nil {
		w.trace(Step{Kind: StepInvoke, Node: h.id, Op: op})
	}
	machine, ok := h.machine.(protocol.Client)
	if !ok {
		panic(fmt.Sprintf("%s is asked for an operation but is no client", h.Name))
	}
	w.turn(h.id, h.op())
	was := w.begin(h)
	machine.Invoke(&w.env, op)
	w.finish(h, &was)
}

// returned ends the operation of a client, once the CPU and disk let it.
func (w *World) returned(h *host, r protocol.Result, at int64) {
	if at > w.now && h.client != nil {
		h.client.results = append(h.client.results, r)
		w.push(event{at: at, node: int32(h.id), kind: evReturn, aux: h.incarnation})
		return
	}
	w.conclude(h, r)
}

func (w *World) conclude(h *host, r protocol.Result) {
	c := h.client
	if c == nil || !c.pending || r.Seq != c.next.Seq {
		panic(fmt.Sprintf("%s returned operation %d, which is not in flight", h.Name, r.Seq))
	}
	c.pending = false
	w.counts.Returned++
	found := int32(0)
	if r.Found {
		found = 1
	}
	w.record.event(&event{at: w.now, node: int32(h.id), kind: evReturn}, found, xxh3.Hash128(r.Value))
	for _, o := range w.config.Observers {
		o.Returned(w.events, w.now, h.id, r)
	}
	if w.config.Tracer != nil {
		w.trace(Step{Kind: StepReturn, Node: h.id, Result: r})
	}
	w.schedule(h)
}
