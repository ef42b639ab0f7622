package checker

import (
	"cmp"
	"math"
	"slices"
)

// The zone check decides in O(n log n) whether the history of one register is
// atomic, when each value that was read had been written once (Gibbons and
// Korach, "Testing Shared Memories", SIAM J. Comput. 26(4), 1997): then it is
// known which write each read saw. It leaves out compare-and-set, and values
// written twice unless the object has no other; those it does not judge.
//
// The operations on one value, its write and its reads, form a cluster. In a
// linearization each cluster is contiguous, because a write that came between
// would be read instead. Let f be the earliest return in the cluster and s the
// latest invocation. Cluster A must precede B if some operation of A returned
// before some operation of B was invoked, that is, if A.f < B.s.
//
// Claim: the history is atomic iff no read returned before its write was
// invoked, and no two clusters must each precede the other.
// Only if: a contiguous order of clusters cannot hold both.
// If: take a shortest cycle of must-precede, and in it the cluster A of least f.
// For every C in the cycle with predecessor B: A.f <= B.f < C.s, so A must
// precede C too, in particular the predecessor P of A. As P must precede A, the
// cycle has length two, which was excluded. So an order of clusters exists;
// within one, the write and then the reads by invocation respect real time.
//
// Two clusters that must precede each other, A.f < B.s and B.f < A.s, are
// either two zones with f < s (forward) that overlap, or a forward zone that
// holds strictly inside it a zone with s <= f (backward). Both are found by
// sorting. All comparisons are strict, so that equal times count as concurrent,
// as closed intervals have it.
//
// A pending write returns at infinity: nothing need follow it but its reads. If
// nobody read it, its zone is [s, infinity], which lies inside nothing, so it
// needs no special case. The initial value is a cluster written before time.

// cluster gathers the operations on one value: the span of its write and what
// its reads add to it. Operations are indices into the register's slice, -1
// where there is none.
type cluster struct {
	value     Value
	twice     bool  // another operation wrote the same value
	write     int32 // the write; if several were folded, the one invoked first
	writeDone int32 // the write; if several were folded, the one that returned first
	readDone  int32 // the read that returned first
	readLast  int32 // the read that was invoked last
	from      int64 // when a write of the value first began, Never if none did
	writeInv  int64 // of write
	writeRet  int64 // of writeDone
	readRet   int64 // of readDone
	readInv   int64 // of readLast
}

func newCluster(v Value) cluster {
	return cluster{value: v, write: -1, writeDone: -1, readDone: -1, readLast: -1,
		from: Never, writeInv: beforeTime, writeRet: Never, readRet: Never, readInv: beforeTime}
}

// zone is the span of a cluster: first return and last invocation.
type zone struct {
	f, s    int64
	cluster int32
}

// zoneFault is why the zone check rejects: the indices of the operations that
// show it, in the roles that explain.go puts into words.
type zoneFault struct {
	kind faultKind
	// fabricated: when the read d returned, nobody had begun to write its value.
	// cycle: a returned before b was invoked and c before d, where a and d are
	// of one value, b and c of another; a is -1 where the initial value takes
	// its place, and then b says nothing.
	a, b, c, d int32
}

type faultKind uint8

const (
	noFault faultKind = iota
	fabricated
	cycle
)

const beforeTime int64 = math.MinInt64

// zoneJudge holds the buffers of the zone check, for reuse.
type zoneJudge struct {
	clusters []cluster
	slot     []int32 // Value -> index into clusters + 1, 0 if none
	forward  []zone
	backward []zone
}

// check judges the operations of one object, their values being below limit.
// It returns applies=false if reads-from is ambiguous or a cas is among them:
// then finding a fault still means that there is one, finding none says nothing.
func (z *zoneJudge) check(ops []Operation, limit int) (fault zoneFault, applies bool) {
	if cap(z.slot) < limit {
		z.slot = make([]int32, limit)
	}
	z.slot = z.slot[:limit]
	z.clusters = z.clusters[:0]
	initial := z.of(Absent)
	initial.from, initial.writeRet = beforeTime, beforeTime
	defer z.release()
	written := 0
	for i := range ops {
		op := &ops[i]
		switch {
		case op.Kind == CAS:
			return zoneFault{}, false
		case op.Outcome == Failed || op.Kind == Read && op.Outcome == Pending:
		case op.Kind == Read:
			z.addRead(op, int32(i))
		case z.addWrite(op, int32(i)):
			written++
		}
	}
	if written == 1 {
		z.fold()
	}
	if fault, applies = z.readsFrom(); fault.kind != noFault || !applies {
		return fault, applies
	}
	return z.overlaps(), true
}

// release forgets the values of this check, at a cost that depends on its
// operations and not on how many values the whole history has.
func (z *zoneJudge) release() {
	for i := range z.clusters {
		z.slot[z.clusters[i].value] = 0
	}
}

