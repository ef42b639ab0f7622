package dbqs

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/ring"
)

// This file models which objects change hands when an epoch begins. The ring is cut
// at every active member of either epoch; the objects of one arc between two cuts
// have one group before and one after. A server looks only at the arcs whose groups
// may contain it, of which there are as many as a group has members.

// Arc is the ids after Lo up to and including Hi, clockwise; all ids if the two are one.
type Arc struct{ Lo, Hi protocol.ID }

// Has reports whether an id is in the arc.
func (a Arc) Has(x protocol.ID) bool {
	after, upto := x.Compare(a.Lo) > 0, x.Compare(a.Hi) <= 0
	if a.Lo.Compare(a.Hi) < 0 {
		return after && upto
	}
	return after || upto
}

// within reports whether all of a is in b.
func (a Arc) within(b Arc) bool {
	if b.Lo == b.Hi {
		return true
	}
	return a.Lo != a.Hi && b.Has(a.Hi) && (a.Lo == b.Lo || b.Has(a.Lo) && b.order(a.Lo, a.Hi) < 0)
}

// meets reports whether the two arcs share an id.
func (a Arc) meets(b Arc) bool { return a.Has(b.Hi) || b.Has(a.Hi) }

// covered reports whether the arcs together contain all of a.
func (a Arc) covered(by []Arc) bool {
	for at, moved := a.Lo, true; moved; {
		moved = false
		for _, e := range by {
			if a.within(e) {
				return true
			}
			if e.Hi == at || e.Lo != at && !e.Has(at) {
				continue
			}
			if (Arc{at, e.Hi}).Has(a.Hi) {
				return true
			}
			at, moved = e.Hi, true
		}
	}
	return false
}

// common returns what two arcs share, as a part of a; false if that is nothing, or not
// one arc.
func (a Arc) common(b Arc) (Arc, bool) {
	switch {
	case a.within(b):
		return a, true
	case b.within(a):
		return b, true
	case !a.meets(b):
		return Arc{}, false
	}
	out := a
	if a.Has(b.Lo) {
		out.Lo = b.Lo
	}
	if a.Has(b.Hi) {
		out.Hi = b.Hi
	}
	return out, out.Lo != out.Hi && out.within(a)
}

// order compares two ids of the arc, or its two ends, by how far clockwise from Lo
// they are; Lo itself is last.
func (a Arc) order(x, y protocol.ID) int {
	xx, yy := x.Compare(a.Lo) > 0, y.Compare(a.Lo) > 0
	if xx != yy {
		if xx {
			return -1
		}
		return 1
	}
	return x.Compare(y)
}

func (a Arc) appendTo(b []byte) []byte { return append(append(b, a.Lo[:]...), a.Hi[:]...) }

func readArc(w *protocol.Wire) Arc { return Arc{w.ID(), w.ID()} }

// only returns the arc of a single id.
func only(x protocol.ID) Arc {
	lo := x
	for i := len(lo) - 1; i >= 0; i-- {
		lo[i]--
		if lo[i] != 0xff {
			break
		}
	}
	return Arc{lo, x}
}

// part is an arc at an epoch's beginning, from one server's point of view.
type part struct {
	arc       Arc
	was, is   bool // the server is in the group before, after
	old, next []protocol.NodeID
}

// parts returns the arcs whose group contains the server, whose place is self, before
// or after a step, clockwise up to the server itself.
func parts(before, after *ring.Config, self protocol.ID, node protocol.NodeID, n int) []part {
	lo, some := reach(before, self, n)
	if other, also := reach(after, self, n); also && (!some || other == self || lo != self && (Arc{other, self}).Has(lo)) {
		lo, some = other, true
	}
	if !some {
		return nil
	}
	whole := Arc{lo, self}
	cuts := append(actives(before, whole), actives(after, whole)...)
	cuts = append(cuts, self)
	slices.SortFunc(cuts, whole.order)
	cuts = slices.Compact(cuts)
	var out []part
	for _, hi := range cuts {
		p := part{arc: Arc{lo, hi}, old: before.Group(hi, n), next: after.Group(hi, n)}
		p.was, p.is = slices.Contains(p.old, node), slices.Contains(p.next, node)
		lo = hi
		if p.was || p.is {
			out = append(out, p)
		}
	}
	return out
}

// reach returns the id after which the objects begin whose group of n contains a
// member; false if there are none.
func reach(c *ring.Config, self protocol.ID, n int) (protocol.ID, bool) {
	if m := c.Lookup(self); m == nil || m.Status != ring.Active {
		return self, false
	}
	for m := range backwards(c, self) {
		if n--; n == 0 {
			return m, true
		}
	}
	return self, true // fewer members than a group: it is in all
}

// actives returns the active members of an arc.
func actives(c *ring.Config, a Arc) (out []protocol.ID) {
	if m := c.Lookup(a.Hi); m != nil && m.Status == ring.Active {
		out = append(out, a.Hi)
	}
	for id := range backwards(c, a.Hi) {
		if !a.Has(id) {
			break
		}
		out = append(out, id)
	}
	return out
}

// backwards visits the active members before a place on the ring, the nearest first,
// once around and without the place itself.
func backwards(c *ring.Config, from protocol.ID) func(func(protocol.ID) bool) {
	return func(yield func(protocol.ID) bool) {
		lo, hi := 0, c.Len()
		for lo < hi {
			if mid := (lo + hi) / 2; c.At(mid).ID.Compare(from) < 0 {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		for k := range c.Len() {
			m := c.At((lo - 1 - k + 2*c.Len()) % c.Len())
			if m.ID == from {
				return
			}
			if m.Status == ring.Active && !yield(m.ID) {
				return
			}
		}
	}
}
