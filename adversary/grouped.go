package adversary

import (
	"encoding/binary"
	"iter"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/dbft"
	"turncoat/protocol/pbft"
)

// Grouped is a strategy against PBFT, used by a server that is in many groups: it acts in
// each of them for itself, on what the group's messages carry. To the strategy, a
// step is one of the group's replica alone.
type Grouped struct {
	origin Strategy // as it was before any step
	groups []grouped
}

// grouped is the strategy in one group.
type grouped struct {
	dbft.Instance
	strategy Strategy
}

// maxGrouped bounds the groups that it remembers; of older ones nothing is said any more.
const maxGrouped = 64

// InGroups returns a strategy against PBFT for use against dBFT. It reports false of one
// that needs more of a replica than its messages, or is against something else.
func InGroups(s Strategy) (Strategy, bool) {
	switch s.(type) {
	case *PBFTGap, *PBFTMac, *PBFTOrder, *PBFTViewChange:
		return &Grouped{origin: s}, true
	}
	return s, false
}

// Name returns that of the strategy.
func (t *Grouped) Name() string { return t.origin.Name() }

// in returns the strategy in a group.
func (t *Grouped) in(i dbft.Instance) Strategy {
	for n := range t.groups {
		if t.groups[n].Instance == i {
			return t.groups[n].strategy
		}
	}
	if len(t.groups) == maxGrouped {
		t.groups = append(t.groups[:0:0], t.groups[1:]...)
	}
	t.groups = append(t.groups, grouped{i, t.origin.Clone()})
	return t.groups[len(t.groups)-1].strategy
}

// step returns the step as the replica of one group sees it, and false if nobody has
// worked out who is in that.
func (t *Grouped) step(s *Step, i dbft.Instance) (*Step, bool) {
	config := s.Dialect().(DBFT).Storage.Groups.Of(i)
	if config == nil {
		return nil, false
	}
	n := *s.node
	n.deps.Dialect = PBFT{config}
	if h, ok := s.Honest().(interface{ Replica() *dbft.Replica }); ok {
		n.honest = replicaOf(h.Replica().Parts(), i)
	}
	inner := *s
	inner.node = &n
	if inner.In.Kind == Delivered {
		if c, ok := s.In.Message.(*dbft.Carry); ok && c.Instance == i {
			inner.In.Message = c.Inner
		} else {
			inner.In = Input{Kind: Nothing}
		}
	}
	return &inner, true
}

func replicaOf(parts iter.Seq[dbft.Part], i dbft.Instance) protocol.Machine {
	for p := range parts {
		if p.Instance == i && p.Replica != nil {
			return p.Replica
		}
	}
	return (*pbft.Replica)(nil)
}

// In is told to the group that the message is of.
func (t *Grouped) In(s *Step) {
	c, ok := s.In.Message.(*dbft.Carry)
	if !ok || s.In.Kind != Delivered {
		return
	}
	if inner, known := t.step(s, c.Instance); known {
		t.in(c.Instance).In(inner)
	}
}

// Out gives each group what it is about to say. What it says instead leaves where the
// first of that stood.
func (t *Grouped) Out(s *Step, out []Sent) []Sent {
	var left []Sent
	var done []dbft.Instance
	for n := range out {
		c, ok := out[n].Message.(*dbft.Carry)
		if !ok {
			left = append(left, out[n])
			continue
		}
		if slices.Contains(done, c.Instance) {
			continue
		}
		done = append(done, c.Instance)
		left = append(left, t.speak(s, c.Instance, out[n:])...)
	}
	return left
}

// speak returns what leaves of one group's messages.
func (t *Grouped) speak(s *Step, i dbft.Instance, out []Sent) []Sent {
	var said []Sent
	for _, o := range out {
		if c, ok := o.Message.(*dbft.Carry); ok && c.Instance == i {
			o.Message = c.Inner
			if of, lied := o.Of.(*dbft.Carry); lied {
				o.Of = of.Inner
			}
			said = append(said, o)
		}
	}
	if inner, known := t.step(s, i); known {
		said = t.in(i).Out(inner, said)
	}
	for n := range said {
		said[n].Message = &dbft.Carry{Instance: i, Inner: said[n].Message}
		if said[n].Of != nil {
			said[n].Of = &dbft.Carry{Instance: i, Inner: said[n].Of}
		}
	}
	return said
}

// Clone returns an independent copy.
func (t *Grouped) Clone() Strategy {
	c := &Grouped{origin: t.origin.Clone(), groups: make([]grouped, len(t.groups))}
	for n, g := range t.groups {
		c.groups[n] = grouped{g.Instance, g.strategy.Clone()}
	}
	return c
}

// AppendState appends what it is up to in each group.
func (t *Grouped) AppendState(b []byte) []byte {
	b = t.origin.AppendState(b)
	for _, g := range t.groups {
		b = binary.LittleEndian.AppendUint64(append(b, g.Object[:]...), g.Epoch)
		b = protocol.AppendBytes(b, g.strategy.AppendState(nil))
	}
	return b
}
