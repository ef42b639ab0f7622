// Package dbqs is the storage protocol: a hash table whose objects are each
// replicated on 3f+1 servers and accessed through Byzantine quorums of 2f+1
// (Rodrigues, Liskov et al., TDSC 2012; the quorum protocol is that of Malkhi and
// Reiter's self-verifying data). Public-key objects are mutable registers signed
// by their owner; content-hash objects are immutable.
//
// One file per phase: replica.go answers; client.go holds what all phases share,
// write.go, read.go and content.go the operations. Without a view that is the static
// protocol: one configuration for the whole run. With one, groups change from
// epoch to epoch: admit.go says whom a replica serves, epoch.go what an epoch's
// beginning means to it, arc.go which objects it gains and loses by it, transfer.go
// and donor.go how it gets them, garbage.go when it lets go of others; straddle.go
// is the client's part. Writers of one object share its owner's key and are
// trusted with it.
package dbqs

import (
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/ring"
)

// Config is what all nodes of a system agree on. It is immutable.
type Config struct {
	F      int        // faults that each group tolerates
	Ring   *ring.Ring // the servers of a static system; nodes with a view do not look at it
	Lifted Rules

	Retry    time.Duration // a client asks again after this,
	RetryMax time.Duration // doubling up to this [O]
}

// quorum returns q = 2f+1: any two quorums of 3f+1 share a correct member.
func (c *Config) quorum() int { return 2*c.F + 1 }

// weak returns w = f+1: at least one correct member.
func (c *Config) weak() int { return c.F + 1 }

// size returns how many replicas an object has.
func (c *Config) size() int { return 3*c.F + 1 }

// group returns the replicas of an object in a static system.
func (c *Config) group(object protocol.ID) []protocol.NodeID { return c.Ring.Group(object, c.size()) }

// readQuorum returns how many replies a query waits for.
func (c *Config) readQuorum() int {
	if c.Lifted.Lifted(ReadQuorum) {
		return c.weak()
	}
	return c.quorum()
}

// writeQuorum returns how many acknowledgements a write waits for.
func (c *Config) writeQuorum() int {
	if c.Lifted.Lifted(WriteQuorum) {
		return c.weak()
	}
	return c.quorum()
}

// transferQuorum returns how many members of the old group a transfer hears.
func (c *Config) transferQuorum() int {
	if c.Lifted.Lifted(TransferQuorum) {
		return c.weak()
	}
	return c.quorum()
}

// enforced reports whether a rule has not been lifted.
func (c *Config) enforced(r Rule) bool { return !c.Lifted.Lifted(r) }

// validRecord reports whether the owner of an object signed r.
func (c *Config) validRecord(k *auth.Keys, object protocol.ID, r *Record) bool {
	if c.Lifted.Lifted(VerifySignature) {
		return true
	}
	return signed(k, object, r.Public, r.TS, k.Digest(r.Value), &r.Sig)
}

// validStamp reports whether the owner of an object signed what s stands for.
func (c *Config) validStamp(k *auth.Keys, object protocol.ID, s *Stamp) bool {
	if c.Lifted.Lifted(VerifySignature) {
		return true
	}
	return signed(k, object, s.Public, s.TS, s.Digest, &s.Sig)
}

// signed reports whether sig is the owner's signature of a write.
func signed(k *auth.Keys, object protocol.ID, owner auth.PublicKey, ts Timestamp, digest auth.Digest, sig *auth.Signature) bool {
	if ObjectID(owner) != object {
		return false
	}
	k.Scratch = statement(k.Scratch[:0], object, ts, digest)
	return k.Verify(owner, k.Scratch, sig)
}

// Authenticate puts the MAC of the node that holds k, toward a client, on m. Only
// a message that was not sent yet may be given.
func Authenticate(k *auth.Keys, to protocol.NodeID, m Reply) {
	k.Scratch = m.appendBody(k.Scratch[:0])
	*m.mac() = k.MAC(to, k.Scratch)
}

// authentic reports whether m carries the MAC of its sender.
func authentic(k *auth.Keys, from protocol.NodeID, m Reply) bool {
	k.Scratch = m.appendBody(k.Scratch[:0])
	return k.VerifyMAC(from, k.Scratch, *m.mac())
}
