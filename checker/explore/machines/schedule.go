package machines

import (
	"fmt"
	"slices"
	"time"

	"turncoat/checker/explore"
	"turncoat/protocol"
)

// A path told to the simulator: when each message arrives, and what the liar
// answers.
//
// In the explorer a liar speaks when it likes. In the simulator it answers requests:
// so each request reaches it just before the first answer to it is due, and one
// that carries a record at once, so that the liar knows the record when a later answer
// needs it. Its answers then travel until their step.
//
// A timer that expires runs for as long as it takes to its step; others run for longer than
// the schedule. A server that crashes is back at once, with what it had synced.

const (
	unit  = time.Millisecond // between two steps
	heed  = time.Microsecond // before its answer is due, a request reaches the liar
	never = time.Duration(-1)
	work  = time.Hour // when an operation is due that the path does not begin
)

// parcel is a message on a link of the simulator.
type parcel struct {
	*envelope
	op       uint32 // 1 + the number of the client's operation in which it was sent
	nth      uint32 // of those on the link in that operation
	sent     time.Duration
	arrive   time.Duration // never if it is lost
	again    time.Duration // after the first arrival; 0 for never
	lies     []*parcel     // what answers it, if it went to the liar
	speeches []*speech     // what the liar says unasked when it comes to it
}

// trip is where parcels are counted.
type trip struct {
	from, to int
	op       uint32
}

// alarm is a timer of a node.
type alarm struct {
	node int
	id   protocol.TimerID
}

// arming is the last time that a timer was armed.
type arming struct {
	at  time.Duration
	nth uint32 // how often it had been before
}

// scribe writes a path down.
type scribe struct {
	m       *Model
	state   State
	now     time.Duration
	counts  map[trip]uint32           // parcels by link and operation; looked up only
	began   [maxNodes][]time.Duration // when each client began its operations
	parcels []*parcel
	flying  map[uint32][]*parcel  // by number of the envelope, oldest first; looked up only
	asked   [maxNodes]*parcel     // the last request of each node to the liar,
	told    map[*envelope]*parcel // and each of servers; looked up only
	said    []slur                // by a slanderer
	heard   *parcel               // the last of all to the liar
	idle    [maxNodes]time.Duration
	alarms  map[alarm]arming // looked up only
	crashes []explore.Crash
	choices []explore.Choice
}

// Schedule implements explore.Scheduler.
func (m *Model) Schedule(actions []explore.Action) (*explore.Schedule, error) {
	w := &scribe{m: m, state: m.Initial()[0], flying: make(map[uint32][]*parcel), counts: make(map[trip]uint32),
		told: make(map[*envelope]*parcel), alarms: make(map[alarm]arming)}
	if m.slanderer != nil {
		w.began[m.liar] = append(w.began[m.liar], briefed)
	}
	for node, o := range m.started {
		w.arm(node, o.armed)
		w.send(node, o)
	}
	for _, a := range actions {
		w.now += unit
		if err := w.step(a); err != nil {
			return nil, err
		}
	}
	tell := w.confess
	if speaker, ok := m.Dialect.(Speaker); ok {
		tell = func() error { return w.recite(speaker) }
	} else if m.slanderer != nil {
		tell = w.perform
	}
	if err := tell(); err != nil {
		return nil, err
	}
	s := &explore.Schedule{
		Protocol: m.Protocol, Servers: m.servers(), Clients: len(m.clients), Lifted: m.Lifted, End: w.now + unit,
		Crashes: w.crashes, Checkpoint: m.K,
		Epochs: m.Epochs, Overlap: m.Overlap,
	}
	switch {
	case m.slanderer != nil:
		s.BadClients, s.Clients, s.Strategy = 1, s.Clients+1, m.Strategy
	case m.liar >= 0:
		s.Liars, s.Strategy = 1, m.Strategy
	}
	for _, c := range m.clients {
		s.Operations = max(s.Operations, len(m.Nodes[c].Script))
		if l := m.local(&w.state, c); int(l.invoked) < len(m.Nodes[c].Script) {
			w.begin(w.client(c), m.Nodes[c].Script[l.invoked], l.invoked, work)
		}
	}
	for _, p := range w.parcels {
		w.travel(p)
	}
	s.Choices = w.choices
	return s, nil
}

