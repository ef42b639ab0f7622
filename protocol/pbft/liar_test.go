package pbft

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// liar returns a script for faulty replicas: percent of what such a replica sends
// is altered, each copy on its own, and authenticated as its own.
func liar(percent int) func(s *schedule, e envelope) []envelope {
	return func(s *schedule, e envelope) []envelope {
		if s.rng.IntN(100) >= percent {
			return []envelope{e}
		}
		if m := s.alter(e.M); m != nil {
			if a, ok := m.(authenticated); ok {
				NewSealer(s.cfg, s.keys[e.From]).Seal(a)
				if reply, ok := m.(*Reply); ok {
					NewSealer(s.cfg, s.keys[e.From]).SealFor(reply.Client, reply)
				}
			}
			e.M = m
			return []envelope{e}
		}
		return nil
	}
}

// someDigest returns a batch digest that means something: of a request, null, or nothing.
func (s *schedule) someDigest() auth.Digest {
	switch k := s.rng.IntN(len(s.requests) + 2); {
	case k == 0 || len(s.requests) == 0:
		return nullDigest
	case k == 1:
		return auth.Digest{byte(s.rng.Uint32())}
	default:
		seal := s.replicas[0].seal
		return seal.BatchDigest([]auth.Digest{seal.RequestDigest(s.requests[s.rng.IntN(len(s.requests))])})
	}
}

// near returns v, or a number near it.
func (s *schedule) near(v uint64) uint64 {
	switch s.rng.IntN(6) {
	case 0:
		return v + 1
	case 1:
		return v - min(v, 1)
	case 2:
		return v + s.rng.Uint64N(20)
	}
	return v
}

// alter returns a lie in the form of m, or nil to say nothing.
func (s *schedule) alter(m protocol.Message) protocol.Message {
	switch m := m.(type) {
	case *PrePrepare:
		c := *m
		c.Seq = s.near(c.Seq)
		if s.rng.IntN(3) > 0 && len(s.requests) > 0 {
			seal := s.replicas[0].seal
			c.Requests = []auth.Digest{seal.RequestDigest(s.requests[s.rng.IntN(len(s.requests))])}
			c.Digest = seal.BatchDigest(c.Requests)
		}
		return &c
	case *Prepare:
		c := *m
		c.Seq, c.Digest = s.near(c.Seq), s.someDigest()
		return &c
	case *Commit:
		c := *m
		c.Seq, c.Digest = s.near(c.Seq), s.someDigest()
		return &c
	case *Checkpoint:
		c := *m
		c.Digest = s.someDigest()
		return &c
	case *Reply:
		c := *m
		c.Result = []byte{1, 66}
		return &c
	case *ViewChange:
		return s.alterViewChange(m)
	case *ViewChangeAck:
		c := *m
		c.Digest = s.someDigest()
		return &c
	case *NewView:
		c := *m
		if c.X = slices.Clone(c.X); len(c.X) > 0 {
			c.X[s.rng.IntN(len(c.X))] = s.someDigest()
		} else {
			c.X = []auth.Digest{s.someDigest()}
		}
		return &c
	case *StatePart:
		return &StatePart{Seq: m.Seq, Part: m.Part, Bytes: append(slices.Clone(m.Bytes), 1)}
	case *Bodies:
		return &Bodies{Seq: m.Seq, Requests: s.requests[:min(1, len(s.requests))]}
	}
	return nil
}

func (s *schedule) alterViewChange(m *ViewChange) *ViewChange {
	c := *m
	c.P, c.Q, c.C = slices.Clone(c.P), slices.Clone(c.Q), slices.Clone(c.C)
	switch s.rng.IntN(5) {
	case 0: // nothing prepared
		c.P = nil
	case 1: // something else prepared, in the latest view
		for i := range c.P {
			c.P[i].Digest, c.P[i].View = s.someDigest(), c.View-1
			c.Q = append(c.Q, Certified{Seq: c.P[i].Seq, View: c.View - 1, Digest: c.P[i].Digest})
		}
		if len(c.P) == 0 {
			c.P = []Certified{{Seq: c.H + 1, View: c.View - 1, Digest: s.someDigest()}}
			c.Q = []Certified{c.P[0]}
		}
		slices.SortFunc(c.Q, func(x, y Certified) int { return int(x.Seq)*1000 + int(x.View) - int(y.Seq)*1000 - int(y.View) })
		c.Q = slices.CompactFunc(c.Q, func(x, y Certified) bool { return !x.before(&y) })
	case 2: // a stale checkpoint
		c.H = 0
		c.C = append([]CheckpointID{{0, s.someDigest()}}, c.C...)
	case 3: // a checkpoint that nobody has
		c.C = []CheckpointID{{c.H, s.someDigest()}}
	case 4: // nobody else can check the MAC of it
		sealed := NewSealer(s.cfg, s.keys[c.Replica])
		sealed.Seal(&c)
		return &c
	}
	return &c
}
