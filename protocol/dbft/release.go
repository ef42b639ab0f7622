package dbft

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/pbft"
)

// This file models when a server lets go of an old group: when all of the next group
// have begun, or when a quorum of them have and some epochs have passed [O], as in dBQS.
// Until then some of the next group may still need its vote or its state. It need not have
// executed the group's last operation itself: whoever has begun can do without it.

// keepEpochs is for how many epochs a server keeps what not all of the next group have.
const keepEpochs = 64

// askHeirs asks those of the next group that have not said so whether they have begun.
func (r *Replica) askHeirs(env protocol.Env, i *instance) {
	if i.next == 0 {
		return
	}
	m := &Confirm{Instance{i.Object, i.next}}
	for n, to := range i.heirs {
		if !i.confirmed.Has(n) {
			env.Send(to, m)
		}
	}
}

// onConfirm answers a member of the group before that would like to let go of it.
func (r *Replica) onConfirm(env protocol.Env, from protocol.NodeID, m *Confirm) {
	r.view.Heard(env, from, m.Epoch)
	if m.Epoch > r.at {
		return // it will ask again
	}
	if i := r.find(m.Instance); i != nil && i.replica == nil {
		return
	}
	// Who has let go of the group asked for had begun it, or could do without.
	c := &Confirmed{Instance: m.Instance}
	c.Seal(r.keys, from)
	env.Send(from, c)
}

// onConfirmed counts a member of the next group.
func (r *Replica) onConfirmed(env protocol.Env, from protocol.NodeID, m *Confirmed) {
	if !r.keys.VerifyMAC(from, m.text(), m.MAC) {
		return
	}
	for _, i := range r.instances {
		if i.Object != m.Object || i.next != m.Epoch {
			continue
		}
		if n := slices.Index(i.heirs, from); n >= 0 && i.confirmed.Add(n) {
			r.collect(env)
		}
		return
	}
}

// collect lets go of what may be let go of.
func (r *Replica) collect(env protocol.Env) {
	for _, i := range slices.Clone(r.instances) {
		n := i.confirmed.Len()
		if i.next != 0 && (n == len(i.heirs) || n >= r.config.quorum() && r.at >= i.next+keepEpochs) {
			r.release(env, i)
		}
	}
}

// release drops an instance. Its timers are the only trace that others would see.
func (r *Replica) release(env protocol.Env, i *instance) {
	r.instances = slices.DeleteFunc(slices.Clone(r.instances), func(j *instance) bool { return j == i })
	inner := r.inner(env, i)
	for _, id := range [...]protocol.TimerID{pbft.TimerRequest, pbft.TimerViewChange, pbft.TimerStatus, pbft.TimerTransfer} {
		inner.CancelTimer(id)
	}
	env.Note(Released, i.Epoch)
}
