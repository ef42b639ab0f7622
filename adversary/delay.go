package adversary

import (
	"encoding/binary"
	"slices"
	"time"

	"turncoat/protocol"
)

// Slow holds messages back for a time, each for its own.
type Slow struct {
	aim
	delay time.Duration // the longest
	steps int           // into how many parts it is divided; with 1, all are held equally long
	held  []held        // sorted by due
}

type held struct {
	due protocol.Time
	Sent
}

// Name returns "slow".
func (*Slow) Name() string { return "slow" }

// In does nothing.
func (*Slow) In(*Step) {}

// Out holds what its draws hit, and lets go what is due.
func (t *Slow) Out(s *Step, out []Sent) []Sent {
	if s.In.Kind == Woken {
		return t.release(s)
	}
	before := len(t.held)
	out = slices.DeleteFunc(out, func(o Sent) bool {
		if !t.hits(s.Power(), o.Message) {
			return false
		}
		part := 1 + s.Power().Choose("slow.by", t.steps)
		h := held{due: s.Now().Add(t.delay * time.Duration(part) / time.Duration(t.steps)), Sent: o}
		i, _ := slices.BinarySearchFunc(t.held, h.due+1, func(x held, due protocol.Time) int { return int(x.due - due) })
		t.held = slices.Insert(t.held, i, h)
		return true
	})
	if len(t.held) > before {
		s.SetTimer(0, t.held[0].due.Sub(s.Now()))
	}
	return out
}

// release lets go the first and all that are due with it. The first goes whatever
// the clock says: in a world without time its timer alone decides.
func (t *Slow) release(s *Step) []Sent {
	var out []Sent
	for len(t.held) > 0 && (len(out) == 0 || t.held[0].due <= s.Now()) {
		out = append(out, s.late(t.held[0].Sent))
		t.held = slices.Delete(t.held, 0, 1)
	}
	if len(t.held) > 0 {
		s.SetTimer(0, t.held[0].due.Sub(s.Now()))
	}
	return out
}

// Clone returns an independent copy.
func (t *Slow) Clone() Strategy {
	c := *t
	c.held = slices.Clone(t.held)
	return &c
}

// AppendState appends what is held.
func (t *Slow) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(t.held)))
	for i := range t.held {
		b = appendSent(binary.AppendVarint(b, int64(t.held[i].due)), &t.held[i].Sent)
	}
	return b
}

// Reorder gathers messages, for a time or until it has enough, and sends them in
// another order.
type Reorder struct {
	aim
	window int           // how many it gathers
	wait   time.Duration // for how long, at most
	held   []Sent
}

// Name returns "reorder".
func (*Reorder) Name() string { return "reorder" }

// In does nothing.
func (*Reorder) In(*Step) {}

// Out gathers. A draw decides whether to begin, not what to gather then.
func (t *Reorder) Out(s *Step, out []Sent) []Sent {
	if s.In.Kind == Woken {
		return t.shuffle(s)
	}
	var leaving []Sent
	for _, o := range out {
		switch {
		case !t.takes(o.Message), len(t.held) == 0 && !t.hits(s.Power(), o.Message):
			leaving = append(leaving, o)
			continue
		case len(t.held) == 0:
			s.SetTimer(0, t.wait)
		}
		t.held = append(t.held, o)
		if len(t.held) == t.window {
			s.CancelTimer(0)
			leaving = append(leaving, t.shuffle(s)...)
		}
	}
	return leaving
}

// shuffle empties the gathered messages, each next one drawn from the rest.
func (t *Reorder) shuffle(s *Step) []Sent {
	var out []Sent
	for len(t.held) > 0 {
		i := s.Power().Choose("reorder.next", len(t.held))
		out = append(out, s.late(t.held[i]))
		t.held = slices.Delete(t.held, i, i+1)
	}
	return out
}

// Clone returns an independent copy.
func (t *Reorder) Clone() Strategy {
	c := *t
	c.held = slices.Clone(t.held)
	return &c
}

// AppendState appends what is gathered.
func (t *Reorder) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(t.held)))
	for i := range t.held {
		b = appendSent(b, &t.held[i])
	}
	return b
}
