package adversary

import (
	"encoding/binary"

	"turncoat/protocol"
)

// Equivocate splits its brain: at some moment the machine is forked, its peers are
// divided into two sides, and from then on each fork answers one side and learns
// from that side alone. So it tells different things to different peers, each of
// them consistently. Accomplices split at the same moment, along the same line.
type Equivocate struct {
	rate, heal int  // chances of splitting and of becoming whole again, per message
	informed   bool // the first fork hears the second's side too
	minds      minds
	split      bool
	episode    int // how many times the cabal, or this node, has split
}

// Name returns "equivocate".
func (*Equivocate) Name() string { return "equivocate" }

// In splits or heals, and decides which fork a message is for.
func (t *Equivocate) In(s *Step) {
	if s.In.Kind != Delivered || s.In.From == s.Self() {
		return
	}
	t.turn(s)
	if !t.split {
		return
	}
	who := t.side(s, s.In.From)
	if t.informed {
		who |= 1
	}
	t.minds.hear(s, who)
}

// turn lets the node split, follow its cabal into a new split, or heal.
func (t *Equivocate) turn(s *Step) {
	switch cabal := s.Cabal(); {
	case cabal != nil && cabal.splits > t.episode:
		t.episode = cabal.splits
		t.fork(s)
	case !t.split && s.Power().Chance("equivocate.split", t.rate):
		t.episode++
		if cabal != nil {
			cabal.splits = t.episode
		}
		t.fork(s)
	case t.split && t.heal > 0 && s.Power().Chance("equivocate.heal", t.heal):
		t.split = false
		t.minds.drop(s)
	}
}

func (t *Equivocate) fork(s *Step) {
	t.minds.drop(s)
	t.split = true
	t.minds.copies = []*Copy{nil, s.Fork(2)}
}

// side returns the fork that speaks with peer.
func (t *Equivocate) side(s *Step, peer protocol.NodeID) mindSet {
	return t.minds.routeOf(peer, func() mindSet {
		matter := uint64(t.episode)<<32 | peerTopic(peer)
		return 1 << s.PowerAbout(matter).Choose("equivocate.side", 2)
	})
}

// Out lets each fork answer its side.
func (t *Equivocate) Out(s *Step, out []Sent) []Sent {
	if !t.split {
		return out
	}
	return t.minds.speak(s, out, func(mind int, to protocol.NodeID) bool { return t.side(s, to).has(mind) })
}

// Clone returns an independent copy.
func (t *Equivocate) Clone() Strategy {
	c := *t
	c.minds = t.minds.clone()
	return &c
}

// AppendState appends the forks and the sides.
func (t *Equivocate) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(protocol.AppendBool(b, t.split), uint64(t.episode))
	return t.minds.appendTo(b)
}
