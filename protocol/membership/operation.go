package membership

import (
	"encoding/binary"
	"fmt"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/ring"
)

// Operations of the service, and their wire forms.

// Admission is the authority's order to add or remove a member.
type Admission struct {
	Change ring.ChangeKind // Add or Remove
	Member ring.Member     // Remove uses its ID alone
	Serial uint64          // tells two orders about one member apart
	Expiry uint64          // the last epoch in which it may be carried out [O]
	Sig    auth.Signature  // the authority's
}

func (a *Admission) text() []byte {
	return a.appendBody(protocol.AppendBytes(nil, []byte("turncoat membership admission")))
}

func (a *Admission) appendBody(b []byte) []byte {
	b = append(append(b, byte(a.Change)), a.Member.ID[:]...)
	b = append(b, a.Member.Key[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(a.Member.Node))
	b = binary.LittleEndian.AppendUint64(b, a.Serial)
	return binary.LittleEndian.AppendUint64(b, a.Expiry)
}

// SignAdmission signs a as the authority, whose key a node was handed.
func SignAdmission(keys *auth.Keys, authority *auth.Signer, a Admission) Admission {
	a.Sig = keys.SignAs(authority, a.text())
	return a
}

// The operations.
const (
	opAdmit  byte = 1 + iota // an Admission
	opStatus                 // evict or reactivate, with statements
	opEnd                    // end the epoch, with statements
	opFresh                  // a Merkle root of nonces
	opDeal                   // a share dealt to the next group, with who has checked it
	opAccuse                 // a dealing that cheats, with the proof
)

// Encode returns the operation that carries out a.
func (a *Admission) Encode() []byte {
	b := a.appendBody([]byte{opAdmit})
	return append(b, a.Sig[:]...)
}

// EncodeStatus returns the operation that evicts or reactivates a member.
func EncodeStatus(epoch uint64, kind VoteKind, target protocol.ID, evidence []Statement) []byte {
	b := binary.LittleEndian.AppendUint64([]byte{opStatus}, epoch)
	b = append(append(b, byte(kind)), target[:]...)
	return appendStatements(b, evidence)
}

// EncodeEnd returns the operation that ends an epoch.
func EncodeEnd(epoch uint64, evidence []Statement) []byte {
	return appendStatements(binary.LittleEndian.AppendUint64([]byte{opEnd}, epoch), evidence)
}

// EncodeFresh returns the operation that has the service vouch for its epoch after
// the nonces under root were drawn.
func EncodeFresh(root auth.Digest) []byte { return append([]byte{opFresh}, root[:]...) }

// EncodeDeal returns the operation that agrees to a dealing at the end of an epoch,
// under the draw that decided on the next group.
func EncodeDeal(epoch uint64, draw auth.ThresholdSignature, d *auth.Dealing, checks []Check) []byte {
	b := append(binary.LittleEndian.AppendUint64([]byte{opDeal}, epoch), draw[:]...)
	b = binary.AppendUvarint(d.AppendTo(b), uint64(len(checks)))
	for i := range checks {
		b = append(binary.AppendUvarint(b, uint64(checks[i].Replica)), checks[i].Sig[:]...)
	}
	return b
}

// EncodeAccuse returns the operation that excludes a dealer.
func EncodeAccuse(epoch uint64, draw auth.ThresholdSignature, d *auth.Dealing, a *auth.Accusation) []byte {
	b := append(binary.LittleEndian.AppendUint64([]byte{opAccuse}, epoch), draw[:]...)
	return a.AppendTo(d.AppendTo(b))
}

// Check is the signature of a member of the next group, by its number there, under a
// dealing that is good for it.
type Check struct {
	Replica int
	Sig     auth.Signature
}

func appendStatements(b []byte, evidence []Statement) []byte {
	b = binary.AppendUvarint(b, uint64(len(evidence)))
	for i := range evidence {
		b = append(binary.AppendUvarint(b, uint64(evidence[i].Replica)), evidence[i].Sig[:]...)
	}
	return b
}

// AboutEpoch reports whether op, an encoded operation, names the epoch that it is for.
func AboutEpoch(op []byte) bool { return len(op) > 0 && (op[0] == opStatus || op[0] == opEnd) }

// operation is a decoded one.
type operation struct {
	tag      byte
	admit    Admission
	epoch    uint64
	kind     VoteKind
	target   protocol.ID
	evidence []Statement
	root     auth.Digest

	draw       auth.ThresholdSignature
	dealing    *auth.Dealing
	checks     []Check
	accusation *auth.Accusation
}

func decodeOperation(b []byte) (operation, error) {
	w := protocol.NewWire(b)
	o := operation{tag: w.Byte()}
	switch o.tag {
	case opAdmit:
		a := &o.admit
		a.Change = ring.ChangeKind(w.Byte())
		a.Member = ring.Member{ID: w.ID(), Key: auth.PublicKey(w.ID()), Node: protocol.NodeID(w.Uint32())}
		a.Serial, a.Expiry = w.Uint64(), w.Uint64()
		copy(a.Sig[:], w.Fixed(len(a.Sig)))
	case opStatus:
		o.epoch, o.kind, o.target = w.Uint64(), VoteKind(w.Byte()), w.ID()
		o.evidence = readStatements(w)
		if o.kind != VoteEvict && o.kind != VoteReactivate {
			w.Fail()
		}
	case opEnd:
		o.epoch, o.evidence = w.Uint64(), readStatements(w)
	case opFresh:
		o.root = auth.Digest(w.ID())
	case opDeal, opAccuse:
		o.epoch = w.Uint64()
		copy(o.draw[:], w.Fixed(len(o.draw)))
		o.dealing = auth.ReadDealing(w)
		if o.tag == opAccuse {
			o.accusation = auth.ReadAccusation(w)
		} else {
			o.checks = readChecks(w)
		}
	default:
		return o, fmt.Errorf("%w: no operation has tag %d", protocol.ErrWire, o.tag)
	}
	return o, w.Done()
}

func readStatements(w *protocol.Wire) []Statement {
	out := make([]Statement, w.Count(1+len(auth.EpochSignature{})))
	for i := range out {
		out[i].Replica = readIndex(w)
		copy(out[i].Sig[:], w.Fixed(len(out[i].Sig)))
	}
	return out
}

func readChecks(w *protocol.Wire) []Check {
	out := make([]Check, w.Count(1+len(auth.Signature{})))
	for i := range out {
		out[i].Replica = readIndex(w)
		copy(out[i].Sig[:], w.Fixed(len(out[i].Sig)))
	}
	return out
}

// readIndex reads the number of a replica.
func readIndex(w *protocol.Wire) int {
	n := w.Uvarint()
	if n >= 1<<16 {
		w.Fail()
	}
	return int(n % (1 << 16))
}

// Outcome is the service's answer to an operation: one byte.
type Outcome byte

// The outcomes.
const (
	Done        Outcome = iota // it was done, or takes effect in the next epoch
	Malformed                  // no operation
	Foreign                    // not signed by the authority
	Expired                    // the admission was for earlier epochs
	Used                       // the admission was carried out before
	Duplicate                  // a member has the id, or the same change is pending already
	Unknown                    // no member has the id
	Serving                    // the member runs the service, and cannot be removed before that moves
	Unsupported                // fewer than f+1 genuine statements of distinct replicas
	WrongEpoch                 // the statements are about another epoch
	Closing                    // the epoch is over but for the service's move: ask again
	Needed                     // the storage's groups need every active member that is left
)

var outcomes = [...]string{"done", "malformed", "foreign", "expired", "used", "duplicate", "unknown member", "serving", "unsupported", "wrong epoch", "closing", "needed"}

func (o Outcome) String() string {
	if int(o) >= len(outcomes) {
		return fmt.Sprintf("outcome(%d)", byte(o))
	}
	return outcomes[o]
}
