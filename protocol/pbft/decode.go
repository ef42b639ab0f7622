package pbft

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Decode reads one message from its wire form. It is total: it returns an error
// on whatever AppendTo could not have written, and never panics. It judges form
// only; what a message claims is for the replicas to judge.
func Decode(b []byte) (protocol.Message, error) {
	w := &reader{protocol.NewWire(b)}
	m := w.message()
	if err := w.Done(); err != nil || m == nil {
		return nil, protocol.ErrWire
	}
	return m, nil
}

type reader struct{ *protocol.Wire }

func (w *reader) i32() int32 { return int32(w.Uint32()) }

func (w *reader) digest() (d auth.Digest) {
	copy(d[:], w.Fixed(len(d)))
	return d
}

func (w *reader) digests() []auth.Digest {
	n := w.Count(32)
	if n == 0 {
		return nil
	}
	ds := make([]auth.Digest, n)
	for i := range ds {
		ds[i] = w.digest()
	}
	return ds
}

func (w *reader) votes() []Vote {
	n := w.Count(4 + 64)
	if n == 0 {
		return nil
	}
	votes := make([]Vote, n)
	for i := range votes {
		votes[i].Replica = w.i32()
		copy(votes[i].Sig[:], w.Fixed(64))
	}
	return votes
}

func (w *reader) auth() (a Auth) {
	if n := w.Count(16); n > 0 {
		a.MACs = make([]auth.MAC, n)
		for i := range a.MACs {
			copy(a.MACs[i][:], w.Fixed(16))
		}
	}
	if w.Bool() {
		a.Sig = new(auth.Signature)
		copy(a.Sig[:], w.Fixed(64))
	}
	return a
}

// bitset reads what Bitset.AppendTo wrote: the number of words above the first, and the words.
func (w *reader) bitset() (s protocol.Bitset) {
	words := 1 + int(w.Byte())
	last := uint64(1)
	for i := range words {
		last = w.Uint64()
		for j := range 64 {
			if last>>j&1 == 1 {
				s.Add(64*i + j)
			}
		}
	}
	if words > 1 && last == 0 {
		w.Fail() // not the shortest form
	}
	return s
}

func (w *reader) message() protocol.Message {
	switch w.Byte() {
	case tagRequest:
		return w.request()
	case tagPrePrepare:
		m := &PrePrepare{View: w.Uint64(), Seq: w.Uint64(), Digest: w.digest(), Replica: w.i32(), Auth: w.auth()}
		m.Requests = w.digests()
		return m
	case tagPrepare:
		return &Prepare{View: w.Uint64(), Seq: w.Uint64(), Digest: w.digest(), Replica: w.i32(), Auth: w.auth()}
	case tagCommit:
		return &Commit{View: w.Uint64(), Seq: w.Uint64(), Digest: w.digest(), Replica: w.i32(), Auth: w.auth()}
	case tagReply:
		return &Reply{View: w.Uint64(), Timestamp: w.Uint64(), Client: protocol.NodeID(w.i32()), Replica: w.i32(),
			Tentative: w.Bool(), Whole: w.Bool(), Result: w.Bytes(), Auth: w.auth()}
	case tagCheckpoint:
		return &Checkpoint{Seq: w.Uint64(), Digest: w.digest(), Replica: w.i32(), Auth: w.auth()}
	case tagViewChange:
		return w.viewChange()
	case tagViewChangeAck:
		return &ViewChangeAck{View: w.Uint64(), Origin: w.i32(), Digest: w.digest(), Replica: w.i32(), Auth: w.auth()}
	case tagNewView:
		return w.newView()
	case tagStatus:
		return &Status{View: w.Uint64(), Active: w.Bool(), H: w.Uint64(), Executed: w.Uint64(),
			PrePrepared: w.Uint64(), Prepared: w.Uint64(), Committed: w.Uint64(),
			Have: w.bitset(), HaveNewView: w.Bool(), Replica: w.i32(), Auth: w.auth()}
	case tagFetch:
		return &Fetch{Seq: w.Uint64(), Digest: w.digest(), Replica: w.i32(), Auth: w.auth()}
	case tagBodies:
		return w.bodies()
	case tagFetchState:
		m := &FetchState{Seq: w.Uint64()}
		for range w.Count(4) {
			m.Parts = append(m.Parts, w.Uint32())
		}
		m.Replica, m.Auth = w.i32(), w.auth()
		return m
	case tagStatePart:
		return &StatePart{Seq: w.Uint64(), Part: w.Uint32(), Bytes: w.Bytes()}
	}
	return nil
}

func (w *reader) request() *Request {
	return &Request{Replier: w.i32(), Client: protocol.NodeID(w.i32()), Timestamp: w.Uint64(), ReadOnly: w.Bool(), Op: w.Bytes(), Auth: w.auth()}
}

func (w *reader) certified() []Certified {
	n := w.Count(8 + 8 + 32 + 1)
	if n == 0 {
		return nil
	}
	entries := make([]Certified, n)
	for i := range entries {
		entries[i] = Certified{Seq: w.Uint64(), View: w.Uint64(), Digest: w.digest(), Proof: w.votes()}
	}
	return entries
}

func (w *reader) viewChange() *ViewChange {
	m := &ViewChange{View: w.Uint64(), H: w.Uint64()}
	for range w.Count(8 + 32) {
		m.C = append(m.C, CheckpointID{Seq: w.Uint64(), Digest: w.digest()})
	}
	m.P, m.Q, m.HProof = w.certified(), w.certified(), w.votes()
	m.Replica, m.Auth = w.i32(), w.auth()
	return m
}

func (w *reader) newView() *NewView {
	m := &NewView{View: w.Uint64()}
	for range w.Count(4 + 32) {
		m.V = append(m.V, ViewChangeID{Replica: w.i32(), Digest: w.digest()})
	}
	m.Start = CheckpointID{Seq: w.Uint64(), Digest: w.digest()}
	m.X, m.Replica, m.Auth = w.digests(), w.i32(), w.auth()
	for range w.Count(1) {
		part := reader{protocol.NewWire(w.Bytes())}
		if part.Byte() != tagViewChange {
			w.Fail()
			return m
		}
		m.Signed = append(m.Signed, part.viewChange())
		if part.Done() != nil {
			w.Fail()
		}
	}
	m.O = w.votes()
	return m
}

func (w *reader) bodies() *Bodies {
	m := &Bodies{Seq: w.Uint64()}
	for range w.Count(1) {
		part := reader{protocol.NewWire(w.Bytes())}
		if part.Byte() != tagRequest {
			w.Fail()
			return m
		}
		m.Requests = append(m.Requests, part.request())
		if part.Done() != nil {
			w.Fail()
		}
	}
	return m
}
