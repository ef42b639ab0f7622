package models

import (
	"fmt"
	"strings"
	"testing"

	"turncoat/checker/explore"
)

// deaf is abd whose servers acknowledge a Record and forget it: wrong.
type deaf struct{ *abd }

func (m deaf) Successors(s *abdState, out []explore.Step[abdState]) []explore.Step[abdState] {
	out = m.abd.Successors(s, out)
	for i := range out {
		if e := envelope(out[i].Action); e.kind() == record {
			out[i].State.servers[e.to()].reg = s.servers[e.to()].reg
		}
	}
	return out
}

// rash is two-phase commit whose transaction manager commits unasked: wrong.
type rash struct{ *twoPhase }

func (m rash) Successors(s *twoPhaseState, out []explore.Step[twoPhaseState]) []explore.Step[twoPhaseState] {
	hasty := *s
	hasty.known = 1<<m.n - 1
	for _, step := range m.twoPhase.Successors(&hasty, nil) {
		step.State.known = s.known
		out = append(out, step)
	}
	return out
}

// sameVerdict explores m without reductions, with each, and with all, and logs
// how many times fewer states each leaves.
func sameVerdict[S any](t *testing.T, name string, m explore.Model[S], verdict string, depth int) {
	t.Helper()
	full := explored(t, m, explore.Options{})
	if full.Verdict != verdict || len(path(full)) != depth {
		t.Fatalf("%s: %s after %d steps, want %s after %d", name, full.Verdict, len(path(full)), verdict, depth)
	}
	kinds := append(m.(explore.Reducer[S]).Reductions().Kinds(), explore.All)
	for _, reduction := range kinds {
		for _, o := range []explore.Options{{Workers: 1}, {Workers: 2}, {Workers: 2, Strategy: explore.DFS}} {
			o.Reduction = reduction
			r := explored(t, m, o)
			if r.Verdict != verdict || r.Property != full.Property {
				t.Errorf("%s with %v: %s %s, without: %s %s", name, reduction, r.Verdict, r.Property, verdict, full.Property)
			}
			if o.Strategy == explore.BFS && reduction&explore.PartialOrder == 0 && len(path(r)) != depth {
				t.Errorf("%s with %v, breadth first: %d steps to the violation, without: %d", name, reduction, len(path(r)), depth)
			}
			checkPath(t, m, r)
			if o.Workers == 1 && r.Exhaustive {
				t.Logf("%s with %v: %d states for %d, %.2f times fewer", name, reduction, r.UniqueStates, full.UniqueStates, float64(full.UniqueStates)/float64(r.UniqueStates))
			}
		}
	}
}

func path(r *explore.Result) []explore.Action {
	if r.Counterexample == nil {
		return nil
	}
	return r.Counterexample.Actions
}

// checkPath walks a counterexample in the model, unreduced, and expects it to end where the property is broken.
func checkPath[S any](t *testing.T, m explore.Model[S], r *explore.Result) {
	t.Helper()
	if r.Counterexample == nil {
		return
	}
	s := m.Initial()[r.Counterexample.Initial]
	for i, a := range r.Counterexample.Actions {
		found := false
		for _, step := range m.Successors(&s, nil) {
			if step.Action == a {
				s, found = step.State, true
				break
			}
		}
		if !found {
			t.Fatalf("step %d of the counterexample is not enabled", i+1)
		}
	}
	for _, p := range m.Properties() {
		if p.Name == r.Property && p.Holds(&s) {
			t.Errorf("the counterexample ends where %q holds", p.Name)
		}
	}
}

func TestVerdictsAreTheSameWithAndWithoutReductions(t *testing.T) {
	sameVerdict(t, "abd servers=2 clients=2", ABD(2, 2), explore.Pass, 0)
	sameVerdict(t, "abd servers=2 clients=3", ABD(2, 3), explore.Pass, 0)
	sameVerdict(t, "abd servers=3 clients=1", ABD(3, 1), explore.Pass, 0)
	sameVerdict(t, "abd servers=4 clients=1", ABD(4, 1), explore.Pass, 0)
	sameVerdict(t, "deaf abd servers=3 clients=1", explore.Model[abdState](deaf{newABD(3, 1)}), explore.Violation, 12)
	sameVerdict(t, "deaf abd servers=3 clients=2", explore.Model[abdState](deaf{newABD(3, 2)}), explore.Violation, 12)
	sameVerdict(t, "single-copy clients=3", SingleCopy(1, 3), explore.Pass, 0)
	sameVerdict(t, "single-copy servers=2 clients=3", SingleCopy(2, 3), explore.Violation, 4)
	sameVerdict(t, "two-phase-commit rms=5", TwoPhaseCommit(5), explore.Pass, 0)
	sameVerdict(t, "rash two-phase-commit rms=4", explore.Model[twoPhaseState](rash{&twoPhase{4}}), explore.Violation, 3)
}

