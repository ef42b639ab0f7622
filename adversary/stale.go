package adversary

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
)

// Stale answers from the past: it keeps clones of the honest copy as it was and
// lets one of them answer a message. The clone does not learn from it. Accomplices
// go back equally far in one exchange.
type Stale struct {
	aim
	every int                // inputs between two clones
	keep  int                // clones, the one of the start among them
	past  []protocol.Machine // oldest first
	count int                // inputs since the last clone
}

// Name returns "stale".
func (*Stale) Name() string { return "stale" }

// In keeps a clone of the state before the input, every so often.
func (t *Stale) In(s *Step) {
	if len(t.past) == 0 || t.keep == 1 || s.In.Kind != Delivered {
		return
	}
	if t.count++; t.count < t.every {
		return
	}
	t.count = 0
	if len(t.past) == t.keep {
		t.past = slices.Delete(t.past, 1, 2) // never the oldest, which knows nothing
	}
	t.past = append(t.past, s.Honest().Clone())
}

// Out replaces the answer to a message by that of a clone.
func (t *Stale) Out(s *Step, out []Sent) []Sent {
	if s.In.Kind == Started || len(t.past) == 0 { // the node may have been taken over later
		t.past = []protocol.Machine{s.Honest().Clone()}
		return out
	}
	i := slices.IndexFunc(out, func(o Sent) bool { return t.takes(o.Message) })
	if s.In.Kind != Delivered || i < 0 {
		return out
	}
	power := s.PowerOn(s.In.Message, s.In.From)
	if !t.hits(power, out[i].Message) {
		return out
	}
	age := power.Choose("stale.age", len(t.past))
	out = slices.DeleteFunc(out, func(o Sent) bool { return t.takes(o.Message) })
	for _, answer := range s.Ask(t.past[len(t.past)-1-age]) {
		if t.takes(answer.Message) {
			out = append(out, answer)
		}
	}
	return out
}

// Clone returns an independent copy. The clones of the past never change and are shared.
func (t *Stale) Clone() Strategy {
	c := *t
	c.past = slices.Clone(t.past)
	return &c
}

// AppendState appends the past.
func (t *Stale) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(t.count))
	b = binary.AppendUvarint(b, uint64(len(t.past)))
	for _, m := range t.past {
		b = appendMachine(b, m)
	}
	return b
}
