package auth

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"

	"turncoat/protocol"
)

// evolve is the one-way step of the chain.
func evolve(secret [32]byte) [32]byte {
	return sha256.Sum256(append([]byte("turncoat evolve "), secret[:]...))
}

// epochChain returns the secret of a node's epoch as the node itself was given it.
// Only the authority calls it, to hand out keys and to certify them.
func (s *real) epochChain(id protocol.NodeID, epoch uint64) [32]byte {
	start := s.derive("epoch chain", binary.LittleEndian.AppendUint32(nil, uint32(id)))
	return (&heldEpoch{secret: start}).at(epoch)
}

// epochSigning derives the Ed25519 key of one epoch from the chain.
func epochSigning(secret [32]byte) ed25519.PrivateKey {
	seed := sha256.Sum256(append([]byte("turncoat epoch signing "), secret[:]...))
	return ed25519.NewKeyFromSeed(seed[:])
}

// epochName keys the certificates that the root key of a node has given.
type epochName struct {
	root  PublicKey
	epoch uint64
}

// epochPair is the key pair of a node in one epoch, with its certificate.
type epochPair struct {
	private     ed25519.PrivateKey
	certificate Signature
}

// certified returns the pair whose secret the chain holds. The certificate was
// made at the node's admission, before the root key was thrown away.
func (s *real) certified(root PublicKey, secret [32]byte, epoch uint64) epochPair {
	name := epochName{root, epoch}
	pair, known := s.epochs[name]
	if !known {
		if len(s.epochs) >= maxVerified {
			clear(s.epochs)
		}
		pair.private = epochSigning(secret)
		pair.certificate = s.sign(root, inEpoch("certify", epoch, pair.private[32:]))
		s.epochs[name] = pair
	}
	return pair
}

func (s *real) signEpoch(root PublicKey, held *heldEpoch, epoch uint64, msg []byte) (sig EpochSignature) {
	pair := s.certified(root, held.at(epoch), epoch)
	copy(sig[:32], pair.private[32:])
	copy(sig[32:96], pair.certificate[:])
	copy(sig[96:], ed25519.Sign(pair.private, inEpoch("epoch", epoch, msg)))
	return sig
}

func (s *real) verifyEpoch(root PublicKey, epoch uint64, msg []byte, sig *EpochSignature) bool {
	pub, certificate, inner := PublicKey(sig[:32]), Signature(sig[32:96]), Signature(sig[96:])
	return s.verify(root, inEpoch("certify", epoch, pub[:]), &certificate) &&
		s.verify(pub, inEpoch("epoch", epoch, msg), &inner)
}
