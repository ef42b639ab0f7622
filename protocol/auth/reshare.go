package auth

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"

	"turncoat/protocol"
)

// This file models verifiable resharing: the members of an old group hand the
// signing key to a new one without anybody ever holding it (Desmedt and Jajodia
// 1997; with mobile adversaries, Schultz, Liskov and Liskov, PODC 2008). The form
// here is [O]:
//
//   - Each old member deals a sub-sharing of its share: commitments to a random
//     polynomial whose constant term is that share, and one value for each new
//     member, sealed to it. A Dealing is one message, signed and public.
//   - All can check that the commitments continue the dealer's public share; each
//     new member alone opens its value and checks it against them.
//   - A cheated member accuses by opening its value in public, with a proof that it
//     opened the right one. Nobody else's value and no key comes to light, and an
//     honest dealer cannot be framed.
//   - f_old+1 good dealings, agreed upon, make the new sharing. Another set would
//     make another sharing: shares of the two would not combine.
//
// Everything is sealed and signed with the keys of the new group's epoch, so that
// they can be erased with it and a recorded dealing then opens for nobody.

// Dealing is what one old member deals to all members of the new group.
type Dealing struct {
	Dealer      int           // position in the old group
	Head        [48]byte      // what the recipients need to open their values
	Commitments []SharePublic // to the coefficients, as many as the new threshold
	Sealed      [][32]byte    // the value of each new member
	Signature   EpochSignature
}

// about names what is dealt: from whom, to whom.
func (d *Dealing) about(old *Sharing, next Group) []byte {
	b := append([]byte("dealing"), old.id[:]...)
	return next.AppendTo(binary.AppendUvarint(b, uint64(d.Dealer)))
}

// Statement returns the bytes that the dealer signs: everything in the dealing,
// and between which groups it is.
func (d *Dealing) Statement(old *Sharing, next Group) []byte {
	return d.appendBody(d.about(old, next))
}

func (d *Dealing) appendBody(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(d.Dealer))
	b = append(b, d.Head[:]...)
	b = binary.AppendUvarint(b, uint64(len(d.Commitments)))
	for i := range d.Commitments {
		b = append(b, d.Commitments[i][:]...)
	}
	b = binary.AppendUvarint(b, uint64(len(d.Sealed)))
	for i := range d.Sealed {
		b = append(b, d.Sealed[i][:]...)
	}
	return b
}

// AppendTo appends the wire form of the dealing.
func (d *Dealing) AppendTo(b []byte) []byte { return append(d.appendBody(b), d.Signature[:]...) }

// maxGroup bounds positions in a group on the wire.
const maxGroup = 1 << 16

// ReadDealing reads what AppendTo wrote.
func ReadDealing(w *protocol.Wire) *Dealing {
	d := &Dealing{Dealer: readPosition(w)}
	copy(d.Head[:], w.Fixed(len(d.Head)))
	d.Commitments = make([]SharePublic, w.Count(len(SharePublic{})))
	for i := range d.Commitments {
		copy(d.Commitments[i][:], w.Fixed(len(d.Commitments[i])))
	}
	d.Sealed = make([][32]byte, w.Count(32))
	for i := range d.Sealed {
		copy(d.Sealed[i][:], w.Fixed(32))
	}
	copy(d.Signature[:], w.Fixed(len(d.Signature)))
	return d
}

func readPosition(w *protocol.Wire) int {
	n := w.Uvarint()
	if n >= maxGroup {
		w.Fail()
		return 0
	}
	return int(n)
}

// Accusation shows that a dealing cheated one member of the new group. It speaks
// of one dealing, which travels beside it.
type Accusation struct {
	Recipient int       // position in the new group
	Proof     [112]byte // the opened value and why it is the one that was sealed
}

// AppendTo appends the wire form of the accusation.
func (a *Accusation) AppendTo(b []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(a.Recipient)), a.Proof[:]...)
}

// ReadAccusation reads what AppendTo wrote.
func ReadAccusation(w *protocol.Wire) *Accusation {
	a := &Accusation{Recipient: readPosition(w)}
	copy(a.Proof[:], w.Fixed(len(a.Proof)))
	return a
}

// Deal deals a share of the old sharing to the members of the next group, signed
// with the dealer's key for that group's epoch. It returns false when the share or
// the key cannot do that any more, or does not belong here.
func (k *Keys) Deal(share Share, old *Sharing, next Group, key EpochKey) (*Dealing, bool) {
	k.Meter.Shares += uint64(len(next.Members))
	if share.held == nil || share.held.sharing != old.id || !next.valid() {
		return nil, false
	}
	d := k.authority.scheme.deal(share.held, old, next)
	var ok bool
	d.Signature, ok = k.SignEpoch(key, next.Epoch, d.Statement(old, next))
	return d, ok
}

