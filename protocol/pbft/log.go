package pbft

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// nullDigest names the null request: it is ordered like any other and changes nothing.
var nullDigest auth.Digest

// batch is what a digest stands for: requests in order. A body may be missing, or
// present and not yet known to be its client's.
type batch struct {
	digest  auth.Digest
	refs    []auth.Digest // of the requests; nil when only the batch's digest is known
	bodies  []*Request    // as refs, nil where missing
	proved  protocol.Bitset
	missing int // bodies that are missing
	doubted int // bodies that are missing, or whose client's MAC for this replica was wrong
}

// complete reports whether everything that would execute is at hand.
func (b *batch) complete() bool {
	return b.digest == nullDigest || (b.refs != nil && b.missing == 0)
}

// fill puts the body of a request into the batch, if it belongs there.
func (b *batch) fill(d *auth.Digest, req *Request, proved bool) {
	for i := range b.refs {
		if b.refs[i] == *d {
			b.fillAt(i, req, proved)
		}
	}
}

func (b *batch) fillAt(i int, req *Request, proved bool) {
	if b.bodies[i] == nil {
		b.bodies[i] = req
		b.missing--
	}
	if proved && b.proved.Add(i) {
		b.doubted--
	}
}

// setRefs says which requests the batch consists of.
func (b *batch) setRefs(refs []auth.Digest) {
	b.refs, b.bodies = refs, make([]*Request, len(refs))
	b.missing, b.doubted = len(refs), len(refs)
}

// slot is the log of one sequence number. The first group of fields is about the
// current view and is cleared when it is left; the second outlives views.
type slot struct {
	seq uint64 // 0: the slot is free

	assigned  *batch      // what a PRE-PREPARE or NEW-VIEW of this view assigned
	certified bool        // the NEW-VIEW did: a quorum's word stands for it
	message   *PrePrepare // what to send to those who miss it; nil if the NEW-VIEW assigned it
	early     *PrePrepare // came before the NEW-VIEW of this view did
	proposal  *Vote       // signed form: the primary's statement
	sent      bool        // this replica has pre-prepared it: sent its PREPARE, or as primary proposed it
	announced bool        // it has prepared, and the COMMIT was sent
	prepares  tally
	commits   tally

	batches []*batch // every body that P, Q or this view may need
	p       Certified
	hasP    bool
	q       []Certified // latest view of each digest, ascending by view, then digest
}

// batch returns the slot's record of a digest, making one if need be.
func (s *slot) batch(d *auth.Digest) *batch {
	if b := s.find(d); b != nil {
		return b
	}
	b := &batch{digest: *d}
	s.batches = append(s.batches, b)
	return b
}

func (s *slot) find(d *auth.Digest) *batch {
	for _, b := range s.batches {
		if b.digest == *d {
			return b
		}
	}
	return nil
}

// leaveView clears what was about the view that is left.
func (s *slot) leaveView() {
	s.assigned, s.certified, s.message, s.early, s.proposal = nil, false, nil, nil, nil
	s.sent, s.announced = false, false
	s.prepares.clear()
	s.commits.clear()
}

func (s *slot) reset(seq uint64) {
	s.leaveView()
	clear(s.batches)
	s.seq, s.batches, s.hasP, s.q = seq, s.batches[:0], false, s.q[:0]
}

// messageLog is the ring of L slots between the watermarks.
type messageLog struct {
	slots []slot
	h     uint64 // low watermark: the last stable checkpoint
	top   uint64 // no slot above it has an assignment in this view
}

// inWindow reports whether h < seq ≤ h+L.
func (r *Replica) inWindow(seq uint64) bool {
	return seq > r.log.h && seq <= r.log.h+r.cfg.L
}

// slot returns the slot of seq for writing, or nil if seq is outside the
// watermarks: a faulty primary could otherwise exhaust the numbers, or push out of
// the log what is still needed, as numbers do without that rule.
func (r *Replica) slot(seq uint64) *slot {
	if r.cfg.enforced(Watermarks) && !r.inWindow(seq) || seq == 0 {
		return nil
	}
	s := &r.log.slots[seq%r.cfg.L]
	if s.seq != seq {
		s.reset(seq)
	}
	return s
}

// peek returns the slot of seq if it is in use, or nil.
func (r *Replica) peek(seq uint64) *slot {
	if s := &r.log.slots[seq%r.cfg.L]; s.seq == seq && seq != 0 {
		return s
	}
	return nil
}

// span returns how many places of the log, from h+1 on, may have an assignment of
// this view: never more than there are, however far above h a number is that was
// let in without the rule of the watermarks.
func (r *Replica) span() uint64 { return min(r.log.top-r.log.h, r.cfg.L) }

// place returns the slot at the i-th place after h if it has an assignment of this
// view, or nil. Between the watermarks that is the slot of h+1+i.
func (r *Replica) place(i uint64) *slot {
	if s := &r.log.slots[(r.log.h+1+i)%r.cfg.L]; s.seq > r.log.h && s.assigned != nil {
		return s
	}
	return nil
}

// discard forgets the log up to h and moves the watermarks there.
func (r *Replica) discard(h uint64) {
	for i := range r.log.slots {
		if s := &r.log.slots[i]; s.seq != 0 && s.seq <= h {
			s.reset(0)
		}
	}
	r.log.h = h
	r.log.top = max(r.log.top, h)
}

// prepared is the paper's predicate: this replica has the batch, its assignment in
// this view, and 2f matching PREPAREs of distinct backups.
func (r *Replica) prepared(s *slot) bool {
	return s.sent && s.prepares.count(r.cfg, &s.assigned.digest) >= 2*r.cfg.F()
}

// committedLocal is the paper's predicate: prepared, and a quorum of matching
// COMMITs. Without the commit phase, prepared is all that is asked.
func (r *Replica) committedLocal(s *slot) bool {
	if !r.prepared(s) {
		return false
	}
	return !r.cfg.enforced(CommitPhase) || s.commits.count(r.cfg, &s.assigned.digest) >= r.cfg.Quorum()
}
