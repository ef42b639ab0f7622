package machines

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"turncoat/checker/explore"
	"turncoat/protocol/dbqs"
)

// small is one write and one read, with a liar.
func small() DBQS { return DBQS{Liars: 1, Writers: 1, Writes: 1, Readers: 1, Reads: 1} }

// lifting is the least system in which a rule is seen to matter.
func lifting(r dbqs.Rule) DBQS {
	d := small()
	switch r {
	case dbqs.WriteBack, dbqs.ReplyNonce: // a new value is read before an old one
		d.Reads = 2
	case dbqs.WriterInTimestamp:
		d.Writers, d.Reads = 2, 2
	}
	d.Lifted = dbqs.Rules(0).Lift(r)
	return d
}

func explored(t *testing.T, d DBQS, o explore.Options) *explore.Result {
	t.Helper()
	r, err := explore.Explore(context.Background(), "test", explore.Model[State](d.Model()), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// sized is a system with so many operations of the writer and of the reader.
func sized(writes, reads int) DBQS {
	d := small()
	d.Writes, d.Reads = writes, reads
	return d
}

// counts are those of a search that saw everything.
type counts struct {
	d                   DBQS
	r                   explore.Reduction
	states, transitions uint64
	depth               int
}

// The counts of the package documentation, but for the largest.
var documented = []counts{
	{small(), explore.None, 292_856, 1_485_519, 24},
	{small(), explore.Symmetry, 51_948, 262_999, 24},
	{small(), explore.Prune, 13_542, 72_275, 20},
	{small(), explore.PartialOrder | explore.Prune, 1_802, 4_177, 20},
	{small(), explore.All, 401, 965, 20},
	{sized(1, 2), explore.Prune, 61_392, 334_493, 26},
	{sized(1, 2), explore.PartialOrder | explore.Prune, 8_252, 19_704, 27},
	{sized(1, 2), explore.All, 1_772, 4_390, 27},
	{sized(2, 1), explore.All, 3_852, 11_303, 31},
	{sized(2, 2), explore.All, 28_756, 85_838, 38},
}

func TestStaticCounts(t *testing.T) {
	t.Parallel()
	for _, c := range documented {
		for _, o := range []explore.Options{{Workers: 1}, {Workers: 2}, {Workers: 1, Strategy: explore.DFS}, {Workers: 2, Strategy: explore.DFS}} {
			if c.states > 50_000 && o.Workers == 1 == (o.Strategy == explore.BFS) {
				continue // the other two differ in both
			}
			o.Reduction = c.r
			r := explored(t, c.d, o)
			if r.Verdict != explore.Pass || !r.Exhaustive || r.UniqueStates != c.states || r.Transitions != c.transitions {
				t.Errorf("%+v, %v: %s, %d states, %d transitions; want %d, %d", c.d, o, r.Detail, r.UniqueStates, r.Transitions, c.states, c.transitions)
			}
			if o.Strategy == explore.BFS && r.Depth != c.depth {
				t.Errorf("%+v, %v: depth %d, want %d", c.d, c.r, r.Depth, c.depth)
			}
		}
	}
}

// BenchmarkStatic explores the default system as it is and reduced.
func BenchmarkStatic(b *testing.B) {
	for _, c := range []counts{{sized(1, 2), explore.None, 13_737_143, 75_985_055, 34}, {sized(1, 2), explore.All, 1_772, 4_390, 27}} {
		b.Run("reduce="+c.r.String(), func(b *testing.B) {
			var transitions uint64
			for b.Loop() {
				r, err := explore.Explore(context.Background(), "dbqs-static", explore.Model[State](c.d.Model()), explore.Options{Reduction: c.r, Workers: runtime.GOMAXPROCS(0)})
				if err != nil || r.Verdict != explore.Pass || r.UniqueStates != c.states || r.Transitions != c.transitions || r.Depth != c.depth {
					b.Fatalf("%+v, %v", r, err)
				}
				transitions += r.Transitions
			}
			b.ReportMetric(float64(transitions)/b.Elapsed().Seconds(), "transitions/s")
			b.ReportMetric(float64(c.states), "states")
		})
	}
}

// Every lifted rule has a shortest counterexample, and it has the same length
// whatever is left out of the search.
func TestLiftedRulesAreFound(t *testing.T) {
	for rule, steps := range map[dbqs.Rule]int{
		dbqs.WriteBack: 18, dbqs.ReadQuorum: 13, dbqs.WriteQuorum: 15, dbqs.DistinctSenders: 11, dbqs.VerifySignature: 10,
	} {
		d := lifting(rule)
		for _, r := range []explore.Reduction{explore.Symmetry | explore.Prune, explore.PartialOrder | explore.Prune, explore.All, explore.None} {
			got := explored(t, d, explore.Options{Reduction: r})
			if got.Verdict != explore.Violation || got.Property != "atomic" || len(got.Counterexample.Actions) != steps {
				t.Errorf("%v with %v: %s of %s in %d steps, want a violation in %d", rule, r, got.Verdict, got.Property, got.Depth, steps)
			}
		}
	}
	got := explored(t, lifting(dbqs.ReplyNonce), explore.Options{Reduction: explore.Symmetry})
	if got.Verdict != explore.Violation || got.Depth != 21 {
		t.Errorf("reply-nonce with symmetry: %s at %d", got.Verdict, got.Depth)
	}
	for _, rule := range []dbqs.Rule{dbqs.ReplyNonce, dbqs.WriterInTimestamp} {
		if got := explored(t, lifting(rule), explore.Options{Strategy: explore.Random, Walks: 50_000}); got.Verdict != explore.Violation {
			t.Errorf("%v, walks without reductions: %s", rule, got.Detail)
		}
	}
}

// What is wrong without a rule is told as a story: here a write that is
// acknowledged three times by one server.
func TestCounterexampleIsAStory(t *testing.T) {
	got := explored(t, lifting(dbqs.DistinctSenders), explore.Options{Reduction: explore.All}).Counterexample.String()
	for _, part := range []string{"begins write c0.0\n", "begins read\n", "write-reply, a lie\n", "read-reply with nothing",
		"client 0: write(c0.0)\n", "client 1: read = nothing (after 1 of client 0)\n", "no order of these operations is that of a register"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not in\n%s", part, got)
		}
	}
}

// What a rule does not allow is refused with the reason.
func TestReductionsThatAreNotOffered(t *testing.T) {
	timers := small()
	timers.Faults.Timers = 1
	for _, c := range []struct {
		d    DBQS
		r    explore.Reduction
		want string
	}{
		{lifting(dbqs.ReplyNonce), explore.Prune, "late replies can still count here"},
		{lifting(dbqs.WriterInTimestamp), explore.PartialOrder | explore.Prune, "depends on their order"},
		{timers, explore.PartialOrder | explore.Prune, "with timers, losses"},
	} {
		_, err := explore.Explore(context.Background(), "test", explore.Model[State](c.d.Model()), explore.Options{Reduction: c.r})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %s", c.r, err, c.want)
		}
	}
}

