package experiment

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"turncoat/protocol"
	"turncoat/results"
	"turncoat/scenarios"
)

// stopwatch observes how long operations take, in virtual time.
type stopwatch struct {
	want  string // read, write, or "" for both
	began map[protocol.NodeID]int64
	kinds map[protocol.NodeID]protocol.OpKind
	took  []time.Duration
}

func newStopwatch(want string) *stopwatch {
	return &stopwatch{want: want, began: make(map[protocol.NodeID]int64), kinds: make(map[protocol.NodeID]protocol.OpKind)}
}

// Invoked implements sim.Observer.
func (s *stopwatch) Invoked(_ uint64, at int64, client protocol.NodeID, op protocol.Operation) {
	s.began[client], s.kinds[client] = at, op.Kind
}

// Returned implements sim.Observer.
func (s *stopwatch) Returned(_ uint64, at int64, client protocol.NodeID, _ protocol.Result) {
	changes := s.kinds[client].Changes()
	if s.want == "" || (s.want == "write") == changes {
		s.took = append(s.took, time.Duration(at-s.began[client]))
	}
}

// Noted implements sim.Observer.
func (s *stopwatch) Noted(uint64, int64, protocol.NodeID, string, uint64) {}

// measures turn a finished run into a sample: one number of it, or one for each
// operation.
var measures = map[string]func(*scenarios.Report, *stopwatch) []float64{
	"latency-ms": func(_ *scenarios.Report, s *stopwatch) []float64 {
		out := make([]float64, len(s.took))
		for i, d := range s.took {
			out[i] = float64(d) / float64(time.Millisecond)
		}
		return out
	},
	"messages-per-operation": func(r *scenarios.Report, _ *stopwatch) []float64 {
		return []float64{float64(r.Messages) / float64(r.Operations.Returned)}
	},
	"operations-per-second": func(r *scenarios.Report, s *stopwatch) []float64 {
		return []float64{float64(r.Operations.Returned) / (time.Duration(r.LastReturn).Seconds())}
	},
	"returned-share": func(r *scenarios.Report, _ *stopwatch) []float64 {
		return []float64{float64(r.Operations.Returned) / float64(r.Operations.Invoked)}
	},
}

func measureNames() []string {
	names := []string{"latency-ms", "messages-per-operation", "operations-per-second", "returned-share"}
	return names
}

// statistic returns what a curve shows of a sample.
func statistic(name string) (func([]float64) results.Summary, error) {
	switch name {
	case "mean":
		return results.Mean, nil
	case "median":
		return func(s []float64) results.Summary { return results.Percentile(s, 0.5) }, nil
	case "p99":
		return func(s []float64) results.Summary { return results.Percentile(s, 0.99) }, nil
	}
	known := []string{"mean", "median", "p99"}
	slices.Sort(known)
	return nil, fmt.Errorf("there is no %q (there are %s)", name, strings.Join(known, ", "))
}
