package explore

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// torus is grid whose far edges lead back to the near ones: no run ends.
type torus struct{ grid }

func (g torus) Successors(p *position, out []Step[position]) []Step[position] {
	for d := range 2 {
		var step *Step[position]
		out, step = Extend(out)
		step.Action, step.State = Action(d), *p
		step.State[d] = (p[d] + 1) % (g.size + 1)
	}
	return out
}

func TestItIsSaidThatEveryRunEnds(t *testing.T) {
	for _, o := range []Options{{}, {Strategy: DFS, Workers: 2}} {
		if r := mustExplore(t, Model[position](open(5)), o); r.Verdict != Pass || !strings.HasSuffix(r.Detail, "; every run ends") {
			t.Errorf("grid: %s: %s", r.Verdict, r.Detail)
		}
		if r := mustExplore(t, Model[position](torus{open(5)}), o); r.Verdict != Pass || strings.Contains(r.Detail, "ends") {
			t.Errorf("torus: %s: %s", r.Verdict, r.Detail)
		}
	}
}

// graph is any graph of few states.
type graph struct {
	grid
	to [][]int
}

func (g graph) Successors(p *position, out []Step[position]) []Step[position] {
	for i, next := range g.to[p[0]] {
		out = append(out, Step[position]{Action(i), position{next}})
	}
	return out
}

func (g graph) Properties() []Property[position] { return nil }

// Against taking away states without a successor until none is left.
func TestRunsEndAgainstPeeling(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "states")
		g := graph{to: make([][]int, n)}
		for i := range g.to {
			g.to[i] = rapid.SliceOfN(rapid.IntRange(0, n-1), 0, 3).Draw(t, "to")
		}
		reached := []int{0}
		for i := 0; i < len(reached); i++ {
			for _, next := range g.to[reached[i]] {
				known := false
				for _, r := range reached {
					known = known || r == next
				}
				if !known {
					reached = append(reached, next)
				}
			}
		}
		gone, left := map[int]bool{}, len(reached)
		for progress := true; progress; {
			progress = false
			for _, r := range reached {
				ends := !gone[r]
				for _, next := range g.to[r] {
					ends = ends && gone[next]
				}
				if ends {
					gone[r], progress = true, true
					left--
				}
			}
		}
		r, err := Explore(t.Context(), "graph", Model[position](g), Options{})
		if err != nil || strings.Contains(r.Detail, "every run ends") != (left == 0) {
			t.Fatalf("%s: %v, %v; %d states are left", r.Detail, g.to, err, left)
		}
	})
}
