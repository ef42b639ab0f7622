package shrink

import (
	"cmp"
	"iter"
	"math/rand/v2"
	"slices"

	"turncoat/scenarios"
)

// A long list is cut down slowly, and where each message moves the ones after it, not
// far. Often the same property breaks in a run that had less in it from the
// beginning. So scenarios with less in them are made from the finding's, at random,
// and run by seeds of their own: fewer clients, operations, objects, servers and
// faults, shorter, on a network that is calm or late now and then. They are never
// wider than the finding's, so what they show, it could have shown.

const (
	// stages is how often runs are drawn and the smallest cut down, at most.
	stages = 8
	// stageEvents bounds what a stage draws, in events, and stageTries in runs.
	stageEvents = 1_500_000
	stageTries  = 700
	// beginnings is how many runs of a stage are cut down, and beginningEvents bounds
	// what each may cost.
	beginnings      = 3
	beginningEvents = 1_500_000
	// TooMany is how many decisions a finding should need at most.
	TooMany = 12
)

// beginElsewhere draws smaller runs and cuts the smallest of them down, until one is
// as small as it should be.
func (s *search) beginElsewhere() {
	base := s.best.on
	for stage := range uint64(stages) {
		for _, t := range s.gather(base, stage) {
			if s.best.size.Total() <= TooMany || s.over() {
				return
			}
			best := s.best
			s.adopt(t)
			s.cutDown(quick, beginningEvents)
			if !s.best.size.better(best.size) {
				s.adopt(best)
			}
		}
	}
}

// gather draws runs and returns the smallest of those that fail in the same way.
func (s *search) gather(base *ground, stage uint64) (found []*trial) {
	s.pass = "begin elsewhere"
	best := s.best
	s.most = s.events + stageEvents
	for from := 0; s.best.size.Total() > TooMany; {
		next, stop := iter.Pull(s.draws(base, stage, from))
		i := s.pull(next, func(*trial) bool { return true })
		stop()
		if i < 0 {
			break
		}
		found = append(found, s.best)
		from += i + 1
	}
	s.most = 0
	s.adopt(best)
	slices.SortStableFunc(found, func(a, b *trial) int { return cmp.Compare(a.size.Total(), b.size.Total()) })
	return found[:min(len(found), beginnings)]
}

// draws returns runs of scenarios with less in them. A scenario that makes no sense,
// such as one with more faulty clients than clients, is known to be no good.
func (s *search) draws(base *ground, stage uint64, from int) iter.Seq[candidate] {
	return func(yield func(candidate) bool) {
		for i := from; i < stageTries; i++ {
			rng := rand.New(rand.NewPCG(base.seed, stage<<32|uint64(i)))
			on := &ground{lesser(&base.spec, rng), rng.Uint64() >> 1}
			if !yield(candidate{on: on, drawn: true, known: scenarios.Apply(&on.spec, nil) != nil}) {
				return
			}
		}
	}
}

// lesser draws a scenario with less in it.
func lesser(spec *scenarios.Spec, rng *rand.Rand) scenarios.Spec {
	l := *spec
	l.Reach, l.Faults = nil, slices.Clone(spec.Faults)
	coin := func() bool { return rng.IntN(2) == 0 }
	fewer := func(r *scenarios.Ints, least int64) {
		if r.Hi > least {
			n := least + rng.Int64N(r.Hi-least+1)
			n = least + rng.Int64N(n-least+1) // the fewer the likelier
			r.Lo, r.Hi = n, n
		}
	}
	fewer(&l.Clients, l.Adversary.BadClients.Hi+1)
	fewer(&l.Workload.Operations, 1)
	fewer(&l.System.Membership.Orders, 1)
	if coin() {
		fewer(&l.Objects.PublicKey, 1)
	}
	if coin() {
		l.Workload.Think.Hi = l.Workload.Think.Lo
		l.System.Membership.Pace.Hi = l.System.Membership.Pace.Lo
	}
	if coin() {
		lowSizes(&l)
	}
	for i := range l.Faults {
		fewer(&l.Faults[i].Count, min(l.Faults[i].Count.Lo, 1))
	}
	if n := len(l.Faults); n > 0 && rng.IntN(3) == 0 {
		i := rng.IntN(n)
		l.Faults = slices.Delete(l.Faults, i, i+1)
	}
	if l.Adversary.Liars.Lo == 0 && coin() {
		l.Adversary.Liars.Hi = 0
	}
	l.Network = lesserNetwork(&spec.Network, rng)
	return l
}

// lowSizes fixes the sizes of the protocol at their low ends.
func lowSizes(s *scenarios.Spec) {
	p, m := &s.System.PBFT, &s.System.Membership
	for _, r := range []*scenarios.Ints{
		&s.System.F, &s.System.Servers, &p.Checkpoint, &p.Batch, &p.Window, &p.Log,
		&m.Members, &m.Early, &m.Signed, &m.Propose, &m.Accept, &m.FanOut, &m.Checkpoint, &m.Move, &s.Hosts.Drift,
	} {
		r.Hi = r.Lo
	}
	for _, r := range []*scenarios.Span{
		&s.System.Retry, &p.ViewTimeout, &p.Status, &m.Epoch, &m.Probe, &m.Lease, &m.Batch, &m.ViewTimeout, &m.Status,
		&s.System.BFTBC.Removal, &s.Hosts.Offset, &s.Hosts.Sync,
	} {
		r.Hi = r.Lo
	}
}

// lesserNetwork draws a network: as it is, calm, or calm but for a few messages that
// are late or lost.
func lesserNetwork(n *scenarios.Network, rng *rand.Rand) scenarios.Network {
	if rng.IntN(6) == 0 {
		return *n
	}
	calm := scenarios.Network{Link: scenarios.Link{Latency: n.Latency}}
	calm.Latency.Shape, calm.Latency.Base.Hi = "constant", calm.Latency.Base.Lo
	late := max(n.Hold.Hi, n.Chaos.Hold.Hi, n.Latency.Base.Hi+n.Latency.Spread.Hi, n.Chaos.Latency.Base.Hi)
	if rng.IntN(2) == 0 && late > 0 {
		calm.Reorder = scenarios.Rate{Lo: 1_000, Hi: 1_000 << rng.IntN(8)}
		calm.Reorder.Lo = calm.Reorder.Hi
		calm.Hold = scenarios.Span{Lo: late, Hi: late}
	}
	if most := max(n.Loss.Hi, n.Chaos.Loss.Hi); rng.IntN(3) == 0 {
		calm.Loss = scenarios.Rate{Lo: min(most, 20_000), Hi: min(most, 20_000)}
	}
	if rng.IntN(3) == 0 {
		calm.Duplicate = n.Duplicate
		calm.Corrupt = n.Corrupt
	}
	return calm
}
