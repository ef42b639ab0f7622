package machines

import (
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func TestMemoAgainstAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var m memo[int]
		oracle := map[uint64]int{}
		for i := range rapid.IntRange(0, 300).Draw(t, "steps") {
			k := key(rapid.Uint32Range(0, 20).Draw(t, "a"), rapid.Uint32Range(0, 20).Draw(t, "b"))
			if _, known := oracle[k]; !known {
				oracle[k] = i
			}
			if got := *m.put(k, &i); got != oracle[k] {
				t.Fatalf("put keeps %d, want the first value %d", got, oracle[k])
			}
		}
		for a := range uint32(22) {
			for b := range uint32(22) {
				want, known := oracle[key(a, b)]
				got := m.get(key(a, b))
				if (got != nil) != known || known && *got != want {
					t.Fatalf("(%d, %d): %v, want %d, %v", a, b, got, want, known)
				}
			}
		}
	})
}

// Readers see whole values while others add.
func TestMemoIsReadWhileItGrows(t *testing.T) {
	var m memo[uint32]
	var all sync.WaitGroup
	for range 4 {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range uint32(2000) {
				if v := m.get(key(i, i)); v != nil && *v != i {
					t.Errorf("%d under the key of %d", *v, i)
				}
				if v := m.put(key(i, i), &i); *v != i {
					t.Errorf("%d kept under the key of %d", *v, i)
				}
			}
		}()
	}
	all.Wait()
}

func TestRanksOfDifferentThingsDiffer(t *testing.T) {
	k := interned{ranks: map[uint64]string{}}
	r := k.rank("one")
	k.ranks[r] = "other"
	defer func() {
		if recover() == nil {
			t.Error("two things of one rank were not told apart")
		}
	}()
	k.rank("one")
}
