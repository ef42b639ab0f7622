package machines

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"turncoat/checker/explore"
	"turncoat/protocol/pbft"
)

func ordered(t *testing.T, p PBFT, o explore.Options) *explore.Result {
	t.Helper()
	r, err := explore.Explore(context.Background(), "test", explore.Model[State](p.Model()), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// lying is a liar as first primary, with so many lies, and so many expiries.
func lying(lies, timeouts int) PBFT {
	return PBFT{Clients: 1, Writes: 1, Liars: 1, Lies: lies, Timeouts: timeouts}
}

// expiring is four correct replicas and so many expiries.
func expiring(timeouts int) PBFT { return PBFT{Clients: 1, Writes: 1, Timeouts: timeouts} }

// orderedCounts are those of searches of PBFT that saw everything.
type orderedCounts struct {
	p                   PBFT
	r                   explore.Reduction
	states, transitions uint64
	verdict             string
}

// The counts of the package documentation that a test has time for.
var documentedPBFT = []orderedCounts{
	{expiring(0), explore.All, 25, 24, explore.Pass},
	{expiring(1), explore.All, 1_475, 1_741, explore.Vacuous}, // one expiry changes no view
	{expiring(1), explore.PartialOrder | explore.Prune, 2_580, 3_137, explore.Vacuous},
	{lying(1, 0), explore.All, 148, 178, explore.Pass},
	{lying(2, 0), explore.All, 6_018, 10_555, explore.Pass},
	{lying(1, 1), explore.All, 24_636, 36_681, explore.Pass},
}

func TestPBFTCounts(t *testing.T) {
	for _, c := range documentedPBFT {
		for _, o := range []explore.Options{{Workers: 1}, {Workers: 2}, {Workers: 1, Strategy: explore.DFS}, {Workers: 2, Strategy: explore.DFS}} {
			o.Reduction = c.r
			r := ordered(t, c.p, o)
			if r.Verdict != c.verdict || !r.Exhaustive || r.UniqueStates != c.states || r.Transitions != c.transitions {
				t.Errorf("%+v, %v, %+v: %s, %d states, %d transitions; want %d, %d", c.p, c.r, o, r.Detail, r.UniqueStates, r.Transitions, c.states, c.transitions)
			}
		}
	}
}

// One view change, all of it: two replicas give up on the first view at any two moments.
func TestPBFTAcrossAViewChangeIsExplored(t *testing.T) {
	r := ordered(t, expiring(2), explore.Options{Reduction: explore.All, Workers: 2})
	if r.Verdict != explore.Pass || r.UniqueStates != 118_800 || r.Transitions != 180_210 || r.Reach["new view"] == 0 {
		t.Errorf("%+v", r)
	}
}

// Without reductions the normal case is as much as a test has time for the beginning of.
func TestPBFTUnreduced(t *testing.T) {
	for workers := 1; workers <= 2; workers++ {
		r := ordered(t, expiring(0), explore.Options{Depth: 14, Workers: workers})
		if r.Verdict != explore.Undecided || r.UniqueStates != 24_881 || r.TruncatedBy != explore.ByDepth {
			t.Errorf("%d workers: %+v", workers, r)
		}
	}
}

// BenchmarkPBFT explores what takes longer.
func BenchmarkPBFT(b *testing.B) {
	for name, c := range map[string]orderedCounts{
		"normal/none":     {expiring(0), explore.None, 2_264_076, 20_242_938, explore.Pass},
		"view-change/all": {expiring(2), explore.All, 118_800, 180_210, explore.Pass},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r, err := explore.Explore(context.Background(), "pbft", explore.Model[State](c.p.Model()), explore.Options{Reduction: c.r, Workers: runtime.GOMAXPROCS(0)})
				if err != nil || r.Verdict != c.verdict || r.UniqueStates != c.states || r.Transitions != c.transitions {
					b.Fatalf("%+v, %v", r, err)
				}
			}
		})
	}
}

// liftedPBFT is for each rule the least system, and the beginning of its runs, in which it is seen to matter.
func liftedPBFT(rule pbft.Rule) PBFT {
	p := PBFT{Clients: 2, Writes: 1, Timeouts: 2, From: fromPrepared, Lifted: rule}
	switch rule {
	case pbft.PreparedCertificates:
		p.From = fromExecuted
	case pbft.HighestView:
		p.From, p.Timeouts = fromLied, 0
	}
	return p
}

// Each rule has a counterexample, which breadth-first search finds, and which can be told to the simulator.
func TestLiftedOrderIsFound(t *testing.T) {
	for rule, steps := range map[pbft.Rule]int{pbft.CommitPhase: 36, pbft.PreparedCertificates: 45, pbft.HighestView: 46} {
		t.Run(pbft.Rules.Names(rule), func(t *testing.T) {
			r := ordered(t, liftedPBFT(rule), explore.Options{Reduction: explore.All})
			if r.Verdict != explore.Violation || r.Property != "agreement" || r.Depth != steps || r.Counterexample.Unscheduled != nil {
				t.Errorf("%s of %q at %d; %v", r.Verdict, r.Property, r.Depth, r.Counterexample.Unscheduled)
			}
			if r.Counterexample != nil && !strings.Contains(r.Counterexample.String(), "-> r1: view-change to view 1") {
				t.Errorf("no view change in\n%s", r.Counterexample)
			}
		})
	}
}

// Replicas are alike only where no checkpoint is made: whom one asks for state hangs on its number.
func TestCheckpointsEndSymmetry(t *testing.T) {
	for _, p := range []PBFT{{Clients: 1, Writes: 1, Timeouts: 2}, {Clients: 2, Writes: 1, Timeouts: 2}, {Clients: 1, Writes: 2}, {Clients: 1, Writes: 1, Reads: 1}} {
		if alike := p.Model().Reductions()&explore.Symmetry != 0; alike != (p.Clients*(p.Writes+p.Reads) == 1) {
			t.Errorf("%+v: symmetry %v", p, alike)
		}
	}
}

// Walks find from the start what breadth-first search finds from a prefix on, without any reduction, and nothing when
// no rule is lifted.
func TestPBFTWalks(t *testing.T) {
	p := PBFT{Clients: 2, Writes: 1, Timeouts: 2}
	for rule, walks := range map[pbft.Rule]int{pbft.CommitPhase: 400, pbft.PreparedCertificates: 400, 0: 60} {
		p.Lifted = rule
		r := ordered(t, p, explore.Options{Strategy: explore.Random, Depth: 100, Walks: walks, Workers: 2})
		if found := r.Property == "agreement"; found != (rule != 0) || r.Reach["new view"] == 0 {
			t.Errorf("%v: %s of %q; %v", rule, r.Verdict, r.Property, r.Reach)
		}
	}
}
