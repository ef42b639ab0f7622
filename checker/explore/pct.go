package explore

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Probabilistic concurrency testing: Burckhardt, Kothari, Musuvathi, Nagarakatte,
// A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs, ASPLOS 2010.
//
// A schedule always runs the enabled thread of highest priority. Priorities are
// a random permutation, and at d-1 random moments the running thread falls below
// all others. A bug of depth d (one that d ordering constraints suffice to
// produce) is found by one walk with probability at least 1/(n k^(d-1)), where n
// bounds the threads and k the steps.
//
// A message has no thread. Here every action is one: it is created by the step
// that makes it possible, given a random priority then, and blocked while it is
// not enabled. The theorem holds for threads created on the way, so n is the number
// of distinct actions of a walk. Knowing chains of causally ordered messages
// would make n smaller (Ozkan et al., OOPSLA 2018); that is left out.
type priorities struct {
	changes int // d-1
	steps   int // k

	r       *rand.Rand
	rank    map[Action]uint64 // looked up, never ranged over
	falls   []int             // the moments; the i-th leaves the running action with priority i
	step    int
	most    int // actions in any one walk so far
	longest int // steps in any one walk so far
}

func newPriorities(depth, steps int) *priorities {
	return &priorities{changes: depth - 1, steps: steps}
}

// begin draws the moments at which the running action falls.
func (p *priorities) begin(r *rand.Rand) {
	p.r, p.rank, p.step = r, make(map[Action]uint64), 0
	p.falls = p.falls[:0]
	for range p.changes {
		p.falls = append(p.falls, 1+r.IntN(p.steps))
	}
}

// choose returns the enabled action of highest priority.
func (p *priorities) choose(n int, actionOf func(int) Action) int {
	for i := range n {
		if a := actionOf(i); p.rank[a] == 0 {
			p.rank[a] = p.r.Uint64() | 1<<63 // above all that have fallen
		}
	}
	p.step++
	best := p.highest(n, actionOf)
	for i, at := range p.falls {
		if at == p.step {
			p.rank[actionOf(best)] = uint64(i + 1)
			best = p.highest(n, actionOf)
		}
	}
	p.most, p.longest = max(p.most, len(p.rank)), max(p.longest, p.step)
	return best
}

func (p *priorities) highest(n int, actionOf func(int) Action) int {
	best := 0
	for i := 1; i < n; i++ {
		if p.rank[actionOf(i)] > p.rank[actionOf(best)] {
			best = i
		}
	}
	return best
}

// bound says what walks that found nothing are worth: the guarantee of the
// theorem, with the most actions met in a walk for n and the bound on steps for k.
func bound(choosers []chooser, o Options, walks int) string {
	n := 1
	for _, c := range choosers {
		n = max(n, c.(*priorities).most)
	}
	p := pctProbability(n, o.Depth, o.BugDepth)
	missed := math.Exp(float64(walks) * math.Log1p(-p))
	return fmt.Sprintf("a walk of at most k=%d steps over n=%d actions finds a bug of depth d=%d with probability at least 1/(n*k^(d-1)) = %.3g; all %d miss it with probability at most %.3g",
		o.Depth, n, o.BugDepth, p, walks, missed)
}

// pctProbability is the bound of the theorem for one walk.
func pctProbability(n, k, d int) float64 {
	return 1 / (float64(n) * math.Pow(float64(k), float64(d-1)))
}
