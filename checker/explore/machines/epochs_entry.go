package machines

import (
	"slices"

	"turncoat/checker/explore"
	"turncoat/protocol/dbqs"
)

// epochRules are the rules of changing epochs that something comes of in this
// model. The others are about time, or about servers that slept.
var epochRules = []dbqs.Rule{
	dbqs.EpochCheck, dbqs.OneEpochPhase, dbqs.RestartPhaseOnly, dbqs.TransferGate, dbqs.DonorComplete, dbqs.TransferQuorum, dbqs.ServeWhenReady,
}

func epochsEntry() explore.Entry {
	e := explore.Entry{
		Name: "dbqs-epochs",
		Doc:  "dBQS as it runs while its group changes: certified steps that reach each node at any moment, one liar in the first group",
		Params: []explore.Param{
			{Name: "epochs", Doc: "steps to another group", Default: 1, Min: 1, Max: 2},
			{Name: "overlap", Doc: "members that stay at each step, of four", Default: 3, Min: 0, Max: 3},
			{Name: "liars", Doc: "servers in the adversary's hands", Default: 1, Min: 0, Max: 1},
			{Name: "donates", Doc: "whether the liar answers servers that fetch, too, as it does clients", Default: 1, Min: 0, Max: 1},
			{Name: "writers", Doc: "clients that write", Default: 1, Min: 1, Max: 2},
			{Name: "writes", Doc: "operations of each writer", Default: 1, Min: 1, Max: 2},
			{Name: "readers", Doc: "clients that read", Default: 1, Min: 0, Max: 2},
			{Name: "reads", Doc: "operations of each reader", Default: 1, Min: 1, Max: 2},
			{Name: "from", Doc: "where a directed search begins, which sets the others as it needs: 0 at the start, 1 when a write has ended that one server missed " +
				"and all but the first of the rest have left its epoch, 2 when that server and a newcomer have left the next one too", Default: fromStart, Min: 0, Max: 2},
		},
		Reduction: explore.All,
		Least:     map[string]explore.Values{dbqs.DonorComplete.String(): {"epochs": 2, "from": fromDonated}},
	}
	for _, r := range epochRules {
		e.Rules = append(e.Rules, r.String())
	}
	e.Build = func(v explore.Values, lifted []string) explore.Runner {
		return explore.RunnerOf(e.Name, explore.Model[State](epochsOf(v, lifted).Model()))
	}
	return e
}

func epochsOf(v explore.Values, lifted []string) Epochs {
	e := Epochs{Overlap: v["overlap"], Steps: v["epochs"], Silent: v["donates"] == 0, From: v["from"]}
	e.Liars, e.Writers, e.Writes, e.Readers, e.Reads = v["liars"], v["writers"], v["writes"], v["readers"], v["reads"]
	for _, r := range epochRules {
		if slices.Contains(lifted, r.String()) {
			e.Lifted = e.Lifted.Lift(r)
		}
	}
	return e
}
