package adversary

import "turncoat/protocol"

// Garble flips bits of a message's wire form, as a faulty memory would, without
// signing it again. What still decodes is sent as the message that it has become,
// what does not as Garbled.
type Garble struct{ aim }

// maxFlips is how many bits it flips at most.
const maxFlips = 3

// Name returns "garble".
func (*Garble) Name() string { return "garble" }

// In does nothing.
func (*Garble) In(*Step) {}

// Out flips bits of what its draws hit.
func (t *Garble) Out(s *Step, out []Sent) []Sent {
	for i := range out {
		if o := &out[i]; t.hits(s.Power(), o.Message) {
			*o = o.As(t.name, flip(s, o.Message))
		}
	}
	return out
}

func flip(s *Step, m protocol.Message) protocol.Message {
	form := m.AppendTo(nil)
	for range 1 + s.Power().Choose("garble.flips", maxFlips) {
		i := s.Power().Choose("garble.byte", len(form))
		form[i] ^= 1 << s.Power().Choose("garble.bit", 8)
	}
	if bent, err := s.Decode(form); err == nil {
		return bent
	}
	return &Garbled{Was: m.Kind(), Bytes: form}
}

// Clone returns t, which has no state.
func (t *Garble) Clone() Strategy { return t }

// AppendState appends nothing.
func (*Garble) AppendState(b []byte) []byte { return b }
