package adversary

import (
	"time"

	"turncoat/protocol"
)

// CrashRestart goes mute for a spell and comes back without its memory: a fresh
// machine with an empty disk, which learns from what it is sent from then on. It
// breaks what a crash of the kernel cannot, the promise of the disk. Without
// forget it comes back as if it had never been away.
type CrashRestart struct {
	rate   int
	spell  time.Duration // the longest
	forget bool

	down bool
	mind *Copy // who speaks after a restart; nil for the honest copy
}

// spellSteps is into how many parts the longest spell is divided.
const spellSteps = 4

// Name returns "crash-restart".
func (*CrashRestart) Name() string { return "crash-restart" }

// In does nothing.
func (*CrashRestart) In(*Step) {}

// Out lets pass what the one who speaks says, or nothing during a spell.
func (t *CrashRestart) Out(s *Step, out []Sent) []Sent {
	in := &s.In
	switch {
	case in.Kind == Woken && in.Slot == 0:
		return t.restart(s)
	case t.down:
		return nil
	case in.Kind == Delivered && s.Power().Chance("crash-restart.crash", t.rate):
		t.crash(s)
		return nil
	case t.mind == nil:
		return out
	}
	out = s.liesOf(out)
	switch {
	case in.Kind == Woken, in.Kind == Invoked, in.Kind == Delivered && in.From != s.Self():
		out = append(out, t.mind.Run(s, in)...)
	}
	return out
}

func (t *CrashRestart) crash(s *Step) {
	t.down = true
	if t.mind != nil {
		t.mind.Drop(s)
		t.mind = nil
	}
	part := 1 + s.Power().Choose("crash-restart.spell", spellSteps)
	s.SetTimer(0, t.spell*time.Duration(part)/spellSteps)
}

func (t *CrashRestart) restart(s *Step) []Sent {
	t.down = false
	if !t.forget {
		return nil
	}
	mind, out := s.Newborn(1, nil)
	t.mind = mind
	return out
}

// Clone returns an independent copy.
func (t *CrashRestart) Clone() Strategy {
	c := *t
	c.mind = t.mind.clone()
	return &c
}

// AppendState appends whether it is down and who speaks.
func (t *CrashRestart) AppendState(b []byte) []byte {
	return t.mind.appendTo(protocol.AppendBool(b, t.down))
}
