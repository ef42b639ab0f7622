package sim

import (
	"cmp"
	"slices"
	"time"

	"turncoat/protocol"
)

// Cut is a fault of the network between two sets of nodes while it lasts: a
// partition (one cut each way), a one-way partition, a slow link, a filter of
// message kinds. Messages already in flight are not touched.
type Cut struct {
	From, To protocol.Bitset // nodes by number; both empty sets match nobody
	Kinds    []protocol.Kind // nil: every kind
	Loss     uint32          // parts per million of what is caught
	Slow     time.Duration   // added to the delay of what is caught
}

func (c *Cut) catches(from, to protocol.NodeID, m protocol.Message) bool {
	return c.From.Has(int(from)) && c.To.Has(int(to)) && (c.Kinds == nil || slices.Contains(c.Kinds, m.Kind()))
}

// spell is the time during which a cut is in force: from <= t < until. All spells
// are known when the run begins, so that a message which leaves only later, for
// its CPU, disk or NIC, meets the cuts of that time.
type spell struct {
	*Cut
	from, until int64
}

// spells pairs each Raise with the next Lower of its cut, in order of from.
func spells(strikes []Strike) []spell {
	inOrder := slices.Clone(strikes)
	slices.SortStableFunc(inOrder, func(a, b Strike) int { return cmp.Compare(a.At, b.At) })
	var out []spell
	for i, s := range inOrder {
		if s.Act != Raise {
			continue
		}
		c := spell{s.Cut, int64(s.At), never}
		for _, l := range inOrder[i:] {
			if l.Act == Lower && l.Cut == s.Cut {
				c.until = int64(l.At)
				break
			}
		}
		out = append(out, c)
	}
	return out
}

// hindered returns what the cuts in force when a message leaves do to it: the
// probability of its loss, at least that of the link, and a delay.
func (n *network) hindered(loss uint32, from, to protocol.NodeID, m protocol.Message, leaves int64) (uint32, int64) {
	slow := int64(0)
	for i := range n.cuts {
		c := &n.cuts[i]
		if c.from > leaves {
			break
		}
		if leaves < c.until && c.catches(from, to, m) {
			loss, slow = max(loss, c.Loss), later(slow, int64(c.Slow))
		}
	}
	return loss, slow
}
