package pbft

// The signed form (OSDI 1999): VIEW-CHANGEs carry proofs of their checkpoint and of
// what prepared, so that they need no acknowledgements and no Q, and a NEW-VIEW
// carries the VIEW-CHANGEs and a signed PRE-PREPARE for each number.

// proofOf returns the prepared certificate of a slot, or nil with authenticators,
// which prove nothing to a third.
func (r *Replica) proofOf(s *slot) []Vote {
	if !r.cfg.Signed || s.proposal == nil {
		return nil
	}
	proof := []Vote{*s.proposal}
	if g := s.prepares.group(&s.assigned.digest); g != nil {
		proof = append(proof, g.votes...)
	}
	return proof[:min(len(proof), r.cfg.Quorum())]
}

// proofsHold reports whether a VIEW-CHANGE proves what it claims. With
// authenticators it claims nothing that the decision takes on its word alone.
func (s *Sealer) proofsHold(m *ViewChange) bool {
	if !s.cfg.Signed {
		return true
	}
	if m.H > 0 && (len(m.C) == 0 || m.C[0].Seq != m.H || !s.checkpointProven(m.C[0], m.HProof)) {
		return false
	}
	for i := range m.P {
		if !s.preparedProven(&m.P[i]) {
			return false
		}
	}
	return true
}

// checkpointProven checks the CHECKPOINTs of distinct replicas. A weak quorum
// suffices [O]: a correct replica took it, so all below has committed. One that
// fetched the state may know no more.
func (s *Sealer) checkpointProven(id CheckpointID, proof []Vote) bool {
	if len(proof) < s.cfg.Weak() {
		return false
	}
	for i := range proof {
		v := &proof[i]
		if !s.cfg.member(v.Replica) || i > 0 && v.Replica <= proof[i-1].Replica {
			return false // not distinct senders
		}
		m := &Checkpoint{Seq: id.Seq, Digest: id.Digest, Replica: v.Replica}
		if !s.signed(s.cfg.Members[v.Replica], s.textOf(m), &v.Sig) {
			return false
		}
	}
	return true
}

// preparedProven checks a prepared certificate: the primary's PRE-PREPARE and 2f
// PREPAREs of distinct backups.
func (s *Sealer) preparedProven(e *Certified) bool {
	if len(e.Proof) < s.cfg.Quorum() {
		return false
	}
	for i := range e.Proof {
		v := &e.Proof[i]
		tag, primary := tagPrepare, s.cfg.Primary(e.View)
		if i == 0 {
			tag = tagPrePrepare
		}
		if !s.cfg.member(v.Replica) || (i == 0) != (int(v.Replica) == primary) {
			return false
		}
		for j := range i {
			if e.Proof[j].Replica == v.Replica {
				return false
			}
		}
		if !s.signed(s.cfg.Members[v.Replica], s.voteText(tag, e.View, e.Seq, e.Digest, v.Replica), &v.Sig) {
			return false
		}
	}
	return true
}

// startProof returns the proof of the checkpoint that a NEW-VIEW starts from, which
// one of the VIEW-CHANGEs that it carries has.
func (m *NewView) startProof() []Vote {
	for _, vc := range m.Signed {
		if vc != nil && vc.H == m.Start.Seq && len(vc.C) > 0 && vc.C[0] == m.Start {
			return vc.HProof
		}
	}
	return nil
}

// proposals returns the primary's signed PRE-PREPAREs for what a NEW-VIEW chose.
func (r *Replica) proposals(m *NewView) []Vote {
	votes := make([]Vote, len(m.X))
	for i := range m.X {
		text := r.seal.voteText(tagPrePrepare, m.View, m.Start.Seq+1+uint64(i), m.X[i], r.self)
		votes[i] = Vote{r.self, r.seal.keys.Sign(text)}
	}
	return votes
}

// proposalsHold checks them.
func (s *Sealer) proposalsHold(m *NewView) bool {
	if len(m.O) != len(m.X) {
		return false
	}
	for i := range m.O {
		text := s.voteText(tagPrePrepare, m.View, m.Start.Seq+1+uint64(i), m.X[i], m.Replica)
		if m.O[i].Replica != m.Replica || !s.signed(s.cfg.Members[m.Replica], text, &m.O[i].Sig) {
			return false
		}
	}
	return true
}

// takeSigned takes in the VIEW-CHANGEs that a NEW-VIEW carries and this replica lacks.
func (r *Replica) takeSigned(m *NewView) {
	for _, vc := range m.Signed {
		if vc == nil || vc.View != m.View || !r.cfg.member(vc.Replica) || !vc.wellFormed(r.cfg) || vc.Replica == r.self {
			continue
		}
		id := ViewChangeID{vc.Replica, r.seal.ViewChangeDigest(vc)}
		if r.lookup(id) == nil && r.seal.fromReplica(vc.Replica, vc) && r.seal.proofsHold(vc) {
			r.changes.other[vc.Replica] = received{vc, id.Digest, true}
		}
	}
}
