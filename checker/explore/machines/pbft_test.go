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

// The normal case, as far as a test has time for: the benchmark goes to the end.
func TestPBFTCounts(t *testing.T) {
	for workers := 1; workers <= 2; workers++ {
		r := ordered(t, PBFT{Clients: 1, Writes: 1}, explore.Options{Depth: 14, Workers: workers})
		if r.Verdict != explore.Undecided || r.UniqueStates != 24_881 || r.TruncatedBy != explore.ByDepth {
			t.Errorf("%d workers: %+v", workers, r)
		}
	}
}

// BenchmarkPBFT explores the normal case of one write.
func BenchmarkPBFT(b *testing.B) {
	for b.Loop() {
		r, err := explore.Explore(context.Background(), "pbft", explore.Model[State](PBFT{Clients: 1, Writes: 1}.Model()), explore.Options{Workers: runtime.GOMAXPROCS(0)})
		if err != nil || r.Verdict != explore.Pass || r.UniqueStates != 2_264_076 || r.Transitions != 20_242_938 || r.Depth != 31 {
			b.Fatalf("%+v, %v", r, err)
		}
	}
}

// Across a view change, walks find that replicas disagree when a rule is lifted,
// and nothing when it is not.
func TestPBFTAcrossAViewChange(t *testing.T) {
	p := PBFT{Clients: 2, Writes: 1, Timeouts: 2}
	for rule, property := range map[pbft.Rule]string{pbft.CommitPhase: "agreement", pbft.PreparedCertificates: "agreement", 0: ""} {
		p.Lifted = rule
		o := explore.Options{Strategy: explore.Random, Depth: 100, Walks: 60, Workers: 2}
		r := ordered(t, p, o)
		if r.Property != property || r.Reach["new view"] == 0 {
			t.Errorf("%v: %s of %q; %v", rule, r.Verdict, r.Property, r.Reach)
		}
		if property != "" && !strings.Contains(r.Counterexample.String(), "-> r1: view-change to view 1") {
			t.Errorf("%v: no view change in\n%s", rule, r.Counterexample)
		}
		if property != "" && r.Counterexample.Unscheduled == nil {
			t.Errorf("%v: the simulator was told when timers expire", rule)
		}
	}
}
