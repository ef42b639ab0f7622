package machines

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/zeebo/xxh3"

	"turncoat/protocol"
)

// What one machine does on one input. It is computed once for each pair of a
// local state and an input, by the machine itself, and looked up from then on.

// local is the state of one node: of its machine, its timers, its disk, its
// nonces and how far it is in its script. It is immutable; its machine is
// cloned before it is given an input.
type local struct {
	id      uint32
	rank    uint64
	node    int
	machine protocol.Machine // nil for a liar
	timers  []protocol.TimerID
	nonces  uint64
	disk    protocol.Disk
	invoked uint32 // operations of the script that have begun
	busy    bool   // one is in flight

	// asked is what the liar can answer: of a client what it sent last, to whomever, the
	// request of its phase; of a server all that it ever asked the liar. (Equal local states
	// may differ in requests that are over, whose answers change nothing.)
	asked []*envelope

	before *local // one way to come here; nil in an initial state
	by     input
}

// envelope is a message from one node to another.
type envelope struct {
	id       uint32
	rank     uint64
	from, to int
	msg      protocol.Message

	source *local // one way in which it is sent: by this local state,
	by     input  // on this input,
	nth    int    // as the nth such message from there (see twin); -1 for a lie, or what was sent at the start

	request *envelope // of a lie: what it answers,
	facts   *facts    // knowing these,
	letter  int       // and which of all answers it is
}

// facts is what the adversary has learned, sorted by wire form.
type facts struct {
	id  uint32
	all []protocol.Message

	before *facts // one way to learn them, of a slanderer: by a message
	by     *envelope
}

// input is what happens to a node.
type input struct {
	kind inputKind
	n    uint32 // deliver: the envelope; expire: the timer
}

type inputKind uint8

const (
	deliver inputKind = iota
	invoke
	expire
	crash
)

func (in input) code() uint32 { return uint32(in.kind)<<29 | in.n }

// outcome is what follows from an input.
type outcome struct {
	next   *local
	sent   []*envelope // all messages in order
	outs   []*envelope // of them, those to correct nodes that may arrive
	told   []*envelope // those to the liar, from which it learns
	result uint32      // number of the result that was returned, plus one
	quiet  bool        // nothing has changed and nothing was sent
	armed  []protocol.TimerID
}

// interned holds what is known by its contents. Looked up only.
type interned struct {
	locals    map[string]*local
	envelopes map[string]*envelope
	histories map[string]*history
	facts     map[string]*facts
	ranks     map[uint64]string
	results   map[string]uint32
	speeches  map[string]*speech
	scratch   []byte
}

// rank returns the hash of contents, which orders things for people.
func (k *interned) rank(contents string) uint64 {
	h := xxh3.HashString(contents)
	if other, taken := k.ranks[h]; taken && other != contents {
		panic("machines: two things have one rank")
	}
	k.ranks[h] = contents
	return h
}