// of returns the cluster of v, making an empty one if there is none.
func (z *zoneJudge) of(v Value) *cluster {
	if at := z.slot[v]; at != 0 {
		return &z.clusters[at-1]
	}
	z.clusters = append(z.clusters, newCluster(v))
	z.slot[v] = int32(len(z.clusters))
	return &z.clusters[len(z.clusters)-1]
}

// addWrite returns true if op is the first to write its value. A further write
// of a value is a cluster of its own, right as long as nobody reads the value.
func (z *zoneJudge) addWrite(op *Operation, i int32) bool {
	c := z.of(op.Input)
	first := c.write < 0
	c.from = min(c.from, op.Invoke)
	if !first || op.Input == Absent {
		c.twice = true
		z.clusters = append(z.clusters, newCluster(op.Input))
		c = &z.clusters[len(z.clusters)-1]
	}
	c.write, c.writeInv = i, op.Invoke
	c.writeDone, c.writeRet = i, op.Return
	return first
}

func (z *zoneJudge) addRead(op *Operation, i int32) {
	c := z.of(op.Output)
	if c.readDone < 0 || op.Return < c.readRet {
		c.readDone, c.readRet = i, op.Return
	}
	if c.readLast < 0 || op.Invoke > c.readInv {
		c.readLast, c.readInv = i, op.Invoke
	}
}

// fold makes one write of all those of the only value that was ever written,
// from the earliest invocation to the earliest return. This is exact: the
// value appears at some point p, once and for all, and a p exists iff it can
// lie after some write's invocation and before every write's return. It is the
// usual case of content-hash objects. A write of Absent is never folded: it
// returns the object to its initial value.
func (z *zoneJudge) fold() {
	kept := z.clusters[:0]
	for i := range z.clusters {
		c := z.clusters[i]
		home := int(z.slot[c.value]) - 1
		if c.value == Absent || home == i {
			c.twice = c.twice && c.value == Absent
			kept = append(kept, c)
			continue
		}
		h := &kept[home]
		if c.writeInv < h.writeInv {
			h.write, h.writeInv = c.write, c.writeInv
		}
		if c.writeRet < h.writeRet {
			h.writeDone, h.writeRet = c.writeDone, c.writeRet
		}
	}
	z.clusters = kept
}

// readsFrom checks each read against the writes of its value. That nobody had
// begun to write it is a fault even where it is ambiguous who did.
func (z *zoneJudge) readsFrom() (fault zoneFault, applies bool) {
	applies = true
	for i := range z.clusters {
		c := &z.clusters[i]
		if c.readDone < 0 {
			continue
		}
		applies = applies && !c.twice
		if c.readRet < c.from {
			fault = zoneFault{kind: fabricated, d: c.readDone}
		}
	}
	return fault, applies
}

// overlaps finds two clusters that must each precede the other.
//
// Of the forward zones in order of f, neighbours suffice: if zone i overlaps a
// later k, then next.f <= k.f < i.s, and next.f < next.s by being forward. Once
// they are disjoint, only the last forward zone that begins before a backward
// zone can hold it: an earlier one has ended when the last one begins.
func (z *zoneJudge) overlaps() zoneFault {
	z.forward, z.backward = z.forward[:0], z.backward[:0]
	for i := range z.clusters {
		c := &z.clusters[i]
		f, s := min(c.writeRet, c.readRet), max(c.writeInv, c.readInv)
		if f < s {
			z.forward = append(z.forward, zone{f, s, int32(i)})
		} else {
			z.backward = append(z.backward, zone{f, s, int32(i)})
		}
	}
	slices.SortFunc(z.forward, func(a, b zone) int { return cmp.Compare(a.f, b.f) })
	for i := 1; i < len(z.forward); i++ {
		if before := z.forward[i-1]; z.forward[i].f < before.s {
			return z.conflict(before, z.forward[i])
		}
	}
	for _, inner := range z.backward {
		at, _ := slices.BinarySearchFunc(z.forward, inner.s, func(outer zone, s int64) int { return cmp.Compare(outer.f, s) })
		if at > 0 && inner.f < z.forward[at-1].s {
			return z.conflict(z.forward[at-1], inner)
		}
	}
	return zoneFault{}
}

// conflict names the operations by which zones i and j must each precede the
// other, the most recently invoked one last, as the one to complain about.
func (z *zoneJudge) conflict(i, j zone) zoneFault {
	a, b := &z.clusters[i.cluster], &z.clusters[j.cluster]
	if i.s < j.s && a.writeRet != beforeTime || b.writeRet == beforeTime {
		a, b = b, a
	}
	second := b.last()
	if min(a.writeRet, a.readRet) < b.writeInv {
		second = b.write // as true as with a read, and easier to follow
	}
	return zoneFault{kind: cycle, a: a.first(), b: second, c: b.first(), d: a.last()}
}

// first returns the operation of c that returned first, -1 for the initial value.
func (c *cluster) first() int32 {
	if c.writeRet <= c.readRet {
		return c.writeDone
	}
	return c.readDone
}

// last returns the operation of c that was invoked last.
func (c *cluster) last() int32 {
	if c.writeInv >= c.readInv {
		return c.write
	}
	return c.readLast
}
