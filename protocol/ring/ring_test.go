package ring

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
)

// clockwise returns how far x must turn clockwise to reach id, comparable as bytes.
func clockwise(x, id protocol.ID) (d protocol.ID) {
	borrow := 0
	for i := len(x) - 1; i >= 0; i-- {
		v := int(id[i]) - int(x[i]) - borrow
		borrow = 0
		if v < 0 {
			v, borrow = v+256, 1
		}
		d[i] = byte(v)
	}
	return d
}

func TestGroupIsTheNearestClockwise(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.Custom(func(t *rapid.T) (id protocol.ID) {
			copy(id[:], rapid.SliceOfN(rapid.Byte(), 2, 2).Draw(t, "id"))
			return id
		})
		ids := rapid.SliceOfNDistinct(id, 1, 12, func(i protocol.ID) protocol.ID { return i }).Draw(t, "ids")
		var members []Member
		for i, id := range ids {
			members = append(members, Member{ID: id, Node: protocol.NodeID(i)})
		}
		x := id.Draw(t, "x")
		n := rapid.IntRange(1, 12).Draw(t, "n")
		got := New(members).Group(x, n)

		slices.SortFunc(members, func(a, b Member) int { return clockwise(x, a.ID).Compare(clockwise(x, b.ID)) })
		var want []protocol.NodeID
		for _, m := range members[:min(n, len(members))] {
			want = append(want, m.Node)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("group of %v is %v, want %v", x, got, want)
		}
	})
}
