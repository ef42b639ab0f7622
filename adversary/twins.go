package adversary

import (
	"turncoat/protocol"
)

// Twins runs several copies of the machine that know nothing of each other, under
// one identity (Bano et al., "Twins: BFT systems made robust", OPODIS 2021). Each is
// correct by itself, and no signature tells them apart. With split each peer speaks
// with one of them, or with all, for good; without, each message goes to one of
// them or to all, and all of them speak to everyone.
type Twins struct {
	split bool
	minds minds
	disk  protocol.Disk // what each twin starts with
}

// Name returns "twins".
func (*Twins) Name() string { return "twins" }

// In decides which twins a message is for.
func (t *Twins) In(s *Step) {
	switch {
	case s.In.Kind == Started:
		t.disk = s.In.Disk
	case s.In.Kind == Delivered && s.In.From != s.Self():
		t.minds.hear(s, t.route(s, s.In.From))
	}
}

// route draws which twins a message from peer is for.
func (t *Twins) route(s *Step, peer protocol.NodeID) mindSet {
	if !t.split {
		return t.draw(s.PowerOn(s.In.Message, peer))
	}
	return t.minds.routeOf(peer, func() mindSet { return t.draw(s.PowerAbout(peerTopic(peer))) })
}

// draw returns the first twin, one of the others, or all.
func (t *Twins) draw(power Power) mindSet {
	n := len(t.minds.copies)
	i := power.Choose("twins.route", n+1)
	if i == n {
		return 1<<n - 1
	}
	return 1 << i
}

// Out lets the twins speak, to those who speak with them.
func (t *Twins) Out(s *Step, out []Sent) []Sent {
	speaks := func(twin int, to protocol.NodeID) bool { return !t.split || t.route(s, to).has(twin) }
	return t.minds.speak(s, append(out, t.bear(s, speaks)...), speaks)
}

// bear brings to life the twins that are about to be given their first message,
// and returns what they say at that. They have missed nothing: no message was for
// them before.
func (t *Twins) bear(s *Step, speaks func(int, protocol.NodeID) bool) (out []Sent) {
	if s.In.Kind != Delivered || s.In.From == s.Self() {
		return nil
	}
	for i := 1; i < len(t.minds.copies); i++ {
		if t.minds.copies[i] != nil || !t.minds.hears.has(i) {
			continue
		}
		twin, first := s.Newborn(i+1, t.disk)
		t.minds.copies[i] = twin
		for _, o := range first {
			if speaks(i, o.To) {
				out = append(out, o)
			}
		}
	}
	return out
}

// Clone returns an independent copy.
func (t *Twins) Clone() Strategy {
	c := *t
	c.minds = t.minds.clone()
	return &c
}

// AppendState appends the twins and whom they speak with.
func (t *Twins) AppendState(b []byte) []byte {
	for _, r := range t.disk {
		b = protocol.AppendBytes(append(b, r.Key[:]...), r.Value.AppendTo(nil))
	}
	return t.minds.appendTo(b)
}
