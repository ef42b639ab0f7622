package dbqs

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Header is in every message between clients and replicas: the object, and the
// nonce that the client chose for the phase, to which the reply is bound.
type Header struct {
	Object protocol.ID
	Nonce  uint64
	Epoch  uint64 // in which the client acts, and the replica answers; always 0 in a static system
}

// The messages of a client, and the replies of a replica. Requests are not
// authenticated: what they carry is (Write), or they reveal only what anyone may
// read. Replies carry a MAC from the replica to the client.
type (
	// ReadTS asks for the timestamp of an object: phase 1 of a write.
	ReadTS struct{ Header }

	// ReadTSReply answers ReadTS. A nil stamp says that there was no write.
	ReadTSReply struct {
		Header
		Stamp *Stamp
		MAC   auth.MAC
	}

	// Write asks a replica to hold a record: phase 2 of a write, or a write-back.
	Write struct {
		Header
		Record *Record
	}

	// WriteReply says that the replica durably holds the record with this signature
	// or a newer one. It names the record because anyone may send a Write in the
	// client's name: with the nonce alone, a faulty member that was asked to store a
	// record could make correct ones acknowledge an old record in its place [O].
	WriteReply struct {
		Header
		Sig auth.Signature
		MAC auth.MAC
	}

	// Read asks for the record of an object.
	Read struct{ Header }

	// ReadReply answers Read. A nil record says that there was no write.
	ReadReply struct {
		Header
		Record *Record
		MAC    auth.MAC
	}

	// Put asks a replica to hold a content-hash object.
	Put struct {
		Header
		Value []byte
	}

	// PutReply says that the replica durably holds it.
	PutReply struct {
		Header
		MAC auth.MAC
	}

	// Get asks for a content-hash object.
	Get struct{ Header }

	// GetReply answers Get. The value proves itself by its hash; only its absence
	// needs the MAC.
	GetReply struct {
		Header
		Found bool
		Value []byte
		MAC   auth.MAC
	}
)

// Reply is a message of a replica to a client.
type Reply interface {
	protocol.Message

	Binding() uint64 // the nonce of the request

	header() *Header
	appendBody(b []byte) []byte // the wire form up to the MAC, which authenticates it
	mac() *auth.MAC
}

// The type bytes, apart from those of the other protocols whose messages one node
// may read.
const (
	tagRecord byte = 128 + iota
	tagReadTS
	tagReadTSReply
	tagWrite
	tagWriteReply
	tagRead
	tagReadReply
	tagPut
	tagPutReply
	tagGet
	tagGetReply
	tagRefusal
	tagFetch
	tagFetchReply
	tagConfirm
	tagConfirmed
	tagProgress
)

func (*ReadTS) Kind() protocol.Kind      { return "dbqs.read-ts" }
func (*ReadTSReply) Kind() protocol.Kind { return "dbqs.read-ts-reply" }
func (*Write) Kind() protocol.Kind       { return "dbqs.write" }
func (*WriteReply) Kind() protocol.Kind  { return "dbqs.write-reply" }
func (*Read) Kind() protocol.Kind        { return "dbqs.read" }
func (*ReadReply) Kind() protocol.Kind   { return "dbqs.read-reply" }
func (*Put) Kind() protocol.Kind         { return "dbqs.put" }
func (*PutReply) Kind() protocol.Kind    { return "dbqs.put-reply" }
func (*Get) Kind() protocol.Kind         { return "dbqs.get" }
func (*GetReply) Kind() protocol.Kind    { return "dbqs.get-reply" }

func (h *Header) appendTo(b []byte, tag byte) []byte {
	b = append(append(b, tag), h.Object[:]...)
	b = binary.LittleEndian.AppendUint64(b, h.Nonce)
	return binary.LittleEndian.AppendUint64(b, h.Epoch)
}

func readHeader(w *protocol.Wire) Header {
	return Header{Object: w.ID(), Nonce: w.Uint64(), Epoch: w.Uint64()}
}

// Binding returns the nonce.
func (h *Header) Binding() uint64 { return h.Nonce }

func (h *Header) header() *Header { return h }

func (m *ReadTS) AppendTo(b []byte) []byte { return m.appendTo(b, tagReadTS) }
func (m *Read) AppendTo(b []byte) []byte   { return m.appendTo(b, tagRead) }
func (m *Get) AppendTo(b []byte) []byte    { return m.appendTo(b, tagGet) }
func (m *Write) AppendTo(b []byte) []byte  { return appendRecord(m.appendTo(b, tagWrite), m.Record) }
func (m *Put) AppendTo(b []byte) []byte {
	return protocol.AppendBytes(m.appendTo(b, tagPut), m.Value)
}

func (m *ReadTSReply) AppendTo(b []byte) []byte { return append(m.appendBody(b), m.MAC[:]...) }
func (m *WriteReply) AppendTo(b []byte) []byte  { return append(m.appendBody(b), m.MAC[:]...) }
func (m *ReadReply) AppendTo(b []byte) []byte   { return append(m.appendBody(b), m.MAC[:]...) }
func (m *PutReply) AppendTo(b []byte) []byte    { return append(m.appendBody(b), m.MAC[:]...) }
func (m *GetReply) AppendTo(b []byte) []byte    { return append(m.appendBody(b), m.MAC[:]...) }

