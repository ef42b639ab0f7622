package auth

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// An object is named by the hash of its owner's public key, so owners' keys must
// be the same under both suites, or a run would place its objects elsewhere under
// each. They are Ed25519 keys, a function of the owner's number alone; the ideal
// suite uses only their names.

// Signer holds a signing key that belongs to no node: that of an object's owner.
type Signer struct {
	authority *Authority
	Public    PublicKey
}

// ownerLabels lie above all labels of nodes.
const ownerLabels = 1 << 40

// ownerKeys remembers the keys of owners by number, for all runs of the process: a
// key takes as long to make as a hundred messages to simulate.
var ownerKeys sync.Map

func ownerKey(n int) ed25519.PrivateKey {
	if k, ok := ownerKeys.Load(n); ok {
		return k.(ed25519.PrivateKey)
	}
	secret := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("turncoat owner "), uint64(n)))
	k, _ := ownerKeys.LoadOrStore(n, ed25519.NewKeyFromSeed(secret[:]))
	return k.(ed25519.PrivateKey)
}

// Owner returns the signing key of the n-th owner of objects.
func (a *Authority) Owner(n int) *Signer {
	private := ownerKey(n)
	pub := PublicKey(private.Public().(ed25519.PublicKey))
	a.scheme.adopt(pub, ownerLabels+uint64(n), private)
	return &Signer{authority: a, Public: pub}
}
