package scenarios

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"turncoat/protocol/auth"
	"turncoat/sim"
)

// TestSessionsFollowTheirLaw compares sessions with the quantile function in floating
// point, and the median of many with what it should be.
func TestSessionsFollowTheirLaw(t *testing.T) {
	const median = int64(time.Minute)
	rapid.Check(t, func(t *rapid.T) {
		word, tail := rapid.Uint64().Draw(t, "word"), rapid.IntRange(1, 3).Draw(t, "tail")
		x := 64 - math.Log2(float64(word|1))
		want := float64(median) * math.Pow(x, float64(tail))
		slack := float64(tail) * (1.0/x + 1) / (1 << 15) // of the last bits of the logarithm
		if got := float64(session(word, median, tail)); math.Abs(got-want) > want*slack+100 {
			t.Fatalf("the session of %x is %v, should be %v", word, time.Duration(got), time.Duration(want))
		}
	})
	for tail := 1; tail <= 3; tail++ {
		below, n := 0, 20_000
		for i := range n {
			if session(uint64(i)*0x9e3779b97f4a7c15, median, tail) < median {
				below++
			}
		}
		if below < n*48/100 || below > n*52/100 {
			t.Errorf("tail %d: %d of %d sessions are below the median", tail, below, n)
		}
	}
}

// TestChurnIsBack holds that those who come and go are no replicas of the service, are
// down and up in turn, together where that is said, and all back in the end.
func TestChurnIsBack(t *testing.T) {
	spec, err := Lookup("membership-sessions")
	if err != nil {
		t.Fatal(err)
	}
	if err := spec.Set("clump", "2"); err != nil {
		t.Fatal(err)
	}
	outages := 0
	for seed := range uint64(20) {
		r, err := build(spec, Options{Seed: seed, Suite: auth.Ideal}, sim.FromSeed(seed, false))
		if err != nil {
			t.Fatal(err)
		}
		strikes, back := r.sessions()
		down := make(map[sim.Strike]bool)
		for _, s := range strikes {
			if int(s.Node) <= 3*r.f || s.At > back {
				t.Errorf("seed %d: %v of server %d at %v, and all are back at %v", seed, s.Act, s.Node, s.At, back)
			}
			if s.Act == sim.Crash {
				down[sim.Strike{At: s.At, Node: s.Node}] = true
				outages++
			}
		}
		first := r.servers - r.int("system.membership.sessions.roving", spec.System.Membership.Sessions.Roving)
		for _, s := range strikes {
			if i := (int(s.Node) - first) % 2; s.Act == sim.Crash && i == 1 && !down[sim.Strike{At: s.At, Node: s.Node - 1}] {
				t.Errorf("seed %d: server %d goes away at %v and server %d does not", seed, s.Node, s.At, s.Node-1)
			}
		}
	}
	if outages < 20 {
		t.Errorf("%d outages in 20 runs", outages)
	}
}
