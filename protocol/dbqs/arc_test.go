package dbqs

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
	"turncoat/protocol/ring"
)

// drawConfig draws a configuration of members whose ids are far apart on a small part of
// the ring's circle.
func drawConfig(t *rapid.T, epoch uint64) *ring.Config {
	var members []ring.Member
	for i := range 16 {
		switch rapid.IntRange(0, 3).Draw(t, "status") {
		case 0, 1:
			members = append(members, ring.Member{ID: protocol.ID{byte(16 * i)}, Node: protocol.NodeID(i)})
		case 2:
			members = append(members, ring.Member{ID: protocol.ID{byte(16 * i)}, Node: protocol.NodeID(i), Status: ring.Inactive})
		}
	}
	c, err := ring.NewConfig(epoch, members, nil, nil, ring.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Every id that a server gains, keeps or loses is in exactly one part, which says so
// and names the groups; every other id is in none.
func TestPartsAgainstEachId(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before, after := drawConfig(t, 1), drawConfig(t, 2)
		node := protocol.NodeID(rapid.IntRange(0, 15).Draw(t, "node"))
		self := protocol.ID{byte(16 * node)}
		all := parts(before, after, self, node, 4)
		for b := range 256 {
			for _, x := range []protocol.ID{{byte(b)}, {byte(b), 1}} {
				old, next := before.Group(x, 4), after.Group(x, 4)
				was, is := slices.Contains(old, node), slices.Contains(next, node)
				var in []part
				for _, p := range all {
					if p.arc.Has(x) {
						in = append(in, p)
					}
				}
				if !was && !is {
					if len(in) != 0 {
						t.Fatalf("%v is of no concern and in %d parts", x, len(in))
					}
					continue
				}
				if len(in) != 1 || in[0].was != was || in[0].is != is || !slices.Equal(in[0].old, old) || !slices.Equal(in[0].next, next) {
					t.Fatalf("%v: was %v, is %v, groups %v and %v; parts %+v", x, was, is, old, next, in)
				}
			}
		}
	})
}

// within and meets say of arcs what Has says of ids.
func TestArcsAgainstIds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := func(name string) protocol.ID { return protocol.ID{31: byte(rapid.IntRange(0, 9).Draw(t, name))} }
		a, b := Arc{id("a.lo"), id("a.hi")}, Arc{id("b.lo"), id("b.hi")}
		within, meets := true, false
		for v := range 11 {
			x := protocol.ID{31: byte(v)}
			if v == 10 {
				x = protocol.ID{0: 200} // beyond all ends
			}
			within = within && (!a.Has(x) || b.Has(x))
			meets = meets || a.Has(x) && b.Has(x)
		}
		if a.within(b) && !within {
			t.Fatalf("%v is not within %v", a, b)
		}
		if within && a.Lo != a.Hi && !a.within(b) {
			t.Fatalf("%v is within %v", a, b)
		}
		if a.meets(b) != meets {
			t.Fatalf("that %v meets %v is %v", a, b, meets)
		}
		if by := []Arc{b, {id("c.lo"), id("c.hi")}, {id("d.lo"), id("d.hi")}}; a.covered(by) {
			for v := range 10 {
				x := protocol.ID{31: byte(v)}
				if a.Has(x) && !by[0].Has(x) && !by[1].Has(x) && !by[2].Has(x) {
					t.Fatalf("%v covers %v, and not %v", by, a, x)
				}
			}
		}
		if c, some := a.common(b); some {
			for v := range 10 {
				if x := (protocol.ID{31: byte(v)}); c.Has(x) && !a.Has(x) {
					t.Fatalf("%v has %v in common with %v", b, c, a)
				}
			}
		}
		x := id("x")
		if one := only(x); !one.Has(x) || one.Has(protocol.ID{31: x[31] + 1}) || one.Has(one.Lo) {
			t.Fatalf("%v is more or less than %v", one, x)
		}
	})
}
