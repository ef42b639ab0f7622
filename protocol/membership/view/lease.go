package view

import (
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/ring"
)

// Freshness: a node sends a nonce to the service and gets back a certificate that
// its epoch was current after the nonce was drawn. It may then act in that epoch
// for T_f on its own clock, counted from when it *sent* the nonce: the answer may
// have been held back for as long as anyone likes.

// question is a nonce that the service was asked about. Several replicas may be: one that
// was answered still counts, for another may answer it for an epoch that came after.
type question struct {
	nonce    uint64
	sentAt   protocol.Time // when it was first sent
	answered bool
}

// lease is the state of a node's freshness.
type lease struct {
	asked  question // the latest; none, if its nonce is 0
	before question // the one before; an answer to either may still be on its way
	next   int      // the replica to ask next
	tries  int      // relays that were asked for a lease and have not brought it

	held  bool
	epoch uint64        // that the lease is for
	until protocol.Time // when it ends
	had   bool          // there was a lease before

	early *FreshnessCertificate // of an epoch that the node has yet to enter; nil if there is none
	since protocol.Time         // when its nonce was sent
}

// turnLease ends the lease for the epoch that the node has left. If the certificate of the
// one that it is in was faster than the step into that, a lease begins.
func (v *View) turnLease(env protocol.Env) {
	l := &v.lease
	if l.epoch != v.Epoch() {
		l.held = false
	}
	if c := l.early; c != nil && c.Epoch <= v.Epoch() {
		l.early = nil
		if c.Epoch == v.Epoch() {
			v.begin(env, l.since)
		}
	}
}

func (l *lease) appendState(b []byte) []byte {
	for _, q := range [...]question{l.asked, l.before} {
		b = binary.LittleEndian.AppendUint64(b, q.nonce)
		b = protocol.AppendBool(binary.LittleEndian.AppendUint64(b, uint64(q.sentAt)), q.answered)
	}
	b = binary.AppendUvarint(binary.AppendUvarint(b, uint64(l.next)), uint64(l.tries))
	b = protocol.AppendBool(protocol.AppendBool(b, l.held), l.had)
	if b = protocol.AppendBool(b, l.early != nil); l.early != nil {
		b = binary.LittleEndian.AppendUint64(l.early.AppendTo(b), uint64(l.since))
	}
	b = binary.LittleEndian.AppendUint64(b, l.epoch)
	return binary.LittleEndian.AppendUint64(b, uint64(l.until))
}

// Current reports whether the node may act in its epoch: it holds a lease for it
// that has not run out on its own clock.
func (v *View) Current(now protocol.Time) bool {
	l := &v.lease
	return v.cfg.Lease == 0 || l.held && l.epoch == v.Epoch() && now < l.until
}

// LeaseUntil returns when the lease ends, and false when there is none for the
// node's epoch.
func (v *View) LeaseUntil() (protocol.Time, bool) {
	return v.lease.until, v.lease.held && v.lease.epoch == v.Epoch()
}

// Refresh asks for a freshness certificate. The caller calls it when it wants a
// lease, and again, after a time of its choice, while there is none: each call
// asks another replica of the service. A nonce that is young and has no answer is asked
// about again, and an answer to the one before still counts: it is late, not old.
func (v *View) Refresh(env protocol.Env) {
	v.draw(env)
	c := v.Config()
	if relay, found := v.relay(c); found {
		env.Send(relay, &FreshAsk{v.Epoch(), v.lease.asked.nonce})
		return
	}
	v.ask(env, c, 1)
}

// RefreshAll is Refresh of whoever has no time to lose: it asks all replicas at once.
func (v *View) RefreshAll(env protocol.Env) {
	v.draw(env)
	v.ask(env, v.Config(), len(v.Config().Service()))
}

// draw takes a new nonce if there is none that is young and open.
func (v *View) draw(env protocol.Env) {
	l := &v.lease
	if !l.asked.open() || env.Now().Sub(l.asked.sentAt) >= v.cfg.Lease/2 {
		l.renew(env)
	}
}

// open reports whether the service has still to answer.
func (q question) open() bool {
	return q.nonce != 0 && !q.answered
}

