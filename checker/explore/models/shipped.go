package models

import (
	"slices"
	"strings"

	"turncoat/checker/explore"
	"turncoat/checker/explore/machines"
)

// Shipped returns all models that people can name, sorted by name: those of this
// package, and those made of protocol machines.
func Shipped() explore.Registry {
	all := append(small(), machines.Entries()...)
	slices.SortFunc(all, func(a, b explore.Entry) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// alone is why no counterexample of this package's models can be replayed.
const alone = "it was written for the explorer, and no machine of the simulator does the same"

// small returns the models of this package.
func small() explore.Registry {
	clients := explore.Param{Name: "clients", Doc: "clients, each of which writes once and then reads once", Default: 2, Min: 1, Max: maxClients}
	return explore.Registry{
		{
			Name: "abd",
			Doc:  "the atomic register of Attiya, Bar-Noy and Dolev over majorities, with several writers",
			Params: []explore.Param{
				{Name: "servers", Doc: "servers, a majority of which serves each operation", Default: 2, Min: 2, Max: maxServers},
				clients,
			},
			Alone: alone,
			Build: func(v explore.Values, _ []string) explore.Runner {
				return explore.RunnerOf("abd", ABD(v["servers"], v["clients"]))
			},
		},
		{
			Name: "single-copy",
			Doc:  "one server that answers at once; with more of them, a register that is not atomic",
			Params: []explore.Param{
				clients,
				{Name: "servers", Doc: "servers, each with a copy that the others do not know", Default: 1, Min: 1, Max: maxServers},
			},
			Alone: alone,
			Build: func(v explore.Values, _ []string) explore.Runner {
				return explore.RunnerOf("single-copy", SingleCopy(v["servers"], v["clients"]))
			},
		},
		{
			Name: "two-phase-commit",
			Doc:  "resource managers and a transaction manager that commit or abort together",
			Params: []explore.Param{
				{Name: "rms", Doc: "resource managers", Default: 3, Min: 1, Max: maxManagers},
			},
			Alone: alone,
			Build: func(v explore.Values, _ []string) explore.Runner {
				return explore.RunnerOf("two-phase-commit", TwoPhaseCommit(v["rms"]))
			},
		},
	}
}
