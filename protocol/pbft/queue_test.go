package pbft

import (
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// The index beside a map, with keys that crowd into the same cells.
func TestIndexAgainstAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x index
		oracle := map[uint64]uint64{}
		for step := range rapid.IntRange(0, 200).Draw(t, "steps") {
			key := uint64(rapid.IntRange(0, 3).Draw(t, "high"))<<40 | uint64(rapid.IntRange(0, 20).Draw(t, "low"))
			if _, there := oracle[key]; there && rapid.Bool().Draw(t, "remove") {
				x.remove(key)
				delete(oracle, key)
			} else {
				x.put(key, uint64(step))
				oracle[key] = uint64(step)
			}
			for low := range uint64(21) {
				for high := range uint64(4) {
					want, there := oracle[high<<40|low]
					if got, ok := x.get(high<<40 | low); ok != there || got != want {
						t.Fatalf("step %d: key %d/%d is %d (%v), want %d (%v)", step, high, low, got, ok, want, there)
					}
				}
			}
		}
	})
}

// The queue beside a slice: what is found, what is first, what is doubled.
func TestQueueAgainstASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var oracle []auth.Digest
		popped := 0
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			if n := rapid.IntRange(0, 3).Draw(t, "pop"); n > 1 && n <= len(oracle) {
				q.pop(n)
				oracle, popped = oracle[n:], popped+n
			}
			d := auth.Digest{byte(rapid.IntRange(0, 255).Draw(t, "digest")), 7: 1}
			known := false
			for i := range oracle {
				known = known || oracle[i] == d
			}
			if (q.find(&d) != nil) != known {
				t.Fatalf("%v is found: %v", d[0], !known)
			}
			if q.push(&Request{Client: protocol.NodeID(len(oracle))}, d); !known {
				oracle = append(oracle, d)
			}
			if rapid.IntRange(0, 9).Draw(t, "clone") == 0 {
				q = q.clone()
			}
			if q.len() != len(oracle) || q.popped != uint64(popped) {
				t.Fatalf("%d entries after %d, want %d after %d", q.len(), q.popped, len(oracle), popped)
			}
			for i := range oracle {
				if e := q.find(&oracle[i]); e != &q.entries[i] || e.digest != oracle[i] {
					t.Fatalf("entry %d is not found at its place", i)
				}
			}
		}
	})
}
