package auth

import (
	"encoding/binary"

	"turncoat/protocol"
)

// This file models forward-secure signatures: a node's signing key evolves each
// epoch and the past is erased, so that whoever breaks in at epoch e signs
// nothing for an epoch before e (Bellare and Miner, CRYPTO 1999). The public key
// never changes.
//
//   - Ideal: a keyed hash bound to (node, epoch). The handle refuses an epoch
//     that it has erased, and there is no way to the hash but through a handle.
//   - Real: for every epoch an Ed25519 key, derived along a one-way chain and
//     certified in advance by a root key that is then thrown away (Anderson, CCS
//     1997; with the chain, Krawczyk, CCS 2000) [O: the construction]. A signature
//     carries its epoch's public key and certificate.
//
// Left out: certificates are public and a function of the seed, so they are made
// when first needed rather than stored by the thousand.

// EpochSignature is a forward-secure signature, 160 bytes in both suites.
type EpochSignature [160]byte

// EpochKey is a node's evolving secret: it can sign, and open what is sealed to
// the node, for its epoch and every later one. It is a value: a copy evolves by
// itself, so that clones of a machine, each with its copy, stay independent. The
// zero value can do nothing.
type EpochKey struct{ held *heldEpoch }

// heldEpoch is what an EpochKey points to. It is immutable.
type heldEpoch struct {
	node   protocol.NodeID
	first  uint64
	secret [32]byte // the chain at first; zero in the ideal suite
}

// MaxEpoch is the last epoch whose key is certified in advance [O]. It also keeps
// a message that names an absurd epoch from costing a walk along the chain.
const MaxEpoch = 1 << 20

// epochLabels lie above all labels of nodes and owners.
const epochLabels = 1 << 41

// EpochKey returns the key of a node as it is before its first epoch, 0. Give it
// to the node alone, and at its first start alone: what the node has erased must
// not come back with a restart.
func (a *Authority) EpochKey(id protocol.NodeID) EpochKey {
	return EpochKey{&heldEpoch{node: id, secret: a.scheme.epochChain(id, 0)}}
}

// EpochPublic returns the public key of a node's forward-secure signatures, and
// false if there is no such node. It differs from the node's ordinary public key,
// whose holder could otherwise certify epochs long past.
func (k *Keys) EpochPublic(id protocol.NodeID) (PublicKey, bool) {
	if _, known := k.Public(id); !known {
		return PublicKey{}, false
	}
	return k.authority.epochRoot(id), true
}

func (a *Authority) epochRoot(id protocol.NodeID) PublicKey {
	pub, known := a.epochRoots[id]
	if !known {
		pub = a.newKey(epochLabels + uint64(id))
		a.epochRoots[id] = pub
	}
	return pub
}

// Evolve erases every epoch before the given one. It never goes back; past
// MaxEpoch nothing is left.
func (e *EpochKey) Evolve(epoch uint64) {
	switch {
	case e.held == nil || epoch <= e.held.first:
		return
	case epoch > MaxEpoch:
		e.Erase()
		return
	}
	e.held = &heldEpoch{node: e.held.node, first: epoch, secret: e.held.at(epoch)}
}

// Erase forgets the key.
func (e *EpochKey) Erase() { e.held = nil }

// Can reports whether the key works for an epoch: it is held, has not evolved past
// it, and there is such an epoch.
func (e EpochKey) Can(epoch uint64) bool {
	return e.held != nil && e.held.first <= epoch && epoch <= MaxEpoch
}

// Node returns the node whose key it is, None when it was erased.
func (e EpochKey) Node() protocol.NodeID {
	if e.held == nil {
		return protocol.None
	}
	return e.held.node
}

// AppendTo appends a form that tells what the key can do, without the secret.
func (e EpochKey) AppendTo(b []byte) []byte {
	if e.held == nil {
		return protocol.AppendBool(b, false)
	}
	b = binary.LittleEndian.AppendUint32(protocol.AppendBool(b, true), uint32(e.held.node))
	return binary.LittleEndian.AppendUint64(b, e.held.first)
}

// at walks the chain from first to a later epoch.
func (h *heldEpoch) at(epoch uint64) [32]byte {
	if epoch < h.first {
		panic("the chain of epochs was asked to go back")
	}
	secret := h.secret
	if secret == [32]byte{} {
		return secret // the ideal suite has no chain
	}
	for range epoch - h.first {
		secret = evolve(secret)
	}
	return secret
}

// SignEpoch signs msg for an epoch with a node's key. It returns false when the
// key cannot: see Can.
func (k *Keys) SignEpoch(key EpochKey, epoch uint64, msg []byte) (EpochSignature, bool) {
	k.Meter.Signs++
	k.Meter.Bytes += uint64(len(msg))
	if !key.Can(epoch) {
		return EpochSignature{}, false
	}
	root := k.authority.epochRoot(key.held.node)
	return k.authority.scheme.signEpoch(root, key.held, epoch, msg), true
}

// VerifyEpoch reports whether sig is a signature of msg for this very epoch under
// pub, which EpochPublic returned.
func (k *Keys) VerifyEpoch(pub PublicKey, epoch uint64, msg []byte, sig *EpochSignature) bool {
	k.Meter.Verifies++
	k.Meter.Bytes += uint64(len(msg))
	return k.authority.scheme.verifyEpoch(pub, epoch, msg, sig)
}

// inEpoch prefixes msg with its epoch, so that no signature can be relabelled.
func inEpoch(purpose string, epoch uint64, msg []byte) []byte {
	b := make([]byte, 0, len(purpose)+8+len(msg))
	b = binary.LittleEndian.AppendUint64(append(b, purpose...), epoch)
	return append(b, msg...)
}
