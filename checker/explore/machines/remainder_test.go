package machines

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"turncoat/checker/explore"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/pbft"
)

// Systems whose epochs or views change are too large to see whole without reductions. So paths are taken through
// them, and from the earliest state of each from which all that may follow can be seen, it is:
// with reductions everything has to end in the same ways.

// ending says what has become of a system where a run ends, whichever of the nodes that are alike it came to.
type ending func(m *Model, s *State) string

// remainder returns how all that may follow on a state can end, and in how many states it passes; not
// whole, if those are more than limit.
func remainder(m *Model, from State, r explore.Reduction, end ending, limit int) (ends map[string]bool, states int, whole bool) {
	ends = map[string]bool{}
	seen := map[string]bool{}
	stack := []State{from}
	var encoded []byte
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		m.Canonicalize(&s, r)
		encoded = m.AppendState(encoded[:0], &s)
		if seen[string(encoded)] {
			continue
		}
		if len(seen) == limit {
			return nil, limit, false
		}
		seen[string(encoded)] = true
		steps := m.Successors(&s, nil)
		if len(steps) == 0 {
			ends[end(m, &s)] = true
		}
		if r&explore.PartialOrder != 0 {
			steps = m.Ample(&s, steps, r)
		}
		for _, step := range steps {
			stack = append(stack, step.State)
		}
	}
	return ends, len(seen), true
}

// strolled returns the states of a random path to an end.
func strolled(m *Model, seed uint64) []State {
	draw := rand.New(rand.NewPCG(seed, 0))
	path := m.Initial()
	for {
		s := path[len(path)-1]
		m.Canonicalize(&s, explore.Prune)
		steps := m.Successors(&s, nil)
		if len(steps) == 0 {
			return path
		}
		steps = m.Ample(&s, steps, commuted)
		path = append(path, steps[draw.IntN(len(steps))].State)
	}
}

// followed returns the states of a path by its actions.
func followed(t *testing.T, m *Model, actions []explore.Action) []State {
	path := m.Initial()
	for _, a := range actions {
		steps := m.Successors(&path[len(path)-1], nil)
		i := slices.IndexFunc(steps, func(s explore.Step[State]) bool { return s.Action == a })
		if i < 0 {
			t.Fatalf("action %#x is not enabled", a)
		}
		path = append(path, steps[i].State)
	}
	return path
}

// tally is what came of comparing: from how many states, how many ways to end there are of all of them, and in how
// many states, pruned alone and with all reductions.
type tally struct {
	places, ways, all, fewer int
}

func (c tally) String() string {
	return fmt.Sprintf("from %d states runs end in %d ways, alike in %d states and in %d", c.places, c.ways, c.all, c.fewer)
}

// resting reports whether partial order leaves a choice in a state. Where it does not, the step before was for
// the sake of the one that follows, a request for a reply that counts, and what comes of it when that does not
// follow is found elsewhere.
func resting(m *Model, s State) bool {
	m.Canonicalize(&s, explore.Prune)
	steps := m.Successors(&s, nil)
	return len(steps) <= 1 || len(m.Ample(&s, slices.Clone(steps), commuted)) > 1
}

// endAlike compares what follows, pruned alone, on the earliest state of a path from which no more than limit states
// are reached, with the same reduced.
func (c *tally) endAlike(t *testing.T, name string, m *Model, path []State, end ending, limit int) {
	t.Helper()
	at := len(path) - 1
	want, all, whole := remainder(m, path[at], explore.Prune, end, limit)
	if !whole {
		t.Fatalf("%s: more than %d states follow on the last", name, limit)
	}
	for i := at - 1; i >= 0; i-- {
		ways, states, whole := remainder(m, path[i], explore.Prune, end, limit)
		if !whole {
			break
		}
		if resting(m, path[i]) {
			want, all, at = ways, states, i
		}
	}
	c.places, c.ways, c.all = c.places+1, c.ways+len(want), c.all+all
	for _, r := range []explore.Reduction{commuted, explore.All} {
		got, fewer, _ := remainder(m, path[at], r, end, limit)
		if !maps.Equal(got, want) {
			t.Errorf("%s, from step %d of %d, with %v: %d ends of %d states; pruned alone %d of %d", name, at, len(path)-1, r, len(got), fewer, len(want), all)
		}
		if r == explore.All {
			c.fewer += fewer
		}
	}
}

// held is an ending for replicas of dBQS.
func held(m *Model, s *State) string { return summary(m, s, m.Object) }

// Across one and two epoch changes, with every rule and without each. (TestLiftedEpochRulesAreFound compares what follows
// on the last states of each counterexample.)
func TestReducedEpochsEndAlikeFromAnywhere(t *testing.T) {
	t.Parallel()
	const none = dbqs.WriteBack // it has nothing to do with epochs
	for _, rule := range append([]dbqs.Rule{none}, epochRules...) {
		var c tally
		for _, e := range []Epochs{changing(3, 1), changing(2, 1), changing(3, 2), {DBQS: small(), From: fromDonated}} {
			if rule != none {
				e.Lifted = e.Lifted.Lift(rule)
			}
			m := e.Model()
			for seed := range uint64(4) {
				c.endAlike(t, fmt.Sprintf("%v, %+v, seed %d", rule, e, seed), m, strolled(m, seed), held, 2000)
			}
		}
		t.Logf("without %v: %v", rule, c)
	}
}

// The same across a view change. (On the counterexamples follows too much;
// TestOrderVerdictsDoNotDependOnReductions compares verdicts there.)
func TestReducedViewsEndAlikeFromAnywhere(t *testing.T) {
	t.Parallel()
	for _, rule := range []pbft.Rule{0, pbft.CommitPhase, pbft.PreparedCertificates, pbft.HighestView, pbft.A2} {
		var c tally
		late, lied := PBFT{Clients: 2, Writes: 1, Timeouts: 2, Lifted: rule}, lying(2, 1)
		lied.Lifted = rule
		for _, p := range []PBFT{late, lied, liftedPBFT(rule)} {
			m := p.Model()
			for seed := range uint64(4) {
				c.endAlike(t, fmt.Sprintf("%v, %+v, seed %d", rule, p, seed), m, strolled(m, seed), replicasEnd, 2000)
			}
		}
		t.Logf("without %s: %v", pbft.Rules.Names(rule), c)
	}
}
