package machines

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"turncoat/checker/explore"
	"turncoat/protocol/bftbc"
)

// slandered is a bad client beside one that reads so often.
func slandered(reads int) BFTBC { return BFTBC{Stamps: 1, Readers: 1, Reads: reads} }

func exploredBFTBC(t testing.TB, b BFTBC, o explore.Options) *explore.Result {
	t.Helper()
	r, err := explore.Explore(context.Background(), "bftbc", explore.Model[State](b.Model()), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The counts of the package documentation.
func TestBFTBCCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reads               int
		r                   explore.Reduction
		states, transitions uint64
		depth               int
	}{
		{1, explore.All, 3_085, 10_925, 16},
		{1, explore.Symmetry | explore.Prune, 5_570, 27_781, 16},
		{2, explore.All, 7_283, 25_272, 24},
	} {
		for _, o := range []explore.Options{{Workers: 1}, {Workers: 2}, {Workers: 1, Strategy: explore.DFS}, {Workers: 2, Strategy: explore.DFS}} {
			o.Reduction = c.r
			r := exploredBFTBC(t, slandered(c.reads), o)
			if r.Verdict != explore.Pass || !r.Exhaustive || r.UniqueStates != c.states || r.Transitions != c.transitions || o.Strategy == explore.BFS && r.Depth != c.depth {
				t.Errorf("%+v, %v: %s, %d states, %d transitions, depth %d", c, o.Strategy, r.Detail, r.UniqueStates, r.Transitions, r.Depth)
			}
		}
	}
}

// What is wrong without each rule, by the shortest way, which no reduction makes longer.
func TestLiftedBFTBCRulesAreFound(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rule     bftbc.Rule
		property string
		steps    int
	}{
		{bftbc.PrepareCertificate, "no-fabrication", 10}, {bftbc.DigestMatch, "no-fabrication", 13},
		{bftbc.OnePerClient, "lurking", 6}, {bftbc.PreviousCertificate, "lurking", 6},
	} {
		b := slandered(1)
		b.Lifted = c.rule
		for _, reduction := range []explore.Reduction{explore.All, explore.Symmetry | explore.Prune} {
			r := exploredBFTBC(t, b, explore.Options{Reduction: reduction})
			if r.Verdict != explore.Violation || r.Property != c.property || r.Depth != c.steps {
				t.Errorf("%+v with %v: %s of %s at %d", c, reduction, r.Verdict, r.Property, r.Depth)
				continue
			}
			if told := r.Counterexample.Unscheduled == nil; told != (c.property != "lurking") {
				t.Errorf("%+v: %v", c, r.Counterexample.Unscheduled)
			}
		}
	}
}

// A forged write is read as a story.
func TestForgedWriteIsAStory(t *testing.T) {
	b := slandered(1)
	b.Lifted = bftbc.PrepareCertificate
	story := exploredBFTBC(t, b, explore.Options{Reduction: explore.All}).Counterexample.String()
	for _, part := range []string{"c0 -> s0: write of bad1.1 at timestamp 1, which nobody prepared, a lie\n", "c1 begins read\n", "client 0: read = bad1.1"} {
		if !strings.Contains(story, part) {
			t.Errorf("%q is not in\n%s", part, story)
		}
	}
}

// With and without partial order and symmetry, runs end in the same histories.
func TestReducedSlanderEndsAlike(t *testing.T) {
	histories := func(r explore.Reduction) (map[string]bool, int) {
		m := slandered(1).Model()
		_, seen := outcomes(m, r)
		ends := map[string]bool{}
		for _, s := range seen {
			if m.done(&s) {
				ends[m.past(&s).String()] = true
			}
		}
		return ends, len(seen)
	}
	want, all := histories(explore.Symmetry | explore.Prune)
	for _, r := range []explore.Reduction{explore.All, explore.PartialOrder | explore.Prune} {
		got, states := histories(r)
		if len(want) != 3 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v: %v of %d states, want %v of %d", r, got, states, want, all)
		}
	}
}
