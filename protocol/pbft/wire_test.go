package pbft

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/storytest"
)

// drawn draws the fields of messages.
type drawn struct{ *rapid.T }

func (t drawn) u64() uint64         { return rapid.Uint64().Draw(t.T, "u64") }
func (t drawn) i32() int32          { return rapid.Int32().Draw(t.T, "i32") }
func (t drawn) bool() bool          { return rapid.Bool().Draw(t.T, "bool") }
func (t drawn) few() int            { return rapid.IntRange(0, 3).Draw(t.T, "few") }
func (t drawn) digest() auth.Digest { return auth.Digest{rapid.Byte().Draw(t.T, "digest"), 31: 1} }
func (t drawn) bytes() []byte       { return rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t.T, "bytes") }
func (t drawn) id() CheckpointID    { return CheckpointID{t.u64(), t.digest()} }

func (t drawn) auth() (a Auth) {
	for range t.few() {
		a.MACs = append(a.MACs, auth.MAC{rapid.Byte().Draw(t.T, "mac")})
	}
	if t.bool() {
		a.Sig = &auth.Signature{rapid.Byte().Draw(t.T, "sig")}
	}
	return a
}

func (t drawn) votes() (votes []Vote) {
	for range t.few() {
		votes = append(votes, Vote{t.i32(), auth.Signature{3}})
	}
	return votes
}

func (t drawn) certified() (list []Certified) {
	for range t.few() {
		list = append(list, Certified{t.u64(), t.u64(), t.digest(), t.votes()})
	}
	return list
}

func (t drawn) request() *Request {
	return &Request{Client: protocol.NodeID(t.i32()), Timestamp: t.u64(), ReadOnly: t.bool(), Replier: t.i32(), Op: t.bytes(), Auth: t.auth()}
}

func (t drawn) viewChange() *ViewChange {
	m := &ViewChange{View: t.u64(), H: t.u64(), P: t.certified(), Q: t.certified(), HProof: t.votes(), Replica: t.i32(), Auth: t.auth()}
	for range t.few() {
		m.C = append(m.C, t.id())
	}
	return m
}

func (t drawn) newView() *NewView {
	m := &NewView{View: t.u64(), Start: t.id(), O: t.votes(), Replica: t.i32(), Auth: t.auth()}
	for range t.few() {
		m.V = append(m.V, ViewChangeID{t.i32(), t.digest()})
		m.X = append(m.X, t.digest())
		m.Signed = append(m.Signed, t.viewChange())
	}
	return m
}

func (t drawn) status() *Status {
	m := &Status{View: t.u64(), Active: t.bool(), H: t.u64(), Executed: t.u64(), PrePrepared: t.u64(), Prepared: t.u64(),
		Committed: t.u64(), HaveNewView: t.bool(), Replica: t.i32(), Auth: t.auth()}
	for range t.few() {
		m.Have.Add(rapid.IntRange(0, 300).Draw(t.T, "have"))
	}
	return m
}

func (t drawn) message() protocol.Message {
	switch rapid.IntRange(1, 14).Draw(t.T, "type") {
	case 1:
		return t.request()
	case 2:
		return &PrePrepare{View: t.u64(), Seq: t.u64(), Digest: t.digest(), Requests: []auth.Digest{t.digest(), t.digest()}[:t.few()%3], Replica: t.i32(), Auth: t.auth()}
	case 3:
		return &Prepare{t.u64(), t.u64(), t.digest(), t.i32(), t.auth()}
	case 4:
		return &Commit{t.u64(), t.u64(), t.digest(), t.i32(), t.auth()}
	case 5:
		return &Reply{t.u64(), t.u64(), protocol.NodeID(t.i32()), t.i32(), t.bool(), t.bool(), t.bytes(), t.auth()}
	case 6:
		return &Checkpoint{t.u64(), t.digest(), t.i32(), t.auth()}
	case 7:
		return t.viewChange()
	case 8:
		return &ViewChangeAck{t.u64(), t.i32(), t.digest(), t.i32(), t.auth()}
	case 9:
		return t.newView()
	case 10:
		return t.status()
	case 11:
		return &Fetch{t.u64(), t.digest(), t.i32(), t.auth()}
	case 12:
		return &Bodies{t.u64(), []*Request{t.request(), t.request()}[:t.few()%3]}
	case 13:
		return &FetchState{t.u64(), []uint32{1, 2, 3}[:t.few()], t.i32(), t.auth()}
	default:
		return &StatePart{t.u64(), uint32(t.i32()), t.bytes()}
	}
}

func TestDecodeInvertsAppendTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawn{t}.message()
		b := m.AppendTo([]byte{7})[1:]
		got, err := Decode(b)
		if err != nil {
			t.Fatalf("%s: %v", m.Kind(), err)
		}
		if got.Kind() != m.Kind() || !bytes.Equal(got.AppendTo(nil), b) {
			t.Fatalf("%s did not read back:\n%+v\n%+v", m.Kind(), m, got)
		}
		for cut := range b {
			if _, err := Decode(b[:cut]); err == nil {
				t.Fatalf("%s: the first %d of %d bytes are a message too", m.Kind(), cut, len(b))
			}
		}
	})
}

// Decode is total, and its inverse has one form for each message.
func FuzzDecode(f *testing.F) {
	w := newNetwork(Config{Members: members(4), K: 2, L: 4}.WithDefaults(), auth.Ideal, 1)
	w.clients[0].Invoke(w.env(4), protocol.Operation{Kind: protocol.Write, Value: []byte("v")})
	for _, e := range w.run(storytest.Everything) {
		f.Add(e.M.AppendTo(nil))
	}
	for i := range 4 {
		w.replicas[i].startViewChange(w.env(i), 1)
		f.Add(w.replicas[i].status().AppendTo(nil))
	}
	for _, e := range w.run(storytest.Everything) {
		f.Add(e.M.AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			return
		}
		if again := m.AppendTo(nil); !bytes.Equal(again, b) {
			t.Fatalf("%s has two forms:\n%x\n%x", m.Kind(), b, again)
		}
	})
}
