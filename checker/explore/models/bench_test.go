package models

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"turncoat/checker/explore"
)

// BenchmarkExploreABD explores all of abd by breadth-first search, unreduced,
// by as many workers as there are cores. servers=3 is some 195 million transitions.
func BenchmarkExploreABD(b *testing.B) {
	for _, servers := range []int{2, 3} {
		b.Run(fmt.Sprintf("servers=%d", servers), func(b *testing.B) {
			m := ABD(servers, 2)
			var transitions, states uint64
			var peak int64
			for b.Loop() {
				r, err := explore.Explore(context.Background(), "abd", m, explore.Options{Workers: runtime.GOMAXPROCS(0)})
				if err != nil {
					b.Fatal(err)
				}
				if !r.Exhaustive {
					b.Fatalf("the search was cut short by %s", r.TruncatedBy)
				}
				transitions, states, peak = transitions+r.Transitions, r.UniqueStates, r.PeakBytes
			}
			b.ReportMetric(float64(transitions)/b.Elapsed().Seconds(), "transitions/s")
			b.ReportMetric(float64(states), "states")
			b.ReportMetric(float64(peak)/float64(states), "peak-B/state")
		})
	}
}
