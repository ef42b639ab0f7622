package bftbc

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Timestamp orders the writes of one object: by counter, then by client.
type Timestamp struct {
	Counter uint64
	Client  protocol.NodeID
}

// successor returns the timestamp with which client follows t.
func (t Timestamp) successor(client protocol.NodeID) Timestamp {
	return Timestamp{t.Counter + 1, client}
}

// Stamp names a write: its timestamp and the digest of its value, by which writes
// of one timestamp are ordered [O]. The zero stamp is that of an object never
// written.
type Stamp struct {
	TS     Timestamp
	Digest auth.Digest
}

// Compare orders stamps: below, at or above zero as a is older than, equal to or
// newer than b.
func (a Stamp) Compare(b Stamp) int {
	return cmp.Or(cmp.Compare(a.TS.Counter, b.TS.Counter), cmp.Compare(a.TS.Client, b.TS.Client), bytes.Compare(a.Digest[:], b.Digest[:]))
}

// Claim is what a replica signs about a stamp.
type Claim uint8

// The claims. Certificates hold votes for one claim: a quorum mixed from both
// prepare lists would let a third write lurk.
const (
	Prepared     Claim = iota + 1 // it is in my prepare list, or something newer is complete
	PreparedFast                  // it is in my list of optimistic prepares
	Written                       // I durably hold it or a newer one
)

// Vote is a replica's signature under a claim.
type Vote struct {
	Claim Claim
	Stamp Stamp
	Sig   auth.Signature
}

// Endorsement is a vote within a certificate.
type Endorsement struct {
	Replica protocol.NodeID
	Sig     auth.Signature
}

// Certificate is the votes of a quorum for one claim about one stamp: a prepare
// certificate or a write certificate. It convinces anyone. Immutable.
type Certificate struct {
	Claim Claim
	Stamp Stamp
	Proof []Endorsement // ascending by replica
}

// stamp returns the stamp of a certificate that may be nil.
func (c *Certificate) stamp() Stamp {
	if c == nil {
		return Stamp{}
	}
	return c.Stamp
}

// Record is a value and the prepare certificate of its write. The nil record
// stands for an object that was never written. Immutable.
type Record struct {
	Value []byte
	Cert  *Certificate
}

// stamp returns the stamp of a record that may be nil.
func (r *Record) stamp() Stamp {
	if r == nil {
		return Stamp{}
	}
	return r.Cert.stamp()
}

// Stamp returns what names the write; zero for the nil record.
func (r *Record) Stamp() Stamp { return r.stamp() }

// ballot gathers the votes for one claim about one stamp.
type ballot struct {
	claim Claim
	stamp Stamp
	proof []Endorsement // ascending by replica
}

// add counts a verified vote.
func (b *ballot) add(replica protocol.NodeID, sig auth.Signature) {
	i, found := slices.BinarySearchFunc(b.proof, replica, func(e Endorsement, id protocol.NodeID) int { return cmp.Compare(e.Replica, id) })
	if !found {
		b.proof = slices.Insert(b.proof, i, Endorsement{replica, sig})
	}
}

// certificate returns the certificate of the first q voters, nil while there are fewer.
func (b *ballot) certificate(q int) *Certificate {
	if len(b.proof) < q {
		return nil
	}
	return &Certificate{b.claim, b.stamp, slices.Clone(b.proof[:q])}
}

func (b *ballot) clone() ballot { return ballot{b.claim, b.stamp, slices.Clone(b.proof)} }

func (b *ballot) appendTo(out []byte) []byte {
	return appendCertificate(out, &Certificate{b.claim, b.stamp, b.proof})
}

// statement appends what a replica signs. The epoch is part of it, so that no
// signature can be relabelled into another configuration.
func statement(b []byte, epoch uint64, claim Claim, object protocol.ID, s Stamp) []byte {
	b = append(b, "bftbc"...)
	b = binary.LittleEndian.AppendUint64(b, epoch)
	b = append(append(b, byte(claim)), object[:]...)
	return appendStamp(b, s)
}
