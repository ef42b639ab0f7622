package bftbc

import (
	"testing"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/storytest"
)

// BenchmarkOperations measures a write and a read of four replicas, all messages
// delivered at once and every signature checked, in each variant.
func BenchmarkOperations(b *testing.B) {
	for _, variant := range []Variant{Base, Optimised, Strong} {
		b.Run(variant.String(), func(b *testing.B) {
			w := newNetwork(Config{F: 1, Variant: variant}, auth.Ideal, 1)
			for b.Loop() {
				w.invoke(0, protocol.Write, "x", "value")
				w.run(storytest.Everything)
				w.invoke(0, protocol.Read, "x", "")
				w.run(storytest.Everything)
				w.results = w.results[:0]
			}
		})
	}
}
