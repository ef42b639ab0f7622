package view

import (
	"encoding/binary"

	"turncoat/protocol"
)

// Freshness: a node sends a nonce to the service and gets back a certificate that
// its epoch was current after the nonce was drawn. It may then act in that epoch
// for T_f on its own clock, counted from when it *sent* the nonce: the answer may
// have been held back for as long as anyone likes.

// lease is the state of a node's freshness.
type lease struct {
	nonce  uint64        // asked about; 0: nothing
	sentAt protocol.Time // when the nonce was first sent
	next   int           // the replica to ask next

	held  bool
	epoch uint64        // that the lease is for
	until protocol.Time // when it ends
	had   bool          // there was a lease before
}

// drop ends a lease for another epoch than the node's.
func (l *lease) drop(epoch uint64) {
	if l.epoch != epoch {
		l.held = false
	}
}

func (l *lease) appendState(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, l.nonce)
	b = binary.LittleEndian.AppendUint64(b, uint64(l.sentAt))
	b = binary.AppendUvarint(b, uint64(l.next))
	b = protocol.AppendBool(protocol.AppendBool(b, l.held), l.had)
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
// asks another replica of the service. A nonce that is young is kept, so that a
// late answer still counts.
func (v *View) Refresh(env protocol.Env) {
	l, now := &v.lease, env.Now()
	if l.nonce == 0 || now.Sub(l.sentAt) >= v.cfg.Lease/2 {
		l.nonce, l.sentAt = max(1, env.Nonce()), now
	}
	c := v.Config()
	replicas := c.Service()
	if len(replicas) == 0 {
		return
	}
	if l.next == 0 {
		l.next = int(l.nonce % uint64(len(replicas))) // not everyone the same
	}
	to := c.Lookup(replicas[l.next%len(replicas)])
	l.next++
	env.Send(to.Node, &FreshAsk{v.Epoch(), l.nonce})
}

// onFreshReply begins a lease.
func (v *View) onFreshReply(env protocol.Env, from protocol.NodeID, m *FreshReply) {
	l, c := &v.lease, m.Certificate
	v.Heard(env, from, max(m.Epoch, c.Epoch))
	if l.nonce == 0 || c.Epoch != v.Epoch() {
		return
	}
	if !v.fresh(c) {
		env.Note(NoteFreshnessRefused, v.Epoch())
		return
	}
	since := l.sentAt
	if !v.cfg.enforced(LeaseFromSend) {
		since = env.Now()
	}
	switch {
	case !l.had:
		env.Note(NoteLease, v.Epoch())
	case !v.Current(env.Now()):
		env.Note(NoteLeaseRenewed, v.Epoch())
	}
	l.held, l.had, l.epoch, l.until, l.nonce = true, true, c.Epoch, since.Add(v.cfg.Lease), 0
}

// fresh reports whether a certificate is the service's answer to the node's nonce.
// Without the binding, anyone could send yesterday's.
func (v *View) fresh(c *FreshnessCertificate) bool {
	if !v.cfg.enforced(NonceBinding) {
		return v.keys.VerifyThreshold(v.cfg.Service, c.Bytes(), &c.Signature)
	}
	return c.Verify(v.keys, v.cfg.Service, v.keys.Self(), v.lease.nonce)
}
