package dbqs

import (
	"bytes"
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
)

// This file models what the beginning of an epoch means to a replica: it works out
// which arcs it gained, and has to fetch, and which it lost, and has to keep for a
// while. A replica that missed epochs goes through them one at a time, because only the
// members of the epoch before are known to have everything.
//
// A replica that was put right after it was in other hands is like a newcomer: it may
// have acknowledged what it does not hold. With the next epoch it fetches everything anew
// (proactive recovery: Castro and Liskov, TOCS 2002).

// member is what a replica is besides where groups change.
type member struct {
	view    *view.View // its own, or the one of the server that it shares a host with
	at      uint64     // the epoch up to which it has worked out what it gained and lost
	pending []transfer // unfinished, in order of their epochs
	lost    []loss     // arcs to be dropped, in order of their epochs
	gone    []Claim    // arcs that were dropped: nothing is said of them any more
	sound   uint64     // the first epoch in which what it holds is to be trusted again
	waiting []request  // what cannot be answered yet, oldest first
	again   bool       // what waits is being looked at again
	armed   bool       // the timer runs
	changed bool       // Progress is to be stored
}

// request is a message that waits for its answer.
type request struct {
	from protocol.NodeID
	m    protocol.Message
}

// NewMember returns a replica that holds nothing and follows the epochs by v. The one
// who owns v hands it its messages, and calls Follow afterwards.
func NewMember(c *Config, keys *auth.Keys, v *view.View) *Replica {
	r := NewReplica(c, keys)
	r.member = &member{view: v, at: v.Epoch()}
	return r
}

// onTransfer handles what servers say to each other, and reports whether m was that.
// A replica with a view of its own is given the view's messages too.
func (r *Replica) onTransfer(env protocol.Env, from protocol.NodeID, m protocol.Message) bool {
	switch m := m.(type) {
	case *Fetch:
		r.onFetch(env, from, m)
	case *FetchReply:
		r.onFetchReply(env, from, m)
	case *Confirm:
		r.onConfirm(env, from, m)
	case *Confirmed:
		r.onConfirmed(env, from, m)
	default:
		if !r.view.OnMessage(env, from, m) {
			return false
		}
		r.Follow(env)
	}
	return true
}

// rejoin takes up what was stored. The owner of the view has started it.
func (r *Replica) rejoin(env protocol.Env, disk protocol.Disk) {
	for _, d := range disk {
		if p, ok := d.Value.(*Progress); ok {
			r.recover(env, p)
		}
	}
	r.Follow(env)
	r.arm(env)
}

// Follow takes up what has changed in the view.
func (r *Replica) Follow(env protocol.Env) {
	if r.view.Epoch() == r.at {
		if r.changed {
			r.resume(env)
		}
		return
	}
	from, was := r.at, len(r.pending)
	if r.config.enforced(EpochChain) {
		for r.at < r.view.Epoch() {
			r.enter(env, r.at, r.at+1)
		}
	} else {
		r.enter(env, r.at, r.view.Epoch())
	}
	if r.at > from+1 && len(r.pending) > was {
		env.Note(Returned, r.at)
	}
	r.changed = true
	r.resume(env)
}

// enter works out what the replica gained and lost between two epochs.
func (r *Replica) enter(env protocol.Env, from, to uint64) {
	r.at = to
	v, replaced, anew := r.view, false, to <= r.sound
	for _, p := range parts(v.ConfigAt(from), v.ConfigAt(to), v.Self(), r.keys.Self(), r.config.size()) {
		switch {
		case p.is && (!p.was || anew):
			replaced = replaced || !p.was && !slices.ContainsFunc(p.next, func(id protocol.NodeID) bool { return slices.Contains(p.old, id) })
			r.begin(env, Claim{Into: to, Arc: p.arc}, p.old)
		case p.was && !p.is:
			r.lose(Claim{Into: to, Arc: p.arc}, p.next)
		case p.is:
			r.help(env, p, to)
		}
	}
	if replaced {
		env.Note(GroupReplaced, to)
	}
	if anew {
		env.Note(FetchedAnew, to)
	}
}

// Doubt tells the replica that it was put right in an epoch: until then it may have said
// in its own name what it did not do. What it holds is as good as a stranger's until it
// has entered the next epoch and heard a quorum of its groups. Their other members are
// enough of those as long as it was among the f that may be faulty [O].
func (r *Replica) Doubt(epoch uint64) {
	if r.sound <= epoch && r.config.enforced(Recover) {
		r.sound, r.changed = epoch+1, true
	}
}

// Lose drops all objects: what may have become of them in other hands. Doubt has to be
// told.
func (r *Replica) Lose() {
	clear(r.records)
	clear(r.values)
	r.registers, r.contents = nil, nil
}

// help starts second ways to what a replica that stays in a group has yet to fetch of
// an arc. A member that never got what it should have is no better off than a newcomer:
// the group that it belongs to may help it where the one before is gone [O].
func (r *Replica) help(env protocol.Env, p part, to uint64) {
	var claims []Claim
	for i := range r.pending {
		t := &r.pending[i]
		if arc, some := p.arc.common(t.Arc); some && !t.Again && t.open(arc) {
			claims = append(claims, Claim{Into: to, Arc: arc, Except: t.Except, Again: true})
		}
	}
	for _, c := range claims {
		r.begin(env, c, p.old)
	}
}

