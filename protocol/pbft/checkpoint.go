package pbft

import (
	"encoding/binary"
	"fmt"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Checkpoints (§2.3.4): every K sequence numbers the state is named by a digest;
// a checkpoint that a quorum has taken is stable, and the log below it is
// discarded. The digest is over the service's state and the last replies.

// checkpoint is one that this replica has taken or fetched.
type checkpoint struct {
	id           CheckpointID
	parts        [][]byte // of the service, then of the reply table
	digests      []auth.Digest
	serviceParts int
	message      *Checkpoint // once announced
}

// appendPartList appends what the digest of the checkpoint is the digest of, which is
// also part 0 of its transfer: how many parts are the service's, and the digest of each.
func (c *checkpoint) appendPartList(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(c.serviceParts))
	for i := range c.digests {
		b = append(b, c.digests[i][:]...)
	}
	return b
}

func (r *Replica) lastCheckpoint() *checkpoint { return &r.checkpoints[len(r.checkpoints)-1] }

// digest returns the digest that names the checkpoint.
func (c *checkpoint) digest(keys *auth.Keys) auth.Digest {
	keys.Scratch = c.appendPartList(keys.Scratch[:0])
	return keys.Digest(keys.Scratch)
}

// takeCheckpoint records the state after seq. It is announced when the execution
// of seq is final.
func (r *Replica) takeCheckpoint(seq uint64) {
	c := checkpoint{parts: r.service.Snapshot()}
	c.serviceParts = len(c.parts)
	if r.cfg.enforced(ReplyTableInCheckpoint) {
		c.parts = r.replies.snapshot(c.parts[:c.serviceParts:c.serviceParts])
	}
	c.digests = make([]auth.Digest, len(c.parts))
	for i, p := range c.parts {
		if d, same := r.digestOfUnchanged(i, p); same {
			c.digests[i] = d
		} else if i > 0 && sameSlice(p, c.parts[i-1]) {
			c.digests[i] = c.digests[i-1]
		} else {
			c.digests[i] = r.seal.keys.Digest(p)
		}
	}
	c.id = CheckpointID{seq, c.digest(r.seal.keys)}
	r.checkpoints = append(r.checkpoints, c)
}

// digestOfUnchanged returns the digest that part i had in the last checkpoint, if it is the very same slice.
func (r *Replica) digestOfUnchanged(i int, p []byte) (auth.Digest, bool) {
	if len(r.checkpoints) == 0 {
		return auth.Digest{}, false
	}
	c := r.lastCheckpoint()
	if i >= len(c.parts) || !sameSlice(p, c.parts[i]) {
		return auth.Digest{}, false
	}
	return c.digests[i], true
}

func sameSlice(p, q []byte) bool { return len(p) > 0 && len(p) == len(q) && &p[0] == &q[0] }

// restore replaces the state by that of a checkpoint, or returns an error and
// changes nothing.
func (r *Replica) restore(parts [][]byte, serviceParts int) error {
	if serviceParts > len(parts) {
		return fmt.Errorf("pbft: %d parts of the service among %d parts", serviceParts, len(parts))
	}
	replies, err := restoreReplies(parts[serviceParts:])
	if err != nil {
		return err
	}
	if err := r.service.Restore(parts[:serviceParts]); err != nil {
		return err
	}
	if r.cfg.enforced(ReplyTableInCheckpoint) {
		r.replies = replies
	}
	return nil
}

// announce tells the others of the own checkpoint at seq.
func (r *Replica) announce(env protocol.Env, seq uint64) {
	c := r.ownCheckpoint(seq)
	if c == nil {
		panic(fmt.Sprintf("pbft: replica %d executed %d and took no checkpoint", r.self, seq))
	}
	if !r.active {
		env.Note(NoteCheckpointBetweenViews, seq)
	}
	c.message = &Checkpoint{Seq: seq, Digest: c.id.Digest, Replica: r.self}
	r.broadcast(env, c.message)
	r.claims.add(r.self, c.id, r.signature(c.message))
	r.tryStable(env, c.id)
}

func (r *Replica) ownCheckpoint(seq uint64) *checkpoint {
	for i := range r.checkpoints {
		if r.checkpoints[i].id.Seq == seq {
			return &r.checkpoints[i]
		}
	}
	return nil
}

