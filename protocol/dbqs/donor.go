package dbqs

import (
	"slices"

	"turncoat/protocol"
)

// This file models a member of an arc's old group that is asked to hand it over. What
// it says must be final: it answers only once it has left the epoch, so that it
// acknowledges no write in it any more, and once it has itself got all that was
// written before that epoch.

// pageSize is the most objects in one answer [O].
const pageSize = 32

// onFetch answers a server that gained an arc.
func (r *Replica) onFetch(env protocol.Env, from protocol.NodeID, m *Fetch) {
	r.view.Heard(env, from, m.Into)
	switch {
	case r.at < m.Into && r.config.enforced(TransferGate):
		r.wait(env, from, m, DonorRefused)
		return
	case m.Into > 0 && r.config.enforced(DonorComplete) && r.lacks(m.Arc, m.Into-1):
		r.wait(env, from, m, DonorWaited)
		return
	case r.dropped(m):
		return // what is left is not all that there was
	}
	reply := r.page(m)
	reply.Seal(r.keys, from)
	env.Send(from, reply)
}

// dropped reports whether the replica has dropped what it is asked for.
func (r *Replica) dropped(m *Fetch) bool {
	return slices.ContainsFunc(r.gone, func(c Claim) bool { return m.Into <= c.Into && c.Arc.meets(m.Arc) })
}

// page returns the first objects of an arc.
func (r *Replica) page(m *Fetch) *FetchReply {
	var ids []protocol.ID
	for _, x := range r.registers {
		if m.Arc.Has(x) {
			ids = append(ids, x)
		}
	}
	for _, x := range r.contents {
		if m.Arc.Has(x) {
			ids = append(ids, x)
		}
	}
	slices.SortFunc(ids, m.Arc.order)
	ids = slices.Compact(ids)
	reply := &FetchReply{Nonce: m.Nonce, Upto: m.Arc.Hi}
	if len(ids) > pageSize {
		ids = ids[:pageSize]
		reply.Upto = ids[pageSize-1]
	}
	for _, x := range ids {
		if rec := r.records[x]; rec != nil {
			reply.Registers = append(reply.Registers, Held{x, rec})
		}
		if c := r.values[x]; c != nil {
			reply.Contents = append(reply.Contents, c.Value)
		}
	}
	return reply
}

// onConfirm answers a server that would like to drop an arc, once it may as far as
// this replica is concerned.
func (r *Replica) onConfirm(env protocol.Env, from protocol.NodeID, m *Confirm) {
	r.view.Heard(env, from, m.Into)
	if r.at < m.Into || r.lacks(m.Arc, m.Into) {
		return // it will ask again
	}
	reply := &Confirmed{Into: m.Into, Arc: m.Arc}
	reply.Seal(r.keys, from)
	env.Send(from, reply)
}
