package pbft

import (
	"sort"

	"turncoat/protocol/auth"
)

// The decision procedure of a view change (§3.2.4, figure 4), as pure functions
// of a set of VIEW-CHANGE messages. The primary runs it on what it has admitted,
// and each backup on the messages that the NEW-VIEW names.

// Decision is what a new view starts from.
type Decision struct {
	Start CheckpointID
	X     []auth.Digest // chosen for Start.Seq+1, Start.Seq+2, ...; zero is the null request
}

// Decide returns the decision that the messages of distinct senders in set lead
// to, which does not depend on their order. It returns false if they do not
// suffice: then more messages have to be waited for.
func Decide(cfg *Config, set []*ViewChange) (Decision, bool) {
	if len(set) < cfg.Quorum() {
		return Decision{}, false
	}
	set = append([]*ViewChange(nil), set...)
	sort.Slice(set, func(i, j int) bool { return set[i].Replica < set[j].Replica })
	start, ok := chooseCheckpoint(cfg, set)
	if !ok {
		return Decision{}, false
	}
	d := Decision{Start: start}
	last := start.Seq
	for _, m := range set {
		if k := len(m.P); k > 0 {
			last = max(last, m.P[k-1].Seq)
		}
	}
	for seq := start.Seq + 1; seq <= min(last, start.Seq+cfg.L); seq++ {
		digest, ok := chooseRequest(cfg, set, seq)
		if !ok {
			return Decision{}, false
		}
		d.X = append(d.X, digest)
	}
	return d, true
}

// chooseCheckpoint returns the highest checkpoint that a weak quorum holds and that
// lies at or above the watermark of a quorum. The first makes it a correct
// replica's; the second makes sure that nothing above it has been discarded by
// too many. In the signed form a message proves its own.
func chooseCheckpoint(cfg *Config, set []*ViewChange) (best CheckpointID, ok bool) {
	for _, m := range set {
		for i, c := range m.C {
			if ok && c.Seq <= best.Seq {
				continue
			}
			if cfg.Signed {
				if i == 0 && c.Seq == m.H {
					best, ok = c, true
				}
				continue
			}
			below, holders := 0, 0
			for _, other := range set {
				if other.H <= c.Seq {
					below++
				}
				if other.holds(c) {
					holders++
				}
			}
			if below >= cfg.Quorum() && holders >= cfg.Weak() {
				best, ok = c, true
			}
		}
	}
	return best, ok
}

// chooseRequest returns the digest for one sequence number: A, a request that may
// have committed; B, null because none can have; or false because more messages
// are needed to tell.
func chooseRequest(cfg *Config, set []*ViewChange, seq uint64) (auth.Digest, bool) {
	if cfg.Signed {
		return chooseProven(cfg, set, seq), true
	}
	for _, m := range set {
		if e := m.prepared(seq); e != nil && a1(cfg, set, e) && a2(cfg, set, e) {
			return e.Digest, true
		}
	}
	return nullDigest, b(cfg, set, seq)
}

// a1 is condition A1: a quorum has not discarded the number, and none of it
// prepared another request for it in the same view, or any in a later one. So
// nothing else can have committed in that view or since. Without it, whichever P entry comes first is taken.
func a1(cfg *Config, set []*ViewChange, e *Certified) bool {
	if !cfg.enforced(HighestView) {
		return true
	}
	n := 0
	for _, m := range set {
		if m.H >= e.Seq {
			continue
		}
		if o := m.prepared(e.Seq); o == nil || o.View < e.View || o.View == e.View && o.Digest == e.Digest {
			n++
		}
	}
	return n >= cfg.Quorum()
}

// a2 is condition A2: a weak quorum pre-prepared the request in that view or later.
// So a correct replica did: the P entry is not one replica's invention, and somebody has the bodies.
func a2(cfg *Config, set []*ViewChange, e *Certified) bool {
	if !cfg.enforced(A2) {
		return true
	}
	n := 0
	for _, m := range set {
		if m.prepreparedSince(e) {
			n++
		}
	}
	return n >= cfg.Weak()
}

// b is condition B: a quorum has not discarded the number and prepared nothing for
// it. So nothing can have committed.
func b(cfg *Config, set []*ViewChange, seq uint64) bool {
	n := 0
	for _, m := range set {
		if m.H < seq && m.prepared(seq) == nil {
			n++
		}
	}
	return n >= cfg.Quorum()
}

// chooseProven is the decision of OSDI 1999 (§4.4): P entries are proved, so the one
// of the latest view stands, and none means null.
func chooseProven(cfg *Config, set []*ViewChange, seq uint64) auth.Digest {
	var best *Certified
	for _, m := range set {
		if e := m.prepared(seq); e != nil && (best == nil || cfg.enforced(HighestView) && e.View > best.View) {
			best = e
		}
	}
	if best == nil {
		return nullDigest
	}
	return best.Digest
}

// prepared returns the P entry of m for seq, or nil.
func (m *ViewChange) prepared(seq uint64) *Certified {
	i := sort.Search(len(m.P), func(i int) bool { return m.P[i].Seq >= seq })
	if i < len(m.P) && m.P[i].Seq == seq {
		return &m.P[i]
	}
	return nil
}

// prepreparedSince reports whether Q of m has e's request in e's view or a later one.
func (m *ViewChange) prepreparedSince(e *Certified) bool {
	i := sort.Search(len(m.Q), func(i int) bool { return m.Q[i].Seq >= e.Seq })
	for ; i < len(m.Q) && m.Q[i].Seq == e.Seq; i++ {
		if m.Q[i].Digest == e.Digest && m.Q[i].View >= e.View {
			return true
		}
	}
	return false
}

func (m *ViewChange) holds(id CheckpointID) bool {
	for _, c := range m.C {
		if c == id {
			return true
		}
	}
	return false
}
