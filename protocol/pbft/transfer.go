package pbft

import (
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// State transfer (TOCS §5.3, with one level of parts): a replica that lags behind a
// checkpoint, of whose digest a weak quorum has told it, fetches the list of the
// parts' digests and then the parts that it lacks, from one replica at a time. All
// that comes is verified against the digest. A donor that lies or stalls is replaced by the next.

// partsPerFetch bounds what one request for parts asks for [O].
const partsPerFetch = 16

// transfer is a state transfer under way.
type transfer struct {
	target       CheckpointID
	donor        int32
	listed       bool
	serviceParts int
	digests      []auth.Digest
	parts        [][]byte // nil where missing
	missing      int
	asked        int // parts asked for and not yet come
}

// startTransfer goes after a checkpoint above what has executed, and the replica
// takes part in ordering meanwhile.
//
// With authenticators the target may be the word of one correct replica and f liars,
// who can take it back. The log below it is what the others need then, so the low
// watermark does not move to a target within the log [O]; from one beyond it, all but
// the last L numbers are discarded, for which a checkpoint of a quorum exists. A signed
// target is proved, and becomes the low watermark.
func (r *Replica) startTransfer(env protocol.Env, target CheckpointID, proof []Vote) {
	if r.transfer != nil && r.transfer.target.Seq >= target.Seq {
		return
	}
	r.rollBack(env)
	donor := r.self
	if r.transfer != nil {
		donor = r.transfer.donor - 1
	}
	r.transfer = &transfer{target: target, donor: donor}
	switch {
	case r.cfg.Signed:
		r.hProof = proof
		r.discard(target.Seq)
	case target.Seq > r.log.h+r.cfg.L:
		r.discard(target.Seq - r.cfg.L)
	}
	r.nextDonor(env)
}

// nextDonor turns to the next replica and asks it for what is missing.
func (r *Replica) nextDonor(env protocol.Env) {
	t, n := r.transfer, int32(r.cfg.N())
	if t.donor = (t.donor + 1 + n) % n; t.donor == r.self {
		t.donor = (t.donor + 1) % n
	}
	r.fetchParts(env)
}

// fetchParts asks the donor for the list, or for the next parts.
func (r *Replica) fetchParts(env protocol.Env) {
	t := r.transfer
	var parts []uint32
	if !t.listed {
		parts = []uint32{0}
	}
	for i := 0; i < len(t.parts) && len(parts) < partsPerFetch; i++ {
		if t.parts[i] == nil {
			parts = append(parts, uint32(i+1))
		}
	}
	t.asked = len(parts)
	to := r.cfg.Members[t.donor]
	m := &FetchState{Seq: t.target.Seq, Parts: parts, Replica: r.self}
	r.seal.SealFor(to, m)
	env.Send(to, m)
	env.SetTimer(TimerTransfer, r.cfg.StatusInterval)
}

// onFetchState sends parts of an own checkpoint. Who asks for one that is gone is
// told of the stable one.
func (r *Replica) onFetchState(env protocol.Env, m *FetchState) {
	if len(m.Parts) > partsPerFetch || !r.seal.fromReplica(m.Replica, m) {
		return
	}
	to := r.cfg.Members[m.Replica]
	c := r.ownCheckpoint(m.Seq)
	if c == nil {
		if stable := r.checkpoints[0].message; stable != nil {
			env.Send(to, stable)
		}
		return
	}
	for _, i := range m.Parts {
		switch {
		case i == 0:
			env.Send(to, &StatePart{Seq: m.Seq, Bytes: c.appendPartList(nil)})
		case int(i) <= len(c.parts):
			env.Send(to, &StatePart{Seq: m.Seq, Part: i, Bytes: c.parts[i-1]})
		}
	}
}

// onStatePart takes a part that is missing, if its digest is right.
func (r *Replica) onStatePart(env protocol.Env, from protocol.NodeID, m *StatePart) {
	t := r.transfer
	if t == nil || m.Seq != t.target.Seq || (m.Part == 0) == t.listed || int(m.Part) > len(t.parts) {
		return
	}
	want := t.target.Digest
	if m.Part > 0 {
		if t.parts[m.Part-1] != nil {
			return
		}
		want = t.digests[m.Part-1]
	}
	if r.seal.keys.Digest(m.Bytes) != want {
		env.Note(NoteWrongPart, m.Seq)
		if from == r.cfg.Members[t.donor] {
			r.nextDonor(env)
		}
		return
	}
	if m.Part == 0 {
		if !r.readPartList(m.Bytes) {
			r.abandonTransfer(env)
			return
		}
	} else {
		t.parts[m.Part-1] = append([]byte{}, m.Bytes...)
		t.missing--
		t.asked--
	}
	switch {
	case t.missing == 0:
		r.finishTransfer(env)
	case m.Part == 0 || t.asked == 0:
		r.fetchParts(env)
	}
}

// readPartList takes the digests of the parts, and from the last own checkpoint
// the parts that have not changed since.
func (r *Replica) readPartList(b []byte) bool {
	t := r.transfer
	if len(b) < 4 || (len(b)-4)%32 != 0 {
		return false
	}
	t.serviceParts = int(binary.LittleEndian.Uint32(b))
	n := (len(b) - 4) / 32
	t.listed, t.digests, t.parts = true, make([]auth.Digest, n), make([][]byte, n)
	old := r.lastCheckpoint()
	for i := range t.digests {
		copy(t.digests[i][:], b[4+32*i:])
		if i < len(old.digests) && old.digests[i] == t.digests[i] {
			t.parts[i] = old.parts[i]
		} else {
			t.missing++
		}
	}
	return t.serviceParts <= n
}

// finishTransfer installs the state. That it has the digest which a weak quorum
// vouched for makes it a state; one that is none shows that more than f are faulty.
func (r *Replica) finishTransfer(env protocol.Env) {
	t := r.transfer
	if err := r.restore(t.parts, t.serviceParts); err != nil {
		r.abandonTransfer(env)
		return
	}
	r.transfer = nil
	env.CancelTimer(TimerTransfer)
	r.executed, r.tentative, r.unswept = t.target.Seq, t.target.Seq, true
	r.dropCheckpoints(r.log.h)
	r.checkpoints = append(r.checkpoints, checkpoint{id: t.target, parts: t.parts, digests: t.digests, serviceParts: t.serviceParts})
	env.Note(NoteCaughtUp, t.target.Seq)
	r.timeout, r.fruitless = r.cfg.ViewTimeout, false
	r.announce(env, t.target.Seq)
}

// abandonTransfer drops a target that is no checkpoint. Its claims stay known; the
// next higher one will be fetched.
func (r *Replica) abandonTransfer(env protocol.Env) {
	r.transfer = nil
	env.CancelTimer(TimerTransfer)
}

// onTransferTimer gives up on the donor, and on the target if a later one is known.
func (r *Replica) onTransferTimer(env protocol.Env) {
	if r.transfer == nil {
		return
	}
	if id, ok := r.bestClaim(); ok && id.Seq > r.transfer.target.Seq {
		r.startTransfer(env, id, r.claims.votes(id, r.cfg.Quorum()))
		return
	}
	r.nextDonor(env)
}

// bestClaim returns the highest checkpoint above what has executed that a weak
// quorum vouches for.
func (r *Replica) bestClaim() (best CheckpointID, ok bool) {
	for _, list := range r.claims.of {
		for i := range list {
			if id := list[i].id; id.Seq > max(best.Seq, r.executed) && r.weaklyCertified(id) {
				best, ok = id, true
			}
		}
	}
	return best, ok
}
