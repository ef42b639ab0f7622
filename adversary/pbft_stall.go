package adversary

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/pbft"
)

// PBFTStall treats somebody as if he did not exist. A client: its requests are not
// heard, whoever brings them, so that a primary never proposes them. A replica:
// nothing is sent to it, and it is left in the dark while the others go on.
type PBFTStall struct {
	aim
	client bool // the victim is a client
	victim protocol.NodeID
	spared []protocol.NodeID // clients that were drawn about
	minds  minds
}

// Name returns "pbft-stall".
func (*PBFTStall) Name() string { return "pbft-stall" }

// In keeps the victim's requests from the mind that speaks.
func (t *PBFTStall) In(s *Step) {
	if !t.client || s.In.Kind != Delivered || s.In.From == s.Self() {
		return
	}
	m, ok := s.In.Message.(*pbft.Request)
	if ok {
		t.choose(s, m)
	}
	if ok && m.Client == t.victim {
		t.minds.hear(s, 0)
	} else {
		t.minds.hear(s, 1)
	}
}

// choose draws about each client, once, until one is the victim.
func (t *PBFTStall) choose(s *Step, m *pbft.Request) {
	if t.victim != protocol.None || slices.Contains(t.spared, m.Client) {
		return
	}
	if t.hits(s.PowerAbout(peerTopic(m.Client)), m) {
		t.victim = m.Client
	} else {
		t.spared = append(t.spared, m.Client)
	}
}

// Out speaks as one who has not heard the victim, or says nothing to it.
func (t *PBFTStall) Out(s *Step, out []Sent) []Sent {
	if t.client {
		return t.minds.speak(s, out, func(int, protocol.NodeID) bool { return true })
	}
	d := dialectPBFT(s)
	return slices.DeleteFunc(out, func(o Sent) bool {
		if !slices.Contains(d.Config.Members, o.To) || !t.takes(o.Message) {
			return false
		}
		if t.victim == protocol.None && !slices.Contains(t.spared, o.To) {
			if s.PowerAbout(peerTopic(o.To)).Chance(t.label(o.Message), t.rate) {
				t.victim = o.To
			} else {
				t.spared = append(t.spared, o.To)
			}
		}
		return o.To == t.victim
	})
}

// Clone returns an independent copy.
func (t *PBFTStall) Clone() Strategy {
	c := *t
	c.spared, c.minds = slices.Clone(t.spared), t.minds.clone()
	return &c
}

// AppendState appends whom it treats how.
func (t *PBFTStall) AppendState(b []byte) []byte {
	b = binary.AppendVarint(b, int64(t.victim))
	for _, id := range t.spared {
		b = binary.AppendVarint(b, int64(id))
	}
	return t.minds.appendTo(b)
}
