package explore

import (
	"math"
	"math/bits"
	"runtime"
	"sync/atomic"

	"github.com/zeebo/xxh3"
)

// The visited table: the fingerprints of all states found so far, and for each
// a hint at the state from which it was found.
//
// A fingerprint is the 128-bit xxh3 hash of the encoded state. Its upper half
// chooses one of segmentCount segments and its lower half is stored, so that 64
// bits are kept and 70 take part in every comparison. Within a segment the
// home of a fingerprint grows with its value, and collisions probe linearly.
//
// Insertion takes no lock: a free slot is claimed by compare-and-swap, and slots
// are never freed or moved while workers run. A segment that is full is made half
// again as large while all workers stand still (see search.grow).
//
// Memory: 12 bytes a slot (8 of fingerprint, 4 of parent). A segment grows when
// four fifths are taken and is then 8/15 full: 15 to 22.5 bytes a state.
//
// What is left out: nothing is ever removed, and the encoded states themselves
// are not kept; two states with equal fingerprints are taken for one, with
// the probability that missedProbability states.

const (
	segmentBits   = 6
	segmentCount  = 1 << segmentBits
	firstSegment  = 256 // slots of a new segment
	slotBytes     = 12
	parentTagBits = 32 - segmentBits
)

// fingerprint identifies a state. lo is never zero: zero marks a free slot.
type fingerprint struct {
	segment uint32 // top segmentBits of the upper half
	lo      uint64
}

// fingerprintOf hashes an encoded state.
func fingerprintOf(encoded []byte) fingerprint {
	h := xxh3.Hash128(encoded)
	if h.Lo == 0 {
		h.Lo = 1
	}
	return fingerprint{uint32(h.Hi >> (64 - segmentBits)), h.Lo}
}

// parentTag is what a state keeps of its parent's fingerprint: the segment and
// the upper bits of the stored half. It narrows the search for the parent to
// one run of slots; pathTo resolves what ambiguity is left.
func (f fingerprint) parentTag() uint32 {
	return f.segment<<parentTagBits | uint32(f.lo>>(64-parentTagBits))
}

type segment struct {
	slots   []uint64
	parents []uint32
	count   atomic.Int64
	limit   int64 // occupied slots at which it must grow
	_       [48]byte
}

type table struct {
	segments [segmentCount]segment
	bytes    atomic.Int64
	garbage  int64 // bytes of outgrown segments that await collection
}

func newTable() *table {
	t := new(table)
	for i := range t.segments {
		t.segments[i].reset(firstSegment)
	}
	t.bytes.Store(segmentCount * firstSegment * slotBytes)
	return t
}

func (s *segment) reset(slots int) {
	s.slots = make([]uint64, slots)
	s.parents = make([]uint32, slots)
	s.limit = int64(slots) * 4 / 5
}

// home is the first slot to probe. It is monotone in lo, so that growing a
// segment reads and writes memory in order.
func (s *segment) home(lo uint64) int {
	h, _ := bits.Mul64(lo, uint64(len(s.slots)))
	return int(h)
}

type outcome uint8

const (
	added outcome = iota
	present
	full
)

// insert adds f, found from a state with the given tag, unless it is there.
// full means that the segment must grow first; nothing was added then.
func (t *table) insert(f fingerprint, parent uint32) outcome {
	s := &t.segments[f.segment]
	i := s.home(f.lo)
	for {
		v := atomic.LoadUint64(&s.slots[i])
		if v == 0 {
			if s.count.Load() >= s.limit {
				return full
			}
			if atomic.CompareAndSwapUint64(&s.slots[i], 0, f.lo) {
				atomic.StoreUint32(&s.parents[i], parent)
				s.count.Add(1)
				return added
			}
			v = atomic.LoadUint64(&s.slots[i])
		}
		if v == f.lo {
			return present
		}
		if i++; i == len(s.slots) {
			i = 0
		}
	}
}

// touch reads the home slots of all of prints, so that they are on their way to
// the cache together when each is inserted.
func (t *table) touch(prints []fingerprint) uint64 {
	var sum uint64
	for _, f := range prints {
		s := &t.segments[f.segment]
		sum += atomic.LoadUint64(&s.slots[s.home(f.lo)])
	}
	return sum
}

// contains reports whether f has been added.
func (t *table) contains(f fingerprint) bool {
	_, ok := t.parentOf(f)
	return ok
}

// parentOf returns the tag of the state from which f was found.
func (t *table) parentOf(f fingerprint) (uint32, bool) {
	s := &t.segments[f.segment]
	for i := s.home(f.lo); ; {
		switch atomic.LoadUint64(&s.slots[i]) {
		case f.lo:
			return atomic.LoadUint32(&s.parents[i]), true
		case 0:
			return 0, false
		}
		if i++; i == len(s.slots) {
			i = 0
		}
	}
}

// tagged returns the stored halves of all fingerprints with the given tag, one
// but for a collision of tags. Workers stand still.
func (t *table) tagged(tag uint32) []fingerprint {
	seg := tag >> parentTagBits
	s := &t.segments[seg]
	low := uint64(tag) << (64 - parentTagBits)
	last := s.home(low | (1<<(64-parentTagBits) - 1))
	var found []fingerprint
	for i, past := s.home(low), false; ; {
		v := s.slots[i]
		past = past || i == last
		if v == 0 && past {
			return found
		}
		if v != 0 && v>>(64-parentTagBits) == low>>(64-parentTagBits) {
			found = append(found, fingerprint{seg, v})
		}
		if i++; i == len(s.slots) {
			i = 0
		}
	}
}

// growth is the memory that growing the segment of f would take for a while.
func (t *table) growth(f fingerprint) int64 {
	return int64(grown(len(t.segments[f.segment].slots))) * slotBytes
}

func grown(slots int) int { return slots + slots/2 }

// grow makes the segment of f half again as large. Workers stand still.
func (t *table) grow(f fingerprint) {
	s := &t.segments[f.segment]
	slots, parents := s.slots, s.parents
	s.reset(grown(len(slots)))
	for i, v := range slots {
		if v == 0 {
			continue
		}
		j := s.home(v)
		for s.slots[j] != 0 {
			if j++; j == len(s.slots) {
				j = 0
			}
		}
		s.slots[j], s.parents[j] = v, parents[i]
	}
	old := int64(len(slots)) * slotBytes
	t.bytes.Add(int64(len(s.slots))*slotBytes - old)
	t.collect(old)
}

// collect returns outgrown segments to the allocator before they add up: left
// to itself the collector would wait until the heap has doubled.
func (t *table) collect(freed int64) {
	t.garbage += freed
	if t.garbage > 32<<20 && t.garbage > t.bytes.Load()/16 {
		runtime.GC()
		t.garbage = 0
	}
}

// len returns the number of states added.
func (t *table) len() uint64 {
	var n int64
	for i := range t.segments {
		n += t.segments[i].count.Load()
	}
	return uint64(n)
}

// missedProbability is the probability that among n states some two agree in
// all the bits compared (the birthday bound), taking xxh3 for a random function.
func missedProbability(n uint64) float64 {
	pairs := float64(n) * (float64(n) - 1) / 2
	return -math.Expm1(-pairs / math.Exp2(64+segmentBits))
}