// step writes one action down and carries it out.
func (w *scribe) step(a explore.Action) error {
	m := w.m
	steps := m.Successors(&w.state, nil)
	i := slices.IndexFunc(steps, func(t explore.Step[State]) bool { return t.Action == a })
	if i < 0 {
		return fmt.Errorf("action %#x is not enabled after %v steps", uint64(a), int(w.now/unit)-1)
	}
	kind, n := split(a)
	switch kind {
	case actDeliver:
		p := w.pop(uint32(n))
		if p.arrive == never {
			p.arrive = w.now
		} else {
			p.again = w.now - p.arrive
		}
		w.follow(p.to, input{deliver, p.id})
	case actLie:
		e := m.envelopes.at(uint32(n))
		if m.slanderer != nil {
			if err := w.slander(e); err != nil {
				return err
			}
			w.follow(e.to, input{deliver, e.id})
			break
		}
		request := w.told[e.request]
		if len(m.Nodes[e.to].Script) > 0 {
			request = w.asked[e.to]
		}
		request.lies = append(request.lies, &parcel{envelope: e, arrive: w.now})
		w.follow(e.to, input{deliver, e.id})
	case actInvoke:
		l := m.local(&w.state, int(n))
		w.begin(w.client(int(n)), m.Nodes[n].Script[l.invoked], l.invoked, w.now-w.idle[n])
		w.began[n] = append(w.began[n], w.now)
		w.follow(int(n), input{kind: invoke})
	case actSay:
		if err := w.speak(m.spoken.at(uint32(n))); err != nil {
			return err
		}
	case actLose:
		w.pop(uint32(n))
	case actDuplicate:
		w.flying[uint32(n)] = append(w.flying[uint32(n)], w.flying[uint32(n)][0])
	case actExpire:
		w.expire(int(n&(1<<timerShift-1)), protocol.TimerID(n>>timerShift))
	case actCrash:
		w.crashes = append(w.crashes, explore.Crash{Server: int(n), At: w.now})
		w.follow(int(n), input{kind: crash})
	}
	w.state = steps[i].State
	return nil
}

// client returns the number of a node among the clients.
func (w *scribe) client(node int) int { return node - w.m.servers() }

// pop takes the oldest copy of a message out of flight.
func (w *scribe) pop(id uint32) *parcel {
	p := w.flying[id][0]
	w.flying[id] = w.flying[id][1:]
	return p
}

// expire writes down when a timer does.
func (w *scribe) expire(node int, id protocol.TimerID) {
	last := w.alarms[alarm{node, id}]
	w.choose("delay", explore.Choice{Actor: int32(node), Peer: -1, Timer: id, Index: last.nth, Value: int64(w.now - last.at)})
	w.follow(node, input{expire, uint32(id)})
}

// arm counts how often timers are armed, as the simulator does.
func (w *scribe) arm(node int, ids []protocol.TimerID) {
	for _, id := range ids {
		last, again := w.alarms[alarm{node, id}]
		if again {
			last.nth++
		}
		last.at = w.now
		w.alarms[alarm{node, id}] = last
	}
}

// follow sends what a node sends on an input.
func (w *scribe) follow(node int, in input) {
	o := w.m.step(w.m.local(&w.state, node), in)
	w.arm(node, o.armed)
	w.send(node, o)
	if o.result != 0 {
		w.idle[node] = w.now
	}
}

// send posts what a node sends. What the model ignores never arrives.
func (w *scribe) send(node int, o *outcome) {
	for _, e := range o.sent {
		p := w.post(&parcel{envelope: e, sent: w.now, arrive: never})
		switch {
		case w.m.Ignore != nil && w.m.Ignore(e.to, e.msg):
		case e.to == w.m.liar:
			w.asked[node], w.told[e], w.heard = p, p, p
		default:
			w.flying[e.id] = append(w.flying[e.id], p)
		}
	}
}

// post numbers a parcel, as the simulator does: within the operation that the client
// at one of its ends had begun last when it was sent.
func (w *scribe) post(p *parcel) *parcel {
	p.op = max(w.operation(p.from, p.sent), w.operation(p.to, p.sent))
	at := trip{p.from, p.to, p.op}
	p.nth = w.counts[at]
	w.counts[at]++
	w.parcels = append(w.parcels, p)
	return p
}

// operation returns how many operations a node, if it is a client, has begun by then.
func (w *scribe) operation(node int, by time.Duration) uint32 {
	n := uint32(0)
	for _, at := range w.began[node] {
		if at <= by {
			n++
		}
	}
	return n
}

func (w *scribe) choose(kind string, c explore.Choice) {
	c.Kind = kind
	w.choices = append(w.choices, c)
}

// begin writes down an operation on the one object: the k-th of a client, so long after
// the one before.
func (w *scribe) begin(client int, op protocol.Operation, k uint32, after time.Duration) {
	what := int64(1)
	if op.Kind.Changes() {
		what++
	}
	w.choose("work", explore.Choice{Actor: int32(client), Peer: -1, Index: k, Value: what})
	w.choose("work", explore.Choice{Actor: int32(client), Peer: -1, Label: "think", Index: k, Value: int64(after)})
}

// travel writes down how long a message is on its way.
func (w *scribe) travel(p *parcel) {
	c := explore.Choice{Actor: int32(p.from), Peer: int32(p.to), Op: p.op, Index: p.nth, Value: 1}
	if p.arrive == never {
		w.choose("loss", c)
		return
	}
	c.Value = int64(p.arrive - p.sent)
	w.choose("delay", c)
	if p.again > 0 {
		c.Value = int64(p.again)
		w.choose("duplicate", c)
	}
}