// resume stores what has changed, and looks again at everything that waits.
func (r *Replica) resume(env protocol.Env) {
	if r.changed {
		r.changed = false
		env.Store(protocol.KeyOf("dbqs progress", 0), r.progress())
		env.Sync()
	}
	waiting := r.waiting
	r.waiting, r.again = nil, true
	for _, q := range waiting {
		r.Deliver(env, q.from, q.m)
	}
	r.again = false
	r.arm(env)
}

// maxWaiting bounds what others can make a replica keep [O].
const maxWaiting = 512

// wait keeps a message until something changes, and notes why. One that waits already
// is not kept twice.
func (r *Replica) wait(env protocol.Env, from protocol.NodeID, m protocol.Message, situation string) {
	if !r.again {
		env.Note(situation, r.at)
	}
	for i := range r.waiting {
		if q := &r.waiting[i]; q.from == from && (q.m == m || q.m.Kind() == m.Kind() && bytes.Equal(q.m.AppendTo(nil), m.AppendTo(nil))) {
			return
		}
	}
	if len(r.waiting) < maxWaiting {
		r.waiting = append(r.waiting, request{from, m})
	}
}

// chores expires when members that have not answered are to be asked again.
const chores protocol.TimerID = 48

// IsTimer reports whether a timer is a replica's.
func IsTimer(id protocol.TimerID) bool { return id == chores }

// arm sets the timer if there is anything to be done again.
func (r *Replica) arm(env protocol.Env) {
	if !r.armed && (len(r.pending) > 0 || len(r.lost) > 0) {
		r.armed = true
		env.SetTimer(chores, r.config.Retry)
	}
}

// progress returns what is stored.
func (r *Replica) progress() *Progress {
	p := &Progress{Epoch: r.at, Sound: r.sound, Gone: r.gone}
	for i := range r.pending {
		p.Pending = append(p.Pending, r.pending[i].Claim)
	}
	for i := range r.lost {
		p.Lost = append(p.Lost, r.lost[i].Claim)
	}
	return p
}

// recover takes up the transfers where an earlier incarnation left them.
func (r *Replica) recover(env protocol.Env, p *Progress) {
	v := r.view
	r.at, r.sound, r.gone = p.Epoch, p.Sound, p.Gone
	for _, c := range p.Pending {
		r.begin(env, c, v.ConfigAt(c.Into-1).Group(c.Arc.Hi, r.config.size()))
	}
	for _, c := range p.Lost {
		r.lost = append(r.lost, loss{Claim: c, group: v.ConfigAt(c.Into).Group(c.Arc.Hi, r.config.size())})
	}
}

// Serves reports whether the replica would serve an object now, and in which epoch;
// for checkers.
func (r *Replica) Serves(x protocol.ID) (uint64, bool) {
	epoch, ready := r.Ready(x)
	return epoch, ready && (r.member == nil || r.covers(x))
}

// Ready is Serves of a replica that is known to be in the object's group; for checkers.
func (r *Replica) Ready(x protocol.ID) (uint64, bool) {
	if r.member == nil {
		return 0, true
	}
	return r.at, r.at == r.view.Epoch() && !r.lacks(only(x), r.at)
}

// Settled reports whether the replica has entered an epoch and has all that was
// written of an object before; for checkers.
func (r *Replica) Settled(x protocol.ID, epoch uint64) bool {
	return r.at >= epoch && !r.lacks(only(x), epoch)
}

// Moved returns numbers that change when what the replica serves may have changed; for
// checkers.
func (r *Replica) Moved() (epoch uint64, pending int) { return r.at, len(r.pending) }

// Waiting returns how many messages wait for an epoch or for a transfer; for checkers.
func (r *Replica) Waiting() int { return len(r.waiting) }

// View returns the view by which the replica follows the epochs, for reading only; nil
// in a static system.
func (r *Replica) View() *view.View {
	if r.member == nil {
		return nil
	}
	return r.view
}

// covers reports whether the replica is in the group of an object in its own epoch.
func (r *Replica) covers(x protocol.ID) bool {
	return slices.Contains(r.view.Group(x, r.config.size()), r.keys.Self())
}

func (m *member) clone(v *view.View) *member {
	c := *m
	c.view = v
	c.pending, c.lost = slices.Clone(m.pending), slices.Clone(m.lost)
	for i := range c.pending {
		t := &c.pending[i]
		t.heard, t.next, t.Except = t.heard.Clone(), slices.Clone(t.next), slices.Clone(t.Except)
	}
	for i := range c.lost {
		c.lost[i].confirmed = c.lost[i].confirmed.Clone()
	}
	c.gone, c.waiting = slices.Clone(m.gone), slices.Clone(m.waiting)
	return &c
}

func (m *member) appendState(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(m.view.AppendState(b), m.at)
	b = binary.AppendUvarint(b, m.sound)
	for i := range m.pending {
		t := &m.pending[i]
		b = appendClaims(b, []Claim{t.Claim})
		b = t.heard.AppendTo(binary.LittleEndian.AppendUint64(b, t.nonce))
		for _, next := range t.next {
			b = append(b, next[:]...)
		}
	}
	for i := range m.lost {
		b = m.lost[i].confirmed.AppendTo(appendClaims(b, []Claim{m.lost[i].Claim}))
	}
	b = appendClaims(b, m.gone)
	for _, q := range m.waiting {
		b = protocol.AppendBytes(binary.LittleEndian.AppendUint32(b, uint32(q.from)), q.m.AppendTo(nil))
	}
	return protocol.AppendBool(b, m.armed)
}
