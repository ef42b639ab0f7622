package auth

import (
	"encoding/binary"
	"fmt"

	"turncoat/protocol"
)

// This file models (f+1)-of-(3f+1) threshold signatures: the members of a group
// each hold a share of one signing key, and f+1 partial signatures make a
// signature that anyone verifies under one public key. The key survives every
// change of the group (reshare.go); each Sharing of it is fresh, and what belongs
// to two sharings does not combine.
//
//   - Ideal: a partial is a keyed hash bound to one sharing and one share;
//     combination demands f+1 distinct genuine ones of the same sharing.
//   - Real: BLS on BLS12-381 (Boneh, Lynn and Shacham, 2001; threshold form
//     Boldyreva, PKC 2003), signatures in G1, public keys in G2.
//
// A signature does not depend on which f+1 members made it, in either suite.
// Left out: distributed key generation. The first sharing is dealt by the
// authority that admits the nodes [O].

// GroupKey is the public key of a threshold scheme, 96 bytes in both suites.
type GroupKey [96]byte

// SharePublic is the public key of one share, and more generally a commitment to
// one secret number, 96 bytes in both suites.
type SharePublic [96]byte

// ThresholdSignature is a combined signature, 48 bytes in both suites.
type ThresholdSignature [48]byte

// Partial is one member's part of a threshold signature.
type Partial struct {
	Index int                // the member's position in its group
	Sig   ThresholdSignature // made with its share
}

// Group says who holds the shares of one sharing, by position, from which epoch.
type Group struct {
	Epoch   uint64
	Members []protocol.NodeID
}

// Threshold returns f+1, where the group has at least 3f+1 members.
func (g Group) Threshold() int { return (len(g.Members)-1)/3 + 1 }

// Index returns a node's position in the group, and false if it is no member.
func (g Group) Index(id protocol.NodeID) (int, bool) {
	for i, m := range g.Members {
		if m == id {
			return i, true
		}
	}
	return 0, false
}

// AppendTo appends the group's canonical form.
func (g Group) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, g.Epoch)
	b = binary.AppendUvarint(b, uint64(len(g.Members)))
	for _, m := range g.Members {
		b = binary.LittleEndian.AppendUint32(b, uint32(m))
	}
	return b
}

// valid reports whether the group can hold a sharing: someone, nobody twice, and
// in an epoch for which there are keys.
func (g Group) valid() bool {
	for i, m := range g.Members {
		if first, _ := g.Index(m); first != i {
			return false
		}
	}
	return len(g.Members) > 0 && g.Epoch <= MaxEpoch
}

// Sharing is the public side of one sharing of the group's key. It is immutable.
type Sharing struct {
	key    GroupKey
	group  Group
	public []SharePublic // of each member's share
	id     Digest        // of all of the above
}

func newSharing(key GroupKey, group Group, public []SharePublic) *Sharing {
	s := &Sharing{key: key, group: group, public: public}
	s.id = digestOf(s.AppendTo(nil))
	return s
}

// Key returns the public key that all sharings have in common.
func (s *Sharing) Key() GroupKey { return s.key }

// Group returns the members. The caller does not write to them.
func (s *Sharing) Group() Group { return s.group }

// ID names the sharing: shares and partials belong to exactly one.
func (s *Sharing) ID() Digest { return s.id }

// AppendTo appends the wire form of the sharing.
func (s *Sharing) AppendTo(b []byte) []byte {
	b = s.group.AppendTo(append(b, s.key[:]...))
	for i := range s.public {
		b = append(b, s.public[i][:]...)
	}
	return b
}

// ReadSharing reads what AppendTo wrote. It says nothing about whether the
// sharing is the agreed one: compare the ID.
func ReadSharing(w *protocol.Wire) *Sharing {
	var key GroupKey
	copy(key[:], w.Fixed(len(key)))
	g := Group{Epoch: w.Uint64(), Members: make([]protocol.NodeID, w.Count(4+len(SharePublic{})))}
	for i := range g.Members {
		g.Members[i] = protocol.NodeID(w.Uint32())
	}
	public := make([]SharePublic, len(g.Members))
	for i := range public {
		copy(public[i][:], w.Fixed(len(public[i])))
	}
	if !g.valid() {
		w.Fail()
	}
	return newSharing(key, g, public)
}

