package machines

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"time"

	"turncoat/adversary"
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
// Left out: timers and crashes, which the simulator lets happen by its own clock.

const (
	unit  = time.Millisecond // between two steps
	heed  = time.Microsecond // before its answer is due, a request reaches the liar
	never = time.Duration(-1)
	work  = time.Hour // when an operation is due that the path does not begin
)

// parcel is a message on a link of the simulator.
type parcel struct {
	*envelope
	op     uint32 // 1 + the number of the client's operation in which it was sent
	nth    uint32 // of those on the link in that operation
	sent   time.Duration
	arrive time.Duration // never if it is lost
	again  time.Duration // after the first arrival; 0 for never
	lies   []*parcel     // what answers it, if it went to the liar
}

// trip is where parcels are counted.
type trip struct {
	from, to int
	op       uint32
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
	said    []spoken              // by a speaker
	idle    [maxNodes]time.Duration
	choices []explore.Choice
}

// Schedule implements explore.Scheduler.
func (m *Model) Schedule(actions []explore.Action) (*explore.Schedule, error) {
	w := &scribe{m: m, state: m.Initial()[0], flying: make(map[uint32][]*parcel), counts: make(map[trip]uint32), told: make(map[*envelope]*parcel)}
	if m.speaker != nil {
		w.began[m.liar] = append(w.began[m.liar], briefed)
	}
	for node, o := range m.started {
		w.send(node, o)
	}
	for _, a := range actions {
		w.now += unit
		if err := w.step(a); err != nil {
			return nil, err
		}
	}
	confess := w.confess
	if m.speaker != nil {
		confess = w.perform
	}
	if err := confess(); err != nil {
		return nil, err
	}
	s := &explore.Schedule{
		Protocol: m.Protocol, Servers: m.servers(), Clients: len(m.clients), Lifted: m.Lifted, End: w.now + unit,
		Epochs: m.Epochs, Overlap: m.Overlap,
	}
	switch {
	case m.speaker != nil:
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
		if m.speaker != nil {
			if err := w.speak(e); err != nil {
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
	case actLose:
		w.pop(uint32(n))
	case actDuplicate:
		w.flying[uint32(n)] = append(w.flying[uint32(n)], w.flying[uint32(n)][0])
	default:
		return fmt.Errorf("the simulator cannot be told when timers expire and servers crash in step %d: %s", w.now/unit, m.Describe(&w.state, a))
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

// follow sends what a node sends on an input.
func (w *scribe) follow(node int, in input) {
	o := w.m.step(w.m.local(&w.state, node), in)
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
			w.asked[node], w.told[e] = p, p
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

// confess writes down when each request reaches the liar and what it answers.
func (w *scribe) confess() error {
	var asked []*parcel
	for _, p := range w.parcels {
		if p.to != w.m.liar {
			continue
		}
		if w.m.Dialect.Fact(p.msg) != nil {
			p.arrive = p.sent + heed
		} else if len(p.lies) > 0 {
			p.arrive = p.lies[0].arrive - heed
		} else {
			continue
		}
		asked = append(asked, p)
	}
	slices.SortFunc(asked, func(a, b *parcel) int { return cmp.Compare(a.arrive, b.arrive) })
	var facts []protocol.Message
	draws := make(map[trip]uint32)
	agains := make(map[trip]uint32)
	for _, p := range asked {
		facts = withFact(facts, w.m.Dialect.Fact(p.msg))
		letters := w.m.Dialect.Lies(facts, protocol.NodeID(p.from), p.msg)
		told := []int{adversary.DBQS{}.NoLetter()}
		for i, lie := range p.lies {
			letter := slices.IndexFunc(letters, func(m protocol.Message) bool { return bytes.Equal(m.AppendTo(nil), lie.msg.AppendTo(nil)) })
			if letter < 0 {
				return fmt.Errorf("the liar's answer %q needs what it learns after it was asked", w.m.Dialect.Describe(lie.msg))
			}
			told = append(told[:i], adversary.DBQS{}.Letter(letter))
			lie.sent = p.arrive
			w.post(lie)
		}
		at := trip{p.from, p.to, p.op}
		lie := explore.Choice{Actor: int32(w.m.liar), Peer: int32(p.from), Op: p.op}
		for i, letter := range told {
			lie.Label, lie.Index, lie.Value = adversary.AnswerLabel, draws[at], int64(letter)
			w.choose("lie", lie)
			draws[at]++
			if i < len(told)-1 {
				lie.Label, lie.Index, lie.Value = adversary.AgainLabel, agains[at], 1
				w.choose("lie", lie)
			}
			agains[at]++
		}
	}
	return nil
}

// withFact returns the facts with another, sorted by wire form.
func withFact(facts []protocol.Message, fact protocol.Message) []protocol.Message {
	if fact == nil {
		return facts
	}
	i, known := slices.BinarySearchFunc(facts, fact, compareForms)
	if known {
		return facts
	}
	return slices.Insert(facts, i, fact)
}

// compareForms orders messages by wire form.
func compareForms(a, b protocol.Message) int { return bytes.Compare(a.AppendTo(nil), b.AppendTo(nil)) }
