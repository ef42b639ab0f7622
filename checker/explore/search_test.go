package explore

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"
)

// grid is a walk on a square from (0,0), one step right or up at a time, with a
// wall: a model whose counts are known without a search. Its states are kept by value.
type grid struct {
	size       int // positions 0..size in each direction
	bad, goal  [2]int
	mayEnd     bool // in the far corner
	distractor int  // added to each encoding
}

type position [2]int

func (g grid) Initial() []position { return []position{{}} }

func (g grid) Successors(p *position, out []Step[position]) []Step[position] {
	for d := range 2 {
		if p[d] < g.size {
			var step *Step[position]
			out, step = Extend(out)
			step.Action, step.State = Action(d), *p
			step.State[d]++
		}
	}
	return out
}

func (g grid) AppendState(b []byte, p *position) []byte {
	b = binary.AppendVarint(b, int64(g.distractor))
	return binary.AppendVarint(binary.AppendVarint(b, int64(p[0])), int64(p[1]))
}

func (g grid) Properties() []Property[position] {
	return []Property[position]{
		{"safe", Always, func(p *position) bool { return *p != g.bad }},
		{"goal", Reach, func(p *position) bool { return *p == g.goal }},
		{"ends well", NoDeadlock, func(p *position) bool { return g.mayEnd }},
	}
}

func (g grid) Describe(p *position, a Action) string {
	return fmt.Sprintf("(%d,%d) %s", p[0], p[1], [...]string{"right", "up"}[a])
}

// encodedGrid is grid with its states kept encoded.
type encodedGrid struct{ grid }

func (g encodedGrid) DecodeState(b []byte, p *position) {
	_, n := binary.Varint(b)
	b = b[n:]
	x, n := binary.Varint(b)
	y, _ := binary.Varint(b[n:])
	*p = position{int(x), int(y)}
}

var nowhere = [2]int{-1, -1}

func open(size int) grid {
	return grid{size: size, bad: nowhere, goal: [2]int{size, size}, mayEnd: true}
}

