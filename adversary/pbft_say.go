package adversary

import (
	"bytes"
	"cmp"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
)

// The finite alphabet of a lying replica of PBFT: what it could sign in the first
// views about the first sequence numbers. The explorer tries the letters at every
// moment, and what it finds is told again in the simulator by the strategy below, letter by letter.
//
// A letter goes to all replicas; it may be late, or lost, on any link, so a story for some is a letter that
// the others never get. Left out: CHECKPOINTs and the transfer of state; replies to
// clients, which need a correct replica's too; and VIEW-CHANGEs that claim more than one
// certificate of a kind.

// sayViews is how many views the alphabet is about, from the first.
const sayViews = 3

// Said returns what a liar learns from a message that is sent: which requests there are, and
// which VIEW-CHANGEs.
func (PBFT) Said(m protocol.Message) protocol.Message {
	switch m.(type) {
	case *pbft.Request, *pbft.ViewChange:
		return m
	}
	return nil
}

// Letters returns the alphabet of the replica that keys belong to, authenticated with them, when it
// has learned the facts, in an order that depends neither on theirs nor on any time.
// genesis is the digest of the first checkpoint; slots is how many sequence numbers it is about.
func (d PBFT) Letters(keys *auth.Keys, facts []protocol.Message, genesis auth.Digest, slots uint64) (out []protocol.Message) {
	seal := pbft.NewSealer(d.Config, keys)
	self := int32(slices.Index(d.Config.Members, keys.Self()))
	batches := d.sayBatches(seal, facts)
	for view := range uint64(sayViews) {
		add := func(m protocol.Message) {
			seal.Reseal(protocol.None, m)
			out = append(out, m)
		}
		for seq := uint64(1); seq <= slots; seq++ {
			for _, b := range batches {
				if d.Config.Primary(view) == int(self) {
					add(&pbft.PrePrepare{View: view, Seq: seq, Digest: b.digest, Requests: []auth.Digest{b.request}, Replica: self})
				} else {
					add(&pbft.Prepare{View: view, Seq: seq, Digest: b.digest, Replica: self})
				}
				add(&pbft.Commit{View: view, Seq: seq, Digest: b.digest, Replica: self})
			}
		}
		if view > 0 {
			d.sayViewChange(view, slots, batches, &pbft.ViewChange{View: view, C: []pbft.CheckpointID{{Digest: genesis}}, Replica: self}, add)
			d.sayAcks(seal, view, facts, self, add)
		}
	}
	return out
}

// ViewOf returns the view that a letter is about.
func ViewOf(letter protocol.Message) uint64 {
	switch m := letter.(type) {
	case *pbft.PrePrepare:
		return m.View
	case *pbft.Prepare:
		return m.View
	case *pbft.Commit:
		return m.View
	case *pbft.ViewChange:
		return m.View
	case *pbft.ViewChangeAck:
		return m.View
	}
	panic("adversary: the alphabet has no " + string(letter.Kind()))
}

// sayBatch is a batch of one request.
type sayBatch struct{ request, digest auth.Digest }

// sayBatches returns the batches of the requests among the facts, by client and timestamp.
func (d PBFT) sayBatches(seal *pbft.Sealer, facts []protocol.Message) (out []sayBatch) {
	var requests []*pbft.Request
	for _, f := range facts {
		if q, ok := f.(*pbft.Request); ok {
			requests = append(requests, q)
		}
	}
	slices.SortFunc(requests, func(a, b *pbft.Request) int {
		return cmp.Or(cmp.Compare(a.Client, b.Client), cmp.Compare(a.Timestamp, b.Timestamp))
	})
	for _, q := range requests {
		request := seal.RequestDigest(q)
		out = append(out, sayBatch{request, seal.BatchDigest([]auth.Digest{request})})
	}
	return out
}

