package pbft

import (
	"fmt"
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Twins (Bano et al., 2020): a faulty replica is two correct copies with one identity,
// each of which talks to one side of the others. Nobody's code lies, so the lies are as plausible as can be.

// twins holds the second copies: node i's is node len(down)+i of the schedule.
type twins struct {
	second []*Replica // by node, nil for those that are not faulty
	side   []int      // by node: which copy it talks to
}

// addTwin makes replica i faulty in this way.
func (s *schedule) addTwin(i int) {
	if s.twins == nil {
		s.twins = &twins{second: make([]*Replica, len(s.down)), side: make([]int, len(s.down))}
		for node := range s.down {
			s.twins.side[node] = s.rng.IntN(2)
			s.armed = append(s.armed, map[protocol.TimerID]uint64{})
		}
	}
	s.faulty[i] = true
	r, err := NewReplica(s.cfg, s.keys[i], NewRegisters())
	if err != nil {
		panic(err)
	}
	s.twins.second[i] = r
}

// route turns a message between nodes into one between copies, or drops it.
func (s *schedule) route(e envelope) (envelope, bool) {
	t, n := s.twins, protocol.NodeID(len(s.down))
	side := 0
	sender := e.From
	switch {
	case e.From >= n:
		side, sender = 1, e.From-n
	case t.second[e.From] == nil:
		side = t.side[e.From]
	}
	to := e.To
	switch {
	case t.second[e.To] != nil:
		if side == 1 {
			to += n
		}
	case t.second[sender] != nil && t.side[e.To] != side:
		return e, false
	}
	return envelope{From: sender, To: to, M: e.M}, true
}

func twinSchedule(seed uint64, count int) *schedule {
	cfg := sweepConfig(4, seed)
	cfg.Batch = 1
	s := newSchedule(cfg, auth.Ideal, seed, 4, 8)
	s.loss = 5
	for i := range count {
		s.addTwin((int(seed) + i) % 4)
	}
	return s
}

// One replica with a twin breaks nothing, as primary or as backup.
func TestOneTwin(t *testing.T) {
	for seed := range uint64(100) {
		s := twinSchedule(seed, 1)
		s.run(uint64(60 * time.Second))
		s.report(t, fmt.Sprint("seed ", seed))
	}
}

// Two are more than f, and the judgement sees what they do.
func TestTwoTwinsBreakAgreement(t *testing.T) {
	for seed := range uint64(200) {
		s := twinSchedule(seed, 2)
		s.run(uint64(10 * time.Second))
		if len(s.broken) > 0 {
			t.Logf("seed %d: %s", seed, s.broken[0])
			return
		}
	}
	t.Fatal("200 schedules with two twins broke nothing: the judgement is blind, or the twins are tame")
}
