package models

import (
	"context"
	"fmt"
	"testing"

	"turncoat/checker/explore"
)

func explored[S any](t *testing.T, m explore.Model[S], o explore.Options) *explore.Result {
	t.Helper()
	r, err := explore.Explore(context.Background(), "test", m, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// everyWay explores m breadth and depth first by one, two and three workers.
func everyWay[S any](t *testing.T, m explore.Model[S], check func(t *testing.T, o explore.Options, r *explore.Result)) {
	t.Helper()
	for _, strategy := range []explore.Strategy{explore.BFS, explore.DFS} {
		for workers := 1; workers <= 3; workers++ {
			o := explore.Options{Strategy: strategy, Workers: workers}
			check(t, o, explored(t, m, o))
		}
	}
}

// counts are those of a full search.
type counts struct {
	states, transitions uint64
	depth               int // by breadth-first search
	reach               string
}

func checkCounts[S any](t *testing.T, m explore.Model[S], want counts) {
	t.Helper()
	everyWay(t, m, func(t *testing.T, o explore.Options, r *explore.Result) {
		t.Helper()
		got := counts{r.UniqueStates, r.Transitions, r.Depth, fmt.Sprint(r.Reach)}
		if o.Strategy == explore.DFS {
			if got.depth < want.depth {
				t.Errorf("dfs, %d workers: depth %d is less than the distance %d of some state", o.Workers, got.depth, want.depth)
			}
			got.depth = want.depth
		}
		if r.Verdict != explore.Pass || !r.Exhaustive || got != want {
			t.Errorf("%v, %d workers: %s %v (%s), want pass %v", o.Strategy, o.Workers, r.Verdict, got, r.Detail, want)
		}
	})
}

// The counts of the package documentation.

func TestABDCounts(t *testing.T) {
	checkCounts(t, ABD(2, 1), counts{13, 12, 12, "map[value chosen:1]"})
	checkCounts(t, ABD(2, 2), counts{544, 874, 24, "map[value chosen:120]"})
	checkCounts(t, ABD(2, 3), counts{35009, 68114, 36, "map[value chosen:14029]"})
	checkCounts(t, ABD(3, 1), counts{1449, 3727, 16, "map[value chosen:422]"})
	checkCounts(t, ABD(4, 1), counts{12915, 40297, 24, "map[value chosen:2130]"})
}

func TestSingleCopyCounts(t *testing.T) {
	checkCounts(t, SingleCopy(1, 1), counts{5, 4, 4, "map[value chosen:1]"})
	checkCounts(t, SingleCopy(1, 2), counts{93, 120, 8, "map[value chosen:42]"})
	checkCounts(t, SingleCopy(1, 3), counts{4243, 6777, 12, "map[value chosen:2580]"})
}

// 288 states of 1,146 generated are also what TLC reports for three managers
// (it counts the initial state as generated).
func TestTwoPhaseCommitCounts(t *testing.T) {
	checkCounts(t, TwoPhaseCommit(1), counts{12, 19, 4, "map[abort:4 commit:1]"})
	checkCounts(t, TwoPhaseCommit(3), counts{288, 1145, 10, "map[abort:28 commit:1]"})
	checkCounts(t, TwoPhaseCommit(5), counts{8832, 58145, 16, "map[abort:244 commit:1]"})
}

// The packed models agree with the slow reading of the same rules.
func TestPackedModelsAgreeWithOracle(t *testing.T) {
	const toTheEnd = 1000
	for _, c := range []struct {
		o        oracle
		maxDepth int
	}{
		{oracle{2, 1, false}, toTheEnd},
		{oracle{2, 2, false}, toTheEnd},
		{oracle{3, 1, false}, toTheEnd},
		{oracle{2, 3, false}, 14},
		{oracle{3, 2, false}, 9},
		{oracle{4, 2, false}, 6},
		{oracle{5, 3, false}, 4},
		{oracle{1, 1, true}, toTheEnd},
		{oracle{1, 2, true}, toTheEnd},
		{oracle{1, 3, true}, 8},
	} {
		want := c.o.explore(c.maxDepth)
		o := explore.Options{Depth: c.maxDepth}
		var r *explore.Result
		if c.o.singleCopy {
			r = explored(t, SingleCopy(c.o.servers, c.o.clients), o)
		} else {
			r = explored(t, ABD(c.o.servers, c.o.clients), o)
		}
		got := oracleCounts{r.UniqueStates, r.Transitions, r.Reach["value chosen"], r.Depth, -1}
		if r.Verdict == explore.Violation {
			t.Errorf("%+v: %s", c.o, r.Detail)
		}
		if got != want {
			t.Errorf("%+v to depth %d: %+v, the oracle has %+v", c.o, c.maxDepth, got, want)
		}
	}
}

// Copies at two servers that nothing keeps together are not a register, and
// the search finds the shortest way to see it.
func TestTwoCopiesAreNotLinearizable(t *testing.T) {
	want := oracle{2, 2, true}.explore(6).wrongAt
	everyWay(t, SingleCopy(2, 2), func(t *testing.T, o explore.Options, r *explore.Result) {
		if r.Verdict != explore.Violation || r.Property != "linearizable" || r.Exhaustive {
			t.Fatalf("%v, %d workers: verdict %s of %q", o.Strategy, o.Workers, r.Verdict, r.Property)
		}
		if o.Strategy == explore.BFS && len(r.Counterexample.Actions) != want {
			t.Errorf("%d workers: %d steps, the shortest have %d", o.Workers, len(r.Counterexample.Actions), want)
		}
		if len(r.Counterexample.Actions) != r.Depth && o.Strategy == explore.BFS {
			t.Errorf("the path has %d steps, the depth is %d", len(r.Counterexample.Actions), r.Depth)
		}
	})
	const story = `1. client 1 -> server 1: Put(request 3, value 1)
2. server 1 -> client 1: PutOk(request 3)
3. client 1 -> server 0: Get(request 6)
4. server 0 -> client 1: GetOk(request 6, initial value)
   client 0: Put(value 0) pending
   client 1: Put(value 1) returned; Get returned initial value
   no order of these operations is that of a register
`
	for workers := 1; workers <= 2; workers++ {
		if got := explored(t, SingleCopy(2, 2), explore.Options{Workers: workers}).Counterexample.String(); got != story {
			t.Errorf("%d workers:\n%swant\n%s", workers, got, story)
		}
	}
}
