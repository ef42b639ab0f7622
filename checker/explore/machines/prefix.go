package machines

import (
	"fmt"

	"turncoat/checker/explore"
	"turncoat/protocol"
)

// A search may be directed: every run begins with the same few steps, and what is
// explored is all that can follow. Such a search says nothing of runs that begin otherwise, and a
// shortest counterexample is one of those that begin so.

// Cue names a step of the prefix: the first that is enabled of those for which it
// holds. e is the message that is delivered or said, nil for other kinds of step; node
// who takes the step.
type Cue func(kind, node int, e *envelope) bool

// begins is the cue for a client's next operation.
func begins(client int) Cue {
	return func(kind, node int, _ *envelope) bool { return kind == actInvoke && node == client }
}

// arrives is the cue for a message of a kind on a link.
func arrives(from, to int, what protocol.Kind) Cue {
	return func(kind, _ int, e *envelope) bool {
		return kind == actDeliver && e.from == from && e.to == to && e.msg.Kind() == what
	}
}

// directed appends the one step that the prefix allows.
func (m *Model) directed(s *State, out []explore.Step[State]) []explore.Step[State] {
	free := *s
	free.cue = uint8(len(m.Prefix))
	for _, t := range m.Successors(&free, nil) {
		if m.isCue(m.Prefix[s.cue], t.Action) {
			t.State.cue = s.cue + 1
			return append(out, t)
		}
	}
	panic(fmt.Sprintf("machines: step %d of the prefix is not enabled", s.cue+1))
}

func (m *Model) isCue(c Cue, a explore.Action) bool {
	switch kind, n := split(a); kind {
	case actDeliver, actLie:
		e := m.envelopes.at(uint32(n))
		return c(kind, e.to, e)
	case actExpire:
		return c(kind, int(n&(1<<timerShift-1)), nil)
	default:
		return c(kind, int(n), nil)
	}
}
