package experiment

import (
	"fmt"
	"strings"
	"time"

	"turncoat/protocol"
	"turncoat/results"
	"turncoat/scenarios"
	"turncoat/sim"
)

// gauge watches one run and turns it into samples, one for each column. It may be a
// sim.Stepper or a sim.Tracer besides.
type gauge interface {
	sim.Observer
	columns(r *scenarios.Report) [][]float64
}

// frame is what a gauge is made for.
type frame struct {
	operations string   // read, write, or "" for both
	columns    []string // of the figure
	spec       *scenarios.Spec
}

// measures make the gauge of one run.
var measures = map[string]func(frame) gauge{
	"latency-ms":                func(f frame) gauge { return newStopwatch(f.operations) },
	"messages-per-operation":    ofReport(func(r *scenarios.Report) float64 { return float64(r.Messages) / float64(r.Operations.Returned) }),
	"operations-per-second":     ofReport(func(r *scenarios.Report) float64 { return float64(r.Operations.Returned) / r.LastReturn.Seconds() }),
	"restarts-per-100":          ofReport(func(r *scenarios.Report) float64 { return 100 * perOperation(r, "dbqs.phase-restarted") }),
	"lurking-writes":            ofReport(lurkingWrites),
	"unavailable-percent":       newAvailability,
	"moved-kb-per-second":       newTransferred,
	"eviction-seconds":          newEvictions(true),
	"false-evictions-per-hour":  newEvictions(false),
	"certificates-per-second":   newCertificates,
	"stale-milliseconds":        newStaleness,
	"move-phases-ms":            newMove,
	"timeline-latency-ms":       newTimeline(true),
	"timeline-operations-per-s": newTimeline(false),
}

// quiet is an observer that looks at nothing.
type quiet struct{}

// Invoked implements sim.Observer.
func (quiet) Invoked(uint64, int64, protocol.NodeID, protocol.Operation) {}

// Returned implements sim.Observer.
func (quiet) Returned(uint64, int64, protocol.NodeID, protocol.Result) {}

// Noted implements sim.Observer.
func (quiet) Noted(uint64, int64, protocol.NodeID, string, uint64) {}

// reported is a gauge of what the report says by itself.
type reported struct {
	quiet
	of func(*scenarios.Report) float64
}

func ofReport(of func(*scenarios.Report) float64) func(frame) gauge {
	return func(frame) gauge { return &reported{of: of} }
}

func (g *reported) columns(r *scenarios.Report) [][]float64 { return [][]float64{{g.of(r)}} }

// perOperation returns how often a situation was met per operation.
func perOperation(r *scenarios.Report, situation string) float64 {
	return float64(r.Reach[situation]) / float64(r.Operations.Returned)
}

// lurkingWrites returns the most writes of a removed client that took effect.
func lurkingWrites(r *scenarios.Report) float64 {
	return float64(r.Judge.(interface{ Lurking() int }).Lurking())
}

// stopwatch observes how long operations take, in virtual time.
type stopwatch struct {
	quiet
	want  string // read, write, or "" for both
	began map[protocol.NodeID]int64
	kinds map[protocol.NodeID]protocol.OpKind
	took  []float64 // ms
}

func newStopwatch(want string) *stopwatch {
	return &stopwatch{want: want, began: make(map[protocol.NodeID]int64), kinds: make(map[protocol.NodeID]protocol.OpKind)}
}

// Invoked implements sim.Observer.
func (s *stopwatch) Invoked(_ uint64, at int64, client protocol.NodeID, op protocol.Operation) {
	if isOrder(&op) {
		return
	}
	s.began[client], s.kinds[client] = at, op.Kind
}

// Returned implements sim.Observer.
func (s *stopwatch) Returned(_ uint64, at int64, client protocol.NodeID, _ protocol.Result) {
	began, timed := s.began[client]
	if timed && (s.want == "" || (s.want == "write") == s.kinds[client].Changes()) {
		s.took = append(s.took, milliseconds(at-began))
	}
}

// isOrder reports whether an operation is an order that the authority's agent gives to
// the membership service, a signed admission, and not one on an object: those write
// a few bytes.
func isOrder(op *protocol.Operation) bool { return op.Kind.Changes() && len(op.Value) > 64 }

func (s *stopwatch) columns(*scenarios.Report) [][]float64 { return [][]float64{s.took} }

func milliseconds(ns int64) float64 { return float64(ns) / float64(time.Millisecond) }

// statistics say what a curve shows of a sample.
var statistics = map[string]func([]float64) results.Summary{
	"mean":   results.Mean,
	"median": func(s []float64) results.Summary { return results.Percentile(s, 0.5) },
	"p99":    func(s []float64) results.Summary { return results.Percentile(s, 0.99) },
	"most":   results.Most,
	"share":  results.Share, // of ones in a sample of zeros and ones
}

func statistic(name string) (func([]float64) results.Summary, error) {
	if of, ok := statistics[name]; ok {
		return of, nil
	}
	return nil, fmt.Errorf("there is no %q (there are %s)", name, strings.Join(names(statistics), ", "))
}
