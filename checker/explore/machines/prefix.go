package machines

import (
	"fmt"

	"turncoat/checker/explore"
	"turncoat/protocol"
)

// A search may be directed: every run begins with the same few steps, and what is
// explored is all that can follow. Such a search says nothing of runs that begin
// otherwise, and a shortest counterexample is one of those that begin so.

// Cue names a step of the prefix: of those that are enabled and for which it holds,
// the one with a number. node is who takes the step, e the message that is delivered
// or said, nil where there is none.
type Cue struct {
	holds func(kind, node int, e *envelope) bool
	nth   int
	then  func(e *envelope) // is told of the step that was taken, if not nil
}

// begins is the cue for a client's next operation.
func begins(client int) Cue {
	return Cue{holds: func(kind, node int, _ *envelope) bool { return kind == actInvoke && node == client }}
}

// arrives is the cue for a message of a kind on a link.
func arrives(from, to int, what protocol.Kind) Cue {
	return Cue{holds: func(kind, _ int, e *envelope) bool {
		return kind == actDeliver && e.from == from && e.to == to && e.msg.Kind() == what
	}}
}

// answers is the cue for the first answer of a kind that the liar may give to a node.
func answers(to int, what protocol.Kind) Cue {
	return Cue{holds: func(kind, node int, e *envelope) bool {
		return kind == actLie && node == to && e.msg.Kind() == what
	}}
}

// gives is the cue for the expiry of a server's timer: it gives up.
func gives(server int) Cue {
	return Cue{holds: func(kind, node int, _ *envelope) bool { return kind == actExpire && node == server }}
}

// tells returns the cues for the nth letter of a kind, and for its arrival at some servers.
func tells(nth int, what protocol.Kind, to ...int) []Cue {
	var said protocol.Message
	cues := []Cue{{
		nth:   nth,
		holds: func(kind, _ int, e *envelope) bool { return kind == actSay && e.msg.Kind() == what },
		then:  func(e *envelope) { said = e.msg },
	}}
	for _, server := range to {
		cues = append(cues, Cue{holds: func(kind, node int, e *envelope) bool { return kind == actDeliver && node == server && e.msg == said }})
	}
	return cues
}

// rehearse takes the steps of the prefix once, and notes them.
func (m *Model) rehearse() {
	s := m.first
	var script []explore.Action
	for i, c := range m.Prefix {
		nth, steps := 0, m.Successors(&s, nil)
		for _, t := range steps {
			node, e := m.party(t.Action)
			if kind, _ := split(t.Action); !c.holds(kind, node, e) {
				continue
			}
			if nth++; nth > c.nth {
				if c.then != nil {
					c.then(e)
				}
				script = append(script, t.Action)
				s = t.State
				break
			}
		}
		if len(script) == i {
			panic(fmt.Sprintf("machines: step %d of the prefix is not enabled", i+1))
		}
	}
	m.script = script
}

// party returns whose step an action is, and the message in it.
func (m *Model) party(a explore.Action) (node int, e *envelope) {
	switch kind, n := split(a); kind {
	case actDeliver, actLie:
		e = m.envelopes.at(uint32(n))
		return e.to, e
	case actSay:
		return m.liar, m.spoken.at(uint32(n)).copies[0]
	case actExpire:
		return int(n & (1<<timerShift - 1)), nil
	default:
		return int(n), nil
	}
}

// directed appends the one step that the prefix allows.
func (m *Model) directed(s *State, out []explore.Step[State]) []explore.Step[State] {
	free := *s
	free.cue = uint8(len(m.script))
	for _, t := range m.Successors(&free, nil) {
		if t.Action == m.script[s.cue] {
			t.State.cue = s.cue + 1
			return append(out, t)
		}
	}
	panic(fmt.Sprintf("machines: step %d of the prefix is no longer enabled", s.cue+1))
}
