package pbft

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Clone returns an independent copy. Messages, keys, the configuration and the
// parts of checkpoints are immutable, and shared.
func (r *Replica) Clone() protocol.Machine {
	c := *r
	c.service = r.service.Clone()
	c.log.slots = make([]slot, len(r.log.slots))
	for i := range r.log.slots {
		c.log.slots[i] = r.log.slots[i].clone()
	}
	c.history = append([]executedBatch(nil), r.history...)
	c.replies.records = append([]replyRecord(nil), r.replies.records...)
	c.deferred = append([]*Reply(nil), r.deferred...)
	c.queue = r.queue.clone()
	c.checkpoints = append([]checkpoint(nil), r.checkpoints...)
	c.claims.of = make([][]claim, len(r.claims.of))
	for i, list := range r.claims.of {
		c.claims.of[i] = append([]claim(nil), list...)
	}
	if r.transfer != nil {
		t := *r.transfer
		t.parts = append([][]byte(nil), t.parts...)
		c.transfer = &t
	}
	c.changes = r.changes.clone()
	return &c
}

func (s *slot) clone() slot {
	c := *s
	c.prepares, c.commits = s.prepares.clone(), s.commits.clone()
	c.q = append([]Certified(nil), s.q...)
	c.batches = make([]*batch, len(s.batches))
	for i, b := range s.batches {
		d := *b
		d.bodies, d.proved = append([]*Request(nil), b.bodies...), b.proved.Clone()
		c.batches[i] = &d
		if s.assigned == b {
			c.assigned = &d
		}
	}
	return c
}

func (v *viewChanges) clone() viewChanges {
	c := *v
	c.current = append([]received(nil), v.current...)
	c.other = append([]received(nil), v.other...)
	c.later = append([]*ViewChange(nil), v.later...)
	c.acks = append([]ackRow(nil), v.acks...)
	for i := range c.acks {
		c.acks[i].has = v.acks[i].has.Clone()
		c.acks[i].digests = append([]auth.Digest(nil), v.acks[i].digests...)
	}
	return c
}

// AppendState appends a canonical encoding of all that the replica's future depends on.
func (r *Replica) AppendState(b []byte) []byte {
	b = protocol.AppendBool(appendU64(b, r.view), r.active)
	for _, v := range []uint64{r.log.h, r.log.top, r.next, r.executed, r.tentative, r.shown, r.ahead, uint64(r.timeout)} {
		b = appendU64(b, v)
	}
	timed, moved := r.timed == r.timerMark(), r.progress.first != r.queue.popped // what the counts are for
	for _, v := range []bool{r.fruitless, r.timing, timed, moved, r.awake, r.lacking, r.progress.active} {
		b = protocol.AppendBool(b, v)
	}
	for _, v := range []uint64{r.progress.view, r.progress.executed, r.progress.h} {
		b = appendU64(b, v)
	}
	for i := range r.log.slots {
		if s := &r.log.slots[i]; s.seq != 0 {
			b = s.appendState(b)
		}
	}
	b = r.appendExecution(appendU64(b, 0))
	b = r.claims.appendState(b)
	b = r.transfer.appendState(b)
	return r.changes.appendState(b)
}

func (s *slot) appendState(b []byte) []byte {
	b = appendU64(b, s.seq)
	for _, v := range []bool{s.assigned != nil, s.certified, s.sent, s.announced, s.hasP, s.message != nil, s.early != nil, s.proposal != nil} {
		b = protocol.AppendBool(b, v)
	}
	if s.assigned != nil {
		b = append(b, s.assigned.digest[:]...)
	}
	if s.message != nil {
		b = s.message.AppendTo(b)
	}
	if s.early != nil {
		b = s.early.AppendTo(b)
	}
	if s.proposal != nil {
		b = appendVote(b, s.proposal)
	}
	b = s.commits.appendState(s.prepares.appendState(b))
	if s.hasP {
		b = appendCertified(b, []Certified{s.p})
	}
	b = appendCount(appendCertified(b, s.q), len(s.batches))
	for _, x := range s.batches {
		b = appendDigests(append(b, x.digest[:]...), x.refs)
		for _, body := range x.bodies {
			if b = protocol.AppendBool(b, body != nil); body != nil {
				b = body.AppendTo(b)
			}
		}
		b = x.proved.AppendTo(b)
	}
	return b
}

// appendExecution appends what has to do with execution: queue, replies, state.
func (r *Replica) appendExecution(b []byte) []byte {
	b = appendCount(appendCount(b, r.queue.next), len(r.queue.entries))
	for i := range r.queue.entries {
		b = protocol.AppendBool(r.queue.entries[i].req.AppendTo(b), r.queue.entries[i].proposed)
	}
	b = appendCount(b, len(r.replies.records))
	for i := range r.replies.records {
		rec := &r.replies.records[i]
		b = appendU64(appendU64(appendI32(b, int32(rec.client)), rec.timestamp), rec.seq)
		b = protocol.AppendBytes(b, rec.result)
	}
	b = appendCount(b, len(r.deferred))
	for _, m := range r.deferred {
		b = m.appendText(b)
	}
	b = appendCount(b, len(r.checkpoints))
	for i := range r.checkpoints {
		c := &r.checkpoints[i]
		b = protocol.AppendBool(append(appendU64(b, c.id.Seq), c.id.Digest[:]...), c.message != nil)
	}
	for seq := r.checkpoints[0].id.Seq + 1; seq <= r.tentative; seq++ {
		if e := &r.history[seq%r.cfg.L]; e.seq == seq {
			b = append(appendU64(b, seq), e.digest[:]...) // what a roll-back executes again
		}
	}
	return r.service.AppendState(b)
}

func (c *claims) appendState(b []byte) []byte {
	for _, list := range c.of {
		b = appendCount(b, len(list))
		for i := range list {
			b = append(appendU64(b, list[i].id.Seq), list[i].id.Digest[:]...)
		}
	}
	return b
}

func (t *transfer) appendState(b []byte) []byte {
	if b = protocol.AppendBool(b, t != nil); t == nil {
		return b
	}
	b = append(appendU64(b, t.target.Seq), t.target.Digest[:]...)
	b = protocol.AppendBool(appendCount(appendI32(b, t.donor), t.asked), t.listed)
	for _, p := range t.parts {
		b = protocol.AppendBool(b, p != nil)
	}
	return b
}

func (v *viewChanges) appendState(b []byte) []byte {
	for i := range v.current {
		for _, c := range []*received{&v.current[i], &v.other[i]} {
			if b = protocol.AppendBool(b, c.m != nil); c.m != nil {
				b = protocol.AppendBool(append(b, c.digest[:]...), c.proved)
			}
		}
		if b = protocol.AppendBool(b, v.later[i] != nil); v.later[i] != nil {
			b = v.later[i].appendText(b)
		}
		b = v.acks[i].has.AppendTo(appendU64(b, v.acks[i].view))
		b = appendDigests(b, v.acks[i].digests)
	}
	if b = protocol.AppendBool(b, v.newView != nil); v.newView != nil {
		b = v.newView.appendText(b)
	}
	return b
}
