package dbqs

import (
	"slices"

	"turncoat/protocol"
)

// This file models a server that gained objects at an epoch's beginning. For each arc
// it hears a quorum of the members that had it in the epoch before and keeps the
// newest of what the owners signed: every write that was complete is held by a correct
// member of any quorum. An object that a client asks for goes first, as an arc of one.

// transfer is an arc that is being fetched.
type transfer struct {
	Claim
	donors []protocol.NodeID
	nonce  uint64
	heard  protocol.Bitset // donors that have said everything
	next   []protocol.ID   // by donor: what it has said so far ends here
	some   bool            // there was something in it
	urgent bool            // a single object that a client waits for
}

// open reports whether part of an arc is still missing.
func (t *transfer) open(a Arc) bool {
	return t.Arc.meets(a) && !a.covered(t.Except)
}

// begin starts a transfer, unless the replica is its own only donor.
func (r *Replica) begin(env protocol.Env, c Claim, donors []protocol.NodeID) {
	if c.Again {
		r.pending = slices.DeleteFunc(r.pending, func(t transfer) bool { return t.Again && t.Arc.within(c.Arc) })
	}
	c.Except = slices.Clone(c.Except)
	t := transfer{Claim: c, donors: donors, nonce: env.Nonce(), next: make([]protocol.ID, len(donors))}
	for i := range t.next {
		t.next[i] = c.Arc.Lo
	}
	r.pending = append(r.pending, t)
	r.fetch(env, &t)
}

// hasten starts a transfer of one object, out of the earliest epoch that it is still
// missing from.
func (r *Replica) hasten(env protocol.Env, x protocol.ID) {
	one := only(x)
	for i := range r.pending {
		t := &r.pending[i]
		if !t.open(one) {
			continue
		}
		if t.Arc != one && !slices.ContainsFunc(r.pending, func(u transfer) bool { return u.Arc == one && u.Into == t.Into }) {
			r.begin(env, Claim{Into: t.Into, Arc: one, Again: t.Again}, t.donors)
			last := &r.pending[len(r.pending)-1]
			last.urgent = true
		}
		return
	}
}

// fetch asks the donors that have not said everything yet.
func (r *Replica) fetch(env protocol.Env, t *transfer) {
	var m *Fetch
	for i, id := range t.donors {
		if id == r.keys.Self() || t.heard.Has(i) {
			continue
		}
		if m == nil || m.Arc.Lo != t.next[i] {
			m = &Fetch{t.Into, Arc{t.next[i], t.Arc.Hi}, t.nonce}
		}
		env.Send(id, m)
	}
}

// onFetchReply takes what a donor says.
func (r *Replica) onFetchReply(env protocol.Env, from protocol.NodeID, m *FetchReply) {
	i := slices.IndexFunc(r.pending, func(t transfer) bool { return t.nonce == m.Nonce })
	if i < 0 || !r.keys.VerifyMAC(from, m.appendBody(nil), m.MAC) {
		return
	}
	t := &r.pending[i]
	d := slices.Index(t.donors, from)
	rest := Arc{t.Arc.Lo, t.Arc.Hi}
	if d < 0 || t.heard.Has(d) || !rest.Has(m.Upto) || t.next[d] != rest.Lo && rest.order(m.Upto, t.next[d]) <= 0 {
		return // a stranger, or a page that was read before
	}
	r.keep(env, t, m)
	t.next[d] = m.Upto
	if m.Upto != t.Arc.Hi {
		env.Send(from, &Fetch{t.Into, Arc{m.Upto, t.Arc.Hi}, t.nonce})
		return
	}
	t.heard.Add(d)
	if t.heard.Len() >= r.config.transferQuorum() {
		r.finish(env, i)
	}
}

// keep stores what the owners signed, where it is newer.
func (r *Replica) keep(env protocol.Env, t *transfer, m *FetchReply) {
	for _, h := range m.Registers {
		if h.Record == nil || !t.Arc.Has(h.Object) {
			continue
		}
		if old := r.records[h.Object]; r.config.Lifted.compare(h.Record, old) > 0 {
			if !r.config.validRecord(r.keys, h.Object, h.Record) {
				env.Note(Refused, h.Record.TS.Counter)
				continue
			}
			r.hold(env, h.Object, h.Record)
		}
		t.some = true
	}
	for _, v := range m.Contents {
		if x := protocol.ID(r.keys.Digest(v)); t.Arc.Has(x) {
			r.holdContent(env, x, v)
			t.some = true
		}
	}
}

// finish ends a transfer, and with it those that it makes needless: earlier ones,
// because the members that were heard had finished those, and second ways.
func (r *Replica) finish(env protocol.Env, i int) {
	done := r.pending[i]
	if done.some {
		env.Note(Transferred, done.Into)
		if r.at > done.Into {
			env.Note(TransferredBack, done.Into)
		}
	}
	r.pending = slices.Delete(slices.Clone(r.pending), i, i+1)
	r.pending = slices.DeleteFunc(r.pending, func(t transfer) bool {
		return (t.Into <= done.Into || t.Again) && t.Arc.within(done.Arc)
	})
	for j := range r.pending {
		if t := &r.pending[j]; (t.Into <= done.Into || t.Again) && t.Arc.meets(done.Arc) {
			t.Except = append(slices.Clone(t.Except), done.Arc)
		}
	}
	r.pending = slices.DeleteFunc(r.pending, func(t transfer) bool { return t.Arc.covered(t.Except) })
	r.changed = true
	r.resume(env)
}

// lacks reports whether the replica has yet to fetch something of an arc that it
// should have had at the beginning of an epoch or before.
func (r *Replica) lacks(a Arc, epoch uint64) bool {
	for i := range r.pending {
		if t := &r.pending[i]; t.Into <= epoch && t.open(a) {
			return true
		}
	}
	return false
}
