package machines

import (
	"fmt"
	"slices"
	"strings"

	"turncoat/checker/explore"
	"turncoat/protocol"
)

// The transitions of a system. What a delivery or a lie does not change is no
// transition.

// The kinds of action; an action is a kind and a number.
const (
	actDeliver   = iota // envelope
	actLie              // envelope
	actInvoke           // node
	actExpire           // node and timer
	actCrash            // node
	actLose             // envelope
	actDuplicate        // envelope
	actSay              // speech
)

const kindShift = 56

func action(kind int, n uint64) explore.Action {
	return explore.Action(uint64(kind)<<kindShift | n)
}

func split(a explore.Action) (kind int, n uint64) {
	return int(a >> kindShift), uint64(a) & (1<<kindShift - 1)
}

const timerShift = 32 // in the number of actExpire: the timer, then the node

// Successors returns the deliveries in order of rank, then lies, invocations and faults.
func (m *Model) Successors(s *State, out []explore.Step[State]) []explore.Step[State] {
	if int(s.cue) < len(m.script) {
		return m.directed(s, out)
	}
	for i := range int(s.count) {
		if i > 0 && s.flight[i] == s.flight[i-1] {
			continue // another copy of the same message
		}
		e := m.inFlight(s, i)
		if o := m.step(m.local(s, e.to), input{deliver, e.id}); !o.quiet {
			var t *explore.Step[State]
			out, t = extend(out, s, action(actDeliver, uint64(e.id)))
			t.State.remove(i)
			m.follow(&t.State, e.to, o)
		}
	}
	for i, c := range m.clients {
		l := m.local(s, c)
		if l.busy {
			out = m.lied(s, l, out)
		}
		if !l.busy && !m.finished(l) {
			var t *explore.Step[State]
			out, t = extend(out, s, action(actInvoke, uint64(c)))
			t.State.past = m.began(s.past, i, m.Nodes[c].Script[l.invoked])
			m.follow(&t.State, c, m.step(l, input{kind: invoke}))
		}
	}
	for node := range m.servers() {
		if l := m.local(s, node); len(l.asked) > 0 || m.slanderer != nil {
			out = m.lied(s, l, out)
		}
	}
	if m.budget != [faultKinds]int{} {
		out = m.faults(s, out)
	}
	return out
}

// lied appends what the liar may say to a node.
func (m *Model) lied(s *State, l *local, out []explore.Step[State]) []explore.Step[State] {
	if m.liar < 0 {
		return out
	}
	for _, e := range m.liesTo(s, l) {
		if o := m.step(l, input{deliver, e.id}); !o.quiet {
			var t *explore.Step[State]
			out, t = extend(out, s, action(actLie, uint64(e.id)))
			m.follow(&t.State, l.node, o)
			if t.State == *s {
				out = out[:len(out)-1] // it was told what it knows
			}
		}
	}
	return out
}

func extend(out []explore.Step[State], s *State, a explore.Action) ([]explore.Step[State], *explore.Step[State]) {
	out, t := explore.Extend(out)
	t.Action, t.State = a, *s
	return out, t
}

// faults appends what may go wrong within the budgets.
func (m *Model) faults(s *State, out []explore.Step[State]) []explore.Step[State] {
	left := func(kind int) bool { return int(s.spent[kind]) < m.budget[kind] }
	fault := func(kind int, a explore.Action) *State {
		var t *explore.Step[State]
		out, t = extend(out, s, a)
		t.State.spent[kind]++
		return &t.State
	}
	for node := range m.Nodes {
		l := m.local(s, node)
		if left(timers) {
			for _, id := range l.timers {
				if m.Expire != nil && !slices.Contains(m.Expire, id) {
					continue
				}
				m.follow(fault(timers, action(actExpire, uint64(id)<<timerShift|uint64(node))), node, m.step(l, input{expire, uint32(id)}))
			}
		}
		if left(crashes) && l.machine != nil && len(m.Nodes[node].Script) == 0 {
			if o := m.step(l, input{kind: crash}); !o.quiet {
				m.follow(fault(crashes, action(actCrash, uint64(node))), node, o)
			}
		}
	}
	out = m.says(s, out)
	for i := range int(s.count) {
		if i > 0 && s.flight[i] == s.flight[i-1] {
			continue
		}
		if left(losses) {
			fault(losses, action(actLose, uint64(s.flight[i]))).remove(i)
		}
		if left(duplicates) {
			m.insert(fault(duplicates, action(actDuplicate, uint64(s.flight[i]))), m.inFlight(s, i))
		}
	}
	return out
}

