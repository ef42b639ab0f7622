// Package auth offers the cryptography that the protocols stand on, behind one
// set of types with two suites.
//
//   - Ideal: a signature or MAC is a keyed hash under a secret that stays inside
//     the Authority, so it is unforgeable by construction and takes nanoseconds.
//   - Real: Ed25519, HMAC-SHA-256 and BLS, with keys derived from the same seed.
//
// Both give values of the same length, so that a run has the same message sizes,
// flow and verdict under either. Digests are SHA-256 in both: names of objects do
// not depend on the suite.
//
// An adversary is given the Keys of the nodes that it holds and no others. There
// is no other way to make a signature or MAC than through a Keys or a Signer.
package auth

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"turncoat/protocol"
)

// Suite names an implementation of the cryptography.
type Suite string

// The suites.
const (
	Ideal Suite = "ideal"
	Real  Suite = "real"
)

// PublicKey names a signing key: a node's, or that of an object's owner.
type PublicKey [32]byte

// Signature is a signature by one key, 64 bytes in both suites.
type Signature [64]byte

// MAC authenticates a message from one node to one other, 16 bytes in both suites.
type MAC [16]byte

// Digest is a SHA-256 digest.
type Digest [32]byte

// scheme is what a suite implements. Secrets are named by public key and by pair
// of nodes and never leave it.
type scheme interface {
	adopt(pub PublicKey, label uint64, private ed25519.PrivateKey) // makes a key known
	sign(pub PublicKey, msg []byte) Signature
	verify(pub PublicKey, msg []byte, sig *Signature) bool
	mac(from, to protocol.NodeID, msg []byte) MAC

	epochChain(id protocol.NodeID, epoch uint64) [32]byte
	signEpoch(root PublicKey, held *heldEpoch, epoch uint64, msg []byte) EpochSignature
	verifyEpoch(root PublicKey, epoch uint64, msg []byte, sig *EpochSignature) bool

	thresholdScheme
}

// thresholdScheme is what a suite implements of threshold signatures. Its callers
// have checked positions, lengths and whose share or key it is.
type thresholdScheme interface {
	genesis(g Group) (GroupKey, []SharePublic, [][32]byte)
	partial(h *heldShare, msg []byte) ThresholdSignature
	verifyPartial(s *Sharing, msg []byte, p *Partial) bool
	combine(s *Sharing, msg []byte, partials []Partial) (ThresholdSignature, bool)
	verifyThreshold(key *GroupKey, msg []byte, sig *ThresholdSignature) bool

	deal(h *heldShare, old *Sharing, next Group) *Dealing
	wellFormed(old *Sharing, next Group, d *Dealing) bool
	open(key EpochKey, old *Sharing, next Group, d *Dealing, recipient int) ([32]byte, bool)
	accuse(key EpochKey, old *Sharing, next Group, d *Dealing, recipient int) [112]byte
	verifyAccusation(old *Sharing, next Group, d *Dealing, a *Accusation) bool
	combinePublics(old *Sharing, next Group, dealings []*Dealing) []SharePublic
	combineSecrets(dealings []*Dealing, parts [][32]byte) [32]byte
}

// Authority makes the keys of one run. It belongs to one run and is not safe for
// concurrent use.
type Authority struct {
	scheme scheme
	nodes  []PublicKey

	epochRoots map[protocol.NodeID]PublicKey // made when first asked for
}

// NewAuthority returns the authority of a run with n nodes. All secrets are a
// function of (suite, seed), but for signing keys, whose holder's label alone makes them.
func NewAuthority(suite Suite, seed uint64, n int) (*Authority, error) {
	a := &Authority{epochRoots: make(map[protocol.NodeID]PublicKey)}
	switch suite {
	case Ideal:
		a.scheme = newIdeal(seed)
	case Real:
		a.scheme = newReal(seed)
	default:
		return nil, fmt.Errorf("suite %q is neither %q nor %q", suite, Ideal, Real)
	}
	for i := range n {
		a.nodes = append(a.nodes, a.newKey(uint64(i)))
	}
	return a, nil
}

// Keys returns the handle of node id.
func (a *Authority) Keys(id protocol.NodeID) *Keys {
	return &Keys{authority: a, self: id, Meter: new(protocol.Meter)}
}

// Keys is what one node can do: sign and authenticate as itself, verify anyone.
// Clones of a machine share it.
type Keys struct {
	authority *Authority
	self      protocol.NodeID

	Meter   *protocol.Meter // counts the work that this node has asked for
	Scratch []byte          // space in which a caller builds what it signs; nothing outlives the next use
}

// Self returns the node whose handle this is.
func (k *Keys) Self() protocol.NodeID { return k.self }

// Public returns the public key of a node, and false if there is no such node.
func (k *Keys) Public(id protocol.NodeID) (PublicKey, bool) {
	if id < 0 || int(id) >= len(k.authority.nodes) {
		return PublicKey{}, false
	}
	return k.authority.nodes[id], true
}

// Sign signs msg as this node.
func (k *Keys) Sign(msg []byte) Signature {
	k.Meter.Signs++
	k.Meter.Bytes += uint64(len(msg))
	return k.authority.scheme.sign(k.authority.nodes[k.self], msg)
}

// SignAs signs msg with a key that this node was handed.
func (k *Keys) SignAs(s *Signer, msg []byte) Signature {
	k.Meter.Signs++
	k.Meter.Bytes += uint64(len(msg))
	return s.authority.scheme.sign(s.Public, msg)
}

// Verify reports whether sig is pub's signature of msg.
func (k *Keys) Verify(pub PublicKey, msg []byte, sig *Signature) bool {
	k.Meter.Verifies++
	k.Meter.Bytes += uint64(len(msg))
	return k.authority.scheme.verify(pub, msg, sig)
}

// MAC authenticates msg from this node to another.
func (k *Keys) MAC(to protocol.NodeID, msg []byte) MAC {
	k.Meter.MACs++
	k.Meter.Bytes += uint64(len(msg))
	return k.authority.scheme.mac(k.self, to, msg)
}

// VerifyMAC reports whether m authenticates msg from another node to this one.
func (k *Keys) VerifyMAC(from protocol.NodeID, msg []byte, m MAC) bool {
	k.Meter.MACs++
	k.Meter.Bytes += uint64(len(msg))
	return k.authority.scheme.mac(from, k.self, msg) == m
}

// Digest hashes msg.
func (k *Keys) Digest(msg []byte) Digest {
	k.Meter.Digests++
	k.Meter.Bytes += uint64(len(msg))
	return digestOf(msg)
}

func digestOf(msg []byte) Digest { return sha256.Sum256(msg) }

// pairLabel names the direction from one node to another.
func pairLabel(from, to protocol.NodeID) (b [8]byte) {
	binary.LittleEndian.PutUint32(b[:4], uint32(from))
	binary.LittleEndian.PutUint32(b[4:], uint32(to))
	return b
}
