package pbft

import (
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// The wire form of a message is its type byte, its text and its Auth. The text is
// what the Auth covers (see seal.go); what a digest in the text stands for, such as the
// request digests of a PRE-PREPARE, follows it as an appendix.

// The type bytes.
const (
	tagRequest byte = 1 + iota
	tagPrePrepare
	tagPrepare
	tagCommit
	tagReply
	tagCheckpoint
	tagViewChange
	tagViewChangeAck
	tagNewView
	tagStatus
	tagFetch
	tagBodies
	tagFetchState
	tagStatePart
)

func appendU64(b []byte, v uint64) []byte { return binary.LittleEndian.AppendUint64(b, v) }
func appendI32(b []byte, v int32) []byte  { return binary.LittleEndian.AppendUint32(b, uint32(v)) }
func appendCount(b []byte, n int) []byte  { return binary.AppendUvarint(b, uint64(n)) }
func appendVote(b []byte, v *Vote) []byte { return append(appendI32(b, v.Replica), v.Sig[:]...) }
func appendDigests(b []byte, ds []auth.Digest) []byte {
	b = appendCount(b, len(ds))
	for i := range ds {
		b = append(b, ds[i][:]...)
	}
	return b
}

func appendVotes(b []byte, votes []Vote) []byte {
	b = appendCount(b, len(votes))
	for i := range votes {
		b = appendVote(b, &votes[i])
	}
	return b
}

func (a *Auth) appendTo(b []byte) []byte {
	b = appendCount(b, len(a.MACs))
	for i := range a.MACs {
		b = append(b, a.MACs[i][:]...)
	}
	b = protocol.AppendBool(b, a.Sig != nil)
	if a.Sig != nil {
		b = append(b, a.Sig[:]...)
	}
	return b
}

// appendVoteText appends the text of a PRE-PREPARE, PREPARE or COMMIT.
func appendVoteText(b []byte, tag byte, view, seq uint64, d *auth.Digest, replica int32) []byte {
	b = appendU64(appendU64(append(b, tag), view), seq)
	return appendI32(append(b, d[:]...), replica)
}

// appendCore appends what a request's digest is made of.
func (m *Request) appendCore(b []byte) []byte {
	b = appendU64(appendI32(b, int32(m.Client)), m.Timestamp)
	return protocol.AppendBytes(protocol.AppendBool(b, m.ReadOnly), m.Op)
}

func (m *Request) appendText(b []byte) []byte {
	return m.appendCore(appendI32(append(b, tagRequest), m.Replier))
}
func (m *PrePrepare) appendText(b []byte) []byte {
	return appendVoteText(b, tagPrePrepare, m.View, m.Seq, &m.Digest, m.Replica)
}
func (m *Prepare) appendText(b []byte) []byte {
	return appendVoteText(b, tagPrepare, m.View, m.Seq, &m.Digest, m.Replica)
}
func (m *Commit) appendText(b []byte) []byte {
	return appendVoteText(b, tagCommit, m.View, m.Seq, &m.Digest, m.Replica)
}
func (m *Reply) appendText(b []byte) []byte {
	b = appendU64(appendU64(append(b, tagReply), m.View), m.Timestamp)
	b = appendI32(appendI32(b, int32(m.Client)), m.Replica)
	b = protocol.AppendBool(protocol.AppendBool(b, m.Tentative), m.Whole)
	return protocol.AppendBytes(b, m.Result)
}
func (m *Checkpoint) appendText(b []byte) []byte {
	b = append(appendU64(append(b, tagCheckpoint), m.Seq), m.Digest[:]...)
	return appendI32(b, m.Replica)
}
func (m *ViewChangeAck) appendText(b []byte) []byte {
	b = appendI32(appendU64(append(b, tagViewChangeAck), m.View), m.Origin)
	return appendI32(append(b, m.Digest[:]...), m.Replica)
}
func (m *Fetch) appendText(b []byte) []byte {
	b = append(appendU64(append(b, tagFetch), m.Seq), m.Digest[:]...)
	return appendI32(b, m.Replica)
}
func (m *FetchState) appendText(b []byte) []byte {
	b = appendCount(appendU64(append(b, tagFetchState), m.Seq), len(m.Parts))
	for _, p := range m.Parts {
		b = binary.LittleEndian.AppendUint32(b, p)
	}
	return appendI32(b, m.Replica)
}

func appendCertified(b []byte, entries []Certified) []byte {
	b = appendCount(b, len(entries))
	for i := range entries {
		e := &entries[i]
		b = append(appendU64(appendU64(b, e.Seq), e.View), e.Digest[:]...)
		b = appendVotes(b, e.Proof)
	}
	return b
}

func (m *ViewChange) appendText(b []byte) []byte {
	b = appendU64(appendU64(append(b, tagViewChange), m.View), m.H)
	b = appendCount(b, len(m.C))
	for i := range m.C {
		b = append(appendU64(b, m.C[i].Seq), m.C[i].Digest[:]...)
	}
	b = appendCertified(appendCertified(b, m.P), m.Q)
	return appendI32(appendVotes(b, m.HProof), m.Replica)
}

func (m *NewView) appendText(b []byte) []byte {
	b = appendCount(appendU64(append(b, tagNewView), m.View), len(m.V))
	for i := range m.V {
		b = append(appendI32(b, m.V[i].Replica), m.V[i].Digest[:]...)
	}
	b = append(appendU64(b, m.Start.Seq), m.Start.Digest[:]...)
	return appendI32(appendDigests(b, m.X), m.Replica)
}

func (m *Status) appendText(b []byte) []byte {
	b = protocol.AppendBool(appendU64(append(b, tagStatus), m.View), m.Active)
	b = appendU64(appendU64(b, m.H), m.Executed)
	b = appendU64(appendU64(appendU64(b, m.PrePrepared), m.Prepared), m.Committed)
	b = protocol.AppendBool(m.Have.AppendTo(b), m.HaveNewView)
	return appendI32(b, m.Replica)
}

// AppendTo appends the wire form.
func (m *Request) AppendTo(b []byte) []byte       { return m.Auth.appendTo(m.appendText(b)) }
func (m *Prepare) AppendTo(b []byte) []byte       { return m.Auth.appendTo(m.appendText(b)) }
func (m *Commit) AppendTo(b []byte) []byte        { return m.Auth.appendTo(m.appendText(b)) }
func (m *Reply) AppendTo(b []byte) []byte         { return m.Auth.appendTo(m.appendText(b)) }
func (m *Checkpoint) AppendTo(b []byte) []byte    { return m.Auth.appendTo(m.appendText(b)) }
func (m *ViewChange) AppendTo(b []byte) []byte    { return m.Auth.appendTo(m.appendText(b)) }
func (m *ViewChangeAck) AppendTo(b []byte) []byte { return m.Auth.appendTo(m.appendText(b)) }
func (m *Status) AppendTo(b []byte) []byte        { return m.Auth.appendTo(m.appendText(b)) }
func (m *Fetch) AppendTo(b []byte) []byte         { return m.Auth.appendTo(m.appendText(b)) }
func (m *FetchState) AppendTo(b []byte) []byte    { return m.Auth.appendTo(m.appendText(b)) }

// AppendTo appends the wire form.
func (m *PrePrepare) AppendTo(b []byte) []byte {
	return appendDigests(m.Auth.appendTo(m.appendText(b)), m.Requests)
}

// AppendTo appends the wire form.
func (m *NewView) AppendTo(b []byte) []byte {
	b = appendCount(m.Auth.appendTo(m.appendText(b)), len(m.Signed))
	for _, vc := range m.Signed {
		b = protocol.AppendBytes(b, vc.AppendTo(nil))
	}
	return appendVotes(b, m.O)
}

// AppendTo appends the wire form.
func (m *Bodies) AppendTo(b []byte) []byte {
	b = appendCount(appendU64(append(b, tagBodies), m.Seq), len(m.Requests))
	for _, req := range m.Requests {
		b = protocol.AppendBytes(b, req.AppendTo(nil))
	}
	return b
}

// AppendTo appends the wire form.
func (m *StatePart) AppendTo(b []byte) []byte {
	b = appendI32(appendU64(append(b, tagStatePart), m.Seq), int32(m.Part))
	return protocol.AppendBytes(b, m.Bytes)
}
