package machines

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"turncoat/checker/explore"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
)

// sameVerdict explores a model under each set of reductions and compares the verdicts
// with that under the first. It logs how many times fewer states each leaves, where all were seen.
func sameVerdict[S any](t *testing.T, name string, m explore.Model[S], sets ...explore.Reduction) {
	t.Helper()
	var first *explore.Result
	for _, set := range sets {
		r, err := explore.Explore(context.Background(), name, m, explore.Options{Reduction: set})
		if err != nil || r.Verdict == explore.Undecided {
			t.Fatalf("%s with %v: %+v, %v", name, set, r, err)
		}
		if first == nil {
			first = r
		}
		if r.Verdict != first.Verdict || r.Property != first.Property {
			t.Errorf("%s with %v: %s of %q; with %v: %s of %q", name, set, r.Verdict, r.Property, sets[0], first.Verdict, first.Property)
		}
		t.Logf("%s with %v: %s after %d states, %.2f times fewer than with %v", name, set, r.Verdict, r.UniqueStates,
			float64(first.UniqueStates)/float64(r.UniqueStates), sets[0])
	}
}

const (
	pruned   = explore.Prune
	commuted = explore.PartialOrder | explore.Prune
	renamed  = explore.Symmetry | explore.Prune
)

// Whatever is left out of a search of the static store, the verdict is the same, with every rule and without each.
// What is lifted has its smallest system; the rules on epochs have no effect here, and the search says so.
func TestStaticVerdictsDoNotDependOnReductions(t *testing.T) {
	t.Parallel()
	sameVerdict(t, "dbqs-static", explore.Model[State](small().Model()), explore.None, explore.Symmetry, pruned, commuted, explore.All)
	for _, rule := range dbqs.AllRules() {
		name := "dbqs-static without " + rule.String()
		switch rule {
		case dbqs.ReplyNonce: // late replies count: symmetry alone is offered, and TestLiftedRulesAreFound has it
		case dbqs.WriterInTimestamp: // two writers are too many to see all without order: one shows that nothing else breaks
			d := small()
			d.Lifted = dbqs.Rules(0).Lift(rule)
			sameVerdict(t, name, explore.Model[State](d.Model()), pruned, renamed, explore.All)
		case dbqs.WriteBack, dbqs.ReadQuorum, dbqs.WriteQuorum, dbqs.DistinctSenders, dbqs.VerifySignature:
			sameVerdict(t, name, explore.Model[State](lifting(rule).Model()), pruned, renamed, commuted, explore.All)
		default: // of no effect here
			sameVerdict(t, name, explore.Model[State](lifting(rule).Model()), pruned, explore.All)
		}
	}
}

// The same for PBFT. The normal case is seen whole with pruning alone, a liar's one lie without anything left out. Across a
// view change that is too large: there, what was found without a rule is found again
// from its last steps on, under every schedule of them.
func TestOrderVerdictsDoNotDependOnReductions(t *testing.T) {
	t.Parallel()
	sameVerdict(t, "pbft with a liar", explore.Model[State](lying(1, 0).Model()), explore.None, pruned, commuted, explore.All)
	sameVerdict(t, "pbft with two lies", explore.Model[State](lying(2, 0).Model()), pruned, commuted)
	sameVerdict(t, "pbft", explore.Model[State](expiring(0).Model()), renamed, commuted, explore.All)
	const last = 5 // steps
	for _, rule := range []pbft.Rule{pbft.CommitPhase, pbft.PreparedCertificates, pbft.HighestView} {
		m := liftedPBFT(rule).Model()
		r, err := explore.Explore(context.Background(), "pbft", explore.Model[State](m), explore.Options{Reduction: explore.All})
		if err != nil || r.Counterexample == nil {
			t.Fatalf("%+v, %v", r, err)
		}
		m.script = r.Counterexample.Actions[:len(r.Counterexample.Actions)-last]
		sameVerdict(t, "pbft without "+pbft.Rules.Names(rule), explore.Model[State](m), explore.None, pruned, commuted, explore.All)
	}
}

// The same for the votes of the membership service.
func TestVoteVerdictsDoNotDependOnReductions(t *testing.T) {
	for _, rule := range []view.Rule{0, view.EvictionVotes, view.EpochEndVotes, view.EpochInSignature} {
		c := Council{Epochs: 2, Members: 1, Lifted: rule}
		sameVerdict(t, "end-epoch without "+view.Rules.Names(rule), explore.Model[CouncilState](c.Model()), explore.None, explore.Symmetry)
	}
}

// replicasEnd is an ending for replicas of PBFT: what each has executed, in which view it is, and whether the clients are done.
func replicasEnd(m *Model, s *State) string {
	var replicas []string
	for i := m.liar + 1; i < pbftReplicas; i++ {
		x := m.local(s, i).machine.(*pbft.Replica)
		view, active := x.View()
		text := fmt.Sprint(view, active)
		for seq := uint64(1); seq <= x.LastExecuted(); seq++ {
			digest, _, _, _ := x.Executed(seq)
			text += fmt.Sprintf(" %x", digest[:4])
		}
		replicas = append(replicas, text)
	}
	slices.Sort(replicas) // those that are alike are renamed
	return fmt.Sprint(replicas, m.done(s))
}

// ends returns how the replicas of PBFT can end: what each has executed, in which view, and whether the clients are done.
func ends(m *Model, r explore.Reduction) (found map[string]bool, states int) {
	found = map[string]bool{}
	seen := map[string]bool{}
	stack := m.Initial()
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if r&(explore.Symmetry|explore.Prune) != 0 {
			m.Canonicalize(&s, r)
		}
		key := string(m.AppendState(nil, &s))
		if seen[key] {
			continue
		}
		seen[key] = true
		steps := m.Successors(&s, nil)
		if len(steps) == 0 {
			found[replicasEnd(m, &s)] = true
		}
		if r&explore.PartialOrder != 0 {
			steps = m.Ample(&s, steps, r)
		}
		for _, step := range steps {
			stack = append(stack, step.State)
		}
	}
	return found, len(seen)
}

// The reductions promise more than the verdict: replicas can end in the same ways.
func TestReducedOrderEndsInTheSameWays(t *testing.T) {
	p := lying(1, 0)
	want, all := ends(p.Model(), explore.None)
	for _, r := range []explore.Reduction{explore.Prune, explore.PartialOrder | explore.Prune} {
		got, fewer := ends(p.Model(), r)
		if !maps.Equal(got, want) || fewer >= all || len(want) < 2 {
			t.Errorf("with %v: %d ends of %d states; without %d of %d", r, len(got), fewer, len(want), all)
		}
	}
}
