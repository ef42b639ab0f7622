package adversary

import (
	"slices"

	"turncoat/protocol"
)

// aim says how often a strategy acts, and on which messages. Its zero value never acts.
type aim struct {
	name  string
	rate  int      // parts per million
	kinds []string // kinds or phases; empty for all
}

// takes reports whether the strategy acts on messages like m.
func (a *aim) takes(m protocol.Message) bool {
	if len(a.kinds) == 0 {
		return true
	}
	return slices.Contains(a.kinds, string(m.Kind())) || slices.Contains(a.kinds, phase(m))
}

// hits draws whether the strategy acts on m.
func (a *aim) hits(p Power, m protocol.Message) bool {
	return a.takes(m) && p.Chance(a.label(m), a.rate)
}

// label names the choice to act on m.
func (a *aim) label(m protocol.Message) string { return a.name + "." + phase(m) }

// Silent drops messages. At a rate of Always one draw at the first message decides
// for the whole run, so that a dead node costs one decision and not one a message.
type Silent struct {
	aim
	decided, mute bool // for a rate of Always
}

// Name returns "silent".
func (*Silent) Name() string { return "silent" }

// In does nothing.
func (*Silent) In(*Step) {}

// Out drops what its draws hit.
func (t *Silent) Out(s *Step, out []Sent) []Sent {
	return slices.DeleteFunc(out, func(o Sent) bool {
		if t.rate < Always {
			return t.hits(s.Power(), o.Message)
		}
		if !t.takes(o.Message) {
			return false
		}
		if !t.decided {
			t.decided, t.mute = true, s.Power().Chance("silent.for-good", Always)
		}
		return t.mute
	})
}

// Clone returns an independent copy.
func (t *Silent) Clone() Strategy { c := *t; return &c }

// AppendState appends the decision.
func (t *Silent) AppendState(b []byte) []byte {
	return protocol.AppendBool(protocol.AppendBool(b, t.decided), t.mute)
}
