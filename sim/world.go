// Package sim is the world that machines live in: virtual time, an event queue,
// a network, hosts with CPU, clock and disk, scheduled faults, and the decisions
// that shape all of it. A run is a pure function of code, configuration and
// decisions. It is single-threaded; runs share nothing and may go in parallel.
package sim

import (
	"slices"
	"sync/atomic"
	"time"

	"turncoat/protocol"
)

// Workload says what the clients do. Next is called when a client is up and
// idle, for its first operation with Seq k or above; after is how long it thinks
// first. ok is false when the client is done.
type Workload interface {
	Next(client protocol.NodeID, k uint32) (op protocol.Operation, after time.Duration, ok bool)
}

// Config is a whole world before it begins.
type Config struct {
	Hosts       []Host // numbered by their place
	Clients     []protocol.NodeID
	Workload    Workload
	Network     Network
	Strikes     []Strike
	Bounds      []Bound
	Corruptions []Corruption // by the adversary, in no order
	Decisions   *Decisions

	Deadline   time.Duration // the run is over then
	Settle     time.Duration // the run is over this long after the last operation; 0: when nothing is left to happen
	MaxEvents  uint64        // 0: no bound
	MaxInstant uint64        // events within one instant of virtual time; 0: DefaultInstant
	Observers  []Observer
	Tracer     Tracer         // may be nil
	Heartbeat  *atomic.Uint64 // if not nil, holds the number of the event in hand, for a watchdog outside
}

// DefaultInstant is how many events one instant may hold before time is taken to
// have stopped.
const DefaultInstant = 1_000_000

// The kinds of event.
const (
	evBoot = iota + 1
	evMessage
	evTimer
	evInvoke
	evReturn
	evReady // the CPU is free again
	evStrike
)

// ordinary is set in the sequence number of all events but faults, so that those
// strike at the front of their instant.
const ordinary uint64 = 1 << 63

// Counts are totals of a run.
type Counts struct {
	Messages, Lost, Duplicated, Corrupted uint64
	Invoked, Returned                     uint64
}

// World is a run in progress.
type World struct {
	config   Config
	hosts    []host
	net      network
	queue    queue
	choose   *Decisions
	nonces   stream
	now      int64
	seq      uint64
	events   uint64
	instant  uint64
	packets  slab
	env      env
	record   recorder
	counts   Counts
	faults   []Corruption
	struck   map[Act]uint64 // counted here, handed on in the outcome
	clients  int            // correct clients that still have something to do
	end      int64          // deadline in force
	steppers []Stepper
}

// New returns a world ready to run, which keeps c.Hosts. It panics on a configuration that the
// scenario's own checks should have refused.
func New(c Config) *World {
	w := &World{config: c, choose: c.Decisions, end: int64(c.Deadline), struck: make(map[Act]uint64)}
	w.env.w = w
	w.faults = slices.Clone(c.Corruptions)
	if s, ok := c.Tracer.(Stepper); ok {
		w.steppers = append(w.steppers, s)
	}
	for _, o := range c.Observers {
		if s, ok := o.(Stepper); ok {
			w.steppers = append(w.steppers, s)
		}
	}
	w.nonces = w.choose.stream("nonce")
	w.net.Network = c.Network
	w.net.wires.init(len(c.Hosts), w.choose.stream("network"))
	w.net.cuts = spells(c.Strikes)
	if w.config.MaxInstant == 0 {
		w.config.MaxInstant = DefaultInstant
	}
	w.hosts = make([]host, len(c.Hosts))
	for i := range w.hosts {
		h := &w.hosts[i]
		h.Host, h.id = &c.Hosts[i], protocol.NodeID(i)
		if h.CPU != (CPU{}) {
			h.backlog = &backlog{}
		}
		if h.Disk != nil {
			h.disk = &disk{Disk: *h.Disk}
		}
		w.push(event{node: int32(i), kind: evBoot})
	}
	for i := range c.Strikes {
		if c.Strikes[i].At > c.Deadline {
			continue // a run may end quietly before its deadline though a fault would outlast it
		}
		w.seq++
		w.queue.push(event{at: int64(c.Strikes[i].At), seq: w.seq, node: int32(c.Strikes[i].Node), kind: evStrike, aux: uint32(i)})
	}
	for _, id := range c.Clients {
		w.hosts[id].client = &client{busy: true}
		w.join(&w.hosts[id])
	}
	for _, id := range c.Clients {
		w.schedule(&w.hosts[id])
	}
	return w
}

