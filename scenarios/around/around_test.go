package around

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"turncoat/checker"
	"turncoat/scenarios"
	"turncoat/sim"
)

// recorded is an artifact of a run in which one of two clients writes and the other does nothing.
func recorded(t *testing.T, lift string) *scenarios.Artifact {
	t.Helper()
	a, err := scenarios.DecodeArtifact("one.yaml", []byte(`
turncoat: 1
code: test
seed: 1
suite: ideal
lift: [`+lift+`]
verdict: pass
digest: "00000000000000000000000000000000"
reproduce: none
scenario:
  name: small
  clients: 2
  workload: {operations: 1}
  objects: {public-key: 1}
decisions:
  - "work 0 #0 = 2"
`))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAFindingOneEditAway(t *testing.T) {
	var first *Result
	for jobs := 1; jobs <= 3; jobs++ {
		r, err := Explore(recorded(t, "dbqs.writer-in-timestamp"), Options{Edits: 1, Jobs: jobs})
		if err != nil {
			t.Fatal(err)
		}
		if r.Runs != r.Lists || r.Finding == nil || r.Finding.Outcome != checker.Violation || !slices.Equal(r.Finding.Edits, []string{"work 1 #0 = 2 (it was 0)"}) {
			t.Fatalf("%+v", r)
		}
		if first == nil {
			first = r
		}
		if r.Detail() != first.Detail() || r.Finding.Artifact.Digest != first.Finding.Artifact.Digest || r.Distinct != first.Distinct {
			t.Errorf("%d jobs: %s, where one had %s", jobs, r.Detail(), first.Detail())
		}
		if rep, err := r.Finding.Artifact.Replay(nil); err != nil || rep.Outcome != checker.Violation {
			t.Errorf("replayed: %+v, %v", rep, err)
		}
	}
	r, err := Explore(recorded(t, ""), Options{Edits: 1, Jobs: 2})
	if err != nil || r.Finding != nil || r.Runs != first.Runs {
		t.Errorf("with the rule: %+v, %v", r, err)
	}
}

// Each kind of decision has edits, and none of them is the decision itself.
func TestEditsOfEachKind(t *testing.T) {
	for _, c := range []struct {
		d    decision
		want int // edits in all
	}{
		{decision{sim.Decision{Key: sim.Key{Choice: sim.Delay}, Value: 8}, false}, 3},
		{decision{sim.Decision{Key: sim.Key{Choice: sim.Delay}, Value: 8}, true}, 2},
		{decision{sim.Decision{Key: sim.Key{Choice: sim.Loss}, Value: 1}, false}, 1},
		{decision{sim.Decision{Key: sim.Key{Choice: sim.Loss}}, true}, 1},
		{decision{sim.Decision{Key: sim.Key{Choice: sim.Duplicate}}, true}, 1},
		{decision{sim.Decision{Key: sim.Key{Choice: sim.Lie}, Value: 1}, false}, 3},
		{decision{sim.Decision{Key: sim.Key{Choice: sim.Work}}, true}, 2},
		{decision{sim.Decision{Key: sim.Key{Choice: sim.Work, Label: "think"}, Value: 4}, false}, 3},
		{decision{sim.Decision{Key: sim.Key{Choice: sim.Corrupt}}, true}, 0},
	} {
		edits := editsOf([]decision{c.d})
		if len(edits) != c.want {
			t.Errorf("%v: %d edits, want %d", c.d, len(edits), c.want)
		}
		for _, e := range edits {
			if list := apply([]decision{c.d}, []edit{e}); !c.d.calm && slices.Contains(list, c.d.Decision) {
				t.Errorf("%v: %q changes nothing", c.d, e.words)
			}
		}
	}
}

// Every set of at most k edits of different decisions comes once.
func TestCombinationsAreAllAndCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var edits []edit
		for at := range rapid.IntRange(0, 5).Draw(t, "decisions") {
			for n := range rapid.IntRange(1, 3).Draw(t, "edits") {
				edits = append(edits, edit{at: at, words: fmt.Sprint(at, "/", n)})
			}
		}
		k := rapid.IntRange(1, 3).Draw(t, "k")
		want := 0
		for set := range 1 << len(edits) {
			at, n := map[int]bool{}, 0
			for i, e := range edits {
				if set>>i&1 != 0 {
					at[e.at] = true
					n++
				}
			}
			if n <= k && len(at) == n {
				want++
			}
		}
		seen, size := map[string]bool{}, 0
		for set := range combinations(edits, k) {
			words := ""
			for _, e := range set {
				words += e.words + " "
			}
			if seen[words] || len(set) < size {
				t.Fatalf("%q again, or after larger ones", words)
			}
			seen[words], size = true, len(set)
		}
		if len(seen) != want || count(edits, k) != want {
			t.Fatalf("%d sets, counted as %d; there are %d", len(seen), count(edits, k), want)
		}
	})
}
