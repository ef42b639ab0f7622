package adversary

import (
	"turncoat/protocol"
)

// This file models an adversary that moves: it takes a server over for a spell and
// lets go of it again. A node that it may come to is wrapped from its birth, in
// strategies that act During the spells; between them it has exactly the effects of the
// bare machine. What is let go is the honest copy, with the state of a server that was
// heard wrongly for a while. It may have said in its own name what it did not do, and
// so has to recover before it counts as correct.
//
// Who lets go loses the use of the keys with the machine; what it has learned, such as a
// share of a threshold key, it keeps, and that is for a checker to count.

// during is a strategy that acts in a spell only.
type during struct {
	Strategy
	on func() bool
}

// During returns a strategy that acts while on reports true, and lets the truth pass
// otherwise. A spell that is over must not come again: what the strategy remembers of it
// would act in the next.
func During(on func() bool, s Strategy) Strategy { return &during{s, on} }

// In shows the strategy what comes in during its spell.
func (d *during) In(s *Step) {
	if d.on() {
		d.Strategy.In(s)
	}
}

// Out lets the strategy act during its spell.
func (d *during) Out(s *Step, out []Sent) []Sent {
	if d.on() {
		return d.Strategy.Out(s, out)
	}
	return out
}

// Clone returns a copy with the same spell.
func (d *during) Clone() Strategy { return &during{d.Strategy.Clone(), d.on} }

// AppendState appends whether the spell lasts, and the strategy's state.
func (d *during) AppendState(b []byte) []byte {
	return d.Strategy.AppendState(protocol.AppendBool(b, d.on()))
}

// FromBirth reports whether a strategy runs copies of the machine as it was before its
// first step, with the secrets that it had then. Who comes later has no such copy: those
// secrets are erased.
func FromBirth(s Strategy) bool {
	switch s.(type) {
	case *Twins, *CrashRestart:
		return true
	}
	return false
}

// Honest returns the honest copy, for checkers to look at when the node is let go, or to
// learn what its holder learns.
func (n *Node) Honest() protocol.Machine { return n.honest }
