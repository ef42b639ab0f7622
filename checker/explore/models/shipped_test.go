package models

import (
	"context"
	"fmt"
	"math/bits"
	"testing"

	"turncoat/checker/explore"
)

// Each shipped model is found by its name and, with its defaults, is the one
// that the documentation counts.
func TestShippedModels(t *testing.T) {
	for name, want := range map[string]uint64{"abd": 544, "single-copy": 93, "two-phase-commit": 288} {
		entry, err := Shipped().Find(name)
		if err != nil {
			t.Fatal(err)
		}
		run, err := entry.New(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		r, err := run(context.Background(), explore.Options{})
		if err != nil || r.Model != name || r.UniqueStates != want || r.Verdict != explore.Pass {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// corners returns settings at their bounds: all combinations of few parameters, and of
// many all at one end but for one.
func corners(params []explore.Param) (all [][]string) {
	n := len(params)
	for corner := range 1 << n {
		if ones := bits.OnesCount(uint(corner)); n > 3 && ones > 1 && ones < n-1 {
			continue
		}
		var settings []string
		for i, p := range params {
			v := p.Min
			if corner>>i&1 != 0 {
				v = p.Max
			}
			settings = append(settings, fmt.Sprintf("%s=%d", p.Name, v))
		}
		all = append(all, settings)
	}
	return all
}

// Extreme parameters can be walked: no array is too small.
func TestExtremeParameters(t *testing.T) {
	for _, e := range Shipped() {
		for _, settings := range corners(e.Params) {
			run, err := e.New(settings, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []explore.Strategy{explore.Random, explore.PCT} {
				r, err := run(context.Background(), explore.Options{Strategy: s, Walks: 3, Depth: 300, Workers: 2})
				if err != nil || r.Transitions == 0 || r.Verdict == explore.Stuck {
					t.Errorf("%s %v: %+v, %v", e.Name, settings, r, err)
				}
			}
		}
	}
}

// The lifted write of a Record is found by walks too, and the factors of the
// reductions are measured when asked for.
func TestWalksFindDeafServers(t *testing.T) {
	for _, s := range []explore.Strategy{explore.Random, explore.PCT} {
		m := explore.Model[abdState](deaf{newABD(3, 1)})
		r := explored(t, m, explore.Options{Strategy: s, Workers: 2, Seed: 1, Depth: 16})
		if r.Verdict != explore.Violation {
			t.Errorf("%v: %+v", s, r)
		}
		checkPath(t, m, r)
	}
}

func TestFactorsAreMeasuredWhenAskedFor(t *testing.T) {
	r := explored(t, ABD(4, 1), explore.Options{Reduction: explore.All, Factors: true})
	if por, prune := r.Reduction["por"], r.Reduction["prune"]; por != 215.0/84 || prune != 2410.0/84 || len(r.Reduction) != 2 {
		t.Errorf("%v", r.Reduction)
	}
	r = explored(t, TwoPhaseCommit(5), explore.Options{Reduction: explore.Symmetry})
	if f, ok := r.Reduction["symmetry"]; !ok || f != 0 {
		t.Errorf("not asked for, yet %v", r.Reduction)
	}
}

// Symmetry of abd is refused with the reason.
func TestABDHasNoSymmetry(t *testing.T) {
	_, err := explore.Explore(context.Background(), "abd", ABD(2, 2), explore.Options{Reduction: explore.Symmetry})
	const want = "reduction symmetry is not sound here: the number of a client chooses its servers and the numbers of servers break ties, so no two nodes of abd are alike"
	if err == nil || err.Error() != want {
		t.Errorf("%v", err)
	}
}
