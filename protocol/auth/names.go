package auth

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"sync"
)

// Public keys are names: objects are named by the hash of their owner's, and
// configurations are hashed over their members'. They must be the same under both
// suites, or a run would place, order and draw things differently under each. So
// every key is an Ed25519 key, a function of its holder's label alone; the ideal
// suite uses only the name, and secrets of its own that depend on the seed.

// keys remembers the key of each label, for all runs of the process: a key takes
// as long to make as a hundred messages to simulate.
var keys sync.Map

func keyOf(label uint64) ed25519.PrivateKey {
	if k, ok := keys.Load(label); ok {
		return k.(ed25519.PrivateKey)
	}
	secret := sha256.Sum256(binary.LittleEndian.AppendUint64([]byte("turncoat key "), label))
	k, _ := keys.LoadOrStore(label, ed25519.NewKeyFromSeed(secret[:]))
	return k.(ed25519.PrivateKey)
}

// newKey makes the key of a label known to the suite and returns its name.
func (a *Authority) newKey(label uint64) PublicKey {
	private := keyOf(label)
	pub := PublicKey(private.Public().(ed25519.PublicKey))
	a.scheme.adopt(pub, label, private)
	return pub
}

// Signer holds a signing key that belongs to no node: that of an object's owner.
type Signer struct {
	authority *Authority
	Public    PublicKey
}

// ownerLabels lie above all labels of nodes.
const ownerLabels = 1 << 40

// Owner returns the signing key of the n-th owner of objects.
func (a *Authority) Owner(n int) *Signer {
	return &Signer{authority: a, Public: a.newKey(ownerLabels + uint64(n))}
}
