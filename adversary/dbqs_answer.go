package adversary

import (
	"bytes"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
)

// The finite alphabet of a lying replica of dBQS: all that it can say in answer to
// a request, of what could matter to a client. The explorer tries every
// letter at every moment, and what it finds is told again in the simulator by the
// strategy below, letter by letter.
//
// Left out: requests that the liar sends to other replicas, which would have
// them hold a record earlier than the writer does; and answers about
// content-hash objects.

// Fact returns the record that a message carries, from which a liar learns; nil if
// it carries none.
func (DBQS) Fact(m protocol.Message) protocol.Message {
	if w, ok := m.(*dbqs.Write); ok && w.Record != nil {
		return w.Record
	}
	return nil
}

// Answers returns every answer to a client's request, authenticated with the liar's
// keys: that there was no write, each of the facts (records that the liar has seen), and
// a value of the far future that nobody has signed. Of a write there is one, that
// it is done. To a server that fetches an arc it says everything at once: that the arc is empty,
// or that it holds one of the facts. It returns nil for what is no such request.
func (DBQS) Answers(keys *auth.Keys, to protocol.NodeID, request protocol.Message, facts []protocol.Message) []protocol.Message {
	var out []protocol.Message
	add := func(m dbqs.Reply) {
		dbqs.Authenticate(keys, to, m)
		out = append(out, m)
	}
	records := []*dbqs.Record{nil}
	for _, f := range facts {
		records = append(records, f.(*dbqs.Record))
	}
	records = append(records, fabricateRecord(forge, nil))
	switch q := request.(type) {
	case *dbqs.Write:
		if q.Record != nil {
			add(&dbqs.WriteReply{Header: q.Header, Sig: q.Record.Sig})
		}
	case *dbqs.Read:
		for _, r := range records {
			add(&dbqs.ReadReply{Header: q.Header, Record: r})
		}
	case *dbqs.ReadTS:
		for _, r := range records {
			m := &dbqs.ReadTSReply{Header: q.Header}
			if r != nil {
				m.Stamp = &dbqs.Stamp{Public: r.Public, TS: r.TS, Digest: keys.Digest(r.Value), Sig: r.Sig}
			}
			add(m)
		}
	case *dbqs.Fetch:
		for _, r := range records[:len(records)-1] {
			m := &dbqs.FetchReply{Nonce: q.Nonce, Upto: q.Arc.Hi}
			if r != nil {
				m.Registers = []dbqs.Held{{Object: dbqs.ObjectID(r.Public), Record: r}}
			}
			m.Seal(keys, to)
			out = append(out, m)
		}
	}
	return out
}

// DBQSAnswer answers each request with letters of the alphabet, drawn one by one.
type DBQSAnswer struct {
	again int // chance of another answer to the same request, in parts per million
	facts []protocol.Message
}

// The draws of an answer; from firstLetter on, one of the alphabet.
const (
	answerHonest = iota
	answerNothing
	firstLetter
)

// The labels of its draws, by which a schedule can be written down.
const (
	AnswerLabel = "dbqs-answer.letter"
	AgainLabel  = "dbqs-answer.again"
)

// Letter returns the draw under AnswerLabel that gives the i-th of Answers.
func (DBQS) Letter(i int) int { return firstLetter + i }

// NoLetter is the draw that gives no answer at all.
func (DBQS) NoLetter() int { return answerNothing }

// Name returns "dbqs-answer".
func (*DBQSAnswer) Name() string { return "dbqs-answer" }

// In keeps the record that a request carries. The facts are sorted, so that a
// letter means the same in whatever order they came.
func (t *DBQSAnswer) In(s *Step) {
	if s.In.Kind != Delivered {
		return
	}
	fact := DBQS{}.Fact(s.In.Message)
	if fact == nil {
		return
	}
	form := fact.AppendTo(nil)
	i, known := slices.BinarySearchFunc(t.facts, form, func(f protocol.Message, form []byte) int { return bytes.Compare(f.AppendTo(nil), form) })
	if !known {
		t.facts = slices.Insert(t.facts, i, fact)
	}
}

// Out puts what it draws in place of the honest answer.
func (t *DBQSAnswer) Out(s *Step, out []Sent) []Sent {
	if s.In.Kind != Delivered {
		return out
	}
	letters := DBQS{}.Answers(s.Keys(), s.In.From, s.In.Message, t.facts)
	if len(letters) == 0 {
		return out
	}
	draw := s.Power().Choose(AnswerLabel, firstLetter+len(letters))
	if draw == answerHonest {
		return out
	}
	var told []Sent
	for ; ; draw = s.Power().Choose(AnswerLabel, firstLetter+len(letters)) {
		if draw >= firstLetter {
			told = append(told, Sent{To: s.In.From, Message: letters[draw-firstLetter], By: t.Name()})
		}
		if len(told) == maxAnswers || !s.Power().Chance(AgainLabel, t.again) {
			return told
		}
	}
}

// maxAnswers bounds how often one request is answered.
const maxAnswers = 16

// Clone returns an independent copy.
func (t *DBQSAnswer) Clone() Strategy {
	return &DBQSAnswer{again: t.again, facts: slices.Clone(t.facts)}
}

// AppendState appends the facts.
func (t *DBQSAnswer) AppendState(b []byte) []byte {
	for _, f := range t.facts {
		b = protocol.AppendBytes(b, f.AppendTo(nil))
	}
	return b
}
