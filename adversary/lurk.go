package adversary

import (
	"encoding/binary"
	"slices"
	"time"

	"turncoat/protocol"
)

// Lurk makes a client begin writes and not end them. In place of one operation it
// runs copies of the machine that write different values, and withholds the
// messages with which they would finish (their kinds are the aim's), to send them
// when it hears that it is removed: lurking writes (Liskov and Rodrigues, ICDCS
// 2006). What it sends then, an accomplice could send as well: receivers believe
// certificates, not senders. Without a removal the writes stay abandoned.
//
// The honest copy's own operation is given up, so a client lurks once in a run.
type Lurk struct {
	aim
	begin    int           // chance of lurking, per operation that writes
	copies   int           // how many writes it begins
	together bool          // at once, all under one timestamp; else each when the one before it is withheld
	leak     int           // chance of each withheld message to leave at once all the same: a partial write
	tamper   int           // chance of planting a falsehood in a copy's memory
	build    int           // chance of building a write upon the newest that its cabal withholds
	trigger  protocol.Kind // the message by which it hears of its removal
	wait     time.Duration // the longest from then until the first write, and the eighth of it between two

	idle protocol.Machine // the client before the operation; nil while it does not lurk
	op   protocol.Operation
	runs []lurker
	due  bool // the removal was heard of
}

// lurker is one write that was begun.
type lurker struct {
	copy *Copy  // nil once it has been withheld
	held []Sent // what it would have finished with, one of a kind for each receiver
	sent bool
}

// Tamperer is a Dialect that can change the memory of a machine that has just begun
// a write: plant a falsehood in it or, if upon is not nil, what an accomplice withholds.
type Tamperer interface {
	Tamper(m protocol.Machine, upon protocol.Message)
}

// Name returns "lurk".
func (*Lurk) Name() string { return "lurk" }

// In keeps the idle client when an operation begins on which it will lurk.
func (t *Lurk) In(s *Step) {
	if s.In.Kind == Invoked && s.In.Op.Kind.Changes() && t.idle == nil && s.Power().Chance("lurk.begin", t.begin) {
		t.idle, t.op = s.Honest().Clone(), s.In.Op
	}
}

// Out lets the copies speak instead of the honest one, and withholds their ends.
func (t *Lurk) Out(s *Step, out []Sent) []Sent {
	if t.idle == nil {
		return out
	}
	if s.In.Kind == Woken && s.In.Slot == 0 {
		return t.finish(s)
	}
	out = s.liesOf(out)
	for i := range t.runs {
		if c := t.runs[i].copy; c != nil && concerns(s, c) {
			out = t.speak(s, i, c.Run(s, &s.In), out)
		}
	}
	for t.wants() {
		out = t.start(s, out)
	}
	if s.In.Kind == Delivered && s.In.Message.Kind() == t.trigger && !t.due {
		t.due = true
		s.SetTimer(0, t.wait*time.Duration(1+s.Power().Choose("lurk.wait", 8))/8)
	}
	return out
}

// concerns reports whether a copy is given the step's input.
func concerns(s *Step, c *Copy) bool {
	return s.In.Kind == Delivered && s.In.From != s.Self() || s.In.Kind == Woken && s.In.Slot == c.slot
}

// wants reports whether it is time to begin another write.
func (t *Lurk) wants() bool {
	n := len(t.runs)
	return n < t.copies && (n == 0 || t.together || t.runs[n-1].copy == nil)
}

// start begins another write.
func (t *Lurk) start(s *Step, out []Sent) []Sent {
	n := len(t.runs)
	c := &Copy{machine: t.idle.Clone(), slot: n + 1}
	op := t.op
	op.Value = append(append(slices.Clone(op.Value), '/'), byte('a'+n))
	t.runs = append(t.runs, lurker{copy: c})
	sends := c.Run(s, &Input{Kind: Invoked, Op: op})
	t.tamperWith(s, c.machine)
	return t.speak(s, n, sends, out)
}

// tamperWith changes the memory of a copy as the draws say.
func (t *Lurk) tamperWith(s *Step, m protocol.Machine) {
	d, ok := s.Dialect().(Tamperer)
	if !ok {
		return
	}
	if s.Power().Chance("lurk.tamper", t.tamper) {
		d.Tamper(m, nil)
	}
	if c := s.Cabal(); c != nil && c.withheld != nil && s.Power().Chance("lurk.build", t.build) {
		d.Tamper(m, c.withheld)
	}
}

// speak lets leave what run i says, but for what is withheld.
func (t *Lurk) speak(s *Step, i int, sends, out []Sent) []Sent {
	r := &t.runs[i]
	for _, o := range sends {
		if !t.takes(o.Message) {
			out = append(out, o)
			continue
		}
		r.held = append(r.held, o)
		if s.Power().Chance("lurk.leak", t.leak) {
			out = append(out, o)
		}
	}
	if len(r.held) > 0 {
		if c := s.Cabal(); c != nil {
			c.withheld = r.held[0].Message
		}
		r.copy.Drop(s)
		r.copy = nil
	}
	return out
}

// finish sends one of the writes that were withheld, and the others later.
func (t *Lurk) finish(s *Step) []Sent {
	var ready []int
	for i := range t.runs {
		if len(t.runs[i].held) > 0 && !t.runs[i].sent {
			ready = append(ready, i)
		}
	}
	if len(ready) == 0 {
		return nil
	}
	r := &t.runs[ready[s.Power().Choose("lurk.which", len(ready))]]
	r.sent = true
	var out []Sent
	for _, o := range r.held {
		out = append(out, s.late(o))
	}
	s.SetTimer(0, t.wait/8)
	return out
}

// Clone returns an independent copy.
func (t *Lurk) Clone() Strategy {
	c := *t
	if t.idle != nil {
		c.idle = t.idle.Clone()
	}
	c.runs = slices.Clone(t.runs)
	for i := range c.runs {
		c.runs[i].copy, c.runs[i].held = t.runs[i].copy.clone(), slices.Clone(t.runs[i].held)
	}
	return &c
}

// AppendState appends the writes that were begun.
func (t *Lurk) AppendState(b []byte) []byte {
	b = protocol.AppendBool(b, t.idle != nil)
	if t.idle == nil {
		return b
	}
	b = appendMachine(protocol.AppendBool(b, t.due), t.idle)
	b = protocol.AppendBytes(append(b, t.op.Object[:]...), t.op.Value)
	for i := range t.runs {
		r := &t.runs[i]
		b = protocol.AppendBool(r.copy.appendTo(b), r.sent)
		b = binary.AppendUvarint(b, uint64(len(r.held)))
		for j := range r.held {
			b = appendSent(b, &r.held[j])
		}
	}
	return b
}
