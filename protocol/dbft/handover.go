package dbft

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// This file models how the state with which a group ended becomes the one that the
// next begins with. A new member asks the old ones for its digest. What f+1 of them vouch
// for is the group's, and the state itself is then fetched from one of those, and from
// the next one if that one lies or is slow. Who was in the old group takes its own.
//
// A state is final: all correct members executed the same operations up to the
// one that ended the epoch, and nothing after it.

// inherit begins the groups whose state the server has, being a member of the one before.
func (r *Replica) inherit(env protocol.Env) {
	for _, i := range slices.Clone(r.instances) {
		if i.replica != nil {
			continue
		}
		if old := r.find(Instance{i.Object, i.from}); old != nil && old.over {
			if err := r.begin(env, i, &old.final); err != nil {
				panic("dbft: a replica's own state does not restore: " + err.Error())
			}
			env.Note(Inherited, i.Epoch)
		}
	}
}

// ask asks the old group for the digest of its state.
func (r *Replica) ask(env protocol.Env, i *instance) {
	m := &Ask{Instance{i.Object, i.from}}
	for n, id := range i.donors {
		if id != r.keys.Self() && !i.heard.Has(n) {
			env.Send(id, m)
		}
	}
}

// ready returns the state that the server's old group ended with, or has a message wait
// for that; nil too if the server was never in it, or has let go of it.
func (r *Replica) ready(env protocol.Env, from protocol.NodeID, of Instance, m protocol.Message) *instance {
	r.view.Heard(env, from, of.Epoch+1)
	i := r.find(of)
	switch {
	case r.at <= of.Epoch || i != nil && !i.over && r.config.enforced(TransferGate):
		r.wait(env, from, m, DonorRefused)
		return nil
	case i == nil:
		return nil
	case !i.over: // only without that rule: whatever the state is now
		s, ok := r.state(i)
		if !ok {
			return nil
		}
		i.final, i.digest = s, s.Digest(r.keys)
	}
	return i
}

// onAsk vouches for the state that a group of this server ended with.
func (r *Replica) onAsk(env protocol.Env, from protocol.NodeID, m *Ask) {
	if i := r.ready(env, from, m.Instance, m); i != nil {
		v := &Vouch{Instance: m.Instance, Digest: i.digest}
		v.Seal(r.keys, from)
		env.Send(from, v)
	}
}

// onFetch sends it.
func (r *Replica) onFetch(env protocol.Env, from protocol.NodeID, m *Fetch) {
	if i := r.ready(env, from, m.Instance, m); i != nil {
		env.Send(from, &Handover{m.Instance, i.final})
	}
}

// heir returns the instance that waits for the state of another, nil if none does.
func (r *Replica) heir(of Instance) *instance {
	for _, i := range r.instances {
		if i.replica == nil && i.Object == of.Object && i.from == of.Epoch {
			return i
		}
	}
	return nil
}

// onVouch counts a member of the old group.
func (r *Replica) onVouch(env protocol.Env, from protocol.NodeID, m *Vouch) {
	i := r.heir(m.Instance)
	if i == nil || !r.keys.VerifyMAC(from, m.text(), m.MAC) {
		return
	}
	n := slices.Index(i.donors, from)
	if n < 0 || !i.heard.Add(n) {
		return
	}
	i.vouched[n] = m.Digest
	if i.donor < 0 && i.vouchers(m.Digest) >= r.config.vouchers() {
		i.target = m.Digest
		r.fetch(env, i)
	}
}

// vouchers returns how many members of the old group vouch for a digest.
func (i *instance) vouchers(d auth.Digest) int {
	count := 0
	for n := range i.donors {
		if i.heard.Has(n) && i.vouched[n] == d {
			count++
		}
	}
	return count
}

// fetch asks the next of those who vouch for the state to send it.
func (r *Replica) fetch(env protocol.Env, i *instance) {
	n := len(i.donors)
	for k := 1; k <= n; k++ {
		if d := (i.donor + k + n) % n; i.heard.Has(d) && i.vouched[d] == i.target {
			i.donor = d
			i.asked++
			env.Send(i.donors[d], &Fetch{Instance{i.Object, i.from}})
			return
		}
	}
}

// onHandover begins an instance with the state that was vouched for, whoever sends it.
func (r *Replica) onHandover(env protocol.Env, from protocol.NodeID, m *Handover) {
	i := r.heir(m.Instance)
	if i == nil || i.donor < 0 {
		return
	}
	if m.State.Digest(r.keys) != i.target || r.begin(env, i, &m.State) != nil {
		env.Note(WrongState, i.Epoch)
		if from == i.donors[i.donor] && i.asked < len(i.donors) {
			r.fetch(env, i) // at once, but not for ever
		}
		return
	}
	env.Note(HandedOver, i.Epoch)
	if i.asked > 1 && from == i.donors[i.donor] {
		env.Note(SecondDonor, i.Epoch)
	}
	if i.Epoch < r.at {
		env.Note(CarriedBack, i.Epoch)
	}
	if !slices.ContainsFunc(i.group.Members, func(id protocol.NodeID) bool { return slices.Contains(i.donors, id) }) {
		env.Note(GroupReplaced, i.Epoch)
	}
}
