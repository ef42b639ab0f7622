// The event queue: every event of a run that has not happened yet, handed out in the order of
// (time, sequence number). That order is total and is the whole contract: no structure, size
// or history of the queue can change which event is next. There is no removal. The event of a
// timer that was cancelled stays in the queue, and whoever pops it sees by its number that
// it is void.
//
// It is a multi-level bucket queue (Denardo and Fox, Operations Research 27(1), 1979), the
// radix heap of Ahuja, Mehlhorn, Orlin and Tarjan (JACM 37(2), 1990) with digits of six bits in
// place of one, under a small sorted run that takes the part of the heap on top of Cherkassky,
// Goldberg and Silverstein's HOT queue (SIAM J. Computing 28(4), 1999) and of the bottom of
// Tang, Goh and Thng's ladder queue (ACM TOMACS 15(3), 2005). It lives off one property of
// simulations: time never goes back, so no event is pushed before the last one popped.
//
//	near  all events earlier than bound, sorted; pop takes its head
//	far   all events at bound or later, in buckets by the digits of their time, unsorted
//
// Invariants, true between any two calls:
//
//  1. far.base <= now <= every pending event's time, where now is that of the last pop.
//  2. Every event of near is earlier than bound, every event of far is not. So an instant
//     is never split between the two, and near's head, if there is one, is the next event.
//  3. near is sorted, and when far is empty bound may be the end of time: a small
//     queue is one sorted array, and the buckets cost it nothing.
//
// When near runs dry, the earliest bucket is spread over finer ones until it is small, and it and
// the small ones after it become the next near. When insertion into near would have to shift
// many events, all but its front goes back to the buckets and bound moves down to there, which
// the pushes since the last such cut have paid for. On its way down an event moves at most
// once for each digit, whatever the distribution of times: 12 moves at the very most; in the
// hold benchmark 3 on average with 1,000 events pending and 5 with 1,000,000. There is no
// bucket width to guess and nothing to resize, which is where calendar queues go wrong.

package sim

import (
	"fmt"
	"math"
)

// ticks is a point of virtual time in nanoseconds since the start of the run, never negative.
type ticks = int64

// event is one thing that will happen. It holds no pointer, so that the collector never looks
// into the queue and moving an event costs no write barrier.
type event struct {
	at   ticks
	seq  uint64 // unique; orders equal times. Top bit clear for a fault, set for all else: faults run at the front of their instant
	node int32  // whose event it is
	aux  uint32 // slot of a message in its slab, number of a timer's event, index of a fault, by kind
	kind uint8
}

// before reports whether a happens before b.
func before(a, b *event) bool {
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}

const (
	// refillMax is how many events near may take from the buckets at once. A larger bucket is
	// spread first, unless it is a single instant.
	refillMax = 32
	// shiftMax is how many events an insertion into near may shift before near is cut. It is
	// above refillMax, so that many pushes pay for each cut.
	shiftMax = 64
)

// queue is the pending events of one run. Its zero value is empty and ready for use.
type queue struct {
	now   ticks  // time of the last event popped
	bound uint64 // first time that does not belong to near; the end of time is beyond every ticks
	near  run
	far   buckets
}

// len is the number of pending events.
func (q *queue) len() int { return q.near.len() + q.far.n }

// reset empties the queue and sets time back to zero. It keeps the memory, and takes time in
// proportion to the buckets in use, not to their events.
func (q *queue) reset() {
	q.now, q.bound = 0, 0
	q.near.clear()
	q.far.reset()
}

// push adds e, which must not be earlier than the last event popped. At that very instant it
// may be of any sequence number that was not used yet: a fault still comes before what else
// is left of the instant.
func (q *queue) push(e event) {
	if e.at < q.now {
		panic(fmt.Sprintf("sim: event of kind %d at node %d was pushed for %d ns when time had reached %d ns; a delay was negative or overflowed", e.kind, e.node, e.at, q.now))
	}
	for uint64(e.at) < q.bound {
		i := q.near.find(uint64(e.at), e.seq)
		if min(i, q.near.len()-i) <= shiftMax || !q.spill() {
			q.near.insert(i, &e)
			return
		}
	}
	q.far.put(&e)
}

// pop removes and returns the next event; false if there is none.
func (q *queue) pop() (event, bool) {
	if q.near.len() == 0 && !q.refill() {
		return event{}, false
	}
	e := q.near.shift()
	q.now = e.at
	return e, true
}

// peek returns the next event and leaves it where it is; false if there is none. It must not
// refill near: that can move far.base past times at which events may still be pushed,
// against invariant 1.
func (q *queue) peek() (event, bool) {
	if q.near.len() > 0 {
		return *q.near.head(), true
	}
	if q.far.n > 0 {
		return q.far.least(), true
	}
	return event{}, false
}

// refill moves the earliest buckets into near, which must be empty; false if there are none.
// Only pop calls it, and goes on to pop from the first of these buckets: so now ends up at
// or after the base that is set here.
func (q *queue) refill() bool {
	if q.far.n == 0 {
		return false
	}
	p := q.far.first()
	for p.level > 0 && q.far.size(p) > refillMax {
		q.far.spread(p)
		p = q.far.first()
	}
	q.near.clear()
	for {
		q.bound = q.far.end(p)
		q.far.take(p, &q.near)
		if q.far.n == 0 {
			q.bound = math.MaxUint64
			return true
		}
		if p = q.far.first(); q.near.len()+q.far.size(p) > refillMax {
			return true
		}
	}
}

// spill moves all but about the first shiftMax events of near to the buckets. It cuts between two
// instants, as invariant 2 demands; false if near is a single instant. Then the caller
// has no choice but to shift: that needs many faults and many other events within one instant.
func (q *queue) spill() bool {
	at := uint64(q.near.live()[shiftMax].at)
	cut := q.near.find(at, 0)
	if cut == 0 {
		if cut = q.near.find(at+1, 0); cut == q.near.len() {
			return false
		}
	}
	tail := q.near.live()[cut:]
	q.bound = uint64(tail[0].at)
	for i := range tail {
		q.far.put(&tail[i])
	}
	q.near.truncate(cut)
	return true
}
