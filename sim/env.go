package sim

import (
	"time"

	"turncoat/protocol"
)

// env is the world as the machine of one host sees it during one input. Effects
// are gathered and leave when the input's cost is known.
type env struct {
	w     *World
	h     *host
	out   []effect
	ends  []protocol.Result // of the Returns among them
	dirty bool              // a Sync was asked for in this input
}

// effect is something that others will see.
type effect struct {
	to     protocol.NodeID
	msg    protocol.Message // nil: a Return, of the next of ends
	synced bool             // made after a Sync of this input
}

func (e *env) Now() protocol.Time { return e.h.Clock.read(e.w.now) }

// Nonce is a random word of the node's own stream: unguessable to machines, which
// draw nothing, and repeated with probability 2^-64.
func (e *env) Nonce() uint64 {
	e.h.nonces++
	return e.w.nonces.child(int32(e.h.id), 0).at(e.h.nonces)
}

func (e *env) Send(to protocol.NodeID, m protocol.Message) {
	e.out = append(e.out, effect{to: to, msg: m, synced: e.dirty})
}

func (e *env) SetTimer(id protocol.TimerID, d time.Duration) {
	h := e.h
	h.armings++
	due := h.Clock.after(e.w.now, d)
	if e.w.choose.list != nil {
		due = e.w.now + e.w.wait(h, id, due-e.w.now)
	}
	if h.timers.arm(id, due, h.armings) {
		e.w.push(event{at: due, node: int32(h.id), kind: evTimer, aux: h.armings})
	}
}

func (e *env) CancelTimer(id protocol.TimerID) { e.h.timers.disarm(id) }

func (e *env) Store(key protocol.ID, record protocol.Message) {
	if e.h.disk == nil {
		return
	}
	size := uint32(len(key))
	if record != nil {
		_, n := e.w.net.measure(record)
		size += n
	}
	e.h.disk.store(key, record, int(size))
}

func (e *env) Sync() {
	if e.h.disk != nil {
		e.dirty = true
		e.h.disk.cover()
	}
}

func (e *env) Return(r protocol.Result) {
	e.out = append(e.out, effect{to: protocol.None, synced: e.dirty})
	e.ends = append(e.ends, r)
}

func (e *env) Note(situation string, detail uint64) {
	e.w.note(e.h.id, situation, detail)
}

// begin prepares for an input of h.
func (e *env) begin(h *host) {
	e.h, e.out, e.ends, e.dirty = h, e.out[:0], e.ends[:0], false
}

// finish charges h for the input and lets the effects leave: when the CPU is
// done, and not before the syncs that they wait for.
func (e *env) finish(was *protocol.Meter) {
	w, h := e.w, e.h
	done := w.now
	if h.backlog != nil {
		now := was
		if h.Meter != nil {
			now = h.Meter
		}
		done = later(done, h.CPU.price(len(e.out), was, now))
		h.busyUntil = done
	}
	before, after := done, done
	if h.disk != nil {
		before = max(done, h.disk.synced)
		after = before
		if e.dirty {
			after = h.disk.sync(w.now, done)
		}
	}
	ended := 0
	for i := range e.out {
		x := &e.out[i]
		at := before
		if x.synced {
			at = after
		}
		if x.msg != nil {
			w.send(h, x.to, x.msg, at)
		} else {
			w.returned(h, e.ends[ended], at)
			e.ends[ended].Value = nil
			ended++
		}
		x.msg = nil
	}
}
