package sim

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkQueueHold is the hold model of Vaucher and Duval (CACM 18(4), 1975): with a constant
// number of events pending, pop one and push one a random increment later. One operation is
// one event, in and out.
func BenchmarkQueueHold(b *testing.B) {
	shapes := []struct {
		name string
		draw func(*rand.Rand) ticks
	}{
		{"exp", func(r *rand.Rand) ticks { return ticks(r.ExpFloat64() * 1e8) }}, // mean 100 ms
		{"uniform", func(r *rand.Rand) ticks { return r.Int64N(2e6) }},
		{"bimodal", func(r *rand.Rand) ticks { // messages about 1 ms away, one in twenty a timer 1 s away
			if r.IntN(20) == 0 {
				return 1e9
			}
			return 1e6 + r.Int64N(2e5)
		}},
		{"ties", func(r *rand.Rand) ticks { return r.Int64N(2) * 1e6 }}, // now, or exactly 1 ms away
		{"same", func(*rand.Rand) ticks { return 0 }},
		{"widening", func(r *rand.Rand) ticks { return 1 << r.IntN(40) }}, // each scale as likely as the next
	}
	for _, pending := range []int{10, 100, 1000, 10_000, 100_000, 1_000_000} {
		for _, s := range shapes {
			b.Run(fmt.Sprintf("pending=%d/%s", pending, s.name), func(b *testing.B) {
				hold(b, pending, s.draw)
			})
		}
	}
}

func hold(b *testing.B, pending int, draw func(*rand.Rand) ticks) {
	r := rand.New(rand.NewPCG(1, 2))
	delta := make([]ticks, 1<<16) // drawn beforehand: the generator is not what is measured
	for i := range delta {
		delta[i] = draw(r)
	}
	var q queue
	seq := ordinary
	for range pending {
		q.push(event{at: delta[seq%uint64(len(delta))], seq: seq})
		seq++
	}
	step := func(n int) {
		for range n {
			e, _ := q.pop()
			e.at += delta[seq%uint64(len(delta))]
			e.seq = seq
			q.push(e)
			seq++
		}
	}
	step(3 * pending) // from the initial crowd to the steady state
	b.ReportAllocs()
	b.ResetTimer()
	step(b.N)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Mevents/s")
}
