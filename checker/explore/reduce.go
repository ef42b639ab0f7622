package explore

import (
	"context"
	"fmt"
	"strings"
)

// Reduction is a set of ways to explore fewer states with the same verdict.
// Which are sound is the model's to say: see Reducer.
type Reduction uint8

const (
	// PartialOrder explores a persistent subset of the transitions of a state
	// (Godefroid 1996): the rest commute with whatever can happen before them.
	PartialOrder Reduction = 1 << iota
	// Symmetry explores one state of each orbit under permutation of nodes that
	// the model cannot tell apart.
	Symmetry
	// Prune takes away messages that nobody will ever act on: a quorum is
	// complete, and the answers still under way are late.
	Prune
)

// The sets that have a name on the command line.
const (
	None Reduction = 0
	All            = PartialOrder | Symmetry | Prune
)

var reductionNames = []struct {
	kind Reduction
	name string
}{{PartialOrder, "por"}, {Symmetry, "symmetry"}, {Prune, "prune"}}

// ParseReduction reads none, all, or a comma-separated list of por, symmetry
// and prune. por by itself includes prune: a message that nobody will act on
// commutes with everything.
func ParseReduction(text string) (Reduction, error) {
	switch text {
	case "", "none":
		return None, nil
	case "all":
		return All, nil
	case "por":
		return PartialOrder | Prune, nil
	}
	var r Reduction
	for _, word := range strings.Split(text, ",") {
		kind := None
		for _, k := range reductionNames {
			if k.name == word {
				kind = k.kind
			}
		}
		if kind == None {
			return None, fmt.Errorf("no reduction is called %q; there are none, por, symmetry, prune and all%s",
				word, suggest(word, []string{"none", "por", "symmetry", "prune", "all"}))
		}
		r |= kind
	}
	return r, nil
}

// Kinds returns the members of r one by one.
func (r Reduction) Kinds() []Reduction {
	var kinds []Reduction
	for _, k := range reductionNames {
		if r&k.kind != 0 {
			kinds = append(kinds, k.kind)
		}
	}
	return kinds
}

// String returns the names of the members, separated by commas, or none.
func (r Reduction) String() string {
	if r == None {
		return "none"
	}
	var names []string
	for _, k := range reductionNames {
		if r&k.kind != 0 {
			names = append(names, k.name)
		}
	}
	return strings.Join(names, ",")
}

// Reducer is a model for which some reductions are sound. A search without
// reductions calls none of its methods.
//
// What soundness asks of each, for the verdict to be the same as without:
//   - Ample: the subset is persistent (nothing that can happen without it
//     interferes with it) and not empty; then every terminal state is
//     still reached. That is enough only in a model where a broken property
//     stays broken, and a reached one stays visible, until a terminal state, and
//     where every state leads to a terminal one; otherwise the model must see to
//     visibility and cycles itself.
//   - Canonicalize: s and its representative have the same properties, and each
//     step of one corresponds to a step of the other or leaves it as it is (a
//     stuttering bisimulation).
type Reducer[S any] interface {
	// Reductions returns the kinds that are sound for the model.
	Reductions() Reduction

	// WhyNot says in a sentence why kind is not among them.
	WhyNot(kind Reduction) string

	// Canonicalize replaces s by the representative of its class under the
	// Symmetry and Prune members of r.
	Canonicalize(s *S, r Reduction)

	// Ample returns the steps to explore of those enabled in s, all of them if
	// there is nothing to gain, under the other members of r. It may reorder
	// steps in place.
	Ample(s *S, steps []Step[S], r Reduction) []Step[S]
}

// reducerFor returns the model as a Reducer and the part of want that it
// supports. An explicit wish for a kind that is not sound is an error; All asks
// for whatever there is.
func reducerFor[S any](m Model[S], want Reduction) (Reducer[S], Reduction, error) {
	if want == None {
		return nil, None, nil
	}
	r, ok := m.(Reducer[S])
	if !ok {
		if want == All {
			return nil, None, nil
		}
		return nil, None, fmt.Errorf("this model has no reductions: explore it with none instead of %v", want)
	}
	have := r.Reductions()
	missing := want &^ have
	if want == PartialOrder|Prune {
		missing &^= Prune // "por" takes pruning where there is some
	}
	if missing != None && want != All {
		return nil, None, fmt.Errorf("reduction %v is not sound here: %s", missing.Kinds()[0], r.WhyNot(missing.Kinds()[0]))
	}
	if want&have == None {
		return nil, None, nil
	}
	return r, want & have, nil
}

// factors returns the members of the reduction in r and, if o asks for it, how
// many times the unique states would be without each of them.
func factors[S any](ctx context.Context, m Model[S], reducer Reducer[S], o Options, r *Result) map[string]Factor {
	saved := map[string]Factor{}
	for _, kind := range o.Reduction.Kinds() {
		saved[kind.String()] = 0
		if !o.Factors || !r.Exhaustive {
			continue
		}
		without := o
		without.Reduction, without.Progress = o.Reduction&^kind, nil
		if o.FactorsFor > 0 {
			without.Duration = o.FactorsFor
		}
		full := newSearch(ctx, m, reducer, without).run(r.Model)
		if full.Exhaustive {
			saved[kind.String()] = Factor(full.UniqueStates) / Factor(r.UniqueStates)
		}
	}
	return saved
}
