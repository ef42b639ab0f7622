package auth

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	curve "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/zeebo/xxh3"

	"turncoat/protocol"
)

// real is the suite of Ed25519 signatures and HMAC-SHA-256 cut to 16 bytes. Keys
// are derived from the seed of the run by SHA-256. A verification is remembered,
// so that the receivers of one message do not each spend the wall time of it;
// virtual time is charged by the Meter all the same.
type real struct {
	seed     [8]byte
	private  map[PublicKey]ed25519.PrivateKey
	verified map[xxh3.Uint128]bool

	epochs    map[epochName]epochPair
	sealKeys  map[sealName]curve.G1Affine
	sharings  map[xxh3.Uint128][]SharePublic
	hashed    curve.G1Affine // the point of the message below: all partials of one message need it
	hashedMsg []byte
}

// maxVerified bounds the memory of verifications in a long run.
const maxVerified = 1 << 16

func newReal(seed uint64) *real {
	s := &real{
		private:  make(map[PublicKey]ed25519.PrivateKey),
		verified: make(map[xxh3.Uint128]bool),
		epochs:   make(map[epochName]epochPair),
		sealKeys: make(map[sealName]curve.G1Affine),
		sharings: make(map[xxh3.Uint128][]SharePublic),
	}
	binary.LittleEndian.PutUint64(s.seed[:], seed)
	return s
}

func (s *real) derive(purpose string, label []byte) [32]byte {
	b := append([]byte("turncoat "+purpose+" "), s.seed[:]...)
	return sha256.Sum256(append(b, label...))
}

func (s *real) adopt(pub PublicKey, _ uint64, private ed25519.PrivateKey) { s.private[pub] = private }

func (s *real) sign(pub PublicKey, msg []byte) Signature {
	return Signature(ed25519.Sign(s.private[pub], msg))
}

func (s *real) verify(pub PublicKey, msg []byte, sig *Signature) bool {
	b := append(make([]byte, 0, 8+len(pub)+len(sig)+len(msg)), "ed25519 "...)
	b = append(append(append(b, pub[:]...), sig[:]...), msg...)
	return s.once(b, func() bool { return ed25519.Verify(pub[:], msg, sig[:]) })
}

// once remembers the outcome of a check under the bytes that determine it, which
// begin with the name of the check.
func (s *real) once(about []byte, check func() bool) bool {
	key := xxh3.Hash128(about)
	ok, known := s.verified[key]
	if !known {
		if len(s.verified) >= maxVerified {
			clear(s.verified)
		}
		ok = check()
		s.verified[key] = ok
	}
	return ok
}

func (s *real) mac(from, to protocol.NodeID, msg []byte) MAC {
	pair := pairLabel(from, to)
	secret := s.derive("pair key", pair[:])
	h := hmac.New(sha256.New, secret[:])
	h.Write(msg)
	return MAC(h.Sum(nil)[:16])
}