// onCheckpoint counts another replica's checkpoint. One ahead of this replica is
// fetched at once if it lies above the log, where nothing else could help, and
// otherwise when there is no progress without it (see status.go).
func (r *Replica) onCheckpoint(env protocol.Env, m *Checkpoint) {
	if m.Seq%r.cfg.K != 0 || m.Seq <= r.log.h && r.transfer == nil || !r.seal.fromReplica(m.Replica, m) {
		return
	}
	id := CheckpointID{m.Seq, m.Digest}
	r.claims.add(m.Replica, id, r.signature(m))
	r.tryStable(env, id)
	if m.Seq <= r.executed || !r.weaklyCertified(id) {
		return
	}
	r.ahead = max(r.ahead, m.Seq)
	if m.Seq > r.log.h+r.cfg.L {
		r.startTransfer(env, id, r.claims.votes(id, r.cfg.Quorum()))
	}
}

// stable is the paper's predicate: a quorum of matching CHECKPOINTs. Without it one
// replica's own word would do, and it would discard what others still need.
func (r *Replica) stable(id CheckpointID) bool {
	return !r.cfg.enforced(StableCheckpointQuorum) || r.claims.count(id) >= r.cfg.Quorum()
}

// weaklyCertified reports whether a correct replica must have taken id.
func (r *Replica) weaklyCertified(id CheckpointID) bool {
	return !r.cfg.enforced(WeakCertificateTransfer) || r.claims.count(id) >= r.cfg.Weak()
}

// tryStable discards the log below id if it is stable and this replica has it.
func (r *Replica) tryStable(env protocol.Env, id CheckpointID) {
	c := r.ownCheckpoint(id.Seq)
	if id.Seq <= r.log.h || c == nil || c.message == nil || c.id != id || !r.stable(id) {
		return
	}
	if !r.active {
		env.Note(NoteCheckpointBetweenViews, id.Seq)
	}
	r.hProof = r.claims.votes(id, r.cfg.Quorum())
	r.adopt(id.Seq)
	if m := r.changes.newView; r.active && m != nil && m.View == r.view {
		r.assignChosen(env, m) // what lay above the high watermark
	}
}

// adopt makes the own checkpoint at seq the low watermark.
func (r *Replica) adopt(seq uint64) {
	r.discard(seq)
	r.dropCheckpoints(seq)
}

// dropCheckpoints forgets the own checkpoints below seq.
func (r *Replica) dropCheckpoints(seq uint64) {
	for len(r.checkpoints) > 0 && r.checkpoints[0].id.Seq < seq {
		r.checkpoints = append(r.checkpoints[:0], r.checkpoints[1:]...)
	}
}

// claims are the CHECKPOINTs received: of each replica the last few, so that
// none can fill the memory.
type claims struct {
	keep int
	of   [][]claim // by replica, ascending by sequence number
}

type claim struct {
	id  CheckpointID
	sig *auth.Signature
}

func newClaims(cfg *Config) claims {
	return claims{keep: int(cfg.L/cfg.K) + 1, of: make([][]claim, cfg.N())}
}

// add records a claim; the first of a replica for a number is the one that counts.
func (c *claims) add(replica int32, id CheckpointID, sig *auth.Signature) {
	list := c.of[replica]
	at := len(list)
	for at > 0 && list[at-1].id.Seq >= id.Seq {
		at--
		if list[at].id.Seq == id.Seq {
			return
		}
	}
	if len(list) == c.keep {
		if at == 0 {
			return
		}
		copy(list, list[1:at])
		list[at-1] = claim{id, sig}
		return
	}
	list = append(list, claim{})
	copy(list[at+1:], list[at:])
	list[at] = claim{id, sig}
	c.of[replica] = list
}

// count returns how many replicas claim id.
func (c *claims) count(id CheckpointID) int {
	n := 0
	for _, list := range c.of {
		for i := range list {
			if list[i].id == id {
				n++
			}
		}
	}
	return n
}

// votes returns a quorum of signatures for id; signed form.
func (c *claims) votes(id CheckpointID, quorum int) []Vote {
	var votes []Vote
	for i, list := range c.of {
		for j := range list {
			if list[j].id == id && list[j].sig != nil && len(votes) < quorum {
				votes = append(votes, Vote{int32(i), *list[j].sig})
			}
		}
	}
	return votes
}
