package machines

import (
	"turncoat/checker/explore"
	"turncoat/protocol"
	"turncoat/protocol/membership"
)

// The operations that the membership service may be asked for: every question with every two statements
// as evidence, or with one.

// motion is an operation that is asked for in a state of the service: a question, and the
// statements on it.
type motion struct {
	service  uint16
	question uint8
	evidence [2]exhibit
	n        uint8 // of evidence
}

// exhibit is a statement as evidence: in whose name, who signed it, and in which epoch.
type exhibit struct{ name, signer, epoch uint8 }

// motions appends the operations on one question that change the service.
func (m *CouncilModel) motions(s *CouncilState, epoch int, bit uint8, out []explore.Step[CouncilState]) []explore.Step[CouncilState] {
	var all []exhibit
	for e := range epoch + 1 {
		for replica := range councilReplicas {
			if replica == 0 || s.cast[e][replica]&bit != 0 {
				all = append(all, exhibit{uint8(replica), uint8(replica), uint8(e)})
			}
			if replica > 0 {
				all = append(all, exhibit{uint8(replica), 0, uint8(e)})
			}
		}
	}
	reached := make(map[uint16]bool) // looked up only
	add := func(x motion) {
		if next := m.execute(x); next != s.service && !reached[next] {
			reached[next] = true
			var t *explore.Step[CouncilState]
			out, t = explore.Extend(out)
			t.State = *s
			t.State.service = next
			t.Action = explore.Action(motionFlag | uint64(bit)<<48 | packed(x.evidence[0])<<24 | packed(x.evidence[1])<<8 | uint64(x.n))
		}
	}
	for i, a := range all {
		add(motion{s.service, bit, [2]exhibit{a}, 1})
		for _, b := range all[i:] {
			add(motion{s.service, bit, [2]exhibit{a, b}, 2})
		}
	}
	return out
}

func packed(x exhibit) uint64 { return uint64(x.name)<<8 | uint64(x.signer)<<4 | uint64(x.epoch) }

func unpacked(n uint64) exhibit {
	return exhibit{uint8(n >> 8 & 0xf), uint8(n >> 4 & 0xf), uint8(n & 0xf)}
}

// execute returns the number of the service after an operation.
func (m *CouncilModel) execute(x motion) uint16 {
	m.mu.Lock()
	defer m.mu.Unlock()
	if next, known := m.executed[x]; known {
		return next
	}
	s := m.services[x.service].Clone().(*membership.Service)
	var evidence []membership.Statement
	kind, target := membership.VoteEnd, protocol.ID{}
	if x.question != stateEnd {
		evict, i := targetOf(x.question)
		if kind, target = membership.VoteReactivate, m.ids[i]; evict {
			kind = membership.VoteEvict
		}
	}
	for _, e := range x.evidence[:x.n] {
		v, ok := membership.SignVote(&m.cfg, m.keys[e.signer], m.epochKeys[e.signer], uint64(e.epoch), kind, target)
		if !ok {
			panic("machines: a key that never evolved has")
		}
		evidence = append(evidence, membership.Statement{Replica: int(e.name), Sig: v.Sig})
	}
	op := membership.EncodeEnd(s.Epoch(), evidence)
	if kind != membership.VoteEnd {
		op = membership.EncodeStatus(s.Epoch(), kind, target, evidence)
	}
	s.Execute(m.keys[0].Self(), op, false)
	next := m.keep(s)
	m.executed[x] = next
	return next
}
