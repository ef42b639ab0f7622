package pbft

import "turncoat/protocol/auth"

// What a checker, or a scenario, may ask a replica. Nothing here changes it.

// Number returns the replica's number in the group.
func (r *Replica) Number() int { return int(r.self) }

// View returns the replica's view, and whether it is active in it or still waiting
// for its NEW-VIEW.
func (r *Replica) View() (view uint64, active bool) { return r.view, r.active }

// Watermark returns h, the last stable checkpoint that the replica knows.
func (r *Replica) Watermark() uint64 { return r.log.h }

// LastExecuted returns the last sequence number whose execution is final. It
// jumps when the state is transferred.
func (r *Replica) LastExecuted() uint64 { return r.executed }

// LastTentative returns the last sequence number that has executed at all.
func (r *Replica) LastTentative() uint64 { return r.tentative }

// Executed returns the digest of the batch that has executed for good at seq, with
// its requests and which of them took effect: bit i of applied is request i, and a
// request that was ordered before is skipped. It knows the last L sequence numbers
// that this replica executed itself. The null request has a zero digest.
func (r *Replica) Executed(seq uint64) (digest auth.Digest, requests []*Request, applied []bool, ok bool) {
	e := &r.history[seq%r.cfg.L]
	if seq == 0 || e.seq != seq || seq > r.executed {
		return auth.Digest{}, nil, nil, false
	}
	return e.digest, e.requests, e.applied, true
}

// CheckpointDigest returns the digest of the replica's own checkpoint at seq, if it
// holds one: it keeps the stable one and those above.
func (r *Replica) CheckpointDigest(seq uint64) (auth.Digest, bool) {
	for i := range r.checkpoints {
		if r.checkpoints[i].id.Seq == seq {
			return r.checkpoints[i].id.Digest, true
		}
	}
	return auth.Digest{}, false
}

// Prepared reports whether the predicate prepared holds at seq in the replica's view, and for what.
func (r *Replica) Prepared(seq uint64) (auth.Digest, bool) {
	if s := r.peek(seq); s != nil && r.prepared(s) {
		return s.assigned.digest, true
	}
	return auth.Digest{}, false
}

// CommittedLocal reports whether the predicate committed-local holds at seq in the replica's view.
func (r *Replica) CommittedLocal(seq uint64) bool {
	s := r.peek(seq)
	return s != nil && r.committedLocal(s)
}

// Stable reports whether a quorum's CHECKPOINTs for seq with this digest are known here.
func (r *Replica) Stable(seq uint64, d auth.Digest) bool {
	return r.stable(CheckpointID{seq, d})
}

// Transferring returns the checkpoint that is being fetched, if one is.
func (r *Replica) Transferring() (CheckpointID, bool) {
	if r.transfer == nil {
		return CheckpointID{}, false
	}
	return r.transfer.target, true
}

// Waiting returns how many requests wait in the queue.
func (r *Replica) Waiting() int { return r.queue.len() }

// Service returns the service, for reading only.
func (r *Replica) Service() Service { return r.service }
