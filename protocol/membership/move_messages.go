package membership

import (
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// The messages by which the service moves. What they claim proves itself: a dealing
// bears its dealer's signature, a check its checker's, an accusation its proof, and
// a handover has the digest that the epoch's certificate names.
type (
	// Deal carries an old member's dealing to a member of the next group.
	Deal struct {
		Epoch   uint64 // that ends
		Draw    auth.ThresholdSignature
		Sharing *auth.Sharing // of the old group
		Next    auth.Group
		Dealing *auth.Dealing
	}

	// Checked tells a dealer that its dealing is good for the sender.
	Checked struct {
		Epoch  uint64
		Number int // of the sender in the next group
		Sig    auth.Signature
	}

	// Accused tells the old group that a dealer has cheated the sender.
	Accused struct {
		Epoch      uint64
		Draw       auth.ThresholdSignature
		Dealing    *auth.Dealing
		Accusation *auth.Accusation
	}

	// HandoverAsk asks for the handover to the group that began in an epoch.
	HandoverAsk struct{ Epoch uint64 }

	// Handover answers HandoverAsk.
	Handover struct {
		Epoch  uint64
		Form   []byte
		Counts []Count // what the sender has counted of members: its word alone
	}
)

// Kind returns "membership.deal".
func (*Deal) Kind() protocol.Kind { return "membership.deal" }

// Kind returns "membership.checked".
func (*Checked) Kind() protocol.Kind { return "membership.checked" }

// Kind returns "membership.accused".
func (*Accused) Kind() protocol.Kind { return "membership.accused" }

// Kind returns "membership.handover-ask".
func (*HandoverAsk) Kind() protocol.Kind { return "membership.handover-ask" }

// Kind returns "membership.handover".
func (*Handover) Kind() protocol.Kind { return "membership.handover" }

// AppendTo appends the wire form.
func (m *Deal) AppendTo(b []byte) []byte {
	b = append(binary.LittleEndian.AppendUint64(append(b, tagDeal), m.Epoch), m.Draw[:]...)
	return m.Dealing.AppendTo(m.Next.AppendTo(m.Sharing.AppendTo(b)))
}

func readDeal(w *protocol.Wire) *Deal {
	m := &Deal{Epoch: w.Uint64()}
	copy(m.Draw[:], w.Fixed(len(m.Draw)))
	m.Sharing = auth.ReadSharing(w)
	m.Next = auth.Group{Epoch: w.Uint64(), Members: make([]protocol.NodeID, w.Count(4))}
	for i := range m.Next.Members {
		m.Next.Members[i] = protocol.NodeID(w.Uint32())
	}
	m.Dealing = auth.ReadDealing(w)
	return m
}

// AppendTo appends the wire form.
func (m *Checked) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, tagChecked), m.Epoch)
	return append(binary.AppendUvarint(b, uint64(m.Number)), m.Sig[:]...)
}

func readChecked(w *protocol.Wire) *Checked {
	m := &Checked{Epoch: w.Uint64(), Number: readIndex(w)}
	copy(m.Sig[:], w.Fixed(len(m.Sig)))
	return m
}

// AppendTo appends the wire form.
func (m *Accused) AppendTo(b []byte) []byte {
	b = append(binary.LittleEndian.AppendUint64(append(b, tagAccused), m.Epoch), m.Draw[:]...)
	return m.Accusation.AppendTo(m.Dealing.AppendTo(b))
}

func readAccused(w *protocol.Wire) *Accused {
	m := &Accused{Epoch: w.Uint64()}
	copy(m.Draw[:], w.Fixed(len(m.Draw)))
	m.Dealing = auth.ReadDealing(w)
	m.Accusation = auth.ReadAccusation(w)
	return m
}

// AppendTo appends the wire form.
func (m *HandoverAsk) AppendTo(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(append(b, tagHandoverAsk), m.Epoch)
}

// AppendTo appends the wire form.
func (m *Handover) AppendTo(b []byte) []byte {
	return appendCounts(protocol.AppendBytes(binary.LittleEndian.AppendUint64(append(b, tagHandover), m.Epoch), m.Form), m.Counts)
}
