package models

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"turncoat/checker/explore"
)

// BenchmarkExploreABD explores all of abd by breadth-first search, unreduced,
// by as many workers as there are cores, and expects the counts of the package documentation.
func BenchmarkExploreABD(b *testing.B) {
	for _, c := range []struct {
		servers             int
		states, transitions uint64
	}{{2, 544, 874}, {3, 41_138_199, 194_646_242}} {
		b.Run(fmt.Sprintf("servers=%d", c.servers), func(b *testing.B) {
			m := ABD(c.servers, 2)
			var transitions, states uint64
			var peak int64
			for b.Loop() {
				r, err := explore.Explore(context.Background(), "abd", m, explore.Options{Workers: runtime.GOMAXPROCS(0)})
				if err != nil {
					b.Fatal(err)
				}
				if r.Verdict != explore.Pass || r.UniqueStates != c.states || r.Transitions != c.transitions {
					b.Fatalf("%s: %d states, %d transitions", r.Detail, r.UniqueStates, r.Transitions)
				}
				transitions, states, peak = transitions+r.Transitions, r.UniqueStates, r.PeakBytes
			}
			b.ReportMetric(float64(transitions)/b.Elapsed().Seconds(), "transitions/s")
			b.ReportMetric(float64(states), "states")
			b.ReportMetric(float64(peak)/float64(states), "peak-B/state")
		})
	}
}
