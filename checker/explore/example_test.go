package explore_test

import (
	"context"
	"fmt"

	"turncoat/checker/explore"
)

// jugs is the puzzle of two jugs of 3 and 5 litres with which to measure 4.
type jugs struct{}

type litres struct{ small, big uint8 }

func (jugs) Initial() []litres { return []litres{{}} }

func (jugs) Successors(s *litres, out []explore.Step[litres]) []explore.Step[litres] {
	toBig, toSmall := min(s.small, 5-s.big), min(s.big, 3-s.small)
	for a, next := range []litres{
		{3, s.big}, {s.small, 5}, {0, s.big}, {s.small, 0},
		{s.small - toBig, s.big + toBig}, {s.small + toSmall, s.big - toSmall},
	} {
		out = append(out, explore.Step[litres]{Action: explore.Action(a), State: next})
	}
	return out
}

func (jugs) AppendState(b []byte, s *litres) []byte { return append(b, s.small, s.big) }

func (jugs) Properties() []explore.Property[litres] {
	return []explore.Property[litres]{
		{Name: "never 4 litres", Kind: explore.Always, Holds: func(s *litres) bool { return s.big != 4 }},
	}
}

func (jugs) Describe(_ *litres, a explore.Action) string {
	return [...]string{"fill the small jug", "fill the big jug", "empty the small jug", "empty the big jug",
		"pour the small jug into the big one", "pour the big jug into the small one"}[a]
}

// A model is five methods. The search finds the shortest way to break its property.
func Example() {
	r, err := explore.Explore(context.Background(), "jugs", explore.Model[litres](jugs{}), explore.Options{Workers: 2})
	if err != nil {
		panic(err)
	}
	fmt.Println(r.Verdict, "of", r.Property)
	fmt.Print(r.Counterexample)
	// Output:
	// violation of never 4 litres
	// 1. fill the big jug
	// 2. pour the big jug into the small one
	// 3. empty the small jug
	// 4. pour the big jug into the small one
	// 5. fill the big jug
	// 6. pour the big jug into the small one
}
