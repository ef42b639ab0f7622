package explore

import "slices"

// Counterexamples from parent tags.
//
// The table keeps 32 bits of each state's parent. Going back from a state, the
// tag names its parent up to a rare collision, in which case all candidates are
// kept: a layer is the set of fingerprints that may be k steps from the end.
// Going forward from an initial state, a step is taken when it leads into the
// next layer, and undone when it leads nowhere; a false candidate has no such step.
//
// The forward walk uses concrete states, and compares their representatives:
// so under symmetry the actions printed are those of one run of the real system,
// not of a system whose nodes are renamed at each step.

// pathTo reconstructs a path to the state of f. All workers have stopped.
func (s *search[S]) pathTo(f finding) *Counterexample {
	var buf []byte
	initial := s.model.Initial()
	starts := make([]fingerprint, len(initial))
	for i := range initial {
		starts[i] = s.representative(initial[i], &buf)
	}
	layers := s.layersBack(f)
	for i, start := range starts {
		if !slices.Contains(layers[f.depth], start) {
			continue
		}
		c := &Counterexample{Property: f.property, Initial: i}
		if last, ok := s.forward(c, initial[i], layers[:f.depth], &buf); ok {
			c.Final = explain(s.model, &last)
			return c
		}
	}
	panic("explore: no path leads to a state that was found; Successors of this model is not a function of the state")
}

// explain shows a state, if the model can.
func explain[S any](m Model[S], state *S) string {
	if e, ok := m.(Explainer[S]); ok {
		return e.Explain(state)
	}
	return ""
}

// layersBack returns for each k up to the depth of f the fingerprints of which
// one is that of the state k steps before it.
func (s *search[S]) layersBack(f finding) [][]fingerprint {
	layers := [][]fingerprint{{f.state}}
	for k := range f.depth {
		var before []fingerprint
		for _, at := range layers[k] {
			tag, ok := s.table.parentOf(at)
			if !ok {
				panic("explore: a state on the way back is not in the table")
			}
			for _, p := range s.table.tagged(tag) {
				if !slices.Contains(before, p) {
					before = append(before, p)
				}
			}
		}
		layers = append(layers, before)
	}
	return layers
}

// forward extends c from state through the layers, last one first, by
// depth-first search. It returns the state at the end.
func (s *search[S]) forward(c *Counterexample, state S, layers [][]fingerprint, buf *[]byte) (S, bool) {
	n := len(layers)
	if n == 0 {
		return state, true
	}
	for _, step := range s.model.Successors(&state, nil) {
		if !slices.Contains(layers[n-1], s.representative(step.State, buf)) {
			continue
		}
		c.Actions = append(c.Actions, step.Action)
		c.Lines = append(c.Lines, s.model.Describe(&state, step.Action))
		if last, ok := s.forward(c, step.State, layers[:n-1], buf); ok {
			return last, true
		}
		c.Actions, c.Lines = c.Actions[:len(c.Actions)-1], c.Lines[:len(c.Lines)-1]
	}
	var none S
	return none, false
}

// representative returns the fingerprint under which a state is kept.
func (s *search[S]) representative(state S, buf *[]byte) fingerprint {
	s.canonicalize(&state)
	*buf = s.model.AppendState((*buf)[:0], &state)
	return fingerprintOf(*buf)
}
