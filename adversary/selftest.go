package adversary

// The strategies of this file attack the simulator and not the protocol: they show
// that a run which cannot go on ends as a finding and not as a hang.

// Flood sends to itself for ever within one instant: each message that returns
// leads to the next. It ends by the budget of events per instant.
type Flood struct{ rate int }

// Name returns "flood".
func (*Flood) Name() string { return "flood" }

// In does nothing.
func (*Flood) In(*Step) {}

// Out begins a flood, or goes on with it.
func (t *Flood) Out(s *Step, out []Sent) []Sent {
	drop, own := s.In.Message.(*Garbled)
	switch {
	case own && s.In.From == s.Self():
	case s.In.Kind == Delivered && s.Power().Chance("flood.begin", t.rate):
		drop = &Garbled{Was: "flood", Bytes: []byte("flood")}
	default:
		return out
	}
	return append(out, Sent{To: s.Self(), Message: drop, By: t.Name()})
}

// Clone returns t, which has no state.
func (t *Flood) Clone() Strategy { return t }

// AppendState appends nothing.
func (*Flood) AppendState(b []byte) []byte { return b }

// Spin never returns from a delivery: it waits for a clock that does not move
// during one input. It ends by the watchdog outside the run.
type Spin struct{ rate int }

// Name returns "spin".
func (*Spin) Name() string { return "spin" }

// In waits for ever.
func (t *Spin) In(s *Step) {
	if s.In.Kind != Delivered || !s.Power().Chance("spin.begin", t.rate) {
		return
	}
	for start := s.Now(); s.Now() == start; {
	}
}

// Out does nothing.
func (*Spin) Out(_ *Step, out []Sent) []Sent { return out }

// Clone returns t, which has no state.
func (t *Spin) Clone() Strategy { return t }

// AppendState appends nothing.
func (*Spin) AppendState(b []byte) []byte { return b }
