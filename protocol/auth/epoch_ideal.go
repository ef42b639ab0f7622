package auth

import (
	"encoding/binary"

	"github.com/dchest/siphash"

	"turncoat/protocol"
)

// The tweaks of what else the ideal suite vouches for; see signTweak.
const (
	epochTweak     = 0x45504f
	thresholdTweak = 0x544852
	partialTweak   = 0x504152
	sharingTweak   = 0x534841
	dealingTweak   = 0x4445414c
	sealTweak      = 0x5345414c
	accuseTweak    = 0x414343
)

// fill writes the keyed hash of msg under a tweak over all of out, again and again:
// its 128 bits are what a forger would have to guess, the rest is length.
func (s *ideal) fill(out []byte, tweak uint64, msg []byte) {
	hi, lo := siphash.Hash128(s.k0, s.k1^tweak, msg)
	var tag [16]byte
	binary.LittleEndian.PutUint64(tag[:8], hi)
	binary.LittleEndian.PutUint64(tag[8:], lo)
	for n := copy(out, tag[:]); n < len(out); n *= 2 {
		copy(out[n:], out[:n])
	}
}

// epochChain is empty: the handle of the ideal suite holds no secret.
func (s *ideal) epochChain(protocol.NodeID, uint64) (secret [32]byte) { return secret }

func (s *ideal) signEpoch(root PublicKey, _ *heldEpoch, epoch uint64, msg []byte) (sig EpochSignature) {
	s.fill(sig[:], epochTweak, inEpoch(string(root[:]), epoch, msg))
	return sig
}

func (s *ideal) verifyEpoch(root PublicKey, epoch uint64, msg []byte, sig *EpochSignature) bool {
	return s.signEpoch(root, nil, epoch, msg) == *sig
}