// renew takes a new nonce.
func (l *lease) renew(env protocol.Env) {
	l.asked, l.before = question{nonce: max(1, env.Nonce()), sentAt: env.Now()}, l.asked
}

// Confirm asks a replica, a node's only question being whether its epoch is current: an
// answer to a nonce says so however long it took, and whoever asked in an epoch before
// may get it in this one. So it draws no other until it has been answered.
func (v *View) Confirm(env protocol.Env) {
	if l := &v.lease; !l.asked.open() {
		l.renew(env)
	}
	v.ask(env, v.Config(), 1)
}

// Confirmed reports whether the service has told the node, in answer to a nonce of its own,
// that its epoch is current. A lease for it may have run out, or have been over on arrival.
func (v *View) Confirmed() bool {
	return v.cfg.Lease == 0 || v.lease.held && v.lease.epoch == v.Epoch()
}

// ask asks the next few replicas of the service about the latest nonce.
func (v *View) ask(env protocol.Env, c *ring.Config, few int) {
	l, replicas := &v.lease, c.Service()
	if len(replicas) == 0 {
		return
	}
	if l.next == 0 {
		l.next = int(l.asked.nonce % uint64(len(replicas))) // not everyone the same
	}
	for range few {
		to := c.Lookup(replicas[l.next%len(replicas)])
		l.next++
		env.Send(to.Node, &FreshAsk{v.Epoch(), l.asked.nonce})
	}
}

// maxRelays is how many relays are asked before the service itself [O]: any of them, or
// of those above them, may be down or a liar.
const maxRelays = 2

// relay returns the relay to ask next, each time another, any active member; false when
// it is the service's turn.
func (v *View) relay(c *ring.Config) (protocol.NodeID, bool) {
	l := &v.lease
	if !v.cfg.Relays || l.tries >= maxRelays || c.Len() == 0 {
		return protocol.None, false
	}
	m := c.At(int((l.asked.nonce>>16 + uint64(l.tries)) % uint64(c.Len())))
	l.tries++
	return m.Node, m.Status == ring.Active && m.ID != v.self
}

// onFreshReply begins a lease, or keeps the certificate until the node has entered its
// epoch: where epochs are short, to ask again then would be to have it too late.
func (v *View) onFreshReply(env protocol.Env, from protocol.NodeID, m *FreshReply) {
	l, c := &v.lease, m.Certificate
	v.Heard(env, from, max(m.Epoch, c.Epoch))
	if l.asked.nonce == 0 || c.Epoch < v.Epoch() {
		return
	}
	q := v.fresh(c)
	if q == nil {
		env.Note(NoteFreshnessRefused, v.Epoch())
		return
	}
	q.answered = true
	since := q.sentAt
	if !v.cfg.enforced(LeaseFromSend) {
		since = env.Now()
	}
	if c.Epoch > v.Epoch() {
		env.Note(NoteFreshnessEarly, v.Epoch())
		l.early, l.since = c, since
		return
	}
	v.begin(env, since)
}

// begin begins a lease for the node's epoch, unless the one it has lasts as long.
func (v *View) begin(env protocol.Env, since protocol.Time) {
	l, until := &v.lease, since.Add(v.cfg.Lease)
	switch {
	case l.held && l.epoch == v.Epoch() && until <= l.until:
		return
	case !l.had:
		env.Note(NoteLease, v.Epoch())
	case !v.Current(env.Now()):
		env.Note(NoteLeaseRenewed, v.Epoch())
	}
	l.held, l.had, l.epoch, l.until, l.tries = true, true, v.Epoch(), until, 0
}

// fresh returns the question of the node that a certificate answers, nil if it answers
// none. Without the binding, anyone could send yesterday's.
func (v *View) fresh(c *FreshnessCertificate) *question {
	l := &v.lease
	if !v.cfg.enforced(NonceBinding) {
		if v.keys.VerifyThreshold(v.cfg.Service, c.Bytes(), &c.Signature) {
			return &l.asked
		}
		return nil
	}
	for _, q := range [...]*question{&l.asked, &l.before} {
		if q.nonce != 0 && c.Verify(v.keys, v.cfg.Service, v.keys.Self(), q.nonce) {
			return q
		}
	}
	return nil
}
