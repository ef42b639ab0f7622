package membership

import (
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
)

// The messages between the service's replicas and to its members, besides votes
// (votes.go), those of the view, and those of the replication protocol, which are
// passed on as they are. Each carries its sender's epoch.
type (
	// Ping asks a member whether it is there.
	Ping struct {
		Epoch  uint64
		Nonce  uint64
		Signed bool // the answer shall be signed
	}

	// Pong answers Ping.
	Pong struct {
		Epoch  uint64
		Nonce  uint64
		Member protocol.ID
		Ready  bool // the member may be taken back: it knows that its epoch is current
		Sig    *auth.Signature
	}

	// Report tells a replica of the service what a committee says of a member.
	Report struct {
		Epoch    uint64
		Vote     VoteKind
		Target   protocol.ID
		Evidence []Statement // by the members' places in the committee
	}

	// Partial is a replica's part of a threshold signature.
	Partial struct {
		Epoch   uint64
		Purpose Purpose
		Root    auth.Digest // PurposeFresh: of the nonces; PurposeEpoch: of the statement
		Part    auth.Partial
	}
)

// Purpose says what a partial signature is for.
type Purpose uint8

// What the service signs.
const (
	PurposeEpoch Purpose = iota // the certificate of Partial.Epoch
	PurposeFresh                // that Partial.Epoch is current
	PurposeDraw                 // which members run the service from Partial.Epoch on
	purposes
)

// The type bytes, apart from those of the view and of the replication protocol.
const (
	tagPing byte = 96 + iota
	tagPong
	tagPartial
	tagVote
	tagDeal
	tagChecked
	tagAccused
	tagHandoverAsk
	tagHandover
	tagReport
)

// Kind returns "membership.ping".
func (*Ping) Kind() protocol.Kind { return "membership.ping" }

// Kind returns "membership.pong".
func (*Pong) Kind() protocol.Kind { return "membership.pong" }

// Kind returns "membership.partial".
func (*Partial) Kind() protocol.Kind { return "membership.partial" }

// Kind returns "membership.report".
func (*Report) Kind() protocol.Kind { return "membership.report" }

// Kinds returns the kinds of all messages that the nodes exchange.
func Kinds() []string {
	own := []string{"membership.ping", "membership.pong", "membership.partial", "membership.vote",
		"membership.deal", "membership.checked", "membership.accused", "membership.handover-ask", "membership.handover", "membership.report"}
	return append(append(own, view.Kinds()...), pbft.Kinds()...)
}

// AppendTo appends the wire form.
func (m *Ping) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, tagPing), m.Epoch)
	return protocol.AppendBool(binary.LittleEndian.AppendUint64(b, m.Nonce), m.Signed)
}

func (m *Pong) appendBody(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, tagPong), m.Epoch)
	b = binary.LittleEndian.AppendUint64(b, m.Nonce)
	return protocol.AppendBool(append(b, m.Member[:]...), m.Ready)
}

// text is what the member signs.
func (m *Pong) text() []byte {
	return m.appendBody(protocol.AppendBytes(nil, []byte("turncoat membership pong")))
}

// AppendTo appends the wire form.
func (m *Pong) AppendTo(b []byte) []byte {
	if b = protocol.AppendBool(m.appendBody(b), m.Sig != nil); m.Sig != nil {
		b = append(b, m.Sig[:]...)
	}
	return b
}

// AppendTo appends the wire form.
func (m *Partial) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, tagPartial), m.Epoch)
	b = append(append(b, byte(m.Purpose)), m.Root[:]...)
	b = binary.AppendUvarint(b, uint64(m.Part.Index))
	return append(b, m.Part.Sig[:]...)
}

// AppendTo appends the wire form.
func (m *Report) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, tagReport), m.Epoch)
	b = append(append(b, byte(m.Vote)), m.Target[:]...)
	return appendStatements(b, m.Evidence)
}

// Decode reads one message of any kind that the nodes exchange. It is total: it
// returns an error on whatever AppendTo could not have written, and never panics.
func Decode(b []byte) (protocol.Message, error) {
	switch {
	case len(b) > 0 && view.Decodes(b[0]):
		return view.Decode(b)
	case len(b) == 0 || b[0] < tagPing:
		return pbft.Decode(b)
	}
	w := protocol.NewWire(b)
	var m protocol.Message
	switch w.Byte() {
	case tagPing:
		m = &Ping{w.Uint64(), w.Uint64(), w.Bool()}
	case tagPong:
		m = readPong(w)
	case tagPartial:
		m = readPartial(w)
	case tagVote:
		m = readVote(w)
	case tagDeal:
		m = readDeal(w)
	case tagChecked:
		m = readChecked(w)
	case tagAccused:
		m = readAccused(w)
	case tagHandoverAsk:
		m = &HandoverAsk{w.Uint64()}
	case tagHandover:
		m = &Handover{w.Uint64(), w.Bytes(), readCounts(w)}
	case tagReport:
		m = readReport(w)
	default:
		w.Fail()
	}
	if err := w.Done(); err != nil {
		return nil, err
	}
	return m, nil
}

func readPong(w *protocol.Wire) *Pong {
	m := &Pong{Epoch: w.Uint64(), Nonce: w.Uint64(), Member: w.ID(), Ready: w.Bool()}
	if w.Bool() {
		m.Sig = new(auth.Signature)
		copy(m.Sig[:], w.Fixed(len(m.Sig)))
	}
	return m
}

func readPartial(w *protocol.Wire) *Partial {
	m := &Partial{Epoch: w.Uint64(), Purpose: Purpose(w.Byte()), Root: auth.Digest(w.ID())}
	m.Part.Index = readIndex(w)
	copy(m.Part.Sig[:], w.Fixed(len(m.Part.Sig)))
	if m.Purpose >= purposes {
		w.Fail()
	}
	return m
}

func readReport(w *protocol.Wire) *Report {
	m := &Report{Epoch: w.Uint64(), Vote: VoteKind(w.Byte()), Target: w.ID()}
	if m.Evidence = readStatements(w); m.Vote >= voteKinds {
		w.Fail()
	}
	return m
}