// sayViewChange adds the VIEW-CHANGEs to a view: with nothing, or with any one batch in P, and with nothing or any
// one in Q, at any of the sequence numbers and from any earlier view.
func (d PBFT) sayViewChange(view, slots uint64, batches []sayBatch, plain *pbft.ViewChange, add func(protocol.Message)) {
	claims := [][]pbft.Certified{nil}
	for seq := uint64(1); seq <= slots; seq++ {
		for earlier := range view {
			for _, b := range batches {
				claims = append(claims, []pbft.Certified{{Seq: seq, View: earlier, Digest: b.digest}})
			}
		}
	}
	for _, p := range claims {
		for _, q := range claims {
			m := *plain
			m.P, m.Q = p, q
			add(&m)
		}
	}
}

// sayAcks adds the acknowledgements of the VIEW-CHANGEs of others to a view.
func (d PBFT) sayAcks(seal *pbft.Sealer, view uint64, facts []protocol.Message, self int32, add func(protocol.Message)) {
	var changes []*pbft.ViewChange
	for _, f := range facts {
		if m, ok := f.(*pbft.ViewChange); ok && m.View == view && m.Replica != self {
			changes = append(changes, m)
		}
	}
	slices.SortFunc(changes, func(a, b *pbft.ViewChange) int { return cmp.Compare(a.Replica, b.Replica) })
	for _, m := range changes {
		add(&pbft.ViewChangeAck{View: view, Origin: m.Replica, Digest: seal.ViewChangeDigest(m), Replica: self})
	}
}

// PBFTSay says letters of the alphabet as messages come in, in place of what the honest
// copy says then.
type PBFTSay struct {
	rate  int // chance of speaking as a message comes in, in parts per million
	again int // chance of another letter
	slots int
	facts []protocol.Message
}

// The labels of its draws, by which a schedule can be written down: whether it speaks, which
// letter it says (0 for none, else one more than its place in Letters), whether it says another.
const (
	SpeakLabel    = "pbft-say.speak"
	SayLabel      = "pbft-say.letter"
	SayAgainLabel = "pbft-say.again"
)

// Name returns "pbft-say".
func (*PBFTSay) Name() string { return "pbft-say" }

// In keeps what a message tells it.
func (t *PBFTSay) In(s *Step) {
	if s.In.Kind != Delivered || len(t.facts) == maxBatches {
		return
	}
	fact := dialectPBFT(s).Said(s.In.Message)
	if fact != nil && !slices.ContainsFunc(t.facts, func(f protocol.Message) bool { return bytes.Equal(f.AppendTo(nil), fact.AppendTo(nil)) }) {
		t.facts = append(t.facts, fact)
	}
}

// Out says what it draws.
func (t *PBFTSay) Out(s *Step, out []Sent) []Sent {
	honest, ok := s.Honest().(*pbft.Replica)
	if !ok || s.In.Kind != Delivered || !s.Power().Chance(SpeakLabel, t.rate) {
		return out
	}
	d := dialectPBFT(s)
	genesis, _ := honest.CheckpointDigest(0) // none when a later one is stable: then it makes one up
	letters := d.Letters(s.Keys(), t.facts, genesis, uint64(t.slots))
	var told []Sent
	for range maxAnswers {
		if draw := s.Power().Choose(SayLabel, 1+len(letters)); draw > 0 {
			for _, to := range d.Config.Members {
				if to != s.Self() {
					told = append(told, Sent{To: to, Message: letters[draw-1], By: t.Name()})
				}
			}
		}
		if !s.Power().Chance(SayAgainLabel, t.again) {
			break
		}
	}
	return told
}

// Clone returns an independent copy.
func (t *PBFTSay) Clone() Strategy {
	c := *t
	c.facts = slices.Clone(t.facts)
	return &c
}

// AppendState appends the facts.
func (t *PBFTSay) AppendState(b []byte) []byte {
	for _, f := range t.facts {
		b = protocol.AppendBytes(b, f.AppendTo(nil))
	}
	return b
}
