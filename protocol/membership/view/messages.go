package view

import (
	"encoding/binary"
	"fmt"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/ring"
)

// The messages by which nodes learn of epochs and renew leases. None of them is
// authenticated: a Step and a FreshReply carry the service's signature, and what
// an Ask or a FreshAsk asks for harms nobody.
type (
	// Ask asks whoever is ahead for the steps after an epoch.
	Ask struct{ Epoch uint64 }

	// Step leads from one epoch to the next.
	Step struct {
		Delta       *ring.Delta
		Certificate EpochCertificate
	}

	// FreshAsk asks a replica of the service to vouch that an epoch is current.
	FreshAsk struct {
		Epoch uint64 // of the sender
		Nonce uint64
	}

	// Gather asks the same for all the nonces that a relay has under a root, see
	// NonceLeaf and RootLeaf.
	Gather struct {
		Epoch uint64 // of the sender
		Root  auth.Digest
	}

	// FreshReply answers FreshAsk and Gather.
	FreshReply struct {
		Epoch       uint64 // of the sender
		Certificate *FreshnessCertificate
	}
)

// The type bytes, apart from those of the other protocols whose messages one node
// may read.
const (
	tagAsk byte = 64 + iota
	tagStep
	tagFreshAsk
	tagFreshReply
	tagGather
	tagFreshVia // a FreshReply that came through relays
)

// Kind returns the name of the message's type.
func (*Ask) Kind() protocol.Kind        { return "membership.ask" }
func (*Step) Kind() protocol.Kind       { return "membership.step" }
func (*FreshAsk) Kind() protocol.Kind   { return "membership.fresh-ask" }
func (*Gather) Kind() protocol.Kind     { return "membership.gather" }
func (*FreshReply) Kind() protocol.Kind { return "membership.fresh-reply" }

// Kinds returns the kinds of all messages.
func Kinds() []string {
	return []string{"membership.ask", "membership.step", "membership.fresh-ask", "membership.gather", "membership.fresh-reply"}
}

// AppendTo appends the wire form.
func (m *Ask) AppendTo(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(append(b, tagAsk), m.Epoch)
}

// AppendTo appends the wire form.
func (m *Step) AppendTo(b []byte) []byte {
	return m.Certificate.AppendTo(m.Delta.AppendTo(append(b, tagStep)))
}

// AppendTo appends the wire form.
func (m *FreshAsk) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, tagFreshAsk), m.Epoch)
	return binary.LittleEndian.AppendUint64(b, m.Nonce)
}

// AppendTo appends the wire form.
func (m *Gather) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, tagGather), m.Epoch)
	return append(b, m.Root[:]...)
}

// AppendTo appends the wire form.
func (m *FreshReply) AppendTo(b []byte) []byte {
	tag := tagFreshReply
	if len(m.Certificate.Above) > 0 {
		tag = tagFreshVia
	}
	b = m.Certificate.AppendTo(binary.LittleEndian.AppendUint64(append(b, tag), m.Epoch))
	if tag == tagFreshVia {
		b = appendGatherings(b, m.Certificate.Above)
	}
	return b
}

// Decode reads one message from its wire form. It is total: it returns an error on
// whatever AppendTo could not have written, and never panics.
func Decode(b []byte) (protocol.Message, error) {
	w := protocol.NewWire(b)
	var m protocol.Message
	switch tag := w.Byte(); tag {
	case tagAsk:
		m = &Ask{w.Uint64()}
	case tagStep:
		m = &Step{ring.ReadDelta(w), ReadEpochCertificate(w)}
	case tagFreshAsk:
		m = &FreshAsk{w.Uint64(), w.Uint64()}
	case tagGather:
		m = &Gather{w.Uint64(), auth.Digest(w.ID())}
	case tagFreshReply, tagFreshVia:
		epoch, c := w.Uint64(), ReadFreshnessCertificate(w)
		if tag == tagFreshVia {
			c.Above = readGatherings(w)
		}
		m = &FreshReply{epoch, &c}
	default:
		return nil, fmt.Errorf("%w: no message of the view has type byte %d", protocol.ErrWire, tag)
	}
	if err := w.Done(); err != nil {
		return nil, err
	}
	return m, nil
}

// Decodes reports whether bytes that begin with this one are for Decode.
func Decodes(tag byte) bool { return tag >= tagAsk && tag <= tagFreshVia }