// Share is one node's share of one sharing. It is a value: Erase forgets this
// copy, so that clones of a machine, each with its copy, stay independent. The
// zero value is an erased share.
type Share struct{ held *heldShare }

// heldShare is what a Share points to. It is immutable.
type heldShare struct {
	sharing Digest
	index   int
	secret  [32]byte // a scalar; unused by the ideal suite
}

// Erase forgets the share.
func (s *Share) Erase() { s.held = nil }

// Held returns the sharing that the share belongs to and its position there, and
// false when it was erased.
func (s Share) Held() (sharing Digest, index int, held bool) {
	if s.held == nil {
		return Digest{}, 0, false
	}
	return s.held.sharing, s.held.index, true
}

// AppendTo appends a form that tells which share it is, without the secret.
func (s Share) AppendTo(b []byte) []byte {
	if s.held == nil {
		return protocol.AppendBool(b, false)
	}
	b = append(protocol.AppendBool(b, true), s.held.sharing[:]...)
	return binary.AppendUvarint(b, uint64(s.held.index))
}

// NewThreshold deals the first sharing of the run's threshold key to a group, one
// share for each member in order.
func (a *Authority) NewThreshold(g Group) (*Sharing, []Share, error) {
	if !g.valid() {
		return nil, nil, fmt.Errorf("a sharing needs members, each of them once, and an epoch up to %d: got %v in epoch %d", MaxEpoch, g.Members, g.Epoch)
	}
	key, public, secrets := a.scheme.genesis(g)
	sharing := newSharing(key, g, public)
	shares := make([]Share, len(secrets))
	for i, secret := range secrets {
		shares[i] = Share{&heldShare{sharing: sharing.id, index: i, secret: secret}}
	}
	return sharing, shares, nil
}

// PartialSign makes the part of a threshold signature of msg that belongs to a
// share. It returns false when the share was erased.
func (k *Keys) PartialSign(share Share, msg []byte) (Partial, bool) {
	k.countShares(1, msg)
	if share.held == nil {
		return Partial{}, false
	}
	return Partial{Index: share.held.index, Sig: k.authority.scheme.partial(share.held, msg)}, true
}

// VerifyPartial reports whether p is a genuine part of the signature of msg under
// this sharing.
func (k *Keys) VerifyPartial(s *Sharing, msg []byte, p *Partial) bool {
	k.countShares(1, msg)
	return p.Index >= 0 && p.Index < len(s.public) && k.authority.scheme.verifyPartial(s, msg, p)
}

// Combine makes the signature of msg out of partials of one sharing. It first
// tries without looking at each; if someone lied, it drops what is not genuine.
// The error says how many genuine ones of distinct members there were.
func (k *Keys) Combine(s *Sharing, msg []byte, partials []Partial) (ThresholdSignature, error) {
	threshold := s.group.Threshold()
	if first := distinct(s, partials, threshold, func(*Partial) bool { return true }); len(first) == threshold {
		k.countShares(threshold, msg)
		if sig, ok := k.authority.scheme.combine(s, msg, first); ok {
			return sig, nil
		}
	}
	good := distinct(s, partials, threshold, func(p *Partial) bool { return k.VerifyPartial(s, msg, p) })
	if len(good) == threshold {
		if sig, ok := k.authority.scheme.combine(s, msg, good); ok {
			return sig, nil
		}
	}
	return ThresholdSignature{}, fmt.Errorf("%d genuine partial signatures of distinct members, %d are needed", len(good), threshold)
}

// distinct returns the first n partials of different members that are wanted.
func distinct(s *Sharing, partials []Partial, n int, wanted func(*Partial) bool) []Partial {
	var seen protocol.Bitset
	var out []Partial
	for i := range partials {
		p := &partials[i]
		if len(out) == n || p.Index < 0 || p.Index >= len(s.public) || seen.Has(p.Index) || !wanted(p) {
			continue
		}
		seen.Add(p.Index)
		out = append(out, *p)
	}
	return out
}

// VerifyThreshold reports whether sig is the group's signature of msg.
func (k *Keys) VerifyThreshold(key GroupKey, msg []byte, sig *ThresholdSignature) bool {
	k.countShares(1, msg)
	return k.authority.scheme.verifyThreshold(&key, msg, sig)
}

func (k *Keys) countShares(n int, msg []byte) {
	k.Meter.Shares += uint64(n)
	k.Meter.Bytes += uint64(len(msg))
}
