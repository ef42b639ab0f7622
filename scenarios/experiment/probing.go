package experiment

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership"
	"turncoat/results"
	"turncoat/scenarios"
	"turncoat/sim"
)

// How many probes a replica of the membership service sustains: the interval between two
// pings of every member is shortened, by bisection, until the rounds of pings fall behind
// their schedule because the CPU is busy with those before, or an answer comes too late
// and is counted as missed. Every member is there all the time.

// probeRounds is how many rounds of pings a run lasts, and probeSteps how often the
// range of rates from slowest to fastest is halved, on a logarithmic scale.
const (
	probeRounds  = 12
	probeSteps   = 8
	slowestProbe = 1e3 // per second and replica
	fastestProbe = 1e6
	probePace    = 0.9 // share of the pings that must have gone out
)

// probing returns the points: x is the members.
func probing(s *Spec, quick bool) ([]job, error) {
	var out []job
	for i := range s.Series {
		c := &s.Series[i]
		for n, x := range s.values(quick) {
			members, err := strconv.Atoi(x)
			if err != nil {
				return nil, fmt.Errorf("figure %s: x.values: %w", s.Name, err)
			}
			at, err := s.place(n)
			if err != nil {
				return nil, err
			}
			spec, err := s.scenario(*c, x)
			if err != nil {
				return nil, err
			}
			digest, err := digestOf(spec)
			if err != nil {
				return nil, err
			}
			j := job{curve: c, x: x, at: at, digest: digest, key: "probing", seeds: s.seeds(quick)}
			j.run = func(seed uint64) (*sampled, error) { return s.sustained(c, x, members, seed) }
			out = append(out, j)
		}
	}
	return out, nil
}

// sustained bisects for the highest rate at which nobody is missed.
func (s *Spec) sustained(c *Curve, x string, members int, seed uint64) (*sampled, error) {
	lo, hi := math.Log(slowestProbe), math.Log(fastestProbe)
	var fold results.Fold
	out := &sampled{}
	for range probeSteps {
		middle := (lo + hi) / 2
		interval := time.Duration(float64(members-1) / math.Exp(middle) * float64(time.Second))
		spec, err := s.scenario(*c, x)
		if err != nil {
			return nil, err
		}
		err = scenarios.Apply(spec, []string{
			fmt.Sprintf("membership.probe=%v", interval), fmt.Sprintf("limits.settle=%v", probeRounds*interval),
		})
		if err != nil {
			return nil, err
		}
		g := &missed{servers: make([]*membership.Server, members)}
		r, err := scenarios.Run(spec, scenarios.Options{Seed: seed, Suite: auth.Ideal, Observers: []sim.Observer{g}, Tracer: g})
		if err != nil {
			return nil, err
		}
		fold.Add(r.Scenario, r.Seed, r.Digest)
		out.scenario = r.Scenario
		due := math.Floor(r.World.Virtual.Seconds()/interval.Seconds()) * float64(members-1) * float64(3*spec.System.F.Lo+1)
		if g.any() || float64(g.pings) < probePace*due {
			hi = middle
		} else {
			lo = middle
		}
	}
	out.columns, out.digest = [][]float64{{math.Exp(lo)}}, fold.String()
	return out, nil
}

// missed counts the pings that arrive, and holds the servers, to ask them at the end whom
// they have missed.
type missed struct {
	quiet
	servers []*membership.Server
	pings   int
}

// Step implements sim.Tracer.
func (g *missed) Step(s sim.Step) {
	if _, ping := s.Message.(*membership.Ping); ping && s.Kind == sim.StepMessage {
		g.pings++
	}
}

// Stepped implements sim.Stepper.
func (g *missed) Stepped(_ uint64, _ int64, node protocol.NodeID, m protocol.Machine) {
	if s := serverOf(m); s != nil {
		g.servers[node] = s
	}
}

// any reports whether a replica has missed an answer of anybody.
func (g *missed) any() bool {
	for _, s := range g.servers {
		if s == nil || s.Service() == nil {
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
