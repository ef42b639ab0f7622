package dbft

import (
	"encoding/binary"
	"strings"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
)

// Instance names a group's instance of PBFT.
type Instance struct {
	Object protocol.ID
	Epoch  uint64
}

// of returns the instance that a message is of, or is about.
func (i Instance) of() Instance { return i }

// The messages. What the replicas of a group, and clients, say to each other in PBFT is
// carried in a Carry; the others hand a state over from one group to the next.
type (
	// Carry is a message of one instance of PBFT, which authenticates itself.
	Carry struct {
		Instance
		Inner protocol.Message
	}

	// Refusal tells a client that an instance has ended, and which epoch is current.
	// Nobody believes it: it makes the client ask for the steps, which prove themselves.
	Refusal struct {
		Instance
		Now uint64
	}

	// Ask asks a member of a group for the digest of the state that it ended with.
	Ask struct{ Instance }

	// Vouch answers Ask.
	Vouch struct {
		Instance
		Digest auth.Digest
		MAC    auth.MAC // from the member to the one who asked
	}

	// Fetch asks for the state itself.
	Fetch struct{ Instance }

	// Handover answers Fetch. The digest proves it. A state is sent whole [O]: it is
	// one object and a reply to each client.
	Handover struct {
		Instance
		State pbft.State
	}

	// Confirm asks a member of a group whether it has begun.
	Confirm struct{ Instance }

	// Confirmed answers that it has.
	Confirmed struct {
		Instance
		MAC auth.MAC
	}
)

// The type bytes, apart from those of the protocols that a server speaks besides.
const (
	tagCarry byte = 192 + iota
	tagRefusal
	tagAsk
	tagVouch
	tagFetch
	tagHandover
	tagConfirm
	tagConfirmed
)

// carried holds the kind of a Carry by that of what it carries.
var carried = func() map[protocol.Kind]protocol.Kind {
	kinds := make(map[protocol.Kind]protocol.Kind)
	for _, k := range pbft.Kinds() {
		kinds[protocol.Kind(k)] = protocol.Kind("dbft." + strings.TrimPrefix(k, "pbft."))
	}
	return kinds
}()

// Kind returns the name of the type of what is carried, as dBFT's: "dbft.prepare".
func (m *Carry) Kind() protocol.Kind { return carried[m.Inner.Kind()] }

// Kind returns the name of the message's type.
func (*Refusal) Kind() protocol.Kind   { return "dbft.refusal" }
func (*Ask) Kind() protocol.Kind       { return "dbft.ask" }
func (*Vouch) Kind() protocol.Kind     { return "dbft.vouch" }
func (*Fetch) Kind() protocol.Kind     { return "dbft.fetch-handover" }
func (*Handover) Kind() protocol.Kind  { return "dbft.handover" }
func (*Confirm) Kind() protocol.Kind   { return "dbft.confirm" }
func (*Confirmed) Kind() protocol.Kind { return "dbft.confirmed" }

// Kinds returns the kinds of all messages.
func Kinds() []string {
	var names []string
	for _, k := range pbft.Kinds() {
		names = append(names, string(carried[protocol.Kind(k)]))
	}
	for _, m := range []protocol.Message{&Refusal{}, &Ask{}, &Vouch{}, &Fetch{}, &Handover{}, &Confirm{}, &Confirmed{}} {
		names = append(names, string(m.Kind()))
	}
	return names
}

// Speaks reports whether m is of this protocol.
func Speaks(m protocol.Message) bool {
	switch m.(type) {
	case *Carry, *Refusal, *Ask, *Vouch, *Fetch, *Handover, *Confirm, *Confirmed:
		return true
	}
	return false
}

func (i Instance) appendTo(b []byte, tag byte) []byte {
	b = append(append(b, tag), i.Object[:]...)
	return binary.LittleEndian.AppendUint64(b, i.Epoch)
}

