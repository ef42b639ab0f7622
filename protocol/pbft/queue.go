package pbft

import (
	"encoding/binary"
	"math/bits"

	"turncoat/protocol/auth"
)

// pending is a request in the queue.
type pending struct {
	req      *Request
	digest   auth.Digest
	proposed bool // by this replica as primary, or chosen by the view's NEW-VIEW
}

// queue holds requests in order of arrival. An executed one stays until all before
// it have gone.
type queue struct {
	entries []pending // a part of room
	room    []pending
	popped  uint64 // how many have gone: names the first
	next    int    // none before it is unproposed
	places  index  // by the first bytes of a digest: popped, when its entry becomes the first
}

// maxPerClient bounds the waiting requests of one client [O]; a correct one has one
// at a time, and a replica that lags sees a few.
const maxPerClient = 64

func (q *queue) len() int { return len(q.entries) }

// push appends a request that is not in the queue yet.
func (q *queue) push(req *Request, d auth.Digest) {
	if q.find(&d) != nil {
		return
	}
	of := 0
	if len(q.entries) >= maxPerClient {
		for i := range q.entries {
			if q.entries[i].req.Client == req.Client {
				of++
			}
		}
	}
	if of >= maxPerClient {
		return
	}
	if len(q.entries) == cap(q.entries) {
		q.makeRoom()
	}
	q.places.put(prefix(&d), q.popped+uint64(len(q.entries)))
	q.entries = append(q.entries, pending{req: req, digest: d})
}

// makeRoom moves the entries to the front of their room, if half of it or more has been
// left, or else to one of twice the size: so each is moved twice at most, on average.
func (q *queue) makeRoom() {
	if 2*len(q.entries) > len(q.room) {
		q.room = make([]pending, 2*len(q.entries)+16)
	}
	n := copy(q.room, q.entries)
	clear(q.room[n:])
	q.entries = q.room[:n]
}

func prefix(d *auth.Digest) uint64 { return binary.LittleEndian.Uint64(d[:8]) }

// find returns the entry of a digest, or nil. Of two digests that begin alike it
// finds the later; for the other the body will be fetched.
func (q *queue) find(d *auth.Digest) *pending {
	place, ok := q.places.get(prefix(d))
	if !ok {
		return nil
	}
	if e := &q.entries[place-q.popped]; e.digest == *d {
		return e
	}
	return nil
}

// pop removes the first n entries.
func (q *queue) pop(n int) {
	for i := range n {
		key := prefix(&q.entries[i].digest)
		if place, _ := q.places.get(key); place == q.popped+uint64(i) {
			q.places.remove(key)
		}
	}
	clear(q.entries[:n])
	q.entries = q.entries[n:]
	q.popped += uint64(n)
	q.next = max(0, q.next-n)
}

func (q *queue) clone() queue {
	c := *q
	c.room = append([]pending(nil), q.entries...)
	c.entries, c.places = c.room, index{}
	for i := range c.entries {
		c.places.put(prefix(&c.entries[i].digest), c.popped+uint64(i))
	}
	return c
}

// index finds numbers by keys that are as good as random: open addressing with linear
// probing, at most half full. Four replicas ask it for every request three times over.
type index struct {
	cells []cell // a power of two of them
	used  int
}

type cell struct {
	key, value uint64
	full       bool
}

// seek returns where a key is, or where it would go.
func (x *index) seek(key uint64) int {
	mask := len(x.cells) - 1
	i := x.home(key)
	for x.cells[i].full && x.cells[i].key != key {
		i = (i + 1) & mask
	}
	return i
}

// home returns where a key would be if nothing was in its way.
func (x *index) home(key uint64) int { return int(key) & (len(x.cells) - 1) }

func (x *index) get(key uint64) (value uint64, ok bool) {
	if x.used == 0 {
		return 0, false
	}
	c := &x.cells[x.seek(key)]
	return c.value, c.full
}

// put sets the number of a key, in place of an earlier one.
func (x *index) put(key, value uint64) {
	if 2*x.used >= len(x.cells) {
		old := x.cells
		x.cells = make([]cell, max(16, 1<<bits.Len(uint(2*x.used))))
		for i := range old {
			if old[i].full {
				x.cells[x.seek(old[i].key)] = old[i]
			}
		}
	}
	c := &x.cells[x.seek(key)]
	if !c.full {
		x.used++
	}
	*c = cell{key, value, true}
}

// remove forgets a key that is there. What had been put further for its sake moves
// back, so that seek may stop at the first free cell.
func (x *index) remove(key uint64) {
	mask := len(x.cells) - 1
	gap := x.seek(key)
	for i := (gap + 1) & mask; x.cells[i].full; i = (i + 1) & mask {
		if home := x.home(x.cells[i].key); (i-home)&mask >= (i-gap)&mask {
			x.cells[gap] = x.cells[i]
			gap = i
		}
	}
	x.cells[gap] = cell{}
	x.used--
}
