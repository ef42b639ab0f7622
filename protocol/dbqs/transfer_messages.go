package dbqs

import (
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// The messages that only exist where epochs change.
type (
	// Refusal tells a client that its epoch is over, and which is not. Nobody believes
	// it: it makes the client ask for the steps, which prove themselves.
	Refusal struct {
		Header
		Now uint64
	}

	// Fetch asks a member of an arc's group of epoch Into-1 for the objects of the arc.
	Fetch struct {
		Into  uint64
		Arc   Arc
		Nonce uint64
	}

	// FetchReply answers Fetch with the objects after Arc.Lo up to and including Upto.
	FetchReply struct {
		Nonce     uint64
		Upto      protocol.ID
		Registers []Held
		Contents  [][]byte
		MAC       auth.MAC // from the donor to the one who asked
	}

	// Confirm asks a member of an arc's group of epoch Into whether it has all that
	// was written of the arc before.
	Confirm struct {
		Into uint64
		Arc  Arc
	}

	// Confirmed answers that it has.
	Confirmed struct {
		Into uint64
		Arc  Arc
		MAC  auth.MAC
	}

	// Progress is what a server stores of its transfers, so that after a crash it
	// knows which objects it must not serve yet, and which it must not drop.
	Progress struct {
		Epoch   uint64  // up to which the rest accounts for
		Sound   uint64  // the first epoch in which what it holds is to be trusted again
		Pending []Claim // transfers to be finished
		Lost    []Claim // arcs to be dropped
		Gone    []Claim // arcs that were dropped
	}
)

// Held is an object as a donor holds it.
type Held struct {
	Object protocol.ID
	Record *Record
}

// Claim is an arc at the beginning of an epoch.
type Claim struct {
	Into   uint64
	Arc    Arc
	Except []Arc // parts that are settled
	Again  bool  // a second way to what an earlier transfer is after
}

// Kind returns the name of the message's type.
func (*Refusal) Kind() protocol.Kind    { return "dbqs.refusal" }
func (*Fetch) Kind() protocol.Kind      { return "dbqs.fetch" }
func (*FetchReply) Kind() protocol.Kind { return "dbqs.fetch-reply" }
func (*Confirm) Kind() protocol.Kind    { return "dbqs.confirm" }
func (*Confirmed) Kind() protocol.Kind  { return "dbqs.confirmed" }
func (*Progress) Kind() protocol.Kind   { return "dbqs.progress" }

// AppendTo appends the wire form.
func (m *Refusal) AppendTo(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(m.appendTo(b, tagRefusal), m.Now)
}

// AppendTo appends the wire form.
func (m *Fetch) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, tagFetch), m.Into)
	return binary.LittleEndian.AppendUint64(m.Arc.appendTo(b), m.Nonce)
}

// appendBody appends the wire form up to the MAC, which authenticates it.
func (m *FetchReply) appendBody(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, tagFetchReply), m.Nonce)
	b = binary.AppendUvarint(append(b, m.Upto[:]...), uint64(len(m.Registers)))
	for _, h := range m.Registers {
		b = appendRecord(append(b, h.Object[:]...), h.Record)
	}
	b = binary.AppendUvarint(b, uint64(len(m.Contents)))
	for _, v := range m.Contents {
		b = protocol.AppendBytes(b, v)
	}
	return b
}

// Seal puts the MAC of the node that holds k, toward a server, on a message that was
// not sent yet.
func (m *FetchReply) Seal(k *auth.Keys, to protocol.NodeID) { m.MAC = k.MAC(to, m.appendBody(nil)) }

// Seal puts the MAC of the node that holds k, toward a server, on a message that was
// not sent yet.
func (m *Confirmed) Seal(k *auth.Keys, to protocol.NodeID) { m.MAC = k.MAC(to, m.appendBody(nil)) }

// AppendTo appends the wire form.
func (m *FetchReply) AppendTo(b []byte) []byte { return append(m.appendBody(b), m.MAC[:]...) }

// AppendTo appends the wire form.
func (m *Confirm) AppendTo(b []byte) []byte {
	return m.Arc.appendTo(binary.LittleEndian.AppendUint64(append(b, tagConfirm), m.Into))
}

func (m *Confirmed) appendBody(b []byte) []byte {
	return m.Arc.appendTo(binary.LittleEndian.AppendUint64(append(b, tagConfirmed), m.Into))
}

// AppendTo appends the wire form.
func (m *Confirmed) AppendTo(b []byte) []byte { return append(m.appendBody(b), m.MAC[:]...) }

// AppendTo appends the form in which it is stored.
func (m *Progress) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, tagProgress), m.Epoch)
	b = binary.LittleEndian.AppendUint64(b, m.Sound)
	return appendClaims(appendClaims(appendClaims(b, m.Pending), m.Lost), m.Gone)
}

func appendClaims(b []byte, claims []Claim) []byte {
	b = binary.AppendUvarint(b, uint64(len(claims)))
	for i := range claims {
		c := &claims[i]
		b = protocol.AppendBool(c.Arc.appendTo(binary.LittleEndian.AppendUint64(b, c.Into)), c.Again)
		b = binary.AppendUvarint(b, uint64(len(c.Except)))
		for _, a := range c.Except {
			b = a.appendTo(b)
		}
	}
	return b
}

func readClaims(w *protocol.Wire) []Claim {
	var out []Claim
	for range w.Count(74) {
		c := Claim{Into: w.Uint64(), Arc: readArc(w), Again: w.Bool()}
		for range w.Count(64) {
			c.Except = append(c.Except, readArc(w))
		}
		out = append(out, c)
	}
	return out
}

func decodeTransfer(w *protocol.Wire, tag byte) protocol.Message {
	switch tag {
	case tagFetch:
		return &Fetch{w.Uint64(), readArc(w), w.Uint64()}
	case tagFetchReply:
		return readFetchReply(w)
	case tagConfirm:
		return &Confirm{w.Uint64(), readArc(w)}
	case tagConfirmed:
		return &Confirmed{w.Uint64(), readArc(w), readMAC(w)}
	case tagProgress:
		return &Progress{w.Uint64(), w.Uint64(), readClaims(w), readClaims(w), readClaims(w)}
	}
	w.Fail()
	return nil
}

func readFetchReply(w *protocol.Wire) *FetchReply {
	m := &FetchReply{Nonce: w.Uint64(), Upto: w.ID()}
	for range w.Count(32) {
		m.Registers = append(m.Registers, Held{w.ID(), readRecord(w)})
	}
	for range w.Count(1) {
		m.Contents = append(m.Contents, w.Bytes())
	}
	m.MAC = readMAC(w)
	return m
}
