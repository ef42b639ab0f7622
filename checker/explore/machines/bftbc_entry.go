package machines

import (
	"slices"

	"turncoat/checker/explore"
	"turncoat/protocol/bftbc"
)

func bftbcEntry() explore.Entry {
	e := explore.Entry{
		Name: "bftbc",
		Doc:  "BFT-BC as it runs, base variant: four correct replicas and one client in the adversary's hands beside correct ones",
		Params: []explore.Param{
			{Name: "stamps", Doc: "timestamps in play for the bad client, with two values each", Default: 1, Min: 1, Max: 2},
			{Name: "writers", Doc: "correct clients that write once", Default: 0, Min: 0, Max: 1},
			{Name: "readers", Doc: "correct clients that read", Default: 1, Min: 1, Max: 2},
			{Name: "reads", Doc: "operations of each reader", Default: 2, Min: 1, Max: 2},
		},
		Reduction: explore.All,
	}
	for _, r := range bftbc.Rules {
		e.Rules = append(e.Rules, r.Name)
	}
	e.Build = func(v explore.Values, lifted []string) explore.Runner {
		b := BFTBC{Stamps: v["stamps"], Writers: v["writers"], Readers: v["readers"], Reads: v["reads"]}
		for _, r := range bftbc.Rules {
			if slices.Contains(lifted, r.Name) {
				b.Lifted |= r.Rule
			}
		}
		return explore.RunnerOf(e.Name, explore.Model[State](b.Model()))
	}
	return e
}
