// The near end of the event queue: the next events, sorted, in one array with free room at both
// ends, so that pop moves a cursor and an insertion shifts the shorter side. What is pushed in
// order, as under a constant delay, is appended and never moves.

package sim

import (
	"cmp"
	"math/bits"
	"slices"
)

// run is a sorted sequence of events: room[first:].
type run struct {
	room  []event // length is the end of the sequence; beyond it there may be free capacity
	first int
}

func (r *run) len() int      { return len(r.room) - r.first }
func (r *run) live() []event { return r.room[r.first:] }
func (r *run) head() *event  { return &r.room[r.first] }

// shift removes and returns the head.
func (r *run) shift() event {
	e := r.room[r.first]
	r.first++
	return e
}

// clear empties r and leaves some of its room in front, for faults that come before the head.
func (r *run) clear() {
	r.first = min(cap(r.room), refillMax/2)
	r.room = r.room[:r.first]
}

// truncate keeps the first n events.
func (r *run) truncate(n int) { r.room = r.room[:r.first+n] }

// find returns how many events come before (at, seq).
func (r *run) find(at, seq uint64) int {
	n := r.len()
	if n == 0 {
		return 0
	}
	if last := &r.room[len(r.room)-1]; uint64(last.at) < at || uint64(last.at) == at && last.seq < seq {
		return n
	}
	return search(r.live(), at, seq)
}

// search is find in a, the last of which does not come before (at, seq). It is free of branches
// that depend on data: the comparison is the borrow of a 128-bit subtraction. A processor
// guesses half of such branches wrong, at more than the price of the whole search.
func search(a []event, at, seq uint64) int {
	lo := 0
	for n := len(a); n > 1; { // the answer is in [lo, lo+n)
		half := n >> 1
		m := &a[lo+half-1]
		_, less := bits.Sub64(m.seq, seq, 0)
		_, less = bits.Sub64(uint64(m.at), at, less)
		lo += half & -int(less)
		n -= half
	}
	return lo
}

// insert puts e at index i, which must be where find sees it.
func (r *run) insert(i int, e *event) {
	if front := i < r.len()-i; front && r.first == 0 || !front && len(r.room) == cap(r.room) {
		r.centre()
	}
	if i < r.len()-i {
		r.first--
		a := r.live()
		copy(a[:i], a[1:i+1])
		a[i] = *e
		return
	}
	r.room = r.room[:len(r.room)+1]
	a := r.live()
	copy(a[i+1:], a[i:])
	a[i] = *e
}

// centre moves the sequence to the middle of its room, and to twice the room if less than a quarter
// is free. Either way each end then has room for a fixed part of the sequence's length, so the
// moves of an event that are owed to centre are few.
func (r *run) centre() {
	live, to := r.live(), r.room[:cap(r.room)]
	if len(live)+16 > len(to)/4*3 {
		to = make([]event, 2*len(to)+4*refillMax)
	}
	r.first = (len(to) - len(live)) / 2
	copy(to[r.first:], live)
	r.room = to[:r.first+len(live)]
}

// sortEvents sorts a, which comes from one bucket, mostly in the order of pushing. Up to refillMax
// events insertion is quickest. More than that are a single instant, sorted already but for
// the faults.
func sortEvents(a []event) {
	if len(a) > refillMax {
		slices.SortFunc(a, func(x, y event) int { return cmp.Compare(x.seq, y.seq) })
		return
	}
	for i := 1; i < len(a); i++ {
		if !before(&a[i], &a[i-1]) {
			continue
		}
		e, j := a[i], i
		for ; j > 0 && before(&e, &a[j-1]); j-- {
			a[j] = a[j-1]
		}
		a[j] = e
	}
}
