package explore

import (
	"encoding/binary"
	"math"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func printOf(n uint64) fingerprint {
	return fingerprintOf(binary.LittleEndian.AppendUint64(nil, n))
}

// put inserts f, growing as the search does.
func put(t *table, f fingerprint, parent uint32) outcome {
	o := t.insert(f, parent)
	for ; o == full; o = t.insert(f, parent) {
		t.grow(f)
	}
	return o
}

// The table is a map from fingerprint to parent tag that keeps the first value.
func TestTableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table, oracle := newTable(), map[fingerprint]uint32{}
		salt := rapid.Uint64().Draw(t, "salt")
		n := rapid.IntRange(1, 40_000).Draw(t, "insertions")
		distinct := rapid.IntRange(1, 30_000).Draw(t, "distinct")
		for i := range n {
			f := printOf(salt + uint64(i*7919%distinct))
			_, had := oracle[f]
			if got := put(table, f, uint32(i)); (got == present) != had {
				t.Fatalf("insertion %d: outcome %d, had %v", i, got, had)
			}
			if !had {
				oracle[f] = uint32(i)
			}
		}
		if table.len() != uint64(len(oracle)) {
			t.Fatalf("%d entries, want %d", table.len(), len(oracle))
		}
		for f, parent := range oracle {
			if got, ok := table.parentOf(f); !ok || got != parent {
				t.Fatalf("parent of %v is %d (%v), want %d", f, got, ok, parent)
			}
			found := false
			for _, g := range table.tagged(f.parentTag()) {
				found = found || g == f
				if g.parentTag() != f.parentTag() {
					t.Fatalf("%v has another tag than %v", g, f)
				}
			}
			if !found {
				t.Fatalf("%v is not found by its tag", f)
			}
		}
		if table.contains(printOf(salt - 1)) {
			t.Fatal("the table contains what was never inserted")
		}
	})
}

// A run of equal homes wraps from the last slot to the first.
func TestTableWrapsAround(t *testing.T) {
	table := newTable()
	for i := range uint64(100) {
		if put(table, fingerprint{3, math.MaxUint64 - i}, 7) != added {
			t.Fatalf("fingerprint %d was there already", i)
		}
	}
	for i := range uint64(100) {
		if put(table, fingerprint{3, math.MaxUint64 - i}, 7) != present {
			t.Fatalf("fingerprint %d is lost", i)
		}
	}
	last := fingerprint{3, math.MaxUint64}
	if n := len(table.tagged(last.parentTag())); n != 100 {
		t.Errorf("%d of 100 fingerprints with one tag are found", n)
	}
}

// Of several goroutines that insert the same fingerprint one adds it.
func TestConcurrentInsertionsAddOnce(t *testing.T) {
	const n, goroutines = 12_000, 4 // under the limit of every segment: nothing grows here
	table := newTable()
	for i := range table.segments {
		table.segments[i].reset(1024)
	}
	var adds [goroutines]int
	var all sync.WaitGroup
	for g := range goroutines {
		all.Add(1)
		go func() {
			defer all.Done()
			for i := range uint64(n) {
				if table.insert(printOf(i), 0) == added {
					adds[g]++
				}
			}
		}()
	}
	all.Wait()
	total := 0
	for _, a := range adds {
		total += a
	}
	if total != n || table.len() != n {
		t.Errorf("%d additions, %d entries, want %d", total, table.len(), n)
	}
}

// However many states there are, the table takes at most 24 bytes for each,
// also while one segment is copied.
func TestTableTakesAtMost24BytesAState(t *testing.T) {
	table := newTable()
	worst := 0.0
	for i := range uint64(300_000) {
		f := printOf(i)
		if table.insert(f, 0) == full {
			held := table.bytes.Load() + table.growth(f)
			if i > 50_000 { // below that the first segments count
				worst = max(worst, float64(held)/float64(i))
			}
			table.grow(f)
			put(table, f, 0)
		}
	}
	if worst > 24 || worst < 12 {
		t.Errorf("%.2f bytes a state", worst)
	}
}

func TestMissedProbability(t *testing.T) {
	if p := missedProbability(1); p != 0 {
		t.Errorf("one state: %g", p)
	}
	// 2^20 states have 2^39 pairs, and 70 bits are compared.
	if p, want := missedProbability(1<<20), math.Exp2(39-70); math.Abs(p/want-1) > 1e-5 {
		t.Errorf("2^20 states: %g, want about %g", p, want)
	}
	if p := missedProbability(1 << 40); p < 0.999 {
		t.Errorf("2^40 states: %g", p)
	}
}
