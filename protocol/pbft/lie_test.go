package pbft

import (
	"strconv"
	"strings"

	"github.com/cockroachdb/datadriven"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/storytest"
)

// lie lets a faulty replica say something, authenticated as itself:
//
//	pre-prepare v=0 n=1 batch=r1, prepare, commit     votes; batch is a request's name, null or junk
//	checkpoint n=2 digest=junk|true
//	view-change v=1 h=0 c=(0:true,2:junk) p=(1:r1@0) q=(1:r1@0)    entries are number:batch@view; macs=() holds for some only
//	new-view v=1 set=(0,1,2) start=0 x=(r1,null)
//	bodies n=1 batch=r1                               the body of a batch of one request
//	state-part n=2 part=0                             bytes that are no part of the state
//	reply t=1 c=0 v=0 tentative result=66, or nothing
func (s *story) lie(d *datadriven.TestData) string {
	from := int32(storytest.Number(d, "from", 0))
	s.faulty[from] = true
	v, n := uint64(storytest.Number(d, "v", 0)), uint64(storytest.Number(d, "n", 0))
	seal := NewSealer(s.cfg, s.keys[from])
	var m authenticated
	switch {
	case s.lieAlone(d, from, v, n):
		return ""
	case d.HasArg("pre-prepare"):
		p := &PrePrepare{View: v, Seq: n, Replica: from}
		for _, name := range storytest.Values(d, "batch") {
			p.Requests = append(p.Requests, s.requestDigest(name))
		}
		p.Digest = seal.BatchDigest(p.Requests)
		m = p
	case d.HasArg("prepare"):
		m = &Prepare{View: v, Seq: n, Digest: s.batchDigest(storytest.Values(d, "batch")[0]), Replica: from}
	case d.HasArg("commit"):
		m = &Commit{View: v, Seq: n, Digest: s.batchDigest(storytest.Values(d, "batch")[0]), Replica: from}
	case d.HasArg("checkpoint"):
		m = &Checkpoint{Seq: n, Digest: s.checkpointDigest(n, storytest.Values(d, "digest")[0]), Replica: from}
	case d.HasArg("view-change"):
		c := &ViewChange{View: v, H: uint64(storytest.Number(d, "h", 0)), P: s.entries(d, "p"), Q: s.entries(d, "q"), Replica: from}
		for _, e := range storytest.Values(d, "c") {
			seq, which, _ := strings.Cut(e, ":")
			k, _ := strconv.Atoi(seq)
			c.C = append(c.C, CheckpointID{uint64(k), s.checkpointDigest(uint64(k), which)})
		}
		m = c
	case d.HasArg("new-view"):
		m = s.newView(d, from, v)
	default:
		d.Fatalf(s.t, "what is the lie?")
	}
	seal.Seal(m)
	m = s.spoil(d, m)
	for _, to := range s.receivers(d) {
		if to != int(from) {
			s.Put(protocol.NodeID(from), protocol.NodeID(to), m)
		}
	}
	return ""
}

// lieAlone sends the lies that have one receiver, or that nobody authenticates.
func (s *story) lieAlone(d *datadriven.TestData, from int32, v, n uint64) bool {
	switch {
	case d.HasArg("bodies"):
		for _, to := range s.receivers(d) {
			m := &Bodies{Seq: n, Requests: []*Request{s.requestNamed(storytest.Values(d, "batch")[0])}}
			s.Put(protocol.NodeID(from), protocol.NodeID(to), m)
		}
	case d.HasArg("state-part"):
		for _, to := range s.receivers(d) {
			m := &StatePart{Seq: n, Part: uint32(storytest.Number(d, "part", 0)), Bytes: []byte("not the state")}
			s.Put(protocol.NodeID(from), protocol.NodeID(to), m)
		}
	case d.HasArg("reply"):
		client := protocol.NodeID(len(s.replicas) + storytest.Number(d, "c", 0))
		r := &Reply{View: v, Timestamp: uint64(storytest.Number(d, "t", 1)), Client: client, Replica: from, Tentative: d.HasArg("tentative"), Whole: true}
		if r.Result = []byte{0}; !d.HasArg("nothing") {
			r.Result = append([]byte{1}, strings.Join(storytest.Values(d, "result"), "")...)
		}
		NewSealer(s.cfg, s.keys[from]).SealFor(client, r)
		s.Put(protocol.NodeID(from), client, r)
	default:
		return false
	}
	return true
}

// spoil returns m with an authenticator that is wrong for all but those in macs=().
func (s *story) spoil(d *datadriven.TestData, m authenticated) authenticated {
	if !d.HasArg("macs") {
		return m
	}
	spoiled, err := Decode(m.AppendTo(nil))
	if err != nil {
		d.Fatalf(s.t, "%v", err)
	}
	m = spoiled.(authenticated)
	good := map[int]bool{}
	for _, i := range storytest.Numbers(d, "macs") {
		good[i] = true
	}
	for i := range m.authentication().MACs {
		if !good[i] {
			m.authentication().MACs[i][0] ^= 1
		}
	}
	return m
}

func (s *story) newView(d *datadriven.TestData, from int32, v uint64) *NewView {
	m := &NewView{View: v, Replica: from, Start: CheckpointID{Seq: uint64(storytest.Number(d, "start", 0))}}
	m.Start.Digest = s.checkpointDigest(m.Start.Seq, "true")
	for _, i := range storytest.Numbers(d, "set") {
		m.V = append(m.V, ViewChangeID{int32(i), s.replicas[from].changes.current[i].digest})
	}
	for _, name := range storytest.Values(d, "x") {
		m.X = append(m.X, s.batchDigest(name))
	}
	return m
}

func (s *story) requestNamed(name string) *Request {
	for _, req := range s.requests {
		if s.names[s.replicas[0].seal.RequestDigest(req)] == name {
			return req
		}
	}
	return nil
}

// requestDigest returns the digest of a request, or one that nothing has.
func (s *story) requestDigest(name string) auth.Digest {
	if req := s.requestNamed(name); req != nil {
		return s.replicas[0].seal.RequestDigest(req)
	}
	return auth.Digest{0xba, 0xd2}
}

// batchDigest returns the digest of the batch of one request, or of null or junk.
func (s *story) batchDigest(name string) auth.Digest {
	if name == "null" {
		return nullDigest
	}
	return s.replicas[0].seal.BatchDigest([]auth.Digest{s.requestDigest(name)})
}

func (s *story) checkpointDigest(seq uint64, which string) auth.Digest {
	for _, r := range s.replicas {
		if d, ok := r.CheckpointDigest(seq); ok && which == "true" && !s.faulty[r.self] {
			return d
		}
	}
	if which == "true" && seq == 0 {
		r, _ := NewReplica(s.cfg, s.keys[0], NewRegisters())
		d, _ := r.CheckpointDigest(0)
		return d
	}
	return auth.Digest{0xba, 0xd1}
}

func (s *story) entries(d *datadriven.TestData, key string) (out []Certified) {
	for _, e := range storytest.Values(d, key) {
		seq, rest, _ := strings.Cut(e, ":")
		name, view, _ := strings.Cut(rest, "@")
		n, _ := strconv.Atoi(seq)
		v, _ := strconv.Atoi(view)
		out = append(out, Certified{Seq: uint64(n), View: uint64(v), Digest: s.batchDigest(name)})
	}
	return out
}