// outcomes returns the histories of all terminal states, and all states.
func outcomes(m *Model, r explore.Reduction) (ends map[string]bool, seen map[string]State) {
	ends, seen = map[string]bool{}, map[string]State{}
	stack := m.Initial()
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		m.Canonicalize(&s, r)
		key := string(m.AppendState(nil, &s))
		if _, known := seen[key]; known {
			continue
		}
		seen[key] = s
		steps := m.Successors(&s, nil)
		if len(steps) == 0 {
			ends[m.past(&s).String()] = true
		}
		if r&explore.PartialOrder != 0 {
			steps = m.Ample(&s, steps, r)
		}
		for _, step := range steps {
			stack = append(stack, step.State)
		}
	}
	return ends, seen
}

// The reductions promise more than the verdict: every history with which some
// run ends, also of systems that are not atomic.
func TestReducedRunsEndInTheSameHistories(t *testing.T) {
	t.Parallel()
	honest := small()
	honest.Liars = 0
	systems := []DBQS{small(), honest}
	for _, rule := range []dbqs.Rule{dbqs.WriteBack, dbqs.ReadQuorum, dbqs.WriteQuorum, dbqs.DistinctSenders, dbqs.VerifySignature} {
		d := small()
		d.Lifted = dbqs.Rules(0).Lift(rule)
		systems = append(systems, d)
	}
	for _, d := range systems {
		want, all := outcomes(d.Model(), explore.Prune)
		for _, r := range []explore.Reduction{explore.Symmetry | explore.Prune, explore.PartialOrder | explore.Prune, explore.All} {
			got, fewer := outcomes(d.Model(), r)
			if fmt.Sprint(got) != fmt.Sprint(want) || len(fewer) >= len(all) {
				t.Errorf("%+v with %v: %d histories of %d states; pruned alone %d of %d", d, r, len(got), len(fewer), len(want), len(all))
			}
		}
	}
}

// Pruning takes away messages and no history.
func TestPruningKeepsHistories(t *testing.T) {
	d := small()
	d.Lifted = dbqs.Rules(0).Lift(dbqs.WriteQuorum) // phases end early, with more under way
	want, _ := outcomes(d.Model(), explore.Symmetry)
	got, _ := outcomes(d.Model(), explore.All)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%d histories, %d without pruning", len(got), len(want))
	}
}

// The representative of an orbit is the same whichever of its states is asked,
// so there are as many states as orbits: counted here by renaming each state in every way.
func TestSymmetryKeepsOneStateOfEachOrbit(t *testing.T) {
	m := small().Model()
	_, all := outcomes(m, explore.Prune)
	orbits := map[string]bool{}
	for _, s := range all {
		least := ""
		for p := range m.orders {
			var image State
			image.spent, image.past, image.known = s.spent, s.past, s.known
			for node, to := range m.orders[p] {
				image.nodes[to] = m.localImage(m.local(&s, node), p).id
			}
			for i := range int(s.count) {
				m.insert(&image, m.envelopeImage(m.inFlight(&s, i), p))
			}
			encoded := string(m.AppendState(nil, &image))
			if _, known := all[encoded]; !known {
				t.Fatal("a renamed state is not reachable, so the servers are not alike")
			}
			if least == "" || encoded < least {
				least = encoded
			}
		}
		orbits[least] = true
	}
	_, fewer := outcomes(small().Model(), explore.Prune|explore.Symmetry)
	if len(fewer) != len(orbits) {
		t.Errorf("%d states under symmetry, %d orbits of %d states", len(fewer), len(orbits), len(all))
	}
}
