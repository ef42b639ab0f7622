// The far end of the event queue: buckets by the digits of an event's time, in base 64. Let
// base be a time that no pending event precedes. An event whose time first differs from base
// at digit l, counted from the least, with digit d there, is in bucket d of level l; one
// at base itself in the bucket of its last digit at level 0. All events of a level share the
// digits above it with base, hence
//
//   - the earliest events are in the first occupied bucket of the lowest occupied level, which
//     two bit scans find;
//   - a bucket of level 0 is one instant, and one of level l spans 64^l ns;
//   - to spread a bucket is to set base to its start: its events then fall to lower levels, all
//     empty until then, and no other event has to move.

package sim

import (
	"math/bits"
	"slices"
)

const (
	digitBits  = 6
	radix      = 1 << digitBits // one word of bits for the buckets of a level
	levelCount = (63 + digitBits - 1) / digitBits
	blockBits  = 4
	blockSize  = 1 << blockBits // events in a block: 512 bytes, eight cache lines in a row
)

// buckets is an unordered store of events by time. Its zero value is empty and has base 0.
type buckets struct {
	base   uint64
	n      int    // events in all buckets
	inUse  uint32 // bit l: level l has an occupied bucket
	levels [levelCount]level

	// The events, in blocks that the buckets chain up and hand back: block b is
	// events[b*blockSize:][:blockSize], and next[b] the one after it in its bucket or in
	// the free list. Block 0 is never used, so that 0 ends the free list.
	events []event
	next   []int32
	free   int32
}

// level is the buckets of one digit.
type level struct {
	occupied uint64 // bit d: bucket d holds events
	bucket   [radix]bucket
}

// bucket is a chain of blocks, all full but the last; first and last mean nothing while n is 0.
type bucket struct {
	first, last int32
	n           int32
}

// place names a bucket.
type place struct {
	level, digit uint
}

// put adds e, which must not be earlier than base.
func (f *buckets) put(e *event) {
	at := uint64(e.at)
	l := uint(bits.Len64((at^f.base)|1)-1) / digitBits
	d := at >> (l * digitBits) % radix
	f.inUse |= 1 << l
	f.levels[l].occupied |= 1 << d
	b := &f.levels[l].bucket[d]
	k := b.n % blockSize
	if k == 0 {
		block := f.block()
		if b.n == 0 {
			b.first = block
		} else {
			f.next[b.last] = block
		}
		b.last = block
	}
	f.events[b.last<<blockBits|k] = *e
	b.n++
	f.n++
}

// block returns a block that no bucket uses.
func (f *buckets) block() int32 {
	if b := f.free; b != 0 {
		f.free = f.next[b]
		return b
	}
	if len(f.next) == 0 {
		f.next = append(f.next, 0)
	}
	b := len(f.next)
	f.next = append(f.next, 0)
	end := (b + 1) << blockBits
	f.events = slices.Grow(f.events, end-len(f.events))[:end]
	return int32(b)
}

// first is the bucket of the earliest events. There must be one.
func (f *buckets) first() place {
	l := uint(bits.TrailingZeros32(f.inUse))
	return place{l, uint(bits.TrailingZeros64(f.levels[l].occupied))}
}

func (f *buckets) size(p place) int { return int(f.levels[p.level].bucket[p.digit].n) }

// start is the earliest time that belongs into bucket p.
func (f *buckets) start(p place) uint64 {
	shift := p.level * digitBits
	return f.base>>shift>>digitBits<<digitBits<<shift | uint64(p.digit)<<shift
}

// end is the time after the last that belongs into bucket p: 2^63 for the very last.
func (f *buckets) end(p place) uint64 { return f.start(p) + 1<<(p.level*digitBits) }

// detach empties bucket p and returns what it was; the caller walks its blocks with chunk and
// hands them back with release.
func (f *buckets) detach(p place) bucket {
	lv := &f.levels[p.level]
	b := lv.bucket[p.digit]
	lv.bucket[p.digit].n = 0
	if lv.occupied &^= 1 << p.digit; lv.occupied == 0 {
		f.inUse &^= 1 << p.level
	}
	f.n -= int(b.n)
	return b
}

// chunk is what block holds of a bucket with n events from there on.
func (f *buckets) chunk(block, n int32) []event {
	return f.events[block<<blockBits:][:min(n, blockSize)]
}

// release puts block into the free list and returns the one that followed it.
func (f *buckets) release(block int32) int32 {
	following := f.next[block]
	f.next[block], f.free = f.free, block
	return following
}

// spread moves the events of p, the first bucket and not of level 0, to lower levels.
func (f *buckets) spread(p place) {
	f.base = f.start(p)
	b := f.detach(p)
	for block := b.first; b.n > 0; b.n -= blockSize {
		chunk := f.chunk(block, b.n)
		for i := range chunk {
			f.put(&chunk[i])
		}
		block = f.release(block)
	}
}

// take moves the events of p, the first bucket, to the end of r, in order.
func (f *buckets) take(p place, r *run) {
	from := len(r.room)
	b := f.detach(p)
	for block := b.first; b.n > 0; b.n -= blockSize {
		r.room = append(r.room, f.chunk(block, b.n)...)
		block = f.release(block)
	}
	sortEvents(r.room[from:])
}

// least is the earliest event. There must be one.
func (f *buckets) least() event {
	p := f.first()
	b := f.levels[p.level].bucket[p.digit]
	least := f.events[b.first<<blockBits]
	for block := b.first; b.n > 0; b.n -= blockSize {
		chunk := f.chunk(block, b.n)
		for i := range chunk {
			if before(&chunk[i], &least) {
				least = chunk[i]
			}
		}
		block = f.next[block]
	}
	return least
}

// reset empties all buckets and sets base to 0.
func (f *buckets) reset() {
	for ; f.inUse != 0; f.inUse &= f.inUse - 1 {
		lv := &f.levels[bits.TrailingZeros32(f.inUse)]
		for ; lv.occupied != 0; lv.occupied &= lv.occupied - 1 {
			lv.bucket[bits.TrailingZeros64(lv.occupied)].n = 0
		}
	}
	f.base, f.n, f.free = 0, 0, 0
	f.events, f.next = f.events[:0], f.next[:0]
}
