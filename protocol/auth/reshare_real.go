package auth

import (
	"crypto/sha256"
	"encoding/binary"

	curve "github.com/consensys/gnark-crypto/ecc/bls12-381"
	"github.com/consensys/gnark-crypto/ecc/bls12-381/fr"
	"github.com/zeebo/xxh3"

	"turncoat/protocol"
)

// The real suite's dealings: Feldman commitments in G2, and each value sealed by
// hashed ElGamal in G1 under the recipient's key for the new epoch. An accuser
// reveals the Diffie-Hellman point of its seal with a proof that its logarithm is
// the one of its public key (Chaum and Pedersen, CRYPTO 1992): that opens this one
// value to everybody and shows that it was opened right.

// sealName keys the public sealing keys of nodes.
type sealName struct {
	node  protocol.NodeID
	epoch uint64
}

// sealSecret derives a node's secret sealing key of an epoch from its chain there.
func sealSecret(chain [32]byte) fr.Element { return scalarOf("sealing", chain[:]) }

// sealPublic returns a node's public sealing key of an epoch, as published in
// advance together with the certificates of its epochs.
func (s *real) sealPublic(id protocol.NodeID, epoch uint64) curve.G1Affine {
	name := sealName{id, epoch}
	p, known := s.sealKeys[name]
	if !known {
		if len(s.sealKeys) >= maxVerified {
			clear(s.sealKeys)
		}
		z := sealSecret(s.epochChain(id, epoch))
		p.ScalarMultiplicationBase(bigOf(&z))
		s.sealKeys[name] = p
	}
	return p
}

// mask hides a value: only the dealer and the recipient know the shared point.
func mask(about []byte, recipient int, shared *curve.G1Affine, value [32]byte) [32]byte {
	encoded := shared.Bytes()
	pad := sha256.Sum256(inEpoch("seal", uint64(recipient), append(encoded[:], about...)))
	for i := range value {
		value[i] ^= pad[i]
	}
	return value
}

// deal derives its polynomial from the share itself, so that it is a function of
// the seed and yet unknown to all who do not hold the share.
func (s *real) deal(h *heldShare, old *Sharing, next Group) *Dealing {
	d := &Dealing{Dealer: h.index, Commitments: make([]SharePublic, next.Threshold()), Sealed: make([][32]byte, len(next.Members))}
	about := d.about(old, next)
	coefficients := make([]fr.Element, next.Threshold())
	coefficients[0].SetBytes(h.secret[:])
	for i := range coefficients {
		if i > 0 {
			coefficients[i] = scalarOf("coefficient", h.secret[:], []byte{byte(i), byte(i >> 8)}, about)
		}
		d.Commitments[i] = commit(&coefficients[i])
	}
	ephemeral := scalarOf("ephemeral", h.secret[:], about)
	var head curve.G1Affine
	d.Head = head.ScalarMultiplicationBase(bigOf(&ephemeral)).Bytes()
	for i, m := range next.Members {
		shared := s.sealPublic(m, next.Epoch)
		shared.ScalarMultiplication(&shared, bigOf(&ephemeral))
		y := evaluate(coefficients, i)
		d.Sealed[i] = mask(about, i, &shared, y.Bytes())
	}
	return d
}

func (s *real) wellFormed(_ *Sharing, _ Group, d *Dealing) bool {
	return s.once(d.appendBody([]byte("well-formed")), func() bool {
		_, ok := pointG1(d.Head[:])
		for i := range d.Commitments {
			_, onCurve := pointG2((*[96]byte)(&d.Commitments[i]))
			ok = ok && onCurve
		}
		return ok
	})
}

// committed decodes the commitments of a well-formed dealing. It returns nil for
// another.
func committed(d *Dealing) []curve.G2Affine {
	points := make([]curve.G2Affine, len(d.Commitments))
	for i := range points {
		var ok bool
		if points[i], ok = pointG2((*[96]byte)(&d.Commitments[i])); !ok {
			return nil
		}
	}
	return points
}

// fits reports whether a value is what the dealing committed to for a recipient.
func (s *real) fits(d *Dealing, recipient int, value [32]byte) bool {
	about := inEpoch("fits", uint64(recipient), append(value[:], d.appendBody(nil)...))
	return s.once(about, func() bool {
		var y fr.Element
		points := committed(d)
		if points == nil || y.SetBytesCanonical(value[:]) != nil {
			return false
		}
		var got curve.G2Affine
		want := evaluateCommitted(points, recipient)
		return got.ScalarMultiplicationBase(bigOf(&y)).Equal(&want)
	})
}

