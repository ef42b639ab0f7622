package experiment

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership"
	"turncoat/results"
	"turncoat/scenarios"
	"turncoat/sim"
)

// How many probes a prober sustains: the interval between two pings of every member is
// shortened, by bisection, until the rounds of pings fall behind their schedule because
// the CPU is busy with those before, or an answer comes too late and is counted as
// missed. Every member is there all the time. Probers are the replicas of the membership
// service, or committees, of which there is one for so many members.

// probeRounds is how many rounds of pings a run lasts, and probeSteps how often the
// range of intervals from shortest to longest is halved, on a logarithmic scale.
const (
	probeRounds = 12
	probeSteps  = 9
	probePace   = 0.9 // share of the pings that must have gone out
)

// trial is what is bisected: a scenario but for the interval.
type trial struct {
	spec    *scenarios.Spec
	members int
	probers int // of each member
}

// probing returns the points: x is the members; a curve may set slice, the members for
// each of which there is a committee. What is told is the members pinged per second: all of
// them, by each of their probers, once in the shortest interval.
func probing(s *Spec, quick bool) ([]job, error) {
	var out []job
	for i := range s.Series {
		c := &s.Series[i]
		for n, x := range s.values(quick) {
			at, err := s.place(n)
			if err != nil {
				return nil, err
			}
			members, err := strconv.Atoi(x)
			if err != nil {
				return nil, fmt.Errorf("figure %s: x.values: %w", s.Name, err)
			}
			t, err := s.trial(c, x, members)
			if err != nil {
				return nil, fmt.Errorf("figure %s, series %q at %s: %w", s.Name, c.Label, x, err)
			}
			digest, err := digestOf(t.spec)
			if err != nil {
				return nil, err
			}
			j := job{curve: c, x: x, at: at, digest: digest, key: "probing", seeds: s.seeds(quick)}
			j.run = func(seed uint64) (*sampled, error) {
				own, err := s.trial(c, x, members) // seeds run side by side, each with a scenario of its own
				if err != nil {
					return nil, err
				}
				return own.bisect(seed)
			}
			out = append(out, j)
		}
	}
	return out, nil
}

// trial returns what a curve bisects at so many members.
func (s *Spec) trial(c *Curve, x string, members int) (*trial, error) {
	own := *c
	own.Set = slices.Clone(c.Set)
	for i, set := range own.Set {
		if text, sliced := strings.CutPrefix(set, "slice="); sliced {
			each, err := strconv.Atoi(text)
			if err != nil || each < 1 {
				return nil, fmt.Errorf("%s: so many members for each committee, at least one", set)
			}
			own.Set[i] = fmt.Sprintf("membership.committees=%d", max(1, members/each))
		}
	}
	spec, err := s.scenario(own, x)
	if err != nil {
		return nil, err
	}
	t := &trial{spec: spec, members: members, probers: int(3*spec.System.F.Lo + 1)}
	if p := &spec.System.Membership; p.Committees.Lo > 0 {
		t.probers = int(2*max(1, p.CommitteeF.Lo) + 1)
	}
	return t, nil
}

// bisect finds the shortest interval that is sustained, between those at which a thousand
// and ten million members are pinged per second.
func (t *trial) bisect(seed uint64) (*sampled, error) {
	lo, hi := math.Log(1e3), math.Log(1e7)
	var fold results.Fold
	out := &sampled{scenario: t.spec.Name}
	for range probeSteps {
		middle := (lo + hi) / 2
		interval := time.Duration(float64(t.members) / math.Exp(middle) * float64(time.Second))
		sets := []string{fmt.Sprintf("membership.probe=%v", interval), fmt.Sprintf("limits.settle=%v", probeRounds*interval)}
		if err := scenarios.Apply(t.spec, sets); err != nil {
			return nil, err
		}
		g := &pinged{servers: make([]*membership.Server, t.members), probes: make([]bool, t.members)}
		r, err := scenarios.Run(t.spec, scenarios.Options{Seed: seed, Suite: auth.Ideal, Observers: []sim.Observer{g}, Tracer: g})
		if err != nil {
			return nil, err
		}
		fold.Add(r.Scenario, uint64(interval), r.Digest)
		due := int(r.World.Virtual/interval) * t.members * t.probers
		if float64(g.pings) < probePace*float64(due) || g.missed() {
			hi = middle
		} else {
			lo = middle
		}
	}
	out.columns, out.digest = [][]float64{{math.Exp(lo)}}, fold.String()
	return out, nil
}

// pinged counts the pings that arrive, and holds the servers, to ask those who ping at
// the end whom they have missed.
type pinged struct {
	quiet
	servers []*membership.Server
	probes  []bool // by server
	pings   int
}

// Step implements sim.Tracer.
func (g *pinged) Step(s sim.Step) {
	if _, ping := s.Message.(*membership.Ping); ping && s.Kind == sim.StepMessage {
		g.probes[s.From] = true
		g.pings++
	}
}

// Stepped implements sim.Stepper.
func (g *pinged) Stepped(_ uint64, _ int64, node protocol.NodeID, m protocol.Machine) {
	if s := serverOf(m); s != nil {
		g.servers[node] = s
	}
}

// missed reports whether a prober has missed an answer of anybody.
func (g *pinged) missed() bool {
	for i, s := range g.servers {
		if !g.probes[i] {
			continue
		}
		for m := range s.View().Config().All() {
			if m.ID != s.View().Self() && s.Missed(m.ID) > 0 {
				return true
			}
		}
	}
	return false
}