// step returns what a node does on an input.
func (m *Model) step(l *local, in input) *outcome {
	if o := m.outcomes.get(key(l.id, in.code())); o != nil {
		return o
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.compute(l, in)
}

// compute is step for those who hold the lock.
func (m *Model) compute(l *local, in input) *outcome {
	k := key(l.id, in.code())
	if o := m.outcomes.get(k); o != nil {
		return o
	}
	next := &local{node: l.node, invoked: l.invoked, busy: l.busy, asked: l.asked, before: l, by: in}
	e := &env{node: protocol.NodeID(l.node), nonces: l.nonces, timers: l.timers, disk: l.disk}
	if in.kind == crash {
		next.machine, e.timers = m.Nodes[l.node].New(), nil
		next.machine.Start(e, e.disk)
	} else {
		next.machine = l.machine.Clone()
		m.feed(next, e, in)
	}
	m.machines++
	o := m.settle(l, next, e, in)
	m.keepsOutcome(o)
	return m.outcomes.put(k, o)
}

// feed gives an input to a machine.
func (m *Model) feed(l *local, e *env, in input) {
	switch in.kind {
	case deliver:
		x := m.envelopes.at(in.n)
		l.machine.Deliver(e, protocol.NodeID(x.from), x.msg)
	case invoke:
		op := m.Nodes[l.node].Script[l.invoked]
		op.Seq = l.invoked
		l.invoked, l.busy = l.invoked+1, true
		l.machine.(protocol.Client).Invoke(e, op)
	case expire:
		e.CancelTimer(protocol.TimerID(in.n))
		l.machine.Timer(e, protocol.TimerID(in.n))
	case crash:
		panic("machines: a crash is no input of a machine")
	}
}

// settle turns the effects of an input into an outcome.
func (m *Model) settle(l, next *local, e *env, in input) *outcome {
	next.timers, next.nonces, next.disk = e.timers, e.nonces, e.disk
	o := &outcome{armed: e.armed}
	if e.result != nil {
		next.busy = false
		o.result = m.keepResult(*e.result) + 1
	}
	m.post(o, l, e.sent, in)
	if client := len(m.Nodes[l.node].Script) > 0; !client {
		next.asked = append(slices.Clip(l.asked), o.told...)
	} else if all := slices.Concat(o.outs, o.told); len(all) > 0 {
		next.asked = all[len(all)-1:]
	}
	o.next = m.keepLocal(next)
	o.quiet = o.next == l && len(o.outs)+len(o.told) == 0 && e.result == nil
	return o
}

// post turns what a node sends into envelopes.
func (m *Model) post(o *outcome, l *local, all []sent, in input) {
	for _, x := range all {
		to := int(x.to)
		if to < 0 || to >= len(m.Nodes) {
			continue // nobody lives there
		}
		nth := 0
		for _, y := range slices.Concat(o.outs, o.told) { // what never arrives is renamed by nobody
			if y.to == to && m.twin(y.msg, x.msg, 0) {
				nth++
			}
		}
		e := &envelope{from: l.node, to: to, msg: x.msg, source: l, by: in, nth: nth}
		if l.id == unborn {
			e.source, e.nth = nil, -1
		}
		if m.Ignore != nil && m.Ignore(to, x.msg) {
			o.sent = append(o.sent, e)
			continue
		}
		e = m.keepEnvelope(e)
		o.sent = append(o.sent, e)
		if to == m.liar {
			o.told = append(o.told, e)
		} else {
			o.outs = append(o.outs, e)
		}
	}
}

// unborn is the number of a local state that has none yet.
const unborn = ^uint32(0)

// start begins a node.
func (m *Model) start(node int) *outcome {
	l := &local{id: unborn, node: node}
	if m.Nodes[node].New == nil {
		return &outcome{next: m.keepLocal(l)}
	}
	l.machine = m.Nodes[node].New()
	e := &env{node: protocol.NodeID(node)}
	l.machine.Start(e, nil)
	return m.settle(l, l, e, input{})
}

func (m *Model) keepLocal(l *local) *local {
	b := append(m.known.scratch[:0], 'l', byte(l.node))
	b = protocol.AppendBool(binary.AppendUvarint(b, uint64(l.invoked)), l.busy)
	b = binary.AppendUvarint(b, l.nonces)
	b = binary.AppendUvarint(b, uint64(len(l.timers)))
	for _, t := range l.timers {
		b = binary.AppendUvarint(b, uint64(t))
	}
	b = binary.AppendUvarint(b, uint64(len(l.disk)))
	for _, r := range l.disk {
		b = protocol.AppendBytes(append(b, r.Key[:]...), r.Value.AppendTo(nil))
	}
	if l.machine != nil {
		b = l.machine.AppendState(b)
	}
	m.known.scratch = b
	if old := m.known.locals[string(b)]; old != nil {
		return old
	}
	contents := string(b)
	l.rank = m.known.rank(contents)
	l.id = m.locals.add(l)
	m.known.locals[contents] = l
	m.keepsLocal(contents)
	return l
}

func (m *Model) keepEnvelope(e *envelope) *envelope {
	b := e.msg.AppendTo(append(m.known.scratch[:0], 'e', byte(e.from), byte(e.to)))
	m.known.scratch = b
	if old := m.known.envelopes[string(b)]; old != nil {
		return old
	}
	contents := string(b)
	e.rank = m.known.rank(contents)
	e.id = m.envelopes.add(e)
	if e.id >= 1<<29 {
		panic("machines: more messages than have numbers")
	}
	m.known.envelopes[contents] = e
	m.keepsEnvelope(contents)
	return e
}

func (m *Model) keepResult(r protocol.Result) uint32 {
	k := fmt.Sprintf("%v %s", r.Found, r.Value)
	if n, ok := m.known.results[k]; ok {
		return n
	}
	n := uint32(len(m.results))
	m.results = append(m.results, r)
	m.known.results[k] = n
	return n
}

func (m *Model) keepHistory(h *history) *history {
	k := string(h.appendTo(nil))
	if old := m.known.histories[k]; old != nil {
		return old
	}
	h.atomic = h.judge(m.Object[:], m.Joins)
	h.id = m.histories.add(h)
	m.known.histories[k] = h
	return h
}

// heard returns the facts with what a slanderer learns of a message to it.
func (m *Model) heard(f *facts, e *envelope) *facts {
	g := m.keepFacts(slices.Clone(m.slanderer.Heard(f.all, protocol.NodeID(e.from), e.msg)))
	if g.before == nil && len(g.all) > 0 {
		g.before, g.by = f, e
	}
	return g
}

func (m *Model) keepFacts(all []protocol.Message) *facts {
	slices.SortFunc(all, compareForms)
	var k []byte
	for _, f := range all {
		k = protocol.AppendBytes(k, f.AppendTo(nil))
	}
	if old := m.known.facts[string(k)]; old != nil {
		return old
	}
	f := &facts{all: all}
	f.id = m.facts.add(f)
	m.known.facts[string(k)] = f
	return f
}
