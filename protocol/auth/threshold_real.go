package auth

import (
	"bytes"

	curve "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
)

// Threshold BLS: a share is a value of a polynomial, a partial is the message's
// point times the share, and Lagrange interpolation in the exponent makes of f+1
// partials the message's point times the polynomial's value at 0.

// hashDomain separates these signatures from every other use of the curve.
var hashDomain = []byte("TURNCOAT-THRESHOLD-V01-BLS12381G1_XMD:SHA-256_SSWU_RO_")

// point hashes a message to G1. The last one is remembered.
func (s *real) point(msg []byte) curve.G1Affine {
	if s.hashedMsg == nil || !bytes.Equal(s.hashedMsg, msg) {
		p, err := curve.HashToG1(msg, hashDomain)
		if err != nil {
			panic("hashing to G1 fails for a domain that is too long only: " + err.Error())
		}
		s.hashed, s.hashedMsg = p, append([]byte{}, msg...)
	}
	return s.hashed
}

func (s *real) genesis(g Group) (GroupKey, []SharePublic, [][32]byte) {
	coefficients := make([]fr.Element, g.Threshold())
	coefficients[0] = scalarOf("group key", s.seed[:])
	form := g.AppendTo(nil)
	for i := 1; i < len(coefficients); i++ {
		coefficients[i] = scalarOf("first sharing", s.seed[:], []byte{byte(i), byte(i >> 8)}, form)
	}
	public := make([]SharePublic, len(g.Members))
	secrets := make([][32]byte, len(g.Members))
	for i := range g.Members {
		y := evaluate(coefficients, i)
		public[i], secrets[i] = commit(&y), y.Bytes()
	}
	return GroupKey(commit(&coefficients[0])), public, secrets
}

func (s *real) partial(h *heldShare, msg []byte) ThresholdSignature {
	var z fr.Element
	z.SetBytes(h.secret[:])
	p := s.point(msg)
	p.ScalarMultiplication(&p, bigOf(&z))
	return p.Bytes()
}

func (s *real) verifyPartial(sh *Sharing, msg []byte, p *Partial) bool {
	return s.verifyBLS((*[96]byte)(&sh.public[p.Index]), msg, &p.Sig)
}

func (s *real) verifyThreshold(key *GroupKey, msg []byte, sig *ThresholdSignature) bool {
	return s.verifyBLS((*[96]byte)(key), msg, sig)
}

// verifyBLS checks e(sig, G2) = e(H(msg), public), once for the same three.
func (s *real) verifyBLS(public *[96]byte, msg []byte, sig *ThresholdSignature) bool {
	about := append(append(append([]byte("bls"), public[:]...), sig[:]...), msg...)
	return s.once(about, func() bool {
		q, okQ := pointG2(public)
		p, okP := pointG1(sig[:])
		if !okQ || !okP {
			return false
		}
		p.Neg(&p)
		_, _, _, generator := curve.Generators()
		ok, err := curve.PairingCheck([]curve.G1Affine{p, s.point(msg)}, []curve.G2Affine{generator, q})
		return err == nil && ok
	})
}

func (s *real) combine(sh *Sharing, msg []byte, partials []Partial) (ThresholdSignature, bool) {
	positions := make([]int, len(partials))
	for i := range partials {
		positions[i] = partials[i].Index
	}
	var sum curve.G1Affine
	for i, weight := range lagrange(positions) {
		p, ok := pointG1(partials[i].Sig[:])
		if !ok {
			return ThresholdSignature{}, false
		}
		p.ScalarMultiplication(&p, bigOf(&weight))
		sum.Add(&sum, &p)
	}
	sig := ThresholdSignature(sum.Bytes())
	return sig, s.verifyThreshold(&sh.key, msg, &sig)
}
