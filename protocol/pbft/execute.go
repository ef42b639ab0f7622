package pbft

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// executedBatch is what executed at a sequence number.
type executedBatch struct {
	seq      uint64
	digest   auth.Digest
	requests []*Request
	applied  []bool
}

// execute runs what can run, in the order of sequence numbers: what has committed
// and, as an option, one batch more that has prepared (§5.1.2): its results are
// tentative, and it is rolled back if the view changes before it commits.
func (r *Replica) execute(env protocol.Env) {
	for r.transfer == nil {
		s := r.peek(r.executed + 1)
		if s == nil || s.assigned == nil || !r.prepared(s) {
			return
		}
		committed := r.committedLocal(s)
		if r.tentative == r.executed && (committed || r.cfg.Tentative) {
			r.apply(env, s, !committed)
		}
		if !committed {
			return
		}
		r.finish(env, s.seq)
	}
}

// apply executes the batch of a slot and answers its clients.
func (r *Replica) apply(env protocol.Env, s *slot, tentative bool) {
	e := &r.history[s.seq%r.cfg.L]
	*e = executedBatch{seq: s.seq, digest: s.assigned.digest, requests: s.assigned.bodies}
	if len(e.requests) > 0 {
		e.applied = make([]bool, len(e.requests))
	}
	r.tentative = s.seq
	if tentative {
		r.shown = max(r.shown, s.seq)
	}
	replies := make([]Reply, len(e.requests)) // together, since they are nearly all that a slot allocates
	for i, req := range e.requests {
		if r.ended() {
			break
		}
		rec := r.replies.record(req.Client)
		if req.Timestamp <= rec.timestamp {
			env.Note(NoteDuplicateSkipped, req.Timestamp)
			continue // ordered twice, executed once
		}
		e.applied[i] = true
		r.executeOne(rec, req, s.seq)
		r.fillReply(&replies[i], rec.client, rec.timestamp, rec.result, req.Replier)
		replies[i].Tentative = tentative
		r.sendReply(env, &replies[i])
	}
	if s.seq%r.cfg.K == 0 {
		r.takeCheckpoint(s.seq)
	}
}

func (r *Replica) executeOne(rec *replyRecord, req *Request, seq uint64) {
	rec.timestamp, rec.seq = req.Timestamp, seq
	rec.result = r.service.Execute(req.Client, req.Op, false)
}

// finish makes the execution of seq final.
func (r *Replica) finish(env protocol.Env, seq uint64) {
	r.executed, r.unswept = seq, true
	r.timeout, r.fruitless = r.cfg.ViewTimeout, false
	r.sendDeferred(env)
	if seq%r.cfg.K == 0 {
		r.announce(env, seq)
	}
}

// rollBack undoes a tentative execution: back to the last checkpoint, and forward
// again over what has committed since.
func (r *Replica) rollBack(env protocol.Env) {
	r.deferred = nil
	if r.tentative == r.executed {
		return
	}
	env.Note(NoteRollback, r.tentative)
	for r.lastCheckpoint().id.Seq > r.executed {
		r.checkpoints = r.checkpoints[:len(r.checkpoints)-1]
	}
	c := r.lastCheckpoint()
	if err := r.restore(c.parts, c.serviceParts); err != nil {
		panic("pbft: a replica's own checkpoint does not restore: " + err.Error())
	}
	for seq := c.id.Seq + 1; seq <= r.executed; seq++ {
		for i, req := range r.history[seq%r.cfg.L].requests {
			if r.history[seq%r.cfg.L].applied[i] {
				r.executeOne(r.replies.record(req.Client), req, seq)
			}
		}
	}
	r.history[r.tentative%r.cfg.L] = executedBatch{}
	r.tentative, r.unswept = r.executed, true
}

// executeReadOnly answers a read-only request from the present state, without
// ordering it (§5.1.3). The answer waits until all that it reflects has committed.
//
// A replica that has rolled back does not answer until it has executed as far again
// [O]: a client may hold its tentative reply to what was undone, as one of a quorum
// that makes the result last, and the state before it must not find a quorum then.
func (r *Replica) executeReadOnly(env protocol.Env, m *Request) {
	if r.transfer != nil || r.tentative < r.shown {
		return // the state is on its way; or behind what a client was shown
	}
	result := r.service.Execute(m.Client, m.Op, true)
	reply := r.replyTo(m.Client, m.Timestamp, result, m.Replier)
	if r.tentative > r.executed {
		r.deferred = append(r.deferred, reply)
		return
	}
	r.sendReply(env, reply)
}

func (r *Replica) sendDeferred(env protocol.Env) {
	for _, m := range r.deferred {
		r.sendReply(env, m)
	}
	r.deferred = r.deferred[:0]
}
