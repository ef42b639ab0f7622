// Package bftbc is quorum storage that tolerates Byzantine clients as well as
// servers (Liskov and Rodrigues, "Tolerating Byzantine Faulty Clients in a Quorum
// System", ICDCS 2006). Objects are registers replicated on 3f+1 servers. A write
// is prepared before it is written: a quorum of signed prepare replies is the
// prepare certificate that a write carries, a quorum of signed write replies the
// write certificate that the same client's next prepare must show. So a faulty
// client cannot give one timestamp two values, exhaust timestamps, or leave more
// behind, for accomplices to write after its removal, than the variant allows.
//
// One file per phase, both sides of it: readts.go, prepare.go, write.go, read.go;
// optimised.go and strong.go hold what those variants add; revoke.go removes
// clients. client.go and replica.go hold what phases share. This is the static
// protocol: one configuration for the whole run. FIDELITY.md tells the published
// design from our decisions.
package bftbc

import (
	"slices"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/ring"
)

// Variant is a form of the protocol.
type Variant uint8

// The variants.
const (
	Base      Variant = iota // three phases; at most one lurking write
	Optimised                // two phases when nobody interferes; at most two
	Strong                   // only what follows a complete write is prepared; one, soon masked
)

var variantNames = [...]string{Base: "base", Optimised: "optimised", Strong: "strong"}

func (v Variant) String() string { return variantNames[v] }

// Variants returns the names of all variants, in order.
func Variants() []string { return variantNames[:] }

// MaxLurking returns the published bound on the writes of one client to one object
// that take effect after its removal.
func (v Variant) MaxLurking() int {
	if v == Optimised {
		return 2
	}
	return 1
}

// Config is what all nodes of a system agree on. It is immutable.
type Config struct {
	F         int               // faults that each group tolerates
	Ring      *ring.Ring        // the servers
	Clients   []protocol.NodeID // who may write until removed, ascending
	Admission auth.PublicKey    // signs removals
	Epoch     uint64            // of this configuration; part of everything that replicas sign
	Variant   Variant
	Lifted    Rule

	Retry    time.Duration // a client asks again after this,
	RetryMax time.Duration // doubling up to this [O]
}

// quorum returns q = 2f+1: any two quorums of 3f+1 share a correct member.
func (c *Config) quorum() int { return 2*c.F + 1 }

// group returns the replicas of an object.
func (c *Config) group(object protocol.ID) []protocol.NodeID { return c.Ring.Group(object, 3*c.F+1) }

// lifts reports whether r is lifted.
func (c *Config) lifts(r Rule) bool { return c.Lifted&r != 0 }

// admits reports whether a node is a client of the system.
func (c *Config) admits(client protocol.NodeID) bool {
	_, found := slices.BinarySearch(c.Clients, client)
	return found
}

// endorses reports whether a replica of the object signed v.
func (c *Config) endorses(k *auth.Keys, replica protocol.NodeID, object protocol.ID, v *Vote) bool {
	pub, known := k.Public(replica)
	k.Scratch = statement(k.Scratch[:0], c.Epoch, v.Claim, object, v.Stamp)
	return known && k.Verify(pub, k.Scratch, &v.Sig)
}

// certified reports whether a quorum of the object's group signed what cert claims.
func (c *Config) certified(k *auth.Keys, object protocol.ID, cert *Certificate) bool {
	if cert == nil || len(cert.Proof) != c.quorum() {
		return false
	}
	group := c.group(object)
	for i := range cert.Proof {
		e := &cert.Proof[i]
		if i > 0 && e.Replica <= cert.Proof[i-1].Replica {
			return false // each replica counts once
		}
		if !slices.Contains(group, e.Replica) || !c.endorses(k, e.Replica, object, &Vote{cert.Claim, cert.Stamp, e.Sig}) {
			return false
		}
	}
	return true
}

// prepared reports whether cert is a prepare certificate: whatever a replica or
// reader believes to have been prepared has passed here.
func (c *Config) prepared(k *auth.Keys, object protocol.ID, cert *Certificate) bool {
	if c.lifts(PrepareCertificate) {
		return cert != nil
	}
	return cert != nil && cert.Claim != Written && c.certified(k, object, cert)
}

// complete reports whether cert is a write certificate.
func (c *Config) complete(k *auth.Keys, object protocol.ID, cert *Certificate) bool {
	if c.lifts(PreviousCertificate) {
		return cert != nil
	}
	return cert != nil && cert.Claim == Written && c.certified(k, object, cert)
}

// genuine reports whether r is what its certificate was made for.
func (c *Config) genuine(k *auth.Keys, object protocol.ID, r *Record) bool {
	return c.prepared(k, object, r.Cert) && c.matches(k, r.Value, r.Cert)
}

// matches reports whether a value is the one that was prepared.
func (c *Config) matches(k *auth.Keys, value []byte, cert *Certificate) bool {
	return c.lifts(DigestMatch) || k.Digest(value) == cert.Stamp.Digest
}

// Certified reports whether r was prepared for the object under all rules, lifted
// ones included; for checkers.
func (c *Config) Certified(k *auth.Keys, object protocol.ID, r *Record) bool {
	strict := *c
	strict.Lifted = 0
	return strict.genuine(k, object, r)
}

// Group returns the replicas of an object, for checkers.
func (c *Config) Group(object protocol.ID) []protocol.NodeID { return c.group(object) }
