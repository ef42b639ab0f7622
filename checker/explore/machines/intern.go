package machines

import (
	"sync"
	"sync/atomic"
)

// Interning: each local state of a node, each message and each history is kept
// once and named by a small number. A state of the system is then a few numbers, and
// what a machine does on an input is computed once, however many states of the
// system it occurs in.
//
// Numbers are given in order of discovery, which with several workers is
// not the same in each run. So nothing that people see may depend on them: whatever is
// ordered, is ordered by rank, a hash of the contents. Two things of one rank and
// different contents would be mixed up; that is checked, and ends the search.

// values is a growing list that is read without a lock. Additions are made by
// one goroutine at a time.
type values[T any] struct {
	all atomic.Pointer[[]*T]
}

func (v *values[T]) at(id uint32) *T { return (*v.all.Load())[id] }

// add appends x and returns its number.
func (v *values[T]) add(x *T) uint32 {
	var old []*T
	if p := v.all.Load(); p != nil {
		old = *p
	}
	grown := append(old, x) // readers of old never look beyond its length
	v.all.Store(&grown)
	return uint32(len(old))
}

// memo maps pairs of numbers to values. Reading takes no lock: a slot is
// published by its key, after its value. Slots are never changed.
type memo[T any] struct {
	mu    sync.Mutex
	table atomic.Pointer[memoTable[T]]
	n     int
}

type memoTable[T any] struct {
	keys []atomic.Uint64 // 0 marks a free slot
	vals []*T
}

// key packs a pair. It is never 0.
func key(a, b uint32) uint64 { return uint64(a)<<32 | uint64(b) + 1 }

// get returns the value of k, nil if there is none yet.
func (m *memo[T]) get(k uint64) *T {
	t := m.table.Load()
	if t == nil {
		return nil
	}
	mask := uint64(len(t.keys) - 1)
	for i := scatter(k) & mask; ; i = (i + 1) & mask {
		switch t.keys[i].Load() {
		case k:
			return t.vals[i]
		case 0:
			return nil
		}
	}
}

// put keeps v under k, unless there is a value already, and returns what is kept.
func (m *memo[T]) put(k uint64, v *T) *T {
	m.mu.Lock()
	defer m.mu.Unlock()
	if old := m.get(k); old != nil {
		return old
	}
	t := m.table.Load()
	if t == nil || 2*(m.n+1) > len(t.keys) {
		t = t.grown()
	}
	t.place(k, v)
	m.n++
	m.table.Store(t)
	return v
}

// grown returns a table of twice the size with the same contents.
func (t *memoTable[T]) grown() *memoTable[T] {
	size := 64
	if t != nil {
		size = 2 * len(t.keys)
	}
	g := &memoTable[T]{keys: make([]atomic.Uint64, size), vals: make([]*T, size)}
	if t != nil {
		for i := range t.keys {
			if k := t.keys[i].Load(); k != 0 {
				g.place(k, t.vals[i])
			}
		}
	}
	return g
}

func (t *memoTable[T]) place(k uint64, v *T) {
	mask := uint64(len(t.keys) - 1)
	i := scatter(k) & mask
	for t.keys[i].Load() != 0 {
		i = (i + 1) & mask
	}
	t.vals[i] = v
	t.keys[i].Store(k)
}

// scatter spreads keys that differ in few bits (the finalizer of SplitMix64).
func scatter(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
