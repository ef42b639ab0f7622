package explore

import (
	"fmt"
	"strings"
	"testing"
)

// tokens is n messages that can be delivered in any order. It is wrong when the
// order has the given first and last one; -1 is any.
type tokens struct{ n, first, last int }

type delivered struct {
	set         uint64
	first, last int
}

func (m tokens) Initial() []delivered { return []delivered{{first: -1, last: -1}} }

func (m tokens) Successors(s *delivered, out []Step[delivered]) []Step[delivered] {
	for i := range m.n {
		if s.set>>i&1 != 0 {
			continue
		}
		next := delivered{s.set | 1<<i, s.first, i}
		if s.set == 0 {
			next.first = i
		}
		out = append(out, Step[delivered]{Action(i), next})
	}
	return out
}

func (m tokens) AppendState(b []byte, s *delivered) []byte { return fmt.Append(b, *s) }

func (m tokens) Properties() []Property[delivered] {
	return []Property[delivered]{{"order", Always, func(s *delivered) bool {
		wrong := s.set == 1<<m.n-1 && (m.first < 0 || s.first == m.first) && s.last == m.last
		return !wrong
	}}}
}

func (m tokens) Describe(_ *delivered, a Action) string { return fmt.Sprintf("token %d", a) }

// foundBy is the fraction of walks that find the error, each with its own seed.
func foundBy(t *testing.T, m tokens, o Options, walks int) float64 {
	n := 0
	o.Walks = 1
	for seed := range walks {
		o.Seed = uint64(seed)
		if mustExplore(t, Model[delivered](m), o).Verdict == Violation {
			n++
		}
	}
	return float64(n) / float64(walks)
}

// PCT keeps its promise. One constraint (token 2 after all others) is depth 1,
// a second one (token 5 before all others) makes it 2.
func TestPCTFindsBugsAtLeastAsOftenAsItsBound(t *testing.T) {
	const n, walks = 6, 2000
	for _, c := range []struct {
		m     tokens
		depth int
	}{{tokens{n, -1, 2}, 1}, {tokens{n, 5, 2}, 2}} {
		got := foundBy(t, c.m, Options{Strategy: PCT, BugDepth: c.depth, Depth: n}, walks)
		bound := pctProbability(n, n, c.depth)
		if got < bound*0.9 { // three standard deviations of the larger bound
			t.Errorf("depth %d: %.4f of the walks find it, the bound is %.4f", c.depth, got, bound)
		}
		t.Logf("depth %d: %.4f of the walks find it, the bound is %.4f", c.depth, got, bound)
	}
}

// Walks depend on the seed and their number, not on who takes them.
func TestWalksAreReproducible(t *testing.T) {
	for _, s := range []Strategy{Random, PCT} {
		o := Options{Strategy: s, Seed: 7, Walks: 500}
		want := mustExplore(t, Model[delivered](tokens{7, 1, 3}), o)
		if want.Verdict != Violation {
			t.Fatalf("%v: %+v", s, want)
		}
		quiet := mustExplore(t, Model[delivered](tokens{5, 1, 1}), o)
		for workers := 2; workers <= 4; workers++ {
			o.Workers = workers
			if r := mustExplore(t, Model[delivered](tokens{7, 1, 3}), o); r.Counterexample.String() != want.Counterexample.String() {
				t.Errorf("%v, %d workers:\n%swant\n%s", s, workers, r.Counterexample, want.Counterexample)
			}
			r := mustExplore(t, Model[delivered](tokens{5, 1, 1}), o)
			if r.UniqueStates != quiet.UniqueStates || r.Transitions != quiet.Transitions {
				t.Errorf("%v, %d workers: %d states, %d transitions; one: %d, %d", s, workers, r.UniqueStates, r.Transitions, quiet.UniqueStates, quiet.Transitions)
			}
		}
	}
}

// Walks that find nothing decide nothing, whatever they have seen.
func TestWalksNeverPass(t *testing.T) {
	for _, s := range []Strategy{Random, PCT} {
		r := mustExplore(t, Model[position](open(2)), Options{Strategy: s, Walks: 400, Depth: 4})
		if r.Verdict != Undecided || r.TruncatedBy != ByWalks || r.Exhaustive || r.UniqueStates != 9 || r.Reach["goal"] != 1 {
			t.Errorf("%v: %+v", s, r)
		}
		if (s == PCT) != strings.Contains(r.Detail, "with probability at least 1/(n*k^(d-1))") {
			t.Errorf("%v says %q", s, r.Detail)
		}
	}
}

func TestWalksFindDeadlocksAndBrokenStarts(t *testing.T) {
	g := open(2)
	g.mayEnd = false
	if r := mustExplore(t, Model[position](g), Options{Strategy: Random}); r.Verdict != Stuck || len(r.Counterexample.Lines) != 4 {
		t.Errorf("%+v", r)
	}
	g.bad = [2]int{0, 0}
	if r := mustExplore(t, Model[position](g), Options{Strategy: PCT}); r.Verdict != Violation || len(r.Counterexample.Lines) != 0 {
		t.Errorf("%+v", r)
	}
}

// When the table may not grow, walks go on without counting more states.
func TestWalksGoOnInFullMemory(t *testing.T) {
	r := mustExplore(t, Model[position](open(400)), Options{Strategy: Random, Walks: 60, Bytes: 200_000, Depth: 1000})
	if r.UniqueStates == 0 || r.UniqueStates > segmentCount*firstSegment || r.Transitions != 60*800 || r.TruncatedBy != ByWalks {
		t.Errorf("%+v", r)
	}
}

// A tag that two states share puts a state into a layer from which no step
// leads on; the path goes by the other.
func TestPathAvoidsFalseCandidates(t *testing.T) {
	s := newSearch(t.Context(), Model[position](open(9)), nil, Options{}.withDefaults())
	var buf []byte
	at := func(x, y int) fingerprint { return s.representative(position{x, y}, &buf) }
	layers := [][]fingerprint{{at(2, 1)}, {at(0, 2), at(2, 0)}, {at(0, 1), at(1, 0)}, {at(0, 0)}}
	c := &Counterexample{}
	last, ok := s.forward(c, position{}, layers[:3], &buf)
	if !ok || last != (position{2, 1}) || len(c.Actions) != 3 || len(c.Lines) != 3 {
		t.Errorf("%v at %v: %v", ok, last, c)
	}
}