// push puts an ordinary event into the queue.
func (w *World) push(e event) {
	w.seq++
	e.seq = w.seq | ordinary
	w.queue.push(e)
}

// enqueue schedules the arrival of a packet.
func (w *World) enqueue(p *packet, at int64) {
	w.push(event{at: at, node: int32(p.to), kind: evMessage, aux: w.packets.hold(p)})
}

// drop forgets an input that its node will never handle.
func (w *World) drop(e event) {
	if e.kind == evMessage {
		w.packets.take(e.aux)
	}
}

// Machine returns the machine of a node, nil while it is down.
func (w *World) Machine(id protocol.NodeID) protocol.Machine { return w.hosts[id].machine }

// Now returns the virtual time since the start of the run.
func (w *World) Now() time.Duration { return time.Duration(w.now) }

// schedule plans the next operation of an idle client.
func (w *World) schedule(h *host) {
	op, after, ok := w.config.Workload.Next(h.id, h.client.invoked)
	if !ok {
		h.client.busy = false
		w.leave(h)
		return
	}
	h.client.next = op
	w.push(event{at: later(w.now, int64(max(after, 0))), node: int32(h.id), kind: evInvoke, aux: h.incarnation})
}

// join counts a client that has something to do. The run does not wait for one
// that is not correct: it may have no end.
func (w *World) join(h *host) {
	if h.Correct {
		w.clients++
	}
}

// leave counts a client that has nothing more to do, or crashed for good.
func (w *World) leave(h *host) {
	if !h.Correct {
		return
	}
	w.clients--
	if w.clients == 0 && w.config.Settle > 0 {
		w.end = min(w.end, later(w.now, int64(w.config.Settle)))
	}
}

// boot starts an incarnation of a host.
func (w *World) boot(h *host) {
	h.life, h.busyUntil = up, w.now
	h.machine = h.New()
	var found protocol.Disk
	if h.disk != nil {
		found = h.disk.contents()
	}
	if w.config.Tracer != nil {
		w.trace(Step{Kind: StepBoot, Node: h.id})
	}
	w.turn(-1, 0)
	was := w.begin(h)
	h.machine.Start(&w.env, found)
	w.finish(h, &was)
}

// turn tells the decisions whose input is in hand.
func (w *World) turn(peer protocol.NodeID, op uint32) {
	w.choose.turn = Turn{Peer: int32(peer), Op: op, Event: w.events, At: w.now}
}

// begin and finish bracket every input.
func (w *World) begin(h *host) protocol.Meter {
	w.env.begin(h)
	if h.Meter == nil {
		return protocol.Meter{}
	}
	return *h.Meter
}

func (w *World) finish(h *host, was *protocol.Meter) {
	w.env.finish(was)
	for _, s := range w.steppers {
		s.Stepped(w.events, w.now, h.id, h.machine)
	}
}

func (w *World) note(node protocol.NodeID, situation string, detail uint64) {
	for _, o := range w.config.Observers {
		o.Noted(w.events, w.now, node, situation, detail)
	}
	if w.config.Tracer != nil {
		w.trace(Step{Kind: StepNote, Node: node, Text: situation, Detail: detail})
	}
}

// trace tells the tracer, which there must be: to build a step costs time too.
func (w *World) trace(s Step) {
	s.Event, s.At = w.events, w.now
	w.config.Tracer.Step(s)
}