// follow applies an outcome to a state in which its input has happened.
func (m *Model) follow(s *State, node int, o *outcome) {
	m.apply(s, node, o)
	if o.result != 0 {
		s.past = m.ended(s.past, slices.Index(m.clients, node), o.result-1)
	}
}

// apply changes the node, puts what it sends in flight and lets the adversary
// learn from it.
func (m *Model) apply(s *State, node int, o *outcome) {
	s.nodes[node] = o.next.id
	for _, e := range o.outs {
		m.insert(s, e)
	}
	if m.mute(s) {
		return
	}
	for _, e := range o.outs {
		s.known = m.learn(s.known, e)
	}
	for _, e := range o.told {
		s.known = m.learn(s.known, e)
	}
}

// learn returns the facts with that of a message.
func (m *Model) learn(known uint32, e *envelope) uint32 {
	k := key(known, e.id)
	if f := m.learned.get(k); f != nil {
		return f.id
	}
	f := m.facts.at(known)
	if m.slanderer != nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		if e.to == m.liar {
			f = m.heard(f, e)
		}
	} else if fact := m.Dialect.Fact(e.msg); fact != nil {
		form := string(fact.AppendTo(nil))
		if !slices.ContainsFunc(f.all, func(g protocol.Message) bool { return string(g.AppendTo(nil)) == form }) {
			m.mu.Lock()
			defer m.mu.Unlock()
			f = m.keepFacts(append(slices.Clone(f.all), fact))
		}
	}
	return m.learned.put(k, f).id
}

// liesTo returns what the liar may say to a node.
func (m *Model) liesTo(s *State, l *local) []*envelope {
	k := key(s.known, l.id)
	if m.slanderer != nil {
		k = key(s.known, m.initial[l.node].id) // what is said depends on nothing but who hears it
	}
	if known := m.answers.get(k); known != nil {
		return *known
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []*envelope
	facts := m.facts.at(s.known)
	if m.slanderer != nil && l.machine != nil && len(m.Nodes[l.node].Script) == 0 {
		for i, msg := range m.slanderer.Says(facts.all) {
			all = append(all, m.keepEnvelope(&envelope{from: m.liar, to: l.node, msg: msg, nth: -1, facts: facts, letter: i}))
		}
	}
	for _, request := range l.asked {
		for i, msg := range m.Dialect.Lies(facts.all, protocol.NodeID(l.node), request.msg) {
			all = append(all, m.keepEnvelope(&envelope{from: m.liar, to: l.node, msg: msg, nth: -1, request: request, facts: facts, letter: i}))
		}
	}
	return *m.answers.put(k, &all)
}

// began returns the history in which a client has begun an operation.
func (m *Model) began(past uint32, client int, op protocol.Operation) uint32 {
	k := key(past, uint32(client))
	if h := m.pasts.get(k); h != nil {
		return h.id
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pasts.put(k, m.keepHistory(m.histories.at(past).invoked(client, op))).id
}

// ended returns the history in which a client's operation has ended.
func (m *Model) ended(past uint32, client int, result uint32) uint32 {
	k := key(past, (result+1)*maxNodes+uint32(client))
	if h := m.pasts.get(k); h != nil {
		return h.id
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.pasts.put(k, m.keepHistory(m.histories.at(past).returned(client, m.results[result]))).id
}

// Describe says what an action does.
func (m *Model) Describe(s *State, a explore.Action) string {
	kind, n := split(a)
	message := func() string {
		e := m.envelopes.at(uint32(n))
		return fmt.Sprintf("%s -> %s: %s", m.Nodes[e.from].Name, m.Nodes[e.to].Name, m.Dialect.Describe(e.msg))
	}
	switch kind {
	case actDeliver:
		return message()
	case actLie:
		return message() + ", a lie"
	case actInvoke:
		op := m.Nodes[n].Script[m.local(s, int(n)).invoked]
		return strings.TrimSpace(fmt.Sprintf("%s begins %v %s", m.Nodes[n].Name, op.Kind, op.Value))
	case actExpire:
		return fmt.Sprintf("timer %d of %s expires", n>>timerShift, m.Nodes[n&(1<<timerShift-1)].Name)
	case actCrash:
		return m.Nodes[n].Name + " crashes and starts again"
	case actLose:
		return message() + " is lost"
	case actSay:
		return fmt.Sprintf("%s says to all: %s, a lie", m.Nodes[m.liar].Name, m.Dialect.Describe(m.spoken.at(uint32(n)).msg))
	case actDuplicate:
		return message() + " is duplicated"
	}
	panic(fmt.Sprintf("machines: there is no action %#x", uint64(a)))
}

// Explain shows the history of a state.
func (m *Model) Explain(s *State) string { return m.past(s).String() }
