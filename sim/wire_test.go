package sim

import (
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
)

// The same link is the same wire, in the matrix and in the table, however many
// there are.
func TestWiresAgainstAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		nodes := rapid.SampledFrom([]int{3, denseNodes, denseNodes + 1, 100_000}).Draw(t, "nodes")
		var w wires
		w.init(nodes, newStream(1, "network"))
		type ends struct{ from, to protocol.NodeID }
		sent := map[ends]uint32{}
		seed := newStream(rapid.Uint64().Draw(t, "seed"), "pairs")
		for i := range uint32(rapid.IntRange(1, 5000).Draw(t, "sends")) {
			e := ends{protocol.NodeID(below(seed.child(0, 0).at(i), 40) % uint64(nodes)), protocol.NodeID(below(seed.child(1, 1).at(i), uint64(nodes)))}
			x := w.of(e.from, e.to)
			if x.sent != sent[e] || x.stream != w.seed.child(int32(e.from), int32(e.to)) {
				t.Fatalf("%d to %d of %d nodes: %d sent, want %d", e.from, e.to, nodes, x.sent, sent[e])
			}
			x.sent++
			sent[e]++
		}
	})
}
