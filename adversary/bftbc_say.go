package adversary

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/bftbc"
)

// The finite alphabet of a client in the adversary's hands, of quorum storage in the
// base variant: all that it can say to a replica at some moment, of what could matter,
// when there are two values for each of the first timestamps. The explorer tries every letter at
// every moment, and what it finds is told again in the simulator by the strategy below.
//
// With one timestamp there is no next write to be prepared, so write certificates are not
// in play.
//
// Left out: timestamps further on; a second certificate of what has one already; what
// the optimised and strong variants add.

// BFTBCLetters is what the alphabet depends on.
type BFTBCLetters struct {
	Object protocol.ID
	Self   protocol.NodeID // the client
	Quorum int             // 2f+1
	Stamps int             // timestamps in play, from 1
}

// voted is a vote and whose it is.
type voted struct {
	from protocol.NodeID
	bftbc.Vote
}

// Kind names a fact.
func (*voted) Kind() protocol.Kind { return "adversary.voted" }

// AppendTo appends the contents.
func (v *voted) AppendTo(b []byte) []byte {
	b = append(binary.LittleEndian.AppendUint32(b, uint32(v.from)), byte(v.Claim))
	return append(bftbc.AppendStamp(b, v.Stamp), v.Sig[:]...)
}

// Heard returns the facts with what a reply to the client adds to them, a vote or a
// record. A vote for what a quorum has voted for already adds nothing.
func (l BFTBCLetters) Heard(facts []protocol.Message, from protocol.NodeID, m protocol.Message) []protocol.Message {
	var fact protocol.Message
	switch m := m.(type) {
	case *bftbc.PrepareReply:
		fact = &voted{from, m.Vote}
	case *bftbc.WriteReply:
		fact = &voted{from, m.Vote}
		if l.Stamps == 1 {
			return facts
		}
	case *bftbc.ReadReply:
		if m.Record.Stamp().TS.Client == l.Self || m.Record == nil {
			return facts
		}
		fact = &bftbc.Write{Record: m.Record}
	default:
		return facts
	}
	if v, ok := fact.(*voted); ok && l.certificate(facts, v.Claim, v.Stamp) != nil {
		return facts
	}
	form := fact.AppendTo(nil)
	i, known := slices.BinarySearchFunc(facts, form, func(f protocol.Message, form []byte) int { return bytes.Compare(f.AppendTo(nil), form) })
	if known {
		return facts
	}
	return slices.Insert(slices.Clone(facts), i, fact)
}

// certificate returns the certificate that the votes make, nil while they are too few.
func (l BFTBCLetters) certificate(facts []protocol.Message, claim bftbc.Claim, stamp bftbc.Stamp) *bftbc.Certificate {
	c := &bftbc.Certificate{Claim: claim, Stamp: stamp}
	for _, f := range facts {
		if v, ok := f.(*voted); ok && v.Claim == claim && v.Stamp == stamp {
			c.Proof = append(c.Proof, bftbc.Endorsement{Replica: v.from, Sig: v.Sig})
		}
	}
	if len(c.Proof) < l.Quorum {
		return nil
	}
	slices.SortFunc(c.Proof, func(a, b bftbc.Endorsement) int { return int(a.Replica) - int(b.Replica) })
	c.Proof = c.Proof[:l.Quorum]
	return c
}

// Value returns one of the two values of a timestamp.
func (BFTBCLetters) Value(counter, which int) []byte {
	return fmt.Appendf(nil, "bad%d.%d", counter, which)
}

// stamps returns the client's writes in play and their values.
func (l BFTBCLetters) stamps(k *auth.Keys) (stamps []bftbc.Stamp, values [][]byte) {
	for counter := 1; counter <= l.Stamps; counter++ {
		for which := range 2 {
			v := l.Value(counter, which)
			stamps = append(stamps, bftbc.Stamp{TS: bftbc.Timestamp{Counter: uint64(counter), Client: k.Self()}, Digest: k.Digest(v)})
			values = append(values, v)
		}
	}
	return stamps, values
}

// Certified returns those of the client's values in play for which it has a prepare
// certificate, with their stamps.
func (l BFTBCLetters) Certified(k *auth.Keys, facts []protocol.Message) (stamps []bftbc.Stamp, values [][]byte) {
	all, of := l.stamps(k)
	for i, s := range all {
		if l.certificate(facts, bftbc.Prepared, s) != nil {
			stamps, values = append(stamps, s), append(values, of[i])
		}
	}
	return stamps, values
}