// sharedPoint is what the recipient multiplies its secret key with the head to.
func sharedPoint(key EpochKey, next Group, d *Dealing) (head, shared curve.G1Affine, secret fr.Element, ok bool) {
	head, ok = pointG1(d.Head[:])
	secret = sealSecret(key.held.at(next.Epoch))
	shared.ScalarMultiplication(&head, bigOf(&secret))
	return head, shared, secret, ok
}

func (s *real) open(key EpochKey, old *Sharing, next Group, d *Dealing, recipient int) ([32]byte, bool) {
	_, shared, _, ok := sharedPoint(key, next, d)
	value := mask(d.about(old, next), recipient, &shared, d.Sealed[recipient])
	return value, ok && s.fits(d, recipient, value)
}

// challenge is the hash that makes the proof non-interactive (Fiat and Shamir 1986).
func challenge(points ...*curve.G1Affine) fr.Element {
	var b []byte
	for _, p := range points {
		encoded := p.Bytes()
		b = append(b, encoded[:]...)
	}
	return scalarOf("same logarithm", b)
}

func (s *real) accuse(key EpochKey, old *Sharing, next Group, d *Dealing, recipient int) (proof [112]byte) {
	head, shared, secret, _ := sharedPoint(key, next, d)
	public := s.sealPublic(key.held.node, next.Epoch)
	secretBytes := secret.Bytes()
	nonce := scalarOf("nonce", secretBytes[:], d.Statement(old, next))
	var a, b curve.G1Affine
	a.ScalarMultiplicationBase(bigOf(&nonce))
	b.ScalarMultiplication(&head, bigOf(&nonce))
	c := challenge(&public, &head, &shared, &a, &b)
	var z fr.Element
	z.Mul(&c, &secret).Add(&z, &nonce)
	point, cBytes, zBytes := shared.Bytes(), c.Bytes(), z.Bytes()
	copy(proof[:48], point[:])
	copy(proof[48:80], cBytes[:])
	copy(proof[80:], zBytes[:])
	return proof
}

func (s *real) verifyAccusation(old *Sharing, next Group, d *Dealing, acc *Accusation) bool {
	head, okHead := pointG1(d.Head[:])
	shared, okShared := pointG1(acc.Proof[:48])
	var c, z fr.Element
	if !okHead || !okShared || c.SetBytesCanonical(acc.Proof[48:80]) != nil || z.SetBytesCanonical(acc.Proof[80:]) != nil {
		return false
	}
	public := s.sealPublic(next.Members[acc.Recipient], next.Epoch)
	var a, b, t curve.G1Affine
	a.ScalarMultiplicationBase(bigOf(&z)).Sub(&a, t.ScalarMultiplication(&public, bigOf(&c)))
	b.ScalarMultiplication(&head, bigOf(&z)).Sub(&b, t.ScalarMultiplication(&shared, bigOf(&c)))
	if again := challenge(&public, &head, &shared, &a, &b); !again.Equal(&c) {
		return false
	}
	value := mask(d.about(old, next), acc.Recipient, &shared, d.Sealed[acc.Recipient])
	return !s.fits(d, acc.Recipient, value)
}

// weights returns the Lagrange weights of the dealers.
func weights(dealings []*Dealing) []fr.Element {
	positions := make([]int, len(dealings))
	for i, d := range dealings {
		positions[i] = d.Dealer
	}
	return lagrange(positions)
}

// combinePublics is public: each new member's public share from the commitments.
func (s *real) combinePublics(old *Sharing, next Group, dealings []*Dealing) []SharePublic {
	about := binary.AppendUvarint(old.id[:], uint64(len(next.Members)))
	for _, d := range dealings {
		about = d.appendBody(about)
	}
	key := xxh3.Hash128(about)
	public, known := s.sharings[key]
	if known {
		return public
	}
	sum := make([]curve.G2Affine, next.Threshold())
	for i, weight := range weights(dealings) {
		for j, p := range committed(dealings[i]) {
			p.ScalarMultiplication(&p, bigOf(&weight))
			sum[j].Add(&sum[j], &p)
		}
	}
	public = make([]SharePublic, len(next.Members))
	for i := range public {
		y := evaluateCommitted(sum, i)
		public[i] = y.Bytes()
	}
	if len(s.sharings) >= maxSharings {
		clear(s.sharings)
	}
	s.sharings[key] = public
	return public
}

// maxSharings bounds the memory of sharings in a long run.
const maxSharings = 1 << 8

func (s *real) combineSecrets(dealings []*Dealing, parts [][32]byte) [32]byte {
	var sum fr.Element
	for i, weight := range weights(dealings) {
		var part fr.Element
		part.SetBytes(parts[i][:])
		sum.Add(&sum, part.Mul(&part, &weight))
	}
	return sum.Bytes()
}
