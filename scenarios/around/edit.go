package around

import (
	"fmt"
	"iter"
	"slices"

	"turncoat/sim"
)

// Edits of a list of decisions. One edit concerns one of the decisions that the recorded run
// asked for, listed or calm: a listed one is left out, so that the calm value takes
// its place; a message is lost, comes twice, or takes half or twice as long; a
// timer does; a number, a letter of a liar, an operation is the one before or after.
//
// Left out: flipped bits where none was flipped, faults of the scenario that did not happen, and
// decisions that only an edited run asks for.

// decision is one that the recorded run asked for.
type decision struct {
	sim.Decision
	calm bool // no list names it
}

// edit is one change. Its words are for people.
type edit struct {
	at    int // of the decision
	with  sim.Decision
	keeps bool // with is listed in its place; else it is left out
	words string
}

// editsOf returns every edit, in the order of the decisions.
func editsOf(asked []decision) (out []edit) {
	for i, d := range asked {
		if !d.calm {
			out = append(out, edit{at: i, words: fmt.Sprintf("without %v = %d", d.Key, d.Value)})
		}
		for _, with := range near(d) {
			out = append(out, edit{at: i, with: with, keeps: true, words: fmt.Sprintf("%v = %d (it was %d)", with.Key, with.Value, d.Value)})
		}
	}
	return out
}

// again is how long after a message its copy comes, in nanoseconds, when none was decided: a common delay.
const again = 1_000_000

// near returns what may take the place of a decision.
func near(d decision) (out []sim.Decision) {
	values := func(vs ...int64) {
		for _, v := range vs {
			with := d.Decision
			with.Value = v
			if v >= 0 && v != d.Value && !slices.Contains(out, with) {
				out = append(out, with)
			}
		}
	}
	switch d.Choice {
	case sim.Delay:
		values(d.Value/2, 2*d.Value)
	case sim.Loss:
		values(1)
	case sim.Duplicate:
		values(again, d.Value/2, 2*d.Value)
	case sim.Fault:
		values(d.Value/2, 2*d.Value)
	case sim.Lie, sim.Size:
		values(d.Value-1, d.Value+1)
	case sim.Work:
		if d.Label == "" {
			values(d.Value-1, d.Value+1, 1, 2) // a read or a write of the first object among them
		} else {
			values(d.Value/2, 2*d.Value)
		}
	}
	return out
}

// apply returns the list of the recorded run with some edits of different decisions made.
func apply(asked []decision, edits []edit) (list []sim.Decision) {
	for i, d := range asked {
		changed := slices.IndexFunc(edits, func(e edit) bool { return e.at == i })
		switch {
		case changed >= 0 && edits[changed].keeps:
			list = append(list, edits[changed].with)
		case changed < 0 && !d.calm:
			list = append(list, d.Decision)
		}
	}
	return list
}

// combinations yields the sets of at most k edits of different decisions: the smaller
// first, and those of one size in the order of the decisions.
func combinations(edits []edit, k int) iter.Seq[[]edit] {
	return func(yield func([]edit) bool) {
		var choose func(from, left int, chosen []edit) bool
		choose = func(from, left int, chosen []edit) bool {
			if left == 0 {
				return yield(slices.Clone(chosen))
			}
			for i := from; i < len(edits); i++ {
				if n := len(chosen); n > 0 && chosen[n-1].at == edits[i].at {
					continue
				}
				if !choose(i+1, left-1, append(chosen, edits[i])) {
					return false
				}
			}
			return true
		}
		for size := range k + 1 {
			if !choose(0, size, nil) {
				return
			}
		}
	}
}

// count returns how many sets combinations yields.
func count(edits []edit, k int) int {
	ways := make([]int, k+1) // of choosing so many edits of different decisions so far
	ways[0] = 1
	for i := 0; i < len(edits); {
		first := i
		for i < len(edits) && edits[i].at == edits[first].at {
			i++
		}
		for size := k; size > 0; size-- {
			ways[size] += ways[size-1] * (i - first)
		}
	}
	all := 0
	for _, n := range ways {
		all += n
	}
	return all
}
