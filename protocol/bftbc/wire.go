package bftbc

import (
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

func (h *Header) appendTo(b []byte, tag byte) []byte {
	b = append(append(b, tag), h.Object[:]...)
	return binary.LittleEndian.AppendUint64(b, h.Nonce)
}

func appendTimestamp(b []byte, ts Timestamp) []byte {
	b = binary.LittleEndian.AppendUint64(b, ts.Counter)
	return binary.LittleEndian.AppendUint32(b, uint32(ts.Client))
}

// AppendStamp appends a canonical form of s to b, by which checkers tell writes apart.
func AppendStamp(b []byte, s Stamp) []byte { return appendStamp(b, s) }

func appendStamp(b []byte, s Stamp) []byte { return append(appendTimestamp(b, s.TS), s.Digest[:]...) }

func appendVote(b []byte, v *Vote) []byte {
	return append(appendStamp(append(b, byte(v.Claim)), v.Stamp), v.Sig[:]...)
}

func appendCertificate(b []byte, c *Certificate) []byte {
	b = protocol.AppendBool(b, c != nil)
	if c == nil {
		return b
	}
	b = appendStamp(append(b, byte(c.Claim)), c.Stamp)
	b = binary.AppendUvarint(b, uint64(len(c.Proof)))
	for i := range c.Proof {
		b = binary.LittleEndian.AppendUint32(b, uint32(c.Proof[i].Replica))
		b = append(b, c.Proof[i].Sig[:]...)
	}
	return b
}

func appendRecord(b []byte, r *Record) []byte {
	b = protocol.AppendBool(b, r != nil)
	if r == nil {
		return b
	}
	return appendCertificate(protocol.AppendBytes(b, r.Value), r.Cert)
}

func (m *ReadTS) AppendTo(b []byte) []byte { return m.appendTo(b, tagReadTS) }
func (m *Read) AppendTo(b []byte) []byte   { return m.appendTo(b, tagRead) }
func (m *Write) AppendTo(b []byte) []byte  { return appendRecord(m.appendTo(b, tagWrite), m.Record) }
func (m *PrepareReply) AppendTo(b []byte) []byte {
	return appendVote(m.appendTo(b, tagPrepareReply), &m.Vote)
}

func (m *WriteReply) AppendTo(b []byte) []byte {
	return appendVote(m.appendTo(b, tagWriteReply), &m.Vote)
}
func (m *ReadTSPrep) AppendTo(b []byte) []byte  { return append(m.appendBody(b), m.Sig[:]...) }
func (m *Prepare) AppendTo(b []byte) []byte     { return append(m.appendBody(b), m.Sig[:]...) }
func (m *ReadTSReply) AppendTo(b []byte) []byte { return append(m.appendBody(b), m.MAC[:]...) }
func (m *ReadReply) AppendTo(b []byte) []byte   { return append(m.appendBody(b), m.MAC[:]...) }
func (m *RevokeReply) AppendTo(b []byte) []byte { return append(m.appendBody(b), m.MAC[:]...) }

func (m *Revoke) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(append(b, tagRevoke), uint32(m.Client))
	return append(b, m.Sig[:]...)
}

func (m *ReadTSPrep) appendBody(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(m.appendTo(b, tagReadTSPrep), uint32(m.Client))
	b = binary.LittleEndian.AppendUint64(b, m.Seq)
	return appendCertificate(append(b, m.Digest[:]...), m.Previous)
}

func (m *Prepare) appendBody(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(m.appendTo(b, tagPrepare), uint32(m.Client))
	b = appendTimestamp(appendCertificate(b, m.Max), m.TS)
	b = appendCertificate(append(b, m.Digest[:]...), m.Previous)
	return appendCertificate(b, m.Completed)
}

