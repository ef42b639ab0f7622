package bftbc

import (
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Header is in every message about an object: the object, and the nonce that the
// client chose for the phase, to which MAC-authenticated replies are bound.
type Header struct {
	Object protocol.ID
	Nonce  uint64
}

// The messages. What becomes part of a certificate is signed, as is what a replica
// holds against a client's name; replies that only the client must believe carry a
// MAC; a WRITE proves itself by its certificate.
type (
	// ReadTS asks for the highest prepare certificate: phase 1 of a write.
	ReadTS struct{ Header }

	// ReadTSPrep is phase 1 of the optimised variant: it also asks the replica to
	// prepare the value under the timestamp that it predicts.
	ReadTSPrep struct {
		Header
		Client   protocol.NodeID
		Seq      uint64      // of the client's operations, so that an old request is never prepared anew [O]
		Digest   auth.Digest // of the value
		Previous *Certificate
		Sig      auth.Signature
	}

	// ReadTSReply answers both. A nil record says that there was no write. Its value
	// is left out but in the strong variant.
	ReadTSReply struct {
		Header
		Record *Record
		Vote   *Vote // optimised: the optimistic prepare; strong: that the record is written here
		MAC    auth.MAC
	}

	// Prepare asks to prepare a write: phase 2.
	Prepare struct {
		Header
		Client    protocol.NodeID
		Max       *Certificate // the highest prepare certificate of phase 1; nil: none
		TS        Timestamp
		Digest    auth.Digest
		Previous  *Certificate // the write certificate of the client's previous write; nil: none
		Completed *Certificate // strong: the write certificate of Max
		Sig       auth.Signature
	}

	// PrepareReply is a vote toward a prepare certificate.
	PrepareReply struct {
		Header
		Vote Vote
	}

	// Write asks a replica to hold a record: phase 3, or a write-back.
	Write struct {
		Header
		Record *Record
	}

	// WriteReply is a vote toward a write certificate.
	WriteReply struct {
		Header
		Vote Vote
	}

	// Read asks for the record of an object.
	Read struct{ Header }

	// ReadReply answers Read.
	ReadReply struct {
		Header
		Record *Record
		MAC    auth.MAC
	}

	// Revoke says that the admission authority has removed a client.
	Revoke struct {
		Client protocol.NodeID
		Sig    auth.Signature
	}

	// RevokeReply says that the replica durably knows it.
	RevokeReply struct {
		Client protocol.NodeID
		MAC    auth.MAC
	}
)

const (
	tagState = iota + 1
	tagReadTS
	tagReadTSPrep
	tagReadTSReply
	tagPrepare
	tagPrepareReply
	tagWrite
	tagWriteReply
	tagRead
	tagReadReply
	tagRevoke
	tagRevokeReply
)

func (*ReadTS) Kind() protocol.Kind       { return "bftbc.read-ts" }
func (*ReadTSPrep) Kind() protocol.Kind   { return "bftbc.read-ts-prep" }
func (*ReadTSReply) Kind() protocol.Kind  { return "bftbc.read-ts-reply" }
func (*Prepare) Kind() protocol.Kind      { return "bftbc.prepare" }
func (*PrepareReply) Kind() protocol.Kind { return "bftbc.prepare-reply" }
func (*Write) Kind() protocol.Kind        { return "bftbc.write" }
func (*WriteReply) Kind() protocol.Kind   { return "bftbc.write-reply" }
func (*Read) Kind() protocol.Kind         { return "bftbc.read" }
func (*ReadReply) Kind() protocol.Kind    { return "bftbc.read-reply" }
func (*Revoke) Kind() protocol.Kind       { return "bftbc.revoke" }
func (*RevokeReply) Kind() protocol.Kind  { return "bftbc.revoke-reply" }

// Kinds returns the names of all messages.
func Kinds() []string {
	var out []string
	for _, m := range []protocol.Message{
		&ReadTS{}, &ReadTSPrep{}, &ReadTSReply{}, &Prepare{}, &PrepareReply{}, &Write{}, &WriteReply{}, &Read{}, &ReadReply{}, &Revoke{}, &RevokeReply{},
	} {
		out = append(out, string(m.Kind()))
	}
	return out
}

// Exchange returns the nonce of the phase, which request and replies share.
func (h *Header) Exchange() uint64 { return h.Nonce }

func (h *Header) header() *Header { return h }

// about is a message about an object.
type about interface {
	protocol.Message
	header() *Header
}

// sealed is a reply that a MAC authenticates.
type sealed interface {
	protocol.Message
	appendBody(b []byte) []byte // the wire form up to the MAC
	mac() *auth.MAC
}

func (m *ReadTSReply) mac() *auth.MAC { return &m.MAC }
func (m *ReadReply) mac() *auth.MAC   { return &m.MAC }
func (m *RevokeReply) mac() *auth.MAC { return &m.MAC }

// Authenticate puts the MAC of the node that holds k, toward another, on m, if it
// is a reply that carries one. Only a message that was not sent yet may be given.
func Authenticate(k *auth.Keys, to protocol.NodeID, m protocol.Message) {
	if s, ok := m.(sealed); ok {
		k.Scratch = s.appendBody(k.Scratch[:0])
		*s.mac() = k.MAC(to, k.Scratch)
	}
}

// authentic reports whether m carries the MAC of its sender, if it is to carry one.
func authentic(k *auth.Keys, from protocol.NodeID, m protocol.Message) bool {
	s, ok := m.(sealed)
	if !ok {
		return true
	}
	k.Scratch = s.appendBody(k.Scratch[:0])
	return k.VerifyMAC(from, k.Scratch, *s.mac())
}

// request is what a replica does only for the client that signed it.
type request interface {
	protocol.Message
	client() protocol.NodeID
	signature() *auth.Signature
	appendSigned(b []byte, epoch uint64) []byte
}

func (m *ReadTSPrep) client() protocol.NodeID    { return m.Client }
func (m *Prepare) client() protocol.NodeID       { return m.Client }
func (m *ReadTSPrep) signature() *auth.Signature { return &m.Sig }
func (m *Prepare) signature() *auth.Signature    { return &m.Sig }

// A client signs the form of its request up to the signature, and the epoch.

func (m *ReadTSPrep) appendSigned(b []byte, epoch uint64) []byte {
	return binary.LittleEndian.AppendUint64(m.appendBody(b), epoch)
}

func (m *Prepare) appendSigned(b []byte, epoch uint64) []byte {
	return binary.LittleEndian.AppendUint64(m.appendBody(b), epoch)
}

// Sign puts the signature of the client that holds k, in an epoch, on a request
// that was not sent yet. Other messages are left as they are.
func Sign(k *auth.Keys, epoch uint64, m protocol.Message) {
	if q, ok := m.(request); ok {
		k.Scratch = q.appendSigned(k.Scratch[:0], epoch)
		*q.signature() = k.Sign(k.Scratch)
	}
}

// signed reports whether the client that q names has signed it.
func (c *Config) signed(k *auth.Keys, q request) bool {
	pub, known := k.Public(q.client())
	k.Scratch = q.appendSigned(k.Scratch[:0], c.Epoch)
	return known && k.Verify(pub, k.Scratch, q.signature())
}