func (m *ReadTSReply) mac() *auth.MAC { return &m.MAC }
func (m *WriteReply) mac() *auth.MAC  { return &m.MAC }
func (m *ReadReply) mac() *auth.MAC   { return &m.MAC }
func (m *PutReply) mac() *auth.MAC    { return &m.MAC }
func (m *GetReply) mac() *auth.MAC    { return &m.MAC }

func (m *PutReply) appendBody(b []byte) []byte { return m.appendTo(b, tagPutReply) }

func (m *WriteReply) appendBody(b []byte) []byte {
	return append(m.appendTo(b, tagWriteReply), m.Sig[:]...)
}

func (m *ReadReply) appendBody(b []byte) []byte {
	return appendOptional(m.appendTo(b, tagReadReply), m.Record)
}

func (m *GetReply) appendBody(b []byte) []byte {
	b = protocol.AppendBool(m.appendTo(b, tagGetReply), m.Found)
	return protocol.AppendBytes(b, m.Value)
}

func (m *ReadTSReply) appendBody(b []byte) []byte {
	b = protocol.AppendBool(m.appendTo(b, tagReadTSReply), m.Stamp != nil)
	if s := m.Stamp; s != nil {
		b = append(b, s.Public[:]...)
		b = appendTimestamp(b, s.TS)
		b = append(b, s.Digest[:]...)
		b = append(b, s.Sig[:]...)
	}
	return b
}

// Decodes reports whether bytes that begin with this one are for Decode.
func Decodes(tag byte) bool { return tag >= tagRecord && tag <= tagProgress }

// Speaks reports whether a message is one of this protocol.
func Speaks(m protocol.Message) bool { return strings.HasPrefix(string(m.Kind()), "dbqs.") }

// Kinds returns the kinds of all messages that travel.
func Kinds() []string {
	var names []string
	for _, m := range []protocol.Message{
		&ReadTS{}, &ReadTSReply{}, &Write{}, &WriteReply{}, &Read{}, &ReadReply{}, &Put{}, &PutReply{}, &Get{}, &GetReply{},
		&Refusal{}, &Fetch{}, &FetchReply{}, &Confirm{}, &Confirmed{},
	} {
		names = append(names, string(m.Kind()))
	}
	return names
}

// Decode reads one message of this protocol.
func Decode(b []byte) (protocol.Message, error) {
	w := protocol.NewWire(b)
	tag := w.Byte()
	var m protocol.Message
	switch {
	case tag == tagRecord:
		m = readRecord(w)
	case tag >= tagFetch:
		m = decodeTransfer(w, tag)
	default:
		m = decodeBody(w, tag, readHeader(w))
	}
	if err := w.Done(); err != nil {
		return nil, err
	}
	return m, nil
}

func decodeBody(w *protocol.Wire, tag byte, h Header) protocol.Message {
	switch tag {
	case tagReadTS:
		return &ReadTS{h}
	case tagReadTSReply:
		return &ReadTSReply{h, readStamp(w), readMAC(w)}
	case tagWrite:
		return &Write{h, readRecord(w)}
	case tagWriteReply:
		m := &WriteReply{Header: h}
		copy(m.Sig[:], w.Fixed(len(m.Sig)))
		m.MAC = readMAC(w)
		return m
	case tagRead:
		return &Read{h}
	case tagReadReply:
		m := &ReadReply{Header: h}
		if w.Bool() {
			m.Record = readRecord(w)
		}
		m.MAC = readMAC(w)
		return m
	case tagPut:
		return &Put{h, w.Bytes()}
	case tagPutReply:
		return &PutReply{h, readMAC(w)}
	case tagGet:
		return &Get{h}
	case tagGetReply:
		return &GetReply{h, w.Bool(), w.Bytes(), readMAC(w)}
	case tagRefusal:
		return &Refusal{h, w.Uint64()}
	}
	w.Fail()
	return nil
}

func readStamp(w *protocol.Wire) *Stamp {
	if !w.Bool() {
		return nil
	}
	s := &Stamp{}
	copy(s.Public[:], w.Fixed(len(s.Public)))
	s.TS = readTimestamp(w)
	copy(s.Digest[:], w.Fixed(len(s.Digest)))
	copy(s.Sig[:], w.Fixed(len(s.Sig)))
	return s
}

func readMAC(w *protocol.Wire) (m auth.MAC) {
	copy(m[:], w.Fixed(len(m)))
	return m
}

func digest(value []byte) auth.Digest { return sha256.Sum256(value) }

// ObjectID returns the id of the public-key object of an owner.
func ObjectID(owner auth.PublicKey) protocol.ID { return protocol.ID(digest(owner[:])) }

// ContentID returns the id of the content-hash object of a value.
func ContentID(value []byte) protocol.ID { return protocol.ID(digest(value)) }
