// Package drawntest generates scenarios and lists of decisions for property tests with
// rapid, which shrinks them, and for native fuzzing, whose bytes rapid turns into draws.
//
//	rapid.Check(t, func(t *rapid.T) {
//		spec := drawntest.Scenario("bftbc").Draw(t, "scenario")
//		rep := drawntest.Run(t, spec, drawntest.Decisions(spec).Draw(t, "decisions"))
//		// say what must be true of rep
//	})
//
// A drawn scenario is small and within its fault bounds, and a list is a choice among
// the decisions that some seed of the scenario made, some of them with other values: a
// decision that no run asks about would only be noise. Left out are the protocols with a
// membership service, whose runs are too long for hundreds of draws in a test.
package drawntest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"turncoat/protocol/auth"
	"turncoat/scenarios"
	"turncoat/sim"
)

// Protocols are those of which scenarios can be drawn.
var Protocols = []string{"dbqs", "bftbc", "pbft"}

// lies are the strategies that a drawn liar may follow; each protocol knows them.
var lies = []string{"silent(rate=300000)", "stale", "fabricate", "equivocate", "replay", "twins"}

// Scenario generates valid scenarios of a protocol: one fault tolerated, up to three
// clients with up to six operations on up to two objects, up to one liar, a network that
// may lose and repeat messages, and up to one server that crashes and comes back.
func Scenario(protocol string) *rapid.Generator[*scenarios.Spec] {
	return rapid.Custom(func(t *rapid.T) *scenarios.Spec {
		var b strings.Builder
		fmt.Fprintf(&b, "name: drawn\nsystem: {protocol: %s, retry: %dms}\n", protocol, rapid.IntRange(20, 200).Draw(t, "retry"))
		fmt.Fprintf(&b, "clients: %d\nobjects: {public-key: %d}\n", rapid.IntRange(1, 3).Draw(t, "clients"), rapid.IntRange(1, 2).Draw(t, "objects"))
		fmt.Fprintf(&b, "workload: {operations: %d, think: 0ms..%dms}\n", rapid.IntRange(1, 6).Draw(t, "operations"), rapid.IntRange(1, 50).Draw(t, "think"))
		fmt.Fprintf(&b, "network: {loss: 0%%..%d%%, duplicate: 0%%..%d%%, latency: {shape: log-normal, base: %dms, sigma: %d%%}}\n",
			rapid.IntRange(1, 10).Draw(t, "loss"), rapid.IntRange(1, 10).Draw(t, "duplicate"), rapid.IntRange(1, 10).Draw(t, "base"), rapid.IntRange(0, 150).Draw(t, "sigma"))
		switch rapid.SampledFrom([]string{"", "liar", "crash"}).Draw(t, "fault") {
		case "liar":
			fmt.Fprintf(&b, "adversary: {liars: 1, strategies: [%s]}\n", rapid.SampledFrom(lies).Draw(t, "strategy"))
		case "crash":
			fmt.Fprintf(&b, "faults: [{kind: crash, servers: 1, at: 0ms..200ms, for: 1ms..%dms}]\n", rapid.IntRange(2, 300).Draw(t, "crash"))
		}
		spec, err := scenarios.Decode("drawn.yaml", []byte(b.String()))
		if err != nil {
			t.Fatalf("a drawn scenario is not valid: %v\n%s", err, b.String())
		}
		return spec
	})
}

// Decisions generates lists of decisions of a scenario. rapid shrinks them to fewer
// entries with smaller values.
func Decisions(spec *scenarios.Spec) *rapid.Generator[[]sim.Decision] {
	return rapid.Custom(func(t *rapid.T) []sim.Decision {
		seed := rapid.Uint64Range(0, 1<<20).Draw(t, "seed")
		rep, err := scenarios.Run(spec, scenarios.Options{Seed: seed, Suite: auth.Ideal, Keep: true, Calm: true})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		plot, network := parted(rep.Decisions)
		var out []sim.Decision
		for _, d := range plot[:min(len(plot), mostPlot)] {
			if rapid.Bool().Draw(t, "keep") {
				out = append(out, d)
			}
		}
		if len(network) > 0 {
			out = append(out, rapid.SliceOfN(changed(network), 0, 40).Draw(t, "network")...)
		}
		slices.SortFunc(out, func(a, b sim.Decision) int { return a.Key.Compare(b.Key) })
		return slices.CompactFunc(out, func(a, b sim.Decision) bool { return a.Key == b.Key })
	})
}

// mostPlot is how many lies, faults, operations and sizes of a seed a list may have.
const mostPlot = 120

// parted parts what clients, liars and faults do, of which there is little, from what the
// network does with each message.
func parted(list []sim.Decision) (plot, network []sim.Decision) {
	for _, d := range list {
		switch d.Choice {
		case sim.Loss, sim.Duplicate, sim.Corrupt, sim.Delay:
			network = append(network, d)
		default:
			plot = append(plot, d)
		}
	}
	slices.SortFunc(plot, func(a, b sim.Decision) int { return cmp.Or(-cmp.Compare(a.Choice, b.Choice), a.Key.Compare(b.Key)) })
	return plot, network
}

// changed generates decisions of a list, half of them with other values.
func changed(from []sim.Decision) *rapid.Generator[sim.Decision] {
	return rapid.Custom(func(t *rapid.T) sim.Decision {
		d := rapid.SampledFrom(from).Draw(t, "which")
		if rapid.Bool().Draw(t, "other value") {
			d.Value = value(d.Choice).Draw(t, "value")
		}
		return d
	})
}

// value generates values of what the network does. Those that make no sense in a
// scenario are brought to the nearest that does.
func value(c sim.Choice) *rapid.Generator[int64] {
	switch c {
	case sim.Loss:
		return rapid.Int64Range(0, 1)
	case sim.Corrupt:
		return rapid.Int64Range(0, 4096)
	}
	return rapid.Map(rapid.Int64Range(0, 300), func(ms int64) int64 { return ms * int64(time.Millisecond) })
}

// Run runs a list of decisions of a scenario, and fails t if it cannot be run.
func Run(t rapid.TB, spec *scenarios.Spec, list []sim.Decision) *scenarios.Report {
	t.Helper()
	rep, err := scenarios.Run(spec, scenarios.Options{Seed: 1, Suite: auth.Ideal, Listed: true, Decisions: list, Keep: true})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return rep
}
