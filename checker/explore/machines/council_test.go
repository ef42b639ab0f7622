package machines

import (
	"context"
	"strings"
	"testing"

	"turncoat/checker/explore"
	"turncoat/protocol/membership/view"
)

func voted(t *testing.T, c Council, o explore.Options) *explore.Result {
	t.Helper()
	r, err := explore.Explore(context.Background(), "test", explore.Model[CouncilState](c.Model()), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestEndEpochCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		c                   Council
		r                   explore.Reduction
		states, transitions uint64
	}{
		{Council{Epochs: 1, Members: 1}, explore.None, 225, 509},
		{Council{Epochs: 1, Members: 2}, explore.None, 3_375, 10_995},
		{Council{Epochs: 1, Members: 2}, explore.Symmetry, 743, 2_417},
		{Council{Epochs: 2, Members: 1}, explore.None, 23_745, 53_954},
		{Council{Epochs: 2, Members: 1}, explore.Symmetry, 4_497, 10_240},
	} {
		for _, o := range []explore.Options{{Workers: 1}, {Workers: 2}, {Workers: 1, Strategy: explore.DFS}, {Workers: 2, Strategy: explore.DFS}} {
			o.Reduction = c.r
			r := voted(t, c.c, o)
			if r.Verdict != explore.Pass || r.UniqueStates != c.states || r.Transitions != c.transitions {
				t.Errorf("%+v, %v: %s, %d states, %d transitions; want %d, %d", c.c, c.r, r.Detail, r.UniqueStates, r.Transitions, c.states, c.transitions)
			}
		}
	}
}

// Each rule has a shortest counterexample, of the same length with symmetry and without.
func TestLiftedVotesAreFound(t *testing.T) {
	for rule, want := range map[view.Rule]struct {
		property string
		steps    int
	}{
		view.EvictionVotes:    {"justified status", 1},
		view.EpochEndVotes:    {"justified end", 1},
		view.EpochInSignature: {"justified end", 3},
	} {
		for _, r := range []explore.Reduction{explore.None, explore.Symmetry} {
			got := voted(t, Council{Epochs: 2, Members: 1, Lifted: rule}, explore.Options{Reduction: r, Workers: 2})
			if got.Verdict != explore.Violation || got.Property != want.property || len(got.Counterexample.Actions) != want.steps {
				t.Errorf("%s with %v: %s of %q in %d steps", view.Rules.Names(rule), r, got.Verdict, got.Property, got.Depth)
			}
		}
	}
	got := voted(t, Council{Epochs: 1, Members: 1, Lifted: view.EvictionVotes}, explore.Options{}).Counterexample.String()
	if want := "1. the service accepts in epoch 0: member 4 is gone, on the statements r0's of epoch 0\n   epoch 0\n   member 4 will be inactive\n"; !strings.HasPrefix(got, want) {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
