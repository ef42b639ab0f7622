package scenarios

import (
	"testing"

	"turncoat/checker"
	"turncoat/protocol/auth"
)

// BenchmarkSchedule runs and judges one schedule of each scenario of the library
// after another.
func BenchmarkSchedule(b *testing.B) {
	for _, s := range Library() {
		b.Run(s.Name, func(b *testing.B) {
			b.ReportAllocs()
			events := uint64(0)
			for seed := uint64(0); b.Loop(); seed++ {
				rep, err := Run(s, Options{Seed: seed, Suite: auth.Ideal})
				if err != nil || rep.Outcome != checker.Pass {
					b.Fatalf("seed %d: %+v, %v", seed, rep, err)
				}
				events += rep.Events
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkStaticChecked is one long run of four servers and three clients, judged:
// an operation is what is counted.
func BenchmarkStaticChecked(b *testing.B) {
	const text = `
name: static
clients: 3
workload: {reads: 50%}
limits: {deadline: 87600h, events: 0}
`
	s, err := Decode("bench.yaml", []byte(text))
	if err != nil {
		b.Fatal(err)
	}
	each := int64(b.N/3 + 1)
	s.Workload.Operations = Ints{each, each}
	b.ReportAllocs()
	rep, err := Run(s, Options{Seed: 1, Suite: auth.Ideal})
	if err != nil || rep.Outcome != checker.Pass || rep.Operations.Returned != uint64(3*each) {
		b.Fatalf("%+v, %v", rep, err)
	}
	b.ReportMetric(float64(rep.Operations.Returned)/b.Elapsed().Seconds(), "ops/s")
}