// outcomes returns the histories of all terminal states, and the number of states.
func outcomes[S any](m explore.Model[S], r explore.Reduction, history func(*S) clients) (map[clients]bool, int) {
	reducer := m.(explore.Reducer[S])
	ends, seen := map[clients]bool{}, map[string]bool{}
	stack := m.Initial()
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		reducer.Canonicalize(&s, r)
		key := string(m.AppendState(nil, &s))
		if seen[key] {
			continue
		}
		seen[key] = true
		steps := m.Successors(&s, nil)
		if len(steps) == 0 {
			ends[history(&s)] = true
		}
		if r&explore.PartialOrder != 0 {
			steps = reducer.Ample(&s, steps, r)
		}
		for _, step := range steps {
			stack = append(stack, step.State)
		}
	}
	return ends, len(seen)
}

// Partial order and pruning of abd promise more than the verdict: every
// history of a terminal state.
func TestReducedABDEndsInTheSameHistories(t *testing.T) {
	history := func(s *abdState) clients { return s.clients }
	check := func(name string, m explore.Model[abdState], base explore.Reduction) {
		want, states := outcomes(m, base, history)
		for _, r := range []explore.Reduction{explore.Prune, explore.PartialOrder, explore.PartialOrder | explore.Prune} {
			got, reduced := outcomes(m, r|base, history)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s with %v: %d histories, without: %d", name, r, len(got), len(want))
			}
			t.Logf("%s: %d histories; %d states, with %v %d", name, len(want), states, r|base, reduced)
		}
	}
	check("servers=2 clients=2", ABD(2, 2), explore.None)
	check("servers=2 clients=3", ABD(2, 3), explore.None)
	check("servers=3 clients=1", ABD(3, 1), explore.None)
	check("servers=4 clients=1", ABD(4, 1), explore.None)
	check("servers=3 clients=2", ABD(3, 2), explore.Prune)
	check("deaf servers=3 clients=2", deaf{newABD(3, 2)}, explore.Prune)
	check("deaf servers=2 clients=2", deaf{newABD(2, 2)}, explore.None)
	check("deaf servers=2 clients=3", deaf{newABD(2, 3)}, explore.None)
	check("deaf servers=3 clients=1", deaf{newABD(3, 1)}, explore.None)
}

// The representative of an orbit is the same whichever of its states is asked,
// so there are as many states as orbits: counted here by brute force.
func TestSymmetryKeepsOneStateOfEachOrbit(t *testing.T) {
	m := newSingleCopy(1, 3)
	orbits := map[string]bool{}
	seen := map[string]bool{}
	stack := m.Initial()
	var image singleCopyState
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if key := string(m.AppendState(nil, &s)); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		least := ""
		m.permutations(func(to []int) {
			m.permute(&image, &s, to)
			if k := string(m.AppendState(nil, &image)); least == "" || strings.Compare(k, least) < 0 {
				least = k
			}
		})
		orbits[least] = true
		for _, step := range m.Successors(&s, nil) {
			stack = append(stack, step.State)
		}
	}
	r := explored(t, SingleCopy(1, 3), explore.Options{Reduction: explore.Symmetry})
	if int(r.UniqueStates) != len(orbits) || len(orbits) >= len(seen) {
		t.Errorf("%d states under symmetry; %d orbits of %d states", r.UniqueStates, len(orbits), len(seen))
	}
}

// The counts of the package documentation under reductions.
func TestReducedCounts(t *testing.T) {
	check := func(name string, run explore.Runner, reduction explore.Reduction, want uint64) {
		for workers := 1; workers <= 2; workers++ {
			for _, s := range []explore.Strategy{explore.BFS, explore.DFS} {
				r, err := run(t.Context(), explore.Options{Reduction: reduction, Workers: workers, Strategy: s})
				if err != nil || r.Verdict != explore.Pass || r.UniqueStates != want {
					t.Errorf("%s with %v, %v, %d workers: %+v, %v, want %d states", name, reduction, s, workers, r, err, want)
				}
			}
		}
	}
	for _, c := range []struct {
		servers, clients       int
		por, prune, porPlusAll uint64
	}{{2, 2, 364, 544, 364}, {2, 3, 20487, 35009, 20487}, {3, 1, 390, 43, 31}, {4, 1, 2410, 215, 84}, {3, 2, 0, 6062, 2437}} {
		name := fmt.Sprintf("abd servers=%d clients=%d", c.servers, c.clients)
		run := explore.RunnerOf(name, ABD(c.servers, c.clients))
		if c.por != 0 {
			check(name, run, explore.PartialOrder, c.por)
		}
		check(name, run, explore.Prune, c.prune)
		check(name, run, explore.PartialOrder|explore.Prune, c.porPlusAll)
		check(name, run, explore.All, c.porPlusAll)
	}
	if r := explored(t, ABD(3, 2), explore.Options{Reduction: explore.PartialOrder, Workers: 2}); r.UniqueStates != 1_534_649 {
		t.Errorf("abd servers=3 clients=2 with por alone: %d states", r.UniqueStates)
	}
	copies := explore.RunnerOf("single-copy", SingleCopy(1, 3))
	check("single-copy", copies, explore.PartialOrder, 3445)
	check("single-copy", copies, explore.Symmetry, 712)
	check("single-copy", copies, explore.All, 580)
	check("two-phase-commit", explore.RunnerOf("two-phase-commit", TwoPhaseCommit(5)), explore.Symmetry, 314)
}