// Says returns everything that the client can say when these are the facts, to any
// replica: it asks what that holds; it prepares each value under each timestamp, after
// nothing or after whatever it can prove to be prepared, and shows for its last write no
// certificate, a true one or an empty one; and it writes each value, under its own
// certificate, that of the other value, or an empty one, and whatever it has read.
func (l BFTBCLetters) Says(k *auth.Keys, facts []protocol.Message) (out []protocol.Message) {
	h := bftbc.Header{Object: l.Object, Nonce: 1}
	stamps, values := l.stamps(k)
	tops := []*bftbc.Certificate{nil}
	previous := []*bftbc.Certificate{nil, forgedComplete(bftbc.Timestamp{Counter: uint64(l.Stamps), Client: k.Self()})}
	out = append(out, &bftbc.Read{Header: h})
	for i, s := range stamps {
		empty := &bftbc.Certificate{Claim: bftbc.Prepared, Stamp: s}
		out = append(out, &bftbc.Write{Header: h, Record: &bftbc.Record{Value: values[i], Cert: empty}})
		if c := l.certificate(facts, bftbc.Written, s); c != nil {
			previous = append(previous, c)
		}
		if c := l.certificate(facts, bftbc.Prepared, s); c != nil {
			tops = append(tops, c)
			for _, v := range [][]byte{values[i], values[i^1]} {
				out = append(out, &bftbc.Write{Header: h, Record: &bftbc.Record{Value: v, Cert: c}})
			}
		}
	}
	for _, f := range facts {
		if w, ok := f.(*bftbc.Write); ok {
			tops = append(tops, w.Record.Cert)
			out = append(out, &bftbc.Write{Header: h, Record: w.Record})
		}
	}
	for _, top := range tops {
		for _, s := range stamps {
			for _, p := range previous {
				m := &bftbc.Prepare{Header: h, Client: k.Self(), Max: top, TS: s.TS, Digest: s.Digest, Previous: p}
				bftbc.Sign(k, 0, m)
				out = append(out, m)
			}
		}
	}
	return out
}

// BFTBCSay says letters of the alphabet at moments that it draws, to replicas that it
// draws, and nothing else.
type BFTBCSay struct {
	wait    time.Duration // the longest from one to the next
	letters BFTBCLetters
	to      []protocol.NodeID // the group, ascending; empty before it is asked to do something
	facts   []protocol.Message
}

// The labels of its draws, by which a schedule can be written down: how long it waits
// before the next letter, in nanoseconds, 0 for ever; the replica, by place; the letter.
const (
	SayWaitLabel   = "bftbc-say.wait"
	SayToLabel     = "bftbc-say.to"
	SayLetterLabel = "bftbc-say.letter"
)

// Name returns "bftbc-say".
func (*BFTBCSay) Name() string { return "bftbc-say" }

// In learns from replies.
func (t *BFTBCSay) In(s *Step) {
	if s.In.Kind == Delivered {
		t.facts = t.letters.Heard(t.facts, s.In.From, s.In.Message)
	}
}

// Out says a letter when it is time. The group is whom the honest copy would have asked.
func (t *BFTBCSay) Out(s *Step, out []Sent) []Sent {
	var told []Sent
	switch {
	case s.In.Kind == Invoked && len(t.to) == 0:
		for _, o := range out {
			t.to = append(t.to, o.To)
		}
		slices.Sort(t.to)
		t.letters.Object, t.letters.Self, t.letters.Quorum = s.In.Op.Object, s.Self(), 2*((len(t.to)-1)/3)+1
	case s.In.Kind == Woken && len(t.to) > 0:
		to := t.to[s.Power().Choose(SayToLabel, len(t.to))]
		letters := t.letters.Says(s.Keys(), t.facts)
		told = []Sent{{To: to, Message: letters[s.Power().Choose(SayLetterLabel, len(letters))], By: t.Name()}}
	default:
		return nil
	}
	if after := s.Power().Choose(SayWaitLabel, int(t.wait)); after > 0 {
		s.SetTimer(0, time.Duration(after))
	}
	return told
}

// Clone returns an independent copy.
func (t *BFTBCSay) Clone() Strategy {
	c := *t
	c.facts = slices.Clone(t.facts)
	return &c
}

// AppendState appends the facts.
func (t *BFTBCSay) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(t.to)))
	for _, f := range t.facts {
		b = protocol.AppendBytes(b, f.AppendTo(nil))
	}
	return b
}
