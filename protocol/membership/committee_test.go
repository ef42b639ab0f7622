package membership

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// TestSlicesPartTheRing compares the walk through a slice with looking at every member,
// and holds that each member is in one slice and each committee made of distinct active
// members, as many as it should have where there are so many.
func TestSlicesPartTheRing(t *testing.T) {
	keys, err := auth.NewAuthority(auth.Ideal, 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		var members []ring.Member
		for i, id := range rapid.SliceOfNDistinct(rapid.Uint64(), 1, 30, rapid.ID).Draw(t, "ids") {
			m := ring.Member{Node: protocol.NodeID(i), Status: ring.Status(rapid.IntRange(0, 1).Draw(t, "status"))}
			for b := range 8 {
				m.ID[b] = byte(id >> (56 - 8*b))
			}
			members = append(members, m)
		}
		in, err := ring.NewConfig(3, members, []protocol.ID{members[0].ID}, nil, ring.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := &Config{View: &view.Config{Genesis: in}, Committees: rapid.IntRange(1, 9).Draw(t, "slices"), CommitteeF: rapid.IntRange(0, 2).Draw(t, "f")}
		var all []protocol.ID
		for number := range c.Committees {
			s := slice{number, c.Committees}
			for m := range s.of(in) {
				if c.sliceOf(m.ID) != s {
					t.Fatalf("%v is in slice %v and was found in %v", m.ID, c.sliceOf(m.ID), s)
				}
				all = append(all, m.ID)
			}
			group := c.Committee(keys.Keys(0), in, number)
			if want := min(2*c.CommitteeF+1, in.Active()); len(group) != want || len(slices.Compact(slices.Sorted(slices.Values(group)))) != want {
				t.Fatalf("committee %d is %v, and should have %d members", number, group, want)
			}
		}
		var want []protocol.ID
		for m := range in.All() {
			want = append(want, m.ID)
		}
		if !slices.Equal(all, want) {
			t.Fatalf("the slices have %v, the ring %v", all, want)
		}
	})
}
