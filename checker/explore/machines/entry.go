package machines

import (
	"slices"

	"turncoat/checker/explore"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/pbft"
)

// Entries returns the models of this package under the names by which people call them.
func Entries() explore.Registry {
	var rules, orderRules []string
	for _, r := range dbqs.AllRules() {
		if !r.OfEpochs() {
			rules = append(rules, r.String())
		}
	}
	for _, r := range pbft.Rules {
		orderRules = append(orderRules, r.Name)
	}
	count := func(name, doc string, value, least, most int) explore.Param {
		return explore.Param{Name: name, Doc: doc, Default: value, Min: least, Max: most}
	}
	return explore.Registry{{
		Name: "dbqs-static",
		Doc:  "static dBQS as it runs: four servers of which one lies, clients that write and clients that read one register",
		Params: []explore.Param{
			count("liars", "servers in the adversary's hands", 1, 0, 1),
			count("writers", "clients that write", 1, 1, 2),
			count("writes", "operations of each writer", 1, 1, 3),
			count("readers", "clients that read", 1, 1, 2),
			count("reads", "operations of each reader", 2, 1, 3),
			count("timers", "timers that may expire on a path", 0, 0, 3),
			count("losses", "messages that may be lost on a path", 0, 0, 3),
			count("duplicates", "messages that may be duplicated on a path", 0, 0, 3),
			count("crashes", "crashes of correct servers on a path", 0, 0, 3),
		},
		Rules: rules, Reduction: explore.All,
		Build: func(v explore.Values, lifted []string) explore.Runner {
			return explore.RunnerOf("dbqs-static", explore.Model[State](staticOf(v, lifted).Model()))
		},
	}, {
		Name: "pbft",
		Doc:  "PBFT as it runs: four replicas of which one may lie, clients, and request timers that expire at any moment",
		Params: []explore.Param{
			count("clients", "clients", 1, 1, 2),
			count("writes", "writes of each client", 1, 1, 2),
			count("reads", "reads of each client, after its writes", 0, 0, 1),
			count("timeouts", "request timers that may expire on a path", 2, 0, 4),
			count("liars", "replicas in the adversary's hands: the first primary", 0, 0, 1),
			count("lies", "messages that it sends, to all, of any that it could sign in the views that are near", 1, 0, 6),
			count("from", "where a directed search begins, which raises the others as it needs: 0 at the start, 1 when two requests have come, "+
				"2 when one has prepared at a backup, 3 when it has executed there, 4 when a liar has split the replicas, 5 when it has lied about it", 0, 0, prefixes-1),
		},
		Rules: orderRules, Reduction: explore.All,
		Least: map[string]explore.Values{
			pbft.Rules.Names(pbft.CommitPhase):          {"clients": 2, "from": fromPrepared},
			pbft.Rules.Names(pbft.PreparedCertificates): {"clients": 2, "from": fromExecuted},
			pbft.Rules.Names(pbft.HighestView):          {"clients": 2, "timeouts": 0, "from": fromLied},
		},
		Build: func(v explore.Values, lifted []string) explore.Runner {
			return explore.RunnerOf("pbft", explore.Model[State](orderingOf(v, lifted).Model()))
		},
	}, epochsEntry(), councilEntry(), bftbcEntry()}
}

func orderingOf(v explore.Values, lifted []string) PBFT {
	p := PBFT{Clients: v["clients"], Writes: v["writes"], Reads: v["reads"], Timeouts: v["timeouts"], From: v["from"], Liars: v["liars"], Lies: v["lies"] * v["liars"]}
	p.Lifted = pbft.Rules.Lifted(func(name string) bool { return slices.Contains(lifted, name) })
	return p
}

func staticOf(v explore.Values, lifted []string) DBQS {
	d := DBQS{
		Liars: v["liars"], Writers: v["writers"], Writes: v["writes"], Readers: v["readers"], Reads: v["reads"],
		Faults: Faults{Timers: v["timers"], Losses: v["losses"], Duplicates: v["duplicates"], Crashes: v["crashes"]},
	}
	for _, r := range dbqs.AllRules() {
		if slices.Contains(lifted, r.String()) {
			d.Lifted = d.Lifted.Lift(r)
		}
	}
	return d
}