func mustExplore[S any](t *testing.T, m Model[S], o Options) *Result {
	t.Helper()
	r, err := Explore(context.Background(), "grid", m, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// eachWay runs check for both orders, one to three workers, states by value and encoded.
func eachWay(t *testing.T, g grid, o Options, check func(t *testing.T, o Options, r *Result)) {
	t.Helper()
	for _, s := range []Strategy{BFS, DFS} {
		for workers := 1; workers <= 3; workers++ {
			o.Strategy, o.Workers = s, workers
			check(t, o, mustExplore(t, Model[position](g), o))
			check(t, o, mustExplore(t, Model[position](encodedGrid{g}), o))
		}
	}
}

func TestEveryStateIsFoundOnce(t *testing.T) {
	const n = 150
	eachWay(t, open(n), Options{}, func(t *testing.T, o Options, r *Result) {
		if r.Verdict != Pass || r.UniqueStates != (n+1)*(n+1) || r.Transitions != 2*n*(n+1) || r.Depth != 2*n || r.Reach["goal"] != 1 {
			t.Errorf("%v, %d workers: %+v", o.Strategy, o.Workers, r)
		}
	})
}

func TestCounterexampleLeadsToTheBrokenState(t *testing.T) {
	g := open(60)
	g.bad = [2]int{7, 11}
	eachWay(t, g, Options{}, func(t *testing.T, o Options, r *Result) {
		if r.Verdict != Violation || r.Property != "safe" || r.Exhaustive || r.TruncatedBy != "" {
			t.Fatalf("%v, %d workers: %+v", o.Strategy, o.Workers, r)
		}
		var p position
		for i, a := range r.Counterexample.Actions {
			if want := g.Describe(&p, a); r.Counterexample.Lines[i] != want {
				t.Fatalf("step %d reads %q, want %q", i+1, r.Counterexample.Lines[i], want)
			}
			p[a]++
		}
		if p != g.bad {
			t.Errorf("the path ends at %v, not at %v", p, g.bad)
		}
	})
}

// A finding of several workers is reported as one worker alone reports it.
func TestBreadthFirstFindingsAreReproducible(t *testing.T) {
	g := open(60)
	g.bad = [2]int{20, 20}
	want := mustExplore(t, Model[position](g), Options{})
	for workers := 2; workers <= 4; workers++ {
		r := mustExplore(t, Model[position](g), Options{Workers: workers})
		if r.Counterexample.String() != want.Counterexample.String() || r.UniqueStates != want.UniqueStates {
			t.Errorf("%d workers: %d states, one: %d", workers, r.UniqueStates, want.UniqueStates)
		}
	}
}

func TestBrokenInitialState(t *testing.T) {
	g := open(3)
	g.bad = [2]int{0, 0}
	eachWay(t, g, Options{}, func(t *testing.T, o Options, r *Result) {
		if r.Verdict != Violation || len(r.Counterexample.Actions) != 0 || r.Counterexample.String() != "the initial state\n" {
			t.Errorf("%v: %+v", o.Strategy, r)
		}
	})
}

func TestUnreachedGoalIsVacuous(t *testing.T) {
	g := open(9)
	g.goal = nowhere
	eachWay(t, g, Options{}, func(t *testing.T, o Options, r *Result) {
		if r.Verdict != Vacuous || r.Property != "goal" || !r.Exhaustive || fmt.Sprint(r.NeverReached) != "[goal]" {
			t.Errorf("%v: %+v", o.Strategy, r)
		}
	})
}

func TestDeadlockIsFound(t *testing.T) {
	g := open(9)
	g.mayEnd = false
	eachWay(t, g, Options{}, func(t *testing.T, o Options, r *Result) {
		if r.Verdict != Stuck || r.Property != "ends well" || len(r.Counterexample.Actions) != 18 {
			t.Errorf("%v: %+v", o.Strategy, r)
		}
	})
}

// A search cut short says by what, and claims nothing.
func TestBoundsAreReported(t *testing.T) {
	const n = 400
	for _, c := range []struct {
		o  Options
		by string
	}{
		{Options{Depth: 20}, ByDepth},
		{Options{States: 5000}, ByStates},
		{Options{Bytes: 300_000}, ByMemory},
		{Options{Duration: time.Nanosecond}, ByTime},
	} {
		eachWay(t, open(n), c.o, func(t *testing.T, o Options, r *Result) {
			if r.Verdict != Undecided || r.Exhaustive || r.TruncatedBy != c.by || r.UniqueStates >= (n+1)*(n+1) {
				t.Errorf("%v, %d workers, cut by %s: %+v", o.Strategy, o.Workers, c.by, r)
			}
			if r.PeakBytes > 2_000_000 || c.by == ByMemory && r.PeakBytes > 300_000+int64(o.Workers)*4*chunkItems*64 {
				t.Errorf("%d bytes held", r.PeakBytes)
			}
		})
	}
}

// A bound on depth that no state exceeds does not cut the search short.
func TestDepthBoundOfTheSystemItselfIsExhaustive(t *testing.T) {
	r := mustExplore(t, Model[position](open(10)), Options{Depth: 20})
	if r.Verdict != Pass || r.UniqueStates != 121 {
		t.Errorf("%+v", r)
	}
	if r = mustExplore(t, Model[position](open(10)), Options{Depth: 19}); r.Verdict != Undecided || r.UniqueStates != 120 || r.Depth != 19 {
		t.Errorf("%+v", r)
	}
}

func TestCancelledSearchSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, err := Explore(ctx, "grid", Model[position](open(300)), Options{Workers: 2})
	if err != nil || r.Verdict != Undecided || r.TruncatedBy != ByInterrupt {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestProgressAddsUp(t *testing.T) {
	var last Progress
	calls := 0
	o := Options{Workers: 2, ProgressEvery: time.Nanosecond, Progress: func(p Progress) {
		calls++
		if p.States < last.States || p.Elapsed < last.Elapsed || p.Frontier > p.States || p.Bytes == 0 {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
	}}
	r := mustExplore(t, Model[position](open(200)), o)
	if calls == 0 || last.States > r.UniqueStates || last.Transitions > r.Transitions {
		t.Errorf("%d calls, last %+v of %+v", calls, last, r)
	}
}
