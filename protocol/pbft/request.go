package pbft

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Requests: how they are received, wait, and are proposed (§2.3.1 to §2.3.3).
//
// Every replica keeps the requests that it believes and has not executed in one
// FIFO queue. The primary proposes from its front; a backup times its first.

// onRequest takes a client's request in. Duplicates are answered from the reply
// table: a request executes once, and its client may still have lost the answer.
func (r *Replica) onRequest(env protocol.Env, m *Request) {
	proved := r.seal.authentic(m.Client, m)
	if proved && m.ReadOnly && r.cfg.ReadOnly {
		r.executeReadOnly(env, m)
		return
	}
	rec := r.replies.find(m.Client)
	if proved && rec != nil && m.Timestamp <= rec.timestamp {
		if m.Timestamp == rec.timestamp {
			env.Note(NoteReplyResent, m.Timestamp)
			r.reply(env, rec, m.Replier, rec.seq > r.executed)
		}
		if r.finished(m) {
			return // and not if that was tentative: then it is timed
		}
	}
	d := r.seal.RequestDigest(m)
	if proved {
		r.queue.push(m, d)
	}
	r.fillSlots(env, &d, m, proved)
}

// fillSlots gives a body to the slots that wait for it.
func (r *Replica) fillSlots(env protocol.Env, d *auth.Digest, req *Request, proved bool) {
	if !r.lacking {
		return
	}
	r.lacking = false
	for i := range r.span() {
		s := r.place(i)
		if s == nil || s.assigned.doubted == 0 && s.assigned.complete() {
			continue
		}
		s.assigned.fill(d, req, proved)
		r.tryPrepare(env, s)
		r.lacking = r.lacking || s.assigned.doubted > 0 || !s.assigned.complete()
	}
}

// propose lets the primary assign sequence numbers to what waits: up to Batch
// requests to each, while fewer than Window of its numbers are unexecuted and the
// next is below the high watermark.
func (r *Replica) propose(env protocol.Env) {
	if !r.active || !r.isPrimary() {
		return
	}
	for r.next <= max(r.executed, r.log.h)+uint64(r.cfg.Window) && r.next <= r.log.h+r.cfg.L {
		refs, bodies := r.takeRequests()
		if len(refs) == 0 {
			return
		}
		m := &PrePrepare{View: r.view, Seq: r.next, Digest: r.seal.BatchDigest(refs), Requests: refs, Replica: r.self}
		s := r.slot(m.Seq)
		if s == nil || s.assigned != nil {
			return // only without the rule of the watermarks
		}
		r.next++
		b := s.batch(&m.Digest)
		b.refs, b.bodies, b.missing, b.doubted = refs, bodies, 0, 0
		m.rememberBatch()
		r.seal.Seal(m)
		r.assign(s, b, m)
		r.sendAll(env, m)
		r.tryPrepare(env, s)
	}
}

// takeRequests returns the next batch from the queue.
func (r *Replica) takeRequests() (refs []auth.Digest, bodies []*Request) {
	for ; r.queue.next < len(r.queue.entries) && len(refs) < r.cfg.Batch; r.queue.next++ {
		e := &r.queue.entries[r.queue.next]
		if e.proposed || r.replies.covers(e.req) {
			continue
		}
		e.proposed = true
		if refs == nil {
			room := min(r.cfg.Batch, len(r.queue.entries)-r.queue.next)
			refs, bodies = make([]auth.Digest, 0, room), make([]*Request, 0, room)
		}
		refs, bodies = append(refs, e.digest), append(bodies, e.req)
	}
	return refs, bodies
}

// watchRequests drops executed requests from the front of the queue, and keeps
// the request timer (§2.3.5) on the first that is left.
//
// The primary has one too [O]. The papers give it to backups; but a primary may wait
// for the COMMIT of a backup that has left the view, while the others have executed
// and wait for nothing: then nobody else would ever follow that backup.
func (r *Replica) watchRequests(env protocol.Env) {
	if r.unswept { // or nothing can have finished, and what has finished is not queued
		r.unswept = false
		done := 0
		for done < len(r.queue.entries) && r.finished(r.queue.entries[done].req) {
			done++
		}
		r.queue.pop(done)
	}
	if !r.active {
		return // the timer is the view change's
	}
	switch {
	case r.queue.len() == 0:
		if r.timing {
			r.timing = false
			env.CancelTimer(TimerRequest)
		}
	case !r.timing || r.timed != r.timerMark():
		r.timing, r.timed = true, r.timerMark()
		env.SetTimer(TimerRequest, r.timeout)
	}
}

// timerMark names what the request timer waits for: the first request of the queue.
// If the execution of any request stopped it, a faulty primary could starve one
// client for ever by serving the others.
func (r *Replica) timerMark() uint64 {
	if !r.cfg.enforced(TimerFIFO) {
		return r.executed
	}
	return r.queue.popped
}

// finished reports whether req has executed for good. A tentative execution stops
// no timer: its client may get too few matching replies if the others never commit.
func (r *Replica) finished(req *Request) bool {
	rec := r.replies.find(req.Client)
	return rec != nil && req.Timestamp <= rec.timestamp && rec.seq <= r.executed
}

// covers reports whether req, or a later request of its client, has executed.
func (t *replyTable) covers(req *Request) bool {
	rec := t.find(req.Client)
	return rec != nil && req.Timestamp <= rec.timestamp
}
