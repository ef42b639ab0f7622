package machines

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"testing"

	"turncoat/checker/explore"
	"turncoat/protocol"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership/view"
)

// changing is one write and one read across some steps, with a liar.
func changing(overlap, steps int) Epochs {
	return Epochs{DBQS: small(), Overlap: overlap, Steps: steps}
}

func exploredEpochs(t testing.TB, m *Model, o explore.Options) *explore.Result {
	t.Helper()
	r, err := explore.Explore(context.Background(), "dbqs-epochs", explore.Model[State](m), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// epochCounts are those of a search that saw everything, reduced.
type epochCounts struct {
	overlap, steps, readers int
	silent                  bool // to servers that fetch
	states, transitions     uint64
	depth                   int
}

func (c epochCounts) model() *Model {
	e := changing(c.overlap, c.steps)
	e.Readers, e.Silent = c.readers, c.silent
	return e.Model()
}

// The counts of the package documentation, but for those that take long.
var documentedEpochs = []epochCounts{
	{3, 1, 0, false, 1_969, 4_122, 22},
	{2, 1, 0, false, 7_118, 15_957, 29},
	{3, 1, 1, false, 97_890, 277_027, 32},
	{3, 2, 0, true, 149_289, 306_853, 36},
}

func TestEpochCounts(t *testing.T) {
	for _, c := range documentedEpochs {
		for _, o := range []explore.Options{{Workers: 2}, {Workers: 1, Strategy: explore.DFS}, {Workers: 1}, {Workers: 2, Strategy: explore.DFS}} {
			if c.states > 50_000 && o.Workers == 1 == (o.Strategy == explore.BFS) {
				continue // the other two differ in both
			}
			o.Reduction = explore.All
			r := exploredEpochs(t, c.model(), o)
			if r.Verdict != explore.Pass || !r.Exhaustive || r.UniqueStates != c.states || r.Transitions != c.transitions || o.Strategy == explore.BFS && r.Depth != c.depth {
				t.Errorf("%+v, %v: %s, %d states, %d transitions, depth %d", c, o, r.Detail, r.UniqueStates, r.Transitions, r.Depth)
			}
		}
	}
}

// BenchmarkEpochs explores the larger systems.
func BenchmarkEpochs(b *testing.B) {
	for _, c := range []epochCounts{
		{0, 1, 0, false, 20_300, 57_225, 43},
		{2, 1, 1, false, 302_714, 862_276, 39},
		{0, 1, 1, false, 744_569, 2_352_881, 56},
		{2, 2, 0, true, 506_671, 1_071_018, 52},
		{3, 2, 0, false, 642_653, 1_589_027, 38},
	} {
		b.Run(fmt.Sprintf("overlap=%d/epochs=%d/readers=%d", c.overlap, c.steps, c.readers), func(b *testing.B) {
			for b.Loop() {
				r := exploredEpochs(b, c.model(), explore.Options{Reduction: explore.All, Workers: runtime.GOMAXPROCS(0)})
				if r.Verdict != explore.Pass || r.UniqueStates != c.states || r.Transitions != c.transitions || r.Depth != c.depth {
					b.Fatalf("%+v", r)
				}
			}
		})
	}
}

// What is wrong without each rule, by the shortest way.
func TestLiftedEpochRulesAreFound(t *testing.T) {
	t.Parallel()
	for rule, steps := range map[dbqs.Rule]int{
		dbqs.TransferGate: 25, dbqs.TransferQuorum: 23, dbqs.OneEpochPhase: 18, dbqs.ServeWhenReady: 20, dbqs.EpochCheck: 26,
	} {
		t.Run(rule.String(), func(t *testing.T) {
			e := changing(3, 1)
			e.Lifted = e.Lifted.Lift(rule)
			m := e.Model()
			r := exploredEpochs(t, m, explore.Options{Reduction: explore.All})
			if r.Verdict != explore.Violation || r.Property != "atomic" || r.Depth != steps || r.Counterexample.Unscheduled != nil {
				t.Errorf("%s of %s in %d steps, %v", r.Verdict, r.Property, r.Depth, r.Counterexample.Unscheduled)
			}
			new(tally).endAlike(t, "the counterexample", m, followed(t, m, r.Counterexample.Actions), held, 5000)
		})
	}
}

// directed is the system in which a donor that is not complete is missed, from where it is asked.
func directed(rules ...dbqs.Rule) *Model {
	e := Epochs{DBQS: small(), From: fromDonated}
	for _, r := range rules {
		e.Lifted = e.Lifted.Lift(r)
	}
	return e.Model()
}

// Across two steps the rule on complete donors is missed, by a way that no way with this beginning is shorter
// than; with the rule, every way with this beginning is seen, and nothing is wrong.
func TestDonorCompleteIsFound(t *testing.T) {
	t.Parallel()
	for _, o := range []explore.Options{{Workers: 2}, {Workers: 1, Strategy: explore.DFS}} {
		o.Reduction = explore.All
		r := exploredEpochs(t, directed(), o)
		if r.Verdict != explore.Pass || !r.Exhaustive || r.UniqueStates != 100_374 || r.Transitions != 237_598 || o.Strategy == explore.BFS && r.Depth != 45 {
			t.Errorf("%v: %s, %d states, %d transitions, depth %d", o, r.Detail, r.UniqueStates, r.Transitions, r.Depth)
		}
	}
	m := directed(dbqs.DonorComplete)
	r := exploredEpochs(t, m, explore.Options{Reduction: explore.All})
	if r.Verdict != explore.Violation || r.Property != "atomic" || r.Depth != 30 || r.Counterexample.Unscheduled != nil {
		t.Errorf("%s of %s in %d steps, %v", r.Verdict, r.Property, r.Depth, r.Counterexample.Unscheduled)
	}
	new(tally).endAlike(t, "the counterexample", m, followed(t, m, r.Counterexample.Actions), held, 5000)
}

// deaf returns the system in which nothing reaches some servers, and no step some
// clients: a smaller one.
func deaf(e Epochs, servers, clients []int) *Model {
	s := e.Model().System
	ignored := s.Ignore
	s.Ignore = func(to int, m protocol.Message) bool {
		_, step := m.(*view.Step)
		return slices.Contains(servers, to) || step && slices.Contains(clients, to) || ignored(to, m)
	}
	return New(s)
}

// summary is what a run has come to: the history and what the servers of the first group
// and the newcomers hold, whichever of them it is.
func summary(m *Model, s *State, object protocol.ID) string {
	var held []string
	for i := range m.Nodes {
		if r, ok := m.local(s, i).machine.(*dbqs.Replica); ok {
			held = append(held, fmt.Sprintf("%v %s", i < dbqsServers, recordName(r.Holds(object))))
		}
	}
	slices.Sort(held)
	return fmt.Sprint(m.past(s), held)
}

// ended returns the summaries of all terminal states, and how many states there are.
func ended(m *Model, r explore.Reduction) (map[string]bool, int) {
	_, seen := outcomes(m, r)
	ends := map[string]bool{}
	for _, s := range seen {
		if len(m.Successors(&s, nil)) == 0 {
			ends[summary(m, &s, m.Object)] = true
		}
	}
	return ends, len(seen)
}

// The reductions keep every history with which some run ends, and what the servers then
// hold: in a system in which the epoch changes under clients and nothing is fetched, and
// in one in which a server fetches what a writer of the old epoch goes on to write.
func TestReducedEpochsEndAlike(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		servers, clients []int
		readers          int
		rules            []dbqs.Rule // lifted, if they are of epochs
	}{
		{[]int{1, 4}, nil, 1, []dbqs.Rule{dbqs.WriteBack}},
		{[]int{1}, []int{5}, 0, []dbqs.Rule{dbqs.WriteBack, dbqs.TransferGate, dbqs.TransferQuorum, dbqs.ServeWhenReady}},
	} {
		for _, rule := range c.rules {
			e := changing(3, 1)
			e.Readers = c.readers
			if rule.OfEpochs() {
				e.Lifted = e.Lifted.Lift(rule)
			}
			want, all := ended(deaf(e, c.servers, c.clients), explore.Prune)
			for _, r := range []explore.Reduction{explore.PartialOrder | explore.Prune, explore.All} {
				got, fewer := ended(deaf(e, c.servers, c.clients), r)
				if fmt.Sprint(got) != fmt.Sprint(want) || 2*fewer > all {
					t.Errorf("%+v, %v with %v: %d ends of %d states; pruned alone %d of %d", c, rule, r, len(got), fewer, len(want), all)
				}
			}
		}
	}
}
