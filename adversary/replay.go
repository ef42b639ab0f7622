package adversary

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
)

// Replay sends old messages again, instead of new ones or besides them, to those who
// were sent them or to others. They are messages of its own, or with foreign also
// those that the members of its Cabal were sent: relayed word for word, under the
// liar's own address.
type Replay struct {
	aim
	keep    int // how many messages of its own it remembers
	foreign bool
	old     []Sent
}

// Name returns "replay".
func (*Replay) Name() string { return "replay" }

// In shares what the node is sent with its accomplices.
func (t *Replay) In(s *Step) {
	if t.foreign && s.Cabal() != nil && s.In.Kind == Delivered && s.In.From != s.Self() {
		s.Cabal().see(s.In.From, s.In.Message)
	}
}

// The ways to replay, in the order of Choose.
const (
	replayBesides = iota // after the new message
	replayInstead        // in place of the new message
	replayWays
)

// Out adds and substitutes what its draws hit, and remembers what was new.
func (t *Replay) Out(s *Step, out []Sent) []Sent {
	var leaving []Sent
	for _, o := range out {
		old, ok := t.draw(s, &o)
		switch {
		case !ok:
			leaving = append(leaving, o)
		case s.Power().Choose("replay.way", replayWays) == replayInstead:
			leaving = append(leaving, old)
		default:
			leaving = append(leaving, o, old)
		}
	}
	for _, o := range out {
		if t.takes(o.Message) {
			t.old = append(t.old, Sent{To: o.To, Message: o.Message})
		}
	}
	if extra := len(t.old) - t.keep; extra > 0 {
		t.old = slices.Delete(t.old, 0, extra)
	}
	return leaving
}

// draw returns an old message to send now that o is about to leave.
func (t *Replay) draw(s *Step, o *Sent) (Sent, bool) {
	var foreign []Overheard
	if t.foreign && s.Cabal() != nil {
		foreign = s.Cabal().Seen()
	}
	n := len(t.old) + len(foreign)
	if n == 0 || !t.hits(s.Power(), o.Message) {
		return Sent{}, false
	}
	which := s.Power().Choose("replay.which", n)
	if which >= len(t.old) {
		return Sent{To: o.To, Message: foreign[which-len(t.old)].Message, By: t.name, at: o.at}, true
	}
	old := t.old[which]
	old.By, old.at = t.name, o.at
	if s.Power().Choose("replay.to", 2) == 1 {
		old.To = o.To
	}
	return old, true
}

// Clone returns an independent copy.
func (t *Replay) Clone() Strategy {
	c := *t
	c.old = slices.Clone(t.old)
	return &c
}

// AppendState appends the messages that it may send again.
func (t *Replay) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(t.old)))
	for i := range t.old {
		b = protocol.AppendBytes(b, appendSent(nil, &t.old[i]))
	}
	return b
}