// AppendTo appends the wire form.
func (m *Carry) AppendTo(b []byte) []byte { return m.Inner.AppendTo(m.appendTo(b, tagCarry)) }

// AppendTo appends the wire form.
func (m *Refusal) AppendTo(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(m.appendTo(b, tagRefusal), m.Now)
}

// AppendTo appends the wire form.
func (m *Ask) AppendTo(b []byte) []byte { return m.appendTo(b, tagAsk) }

// AppendTo appends the wire form.
func (m *Fetch) AppendTo(b []byte) []byte { return m.appendTo(b, tagFetch) }

// AppendTo appends the wire form.
func (m *Confirm) AppendTo(b []byte) []byte { return m.appendTo(b, tagConfirm) }

func (m *Vouch) text() []byte     { return append(m.appendTo(nil, tagVouch), m.Digest[:]...) }
func (m *Confirmed) text() []byte { return m.appendTo(nil, tagConfirmed) }

// Seal puts the MAC of the node that holds k, toward another, on a message that was not
// sent yet.
func (m *Vouch) Seal(k *auth.Keys, to protocol.NodeID) { m.MAC = k.MAC(to, m.text()) }

// Seal puts the MAC of the node that holds k, toward another, on a message that was not
// sent yet.
func (m *Confirmed) Seal(k *auth.Keys, to protocol.NodeID) { m.MAC = k.MAC(to, m.text()) }

// AppendTo appends the wire form.
func (m *Vouch) AppendTo(b []byte) []byte { return append(append(b, m.text()...), m.MAC[:]...) }

// AppendTo appends the wire form.
func (m *Confirmed) AppendTo(b []byte) []byte { return append(append(b, m.text()...), m.MAC[:]...) }

// AppendTo appends the wire form.
func (m *Handover) AppendTo(b []byte) []byte {
	b = m.appendTo(b, tagHandover)
	for _, parts := range [][][]byte{m.State.Service, m.State.Replies} {
		b = binary.AppendUvarint(b, uint64(len(parts)))
		for _, p := range parts {
			b = protocol.AppendBytes(b, p)
		}
	}
	return b
}

// Decodes reports whether bytes that begin with this one are for Decode.
func Decodes(tag byte) bool { return tag >= tagCarry && tag <= tagConfirmed }

// Decode reads one message from its wire form. It is total: it returns an error on
// whatever AppendTo could not have written, and never panics.
func Decode(b []byte) (protocol.Message, error) {
	w := protocol.NewWire(b)
	tag := w.Byte()
	i := Instance{w.ID(), w.Uint64()}
	const header = 1 + 32 + 8
	if tag == tagCarry && len(b) > header {
		inner, err := pbft.Decode(b[header:])
		if err != nil {
			return nil, err
		}
		return &Carry{i, inner}, nil
	}
	m := decodeBody(w, tag, i)
	if err := w.Done(); err != nil {
		return nil, err
	}
	return m, nil
}

func decodeBody(w *protocol.Wire, tag byte, i Instance) protocol.Message {
	switch tag {
	case tagRefusal:
		return &Refusal{i, w.Uint64()}
	case tagAsk:
		return &Ask{i}
	case tagVouch:
		return &Vouch{i, auth.Digest(w.ID()), readMAC(w)}
	case tagFetch:
		return &Fetch{i}
	case tagHandover:
		return &Handover{i, pbft.State{Service: readParts(w), Replies: readParts(w)}}
	case tagConfirm:
		return &Confirm{i}
	case tagConfirmed:
		return &Confirmed{i, readMAC(w)}
	}
	w.Fail()
	return nil
}

func readParts(w *protocol.Wire) (parts [][]byte) {
	for range w.Count(1) {
		parts = append(parts, w.Bytes())
	}
	return parts
}

func readMAC(w *protocol.Wire) (mac auth.MAC) {
	copy(mac[:], w.Fixed(len(mac)))
	return mac
}
