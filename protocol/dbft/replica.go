package dbft

import (
	"bytes"
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
)

// Replica is a server: in each group that it belongs to it runs a replica of PBFT. It
// follows the epochs by a view. It implements protocol.Machine.
type Replica struct {
	config    *Config
	keys      *auth.Keys
	view      *view.View  // its own, or the one of the server that it shares a host with
	at        uint64      // the epoch up to which it has worked out which groups it is in
	current   []uint64    // by object: the last epoch up to then that has a group
	instances []*instance // ascending
	waiting   []request   // what cannot be answered yet, oldest first
	again     bool        // what waits is being looked at again
	stirred   bool        // something has changed that what waits may have waited for
	armed     bool        // the timer runs
	progress  uint64      // how often a replica has begun or executed, for checkers
}

// request is a message that waits for its answer.
type request struct {
	from protocol.NodeID
	m    protocol.Message
}

// NewReplica returns a server that follows the epochs by v, which is in the first. The
// one who owns v hands it its messages, and calls Follow afterwards; a Replica that is
// given them itself does both.
func NewReplica(c *Config, keys *auth.Keys, v *view.View) *Replica {
	r := &Replica{config: c, keys: keys, view: v, at: v.Epoch(), current: make([]uint64, len(c.Objects))}
	for n := range r.current {
		r.current[n] = r.at
	}
	return r
}

// Start implements protocol.Machine. The groups of the first epoch begin with nothing
// written.
func (r *Replica) Start(env protocol.Env, _ protocol.Disk) {
	first := r.view.ConfigAt(r.at)
	for _, x := range r.config.Objects {
		g := r.config.Group(first, x)
		if g == nil || !slices.Contains(g.Members, r.keys.Self()) {
			continue
		}
		i := &instance{Instance: Instance{x, r.at}, group: g, donor: -1}
		r.instances = append(r.instances, i)
		if err := r.begin(env, i, nil); err != nil {
			panic(err.Error()) // nothing was inherited
		}
	}
	r.Follow(env)
}

// Deliver implements protocol.Machine.
func (r *Replica) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	if !Speaks(m) {
		r.view.OnMessage(env, from, m)
		r.Follow(env)
		return
	}
	r.take(env, from, m)
	r.settle(env)
}

// take handles a message, for the first time or after it has waited.
func (r *Replica) take(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	switch m := m.(type) {
	case *Carry:
		r.onCarry(env, from, m)
	case *Ask:
		r.onAsk(env, from, m)
	case *Vouch:
		r.onVouch(env, from, m)
	case *Fetch:
		r.onFetch(env, from, m)
	case *Handover:
		r.onHandover(env, from, m)
	case *Confirm:
		r.onConfirm(env, from, m)
	case *Confirmed:
		r.onConfirmed(env, from, m)
	}
}

// onCarry hands a message to the instance that it is of. One of an epoch or a group that
// is still to begin waits; a request to one that has ended is refused.
func (r *Replica) onCarry(env protocol.Env, from protocol.NodeID, m *Carry) {
	r.view.Heard(env, from, m.Epoch)
	q, asks := m.Inner.(*pbft.Request)
	i := r.find(m.Instance)
	switch {
	case m.Epoch > r.at || i != nil && i.replica == nil:
		situation := RequestWaited
		if !asks {
			situation = ""
		}
		r.wait(env, from, m, situation)
	case asks && (i == nil || i.over && r.config.enforced(EpochCheck)):
		if r.at > m.Epoch && !IsEnd(q) {
			env.Note(EpochRefused, r.at)
			env.Send(from, &Refusal{m.Instance, r.at})
		}
	case i != nil:
		r.deliver(env, i, from, m.Inner)
	}
}

// maxWaiting bounds what others can make a server keep [O].
const maxWaiting = 512

// wait keeps a message until something changes, and notes why, if that is of interest.
// One that waits already is not kept twice.
func (r *Replica) wait(env protocol.Env, from protocol.NodeID, m protocol.Message, situation string) {
	if !r.again && situation != "" {
		env.Note(situation, r.at)
	}
	of := m.(interface{ of() Instance }).of()
	for i := range r.waiting {
		q := &r.waiting[i]
		if q.from != from || q.m.(interface{ of() Instance }).of() != of {
			continue
		}
		if q.m == m || q.m.Kind() == m.Kind() && bytes.Equal(q.m.AppendTo(nil), m.AppendTo(nil)) {
			return
		}
	}
	if len(r.waiting) < maxWaiting {
		r.waiting = append(r.waiting, request{from, m})
	}
}

// settle looks again at what waits, as long as that changes something.
func (r *Replica) settle(env protocol.Env) {
	for r.stirred {
		r.stirred = false
		r.inherit(env)
		waiting := r.waiting
		r.waiting, r.again = nil, true
		for _, q := range waiting {
			r.take(env, q.from, q.m)
		}
		r.again = false
	}
	r.arm(env)
}

// Timer implements protocol.Machine.
func (r *Replica) Timer(env protocol.Env, id protocol.TimerID) {
	if id == chores {
		r.armed = false
		r.askAgain(env)
	} else if of, inner := r.config.instanceOf(id); id >= base {
		i := r.find(of)
		if i == nil || i.replica == nil || i.over && inner == pbft.TimerRequest {
			return // nothing more executes: no request is overdue
		}
		was := i.replica.LastExecuted()
		i.replica.Timer(r.inner(env, i), inner)
		r.look(env, i, was)
	}
	r.settle(env)
}

// arm sets the timer if there is anything to be done again.
func (r *Replica) arm(env protocol.Env) {
	if r.armed {
		return
	}
	for _, i := range r.instances {
		if i.replica == nil || i.Epoch < r.at {
			r.armed = true
			env.SetTimer(chores, r.config.Retry)
			return
		}
	}
}

// Clone implements protocol.Machine: a copy with a view of its own.
func (r *Replica) Clone() protocol.Machine {
	v := r.view.Clone()
	return r.CloneWith(&v)
}

// CloneWith returns a copy that follows the epochs by another view.
func (r *Replica) CloneWith(v *view.View) *Replica {
	c := *r
	c.view = v
	c.current, c.waiting = slices.Clone(r.current), slices.Clone(r.waiting)
	c.instances = make([]*instance, len(r.instances))
	for n, i := range r.instances {
		j := *i
		j.vouched, j.heard, j.confirmed = slices.Clone(i.vouched), i.heard.Clone(), i.confirmed.Clone()
		if i.replica != nil {
			j.replica = i.replica.Clone().(*pbft.Replica)
			j.service = j.replica.Service().(*register)
		}
		c.instances[n] = &j
	}
	return &c
}

// AppendState implements protocol.Machine.
func (r *Replica) AppendState(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(r.view.AppendState(b), r.at)
	for _, i := range r.instances {
		b = i.appendTo(b, 0)
		b = i.heard.AppendTo(i.confirmed.AppendTo(b))
		for n := range i.vouched {
			b = append(b, i.vouched[n][:]...)
		}
		b = append(append(b, i.target[:]...), byte(i.donor), byte(i.asked), i.pause, i.quiet)
		b = protocol.AppendBool(protocol.AppendBool(b, i.over), i.replica != nil)
		b = append(binary.LittleEndian.AppendUint64(b, i.next), i.digest[:]...)
		if i.replica != nil {
			b = i.replica.AppendState(b)
		}
	}
	for _, q := range r.waiting {
		b = protocol.AppendBytes(binary.LittleEndian.AppendUint32(b, uint32(q.from)), q.m.AppendTo(nil))
	}
	return protocol.AppendBool(b, r.armed)
}