// VerifyDealing makes the checks of a dealing that everybody can make. Values of
// single members can still be wrong: see Accuse.
func (k *Keys) VerifyDealing(old *Sharing, next Group, d *Dealing) bool {
	k.Meter.Shares++
	if !next.valid() || d.Dealer < 0 || d.Dealer >= len(old.public) ||
		len(d.Commitments) != next.Threshold() || len(d.Sealed) != len(next.Members) ||
		d.Commitments[0] != old.public[d.Dealer] {
		return false
	}
	signer, known := k.EpochPublic(old.group.Members[d.Dealer])
	return known && k.VerifyEpoch(signer, next.Epoch, d.Statement(old, next), &d.Signature) &&
		k.authority.scheme.wellFormed(old, next, d)
}

// Accuse opens the value that a verified dealing holds for the owner of key and
// checks it. When it is good, there is nothing to accuse of and the answer is
// false, as it is for who has no value in it or has erased the key.
func (k *Keys) Accuse(old *Sharing, next Group, d *Dealing, key EpochKey) (*Accusation, bool) {
	k.Meter.Shares++
	recipient, member := next.Index(key.Node())
	if !member || !key.Can(next.Epoch) || recipient >= len(d.Sealed) {
		return nil, false
	}
	if _, good := k.authority.scheme.open(key, old, next, d, recipient); good {
		return nil, false
	}
	return &Accusation{Recipient: recipient, Proof: k.authority.scheme.accuse(key, old, next, d, recipient)}, true
}

// VerifyAccusation reports whether the dealing cheated the accuser. A dealing that
// VerifyDealing refuses needs no accusation, and nobody is to blame for it.
func (k *Keys) VerifyAccusation(old *Sharing, next Group, d *Dealing, a *Accusation) bool {
	return k.VerifyDealing(old, next, d) && a.Recipient >= 0 && a.Recipient < len(next.Members) &&
		k.authority.scheme.verifyAccusation(old, next, d, a)
}

// NewSharing returns the sharing that an agreed set of dealings makes: exactly as
// many as the old threshold, of distinct dealers, each verified.
func (k *Keys) NewSharing(old *Sharing, next Group, dealings []*Dealing) (*Sharing, error) {
	sorted := byDealer(dealings)
	for i, d := range sorted {
		if i > 0 && d.Dealer == sorted[i-1].Dealer {
			return nil, fmt.Errorf("two dealings of old member %d", d.Dealer)
		}
		if !k.VerifyDealing(old, next, d) {
			return nil, fmt.Errorf("the dealing of old member %d does not verify", d.Dealer)
		}
	}
	if want := old.group.Threshold(); len(sorted) != want {
		return nil, fmt.Errorf("%d dealings, a new sharing is made of %d", len(sorted), want)
	}
	k.Meter.Shares += uint64(len(sorted))
	return newSharing(old.key, next, k.authority.scheme.combinePublics(old, next, sorted)), nil
}

// NewShare returns the share of the owner of key in the sharing that the dealings
// make, and that sharing. An error names the dealer to accuse, if that is why.
func (k *Keys) NewShare(old *Sharing, next Group, dealings []*Dealing, key EpochKey) (Share, *Sharing, error) {
	sharing, err := k.NewSharing(old, next, dealings)
	if err != nil {
		return Share{}, nil, err
	}
	index, member := next.Index(key.Node())
	if !member || !key.Can(next.Epoch) {
		return Share{}, nil, fmt.Errorf("node %d is no member of the next group, or erased its key of epoch %d", key.Node(), next.Epoch)
	}
	sorted := byDealer(dealings)
	parts := make([][32]byte, len(sorted))
	for i, d := range sorted {
		var good bool
		if parts[i], good = k.authority.scheme.open(key, old, next, d, index); !good {
			return Share{}, nil, fmt.Errorf("old member %d dealt a wrong value", d.Dealer)
		}
	}
	k.Meter.Shares += uint64(len(sorted))
	secret := k.authority.scheme.combineSecrets(sorted, parts)
	return Share{&heldShare{sharing: sharing.id, index: index, secret: secret}}, sharing, nil
}

func byDealer(dealings []*Dealing) []*Dealing {
	sorted := slices.Clone(dealings)
	slices.SortFunc(sorted, func(a, b *Dealing) int { return cmp.Compare(a.Dealer, b.Dealer) })
	return sorted
}
