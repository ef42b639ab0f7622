package auth

import (
	"crypto/ed25519"
	"encoding/binary"

	"github.com/dchest/siphash"
	"github.com/zeebo/xxh3"

	"turncoat/protocol"
)

// ideal is the suite of keyed hashes (SipHash-2-4 with 128 bits of output). The
// key of a principal is derived from a secret of the run that no node ever sees,
// so a forgery would have to guess 128 bits.
type ideal struct {
	k0, k1 uint64
	labels map[PublicKey]uint64 // whose key a public key is; looked up only
}

func newIdeal(seed uint64) *ideal {
	h := xxh3.HashString128Seed("turncoat ideal suite", seed)
	return &ideal{k0: h.Hi, k1: h.Lo, labels: make(map[PublicKey]uint64)}
}

// adopt takes only the name of the key.
func (s *ideal) adopt(pub PublicKey, label uint64, _ ed25519.PrivateKey) { s.labels[pub] = label }

// The tweaks keep the keys of signatures and of MACs apart.
const (
	signTweak = 0x5349474e
	macTweak  = 0x4d4143
)

func (s *ideal) sign(pub PublicKey, msg []byte) (sig Signature) {
	label := s.labels[pub]
	hi, lo := siphash.Hash128(s.k0^label, s.k1^signTweak, msg)
	binary.LittleEndian.PutUint64(sig[0:], hi)
	binary.LittleEndian.PutUint64(sig[8:], lo)
	return sig
}

func (s *ideal) verify(pub PublicKey, msg []byte, sig *Signature) bool {
	if _, known := s.labels[pub]; !known {
		return false
	}
	return s.sign(pub, msg) == *sig
}

func (s *ideal) mac(from, to protocol.NodeID, msg []byte) (m MAC) {
	pair := pairLabel(from, to)
	hi, lo := siphash.Hash128(s.k0^binary.LittleEndian.Uint64(pair[:]), s.k1^macTweak, msg)
	binary.LittleEndian.PutUint64(m[0:], hi)
	binary.LittleEndian.PutUint64(m[8:], lo)
	return m
}
