package dbqs

import (
	"slices"

	"turncoat/protocol"
)

// This file models a server that lost objects at an epoch's beginning. It keeps them
// until a quorum of the new group has confirmed that it got them [O: the count], and,
// since a slow member of that group still has to hear a quorum of the old one, until
// all of it has or some epochs have passed [O]. Then it drops them, and from then on
// says nothing about them: that it holds nothing is not that there was nothing.

// loss is an arc that is to be dropped.
type loss struct {
	Claim
	group     []protocol.NodeID // that has it since
	confirmed protocol.Bitset
}

// keepEpochs is for how many epochs a server keeps what not all of the new group have.
const keepEpochs = 64

// lose marks an arc to be dropped.
func (r *Replica) lose(c Claim, group []protocol.NodeID) {
	r.lost = append(r.lost, loss{Claim: c, group: group})
}

// Timer implements protocol.Machine: whoever has not answered is asked again.
func (r *Replica) Timer(env protocol.Env, id protocol.TimerID) {
	if id != chores || r.member == nil {
		return
	}
	r.armed = false
	for i := range r.pending {
		r.fetch(env, &r.pending[i])
	}
	for i := range r.lost {
		l := &r.lost[i]
		for j, to := range l.group {
			if !l.confirmed.Has(j) {
				env.Send(to, &Confirm{l.Into, l.Arc})
			}
		}
	}
	r.collect(env)
	r.arm(env)
}

// onConfirmed counts a member of the new group.
func (r *Replica) onConfirmed(env protocol.Env, from protocol.NodeID, m *Confirmed) {
	i := slices.IndexFunc(r.lost, func(l loss) bool { return l.Into == m.Into && l.Arc == m.Arc })
	if i < 0 || !r.keys.VerifyMAC(from, m.appendBody(nil), m.MAC) {
		return
	}
	if j := slices.Index(r.lost[i].group, from); j >= 0 {
		r.lost[i].confirmed.Add(j)
		r.collect(env)
	}
}

// due reports whether an arc may be dropped.
func (r *Replica) due(l *loss) bool {
	n := l.confirmed.Len()
	return n == len(l.group) || n >= r.config.quorum() && r.at >= l.Into+keepEpochs
}

// collect drops what is due. With the rule lifted, that is everything, and nobody
// remembers that there was something.
func (r *Replica) collect(env protocol.Env) {
	careful := r.config.enforced(GarbageQuorum)
	for i := 0; i < len(r.lost); {
		l := r.lost[i]
		if careful && !r.due(&l) {
			i++
			continue
		}
		r.lost = slices.Delete(slices.Clone(r.lost), i, i+1)
		if careful {
			r.gone = append(slices.Clone(r.gone), Claim{Into: l.Into, Arc: l.Arc})
		}
		r.changed = true
		r.drop(env, &l)
	}
	if r.changed {
		r.resume(env)
	}
}

// drop deletes the objects of an arc that the replica has no other reason to keep.
func (r *Replica) drop(env protocol.Env, l *loss) {
	kept := func(x protocol.ID) bool {
		return !l.Arc.Has(x) || r.covers(x) || r.lacks(only(x), r.at) ||
			slices.ContainsFunc(r.lost, func(o loss) bool { return o.Arc.Has(x) })
	}
	some := false
	r.registers = slices.DeleteFunc(slices.Clone(r.registers), func(x protocol.ID) bool {
		if kept(x) {
			return false
		}
		some = true
		delete(r.records, x)
		env.Store(x, nil)
		return true
	})
	r.contents = slices.DeleteFunc(slices.Clone(r.contents), func(x protocol.ID) bool {
		if kept(x) {
			return false
		}
		some = true
		delete(r.values, x)
		env.Store(contentKey(x), nil)
		return true
	})
	if some {
		env.Note(Dropped, r.at)
		if r.at >= l.Into+2 {
			env.Note(DroppedLate, r.at)
		}
	}
}
