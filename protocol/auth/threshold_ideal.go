package auth

import (
	"encoding/binary"
)

// The threshold signatures of the ideal suite. What a partial or a dealing vouches
// for is in the message of its keyed hash; who may ask for one is checked where a
// Share is used, and a Share is only ever made from dealings that verified.

func (s *ideal) groupKey() (key GroupKey) {
	s.fill(key[:], thresholdTweak, []byte("group key"))
	return key
}

// genesis has one sharing for each group, and no secrets.
func (s *ideal) genesis(g Group) (GroupKey, []SharePublic, [][32]byte) {
	return s.groupKey(), s.publicsOf(g.AppendTo([]byte("genesis")), len(g.Members)), make([][32]byte, len(g.Members))
}

// publicsOf names the n shares that came out of a transcript.
func (s *ideal) publicsOf(transcript []byte, n int) []SharePublic {
	public := make([]SharePublic, n)
	for i := range public {
		s.fill(public[i][:], sharingTweak, inEpoch("share", uint64(i), transcript))
	}
	return public
}

func (s *ideal) partialOf(sharing *Digest, index int, msg []byte) (sig ThresholdSignature) {
	s.fill(sig[:], partialTweak, inEpoch(string(sharing[:]), uint64(index), msg))
	return sig
}

func (s *ideal) partial(h *heldShare, msg []byte) ThresholdSignature {
	return s.partialOf(&h.sharing, h.index, msg)
}

func (s *ideal) verifyPartial(sh *Sharing, msg []byte, p *Partial) bool {
	return s.partialOf(&sh.id, p.Index, msg) == p.Sig
}

func (s *ideal) thresholdOf(msg []byte) (sig ThresholdSignature) {
	s.fill(sig[:], thresholdTweak, inEpoch("signature", 0, msg))
	return sig
}

// combine trusts nothing that it was given: a sharing that someone made up has no
// genuine partials, because nobody holds a share of it.
func (s *ideal) combine(sh *Sharing, msg []byte, partials []Partial) (ThresholdSignature, bool) {
	for i := range partials {
		if !s.verifyPartial(sh, msg, &partials[i]) {
			return ThresholdSignature{}, false
		}
	}
	return s.thresholdOf(msg), sh.key == s.groupKey()
}

func (s *ideal) verifyThreshold(key *GroupKey, msg []byte, sig *ThresholdSignature) bool {
	return *key == s.groupKey() && s.thresholdOf(msg) == *sig
}

// deal fills a dealing with hashes that only a holder of the share can ask for.
func (s *ideal) deal(h *heldShare, old *Sharing, next Group) *Dealing {
	d := &Dealing{Dealer: h.index, Commitments: make([]SharePublic, next.Threshold()), Sealed: make([][32]byte, len(next.Members))}
	about := d.about(old, next)
	s.fill(d.Head[:], dealingTweak, about)
	for i := range d.Commitments {
		s.fill(d.Commitments[i][:], dealingTweak, inEpoch("commitment", uint64(i), about))
	}
	d.Commitments[0] = old.public[h.index]
	for i := range d.Sealed {
		d.Sealed[i] = s.sealed(about, i)
	}
	return d
}

func (s *ideal) sealed(about []byte, recipient int) (part [32]byte) {
	s.fill(part[:], sealTweak, inEpoch("seal", uint64(recipient), about))
	return part
}

func (s *ideal) wellFormed(old *Sharing, next Group, d *Dealing) bool {
	genuine := s.deal(&heldShare{index: d.Dealer}, old, next)
	if d.Head != genuine.Head {
		return false
	}
	for i := range d.Commitments {
		if d.Commitments[i] != genuine.Commitments[i] {
			return false
		}
	}
	return true
}

func (s *ideal) open(_ EpochKey, old *Sharing, next Group, d *Dealing, recipient int) ([32]byte, bool) {
	return [32]byte{}, d.Sealed[recipient] == s.sealed(d.about(old, next), recipient)
}

func (s *ideal) proofOf(old *Sharing, next Group, d *Dealing, recipient int) (proof [112]byte) {
	s.fill(proof[:], accuseTweak, inEpoch("accuse", uint64(recipient), d.Statement(old, next)))
	return proof
}

func (s *ideal) accuse(_ EpochKey, old *Sharing, next Group, d *Dealing, recipient int) [112]byte {
	return s.proofOf(old, next, d, recipient)
}

func (s *ideal) verifyAccusation(old *Sharing, next Group, d *Dealing, a *Accusation) bool {
	_, good := s.open(EpochKey{}, old, next, d, a.Recipient)
	return !good && a.Proof == s.proofOf(old, next, d, a.Recipient)
}

func (s *ideal) combinePublics(old *Sharing, next Group, dealings []*Dealing) []SharePublic {
	transcript := next.AppendTo(append([]byte("reshared"), old.id[:]...))
	for _, d := range dealings {
		transcript = binary.AppendUvarint(transcript, uint64(d.Dealer))
	}
	return s.publicsOf(transcript, len(next.Members))
}

// combineSecrets has nothing to combine: the handle is the secret.
func (s *ideal) combineSecrets([]*Dealing, [][32]byte) (secret [32]byte) { return secret }
