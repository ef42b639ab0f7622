package explore

// Whether every run ends: a depth-first search for a way back to a state that it is
// still below. It keeps fingerprints in a map, by one worker, so it is for small graphs.
//
// A graph without cycles is enough, and it is enough to look at representatives: a cycle
// of states is a closed walk of their representatives. The other way round it is not, since a step may
// lead to the same representative; so of a closed walk nothing is said.

// mostEnds is how many states a graph may have to be looked at.
const mostEnds = 1 << 17

// visit is a state whose steps are being followed.
type visit[S any] struct {
	print fingerprint
	steps []Step[S]
}

// saysWhetherRunsEnd adds to the detail of a search that passed whether every run ends.
func (s *search[S]) saysWhetherRunsEnd(r *Result) {
	if s.opt.Reduction&PartialOrder == 0 && r.UniqueStates <= mostEnds && s.runsEnd() {
		r.Detail += "; every run ends"
	}
}

// runsEnd reports whether no state leads back to itself.
func (s *search[S]) runsEnd() bool {
	below := make(map[fingerprint]bool) // whether a state is being followed; looked up only
	var buf []byte
	var stack []visit[S]
	enter := func(state S) (back bool) {
		s.canonicalize(&state)
		buf = s.model.AppendState(buf[:0], &state)
		f := fingerprintOf(buf)
		if open, seen := below[f]; seen {
			return open
		}
		below[f] = true
		stack = append(stack, visit[S]{f, s.model.Successors(&state, nil)})
		return false
	}
	for _, state := range s.model.Initial() {
		enter(state)
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			n := len(top.steps)
			if n == 0 {
				below[top.print] = false
				stack = stack[:len(stack)-1]
				continue
			}
			next := top.steps[n-1].State
			top.steps = top.steps[:n-1]
			if enter(next) {
				return false
			}
		}
	}
	return true
}