func (m *ReadTSReply) appendBody(b []byte) []byte {
	b = appendRecord(m.appendTo(b, tagReadTSReply), m.Record)
	b = protocol.AppendBool(b, m.Vote != nil)
	if m.Vote != nil {
		b = appendVote(b, m.Vote)
	}
	return b
}

func (m *ReadReply) appendBody(b []byte) []byte {
	return appendRecord(m.appendTo(b, tagReadReply), m.Record)
}

func (m *RevokeReply) appendBody(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(append(b, tagRevokeReply), uint32(m.Client))
}

// Decode reads one message or durable record of this protocol.
func Decode(b []byte) (protocol.Message, error) {
	w := protocol.NewWire(b)
	m := decode(w, w.Byte())
	if err := w.Done(); err != nil {
		return nil, err
	}
	return m, nil
}

func decode(w *protocol.Wire, tag byte) protocol.Message {
	switch tag {
	case tagState:
		return readState(w)
	case tagRevoke:
		return &Revoke{readNode(w), readSignature(w)}
	case tagRevokeReply:
		return &RevokeReply{readNode(w), readMAC(w)}
	}
	h := Header{w.ID(), w.Uint64()}
	switch tag {
	case tagReadTS:
		return &ReadTS{h}
	case tagReadTSPrep:
		return &ReadTSPrep{h, readNode(w), w.Uint64(), readDigest(w), readCertificate(w), readSignature(w)}
	case tagReadTSReply:
		m := &ReadTSReply{Header: h, Record: readRecord(w)}
		if w.Bool() {
			v := readVote(w)
			m.Vote = &v
		}
		m.MAC = readMAC(w)
		return m
	case tagPrepare:
		return &Prepare{h, readNode(w), readCertificate(w), readTimestamp(w), readDigest(w), readCertificate(w), readCertificate(w), readSignature(w)}
	case tagPrepareReply:
		return &PrepareReply{h, readVote(w)}
	case tagWrite:
		return &Write{h, readRecord(w)}
	case tagWriteReply:
		return &WriteReply{h, readVote(w)}
	case tagRead:
		return &Read{h}
	case tagReadReply:
		return &ReadReply{h, readRecord(w), readMAC(w)}
	}
	w.Fail()
	return nil
}

func readNode(w *protocol.Wire) protocol.NodeID { return protocol.NodeID(w.Uint32()) }

func readTimestamp(w *protocol.Wire) Timestamp { return Timestamp{w.Uint64(), readNode(w)} }

func readStamp(w *protocol.Wire) Stamp { return Stamp{readTimestamp(w), readDigest(w)} }

func readVote(w *protocol.Wire) Vote { return Vote{readClaim(w), readStamp(w), readSignature(w)} }

func readClaim(w *protocol.Wire) Claim {
	c := Claim(w.Byte())
	if c < Prepared || c > Written {
		w.Fail()
	}
	return c
}

func readCertificate(w *protocol.Wire) *Certificate {
	if !w.Bool() {
		return nil
	}
	c := &Certificate{Claim: readClaim(w), Stamp: readStamp(w)}
	n := w.Count(4 + len(auth.Signature{}))
	if n > 0 {
		c.Proof = make([]Endorsement, n)
	}
	for i := range c.Proof {
		c.Proof[i] = Endorsement{readNode(w), readSignature(w)}
	}
	return c
}

func readRecord(w *protocol.Wire) *Record {
	if !w.Bool() {
		return nil
	}
	r := &Record{Value: w.Bytes(), Cert: readCertificate(w)}
	if r.Cert == nil {
		w.Fail() // what nobody prepared is no record
	}
	return r
}

func readDigest(w *protocol.Wire) (d auth.Digest) {
	copy(d[:], w.Fixed(len(d)))
	return d
}

func readSignature(w *protocol.Wire) (s auth.Signature) {
	copy(s[:], w.Fixed(len(s)))
	return s
}

func readMAC(w *protocol.Wire) (m auth.MAC) {
	copy(m[:], w.Fixed(len(m)))
	return m
}
