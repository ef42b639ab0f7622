package experiment

import (
	"encoding/binary"
	"strconv"

	"turncoat/protocol"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
	"turncoat/scenarios"
	"turncoat/sim"
)

// Gauges of the membership service: each follows the epochs as servers enter them.

// calendar notes when the first server entered each epoch.
type calendar struct {
	quiet
	begun   []int64 // by epoch
	changed []bool  // its configuration is another than the one before
	evicted []int   // members that became inactive
	last    int64   // when the last input was
}

// Stepped implements sim.Stepper.
func (c *calendar) Stepped(_ uint64, at int64, _ protocol.NodeID, m protocol.Machine) {
	c.last = at
	s := serverOf(m)
	if s == nil {
		return
	}
	if len(c.begun) == 0 {
		c.begun, c.changed, c.evicted = []int64{0}, []bool{false}, []int{0}
	}
	v := s.View()
	for e := uint64(len(c.begun)); e <= v.Epoch(); e++ {
		delta := v.Step(e - 1).Delta
		evicted := 0
		for i := range delta.Changes {
			if ch := &delta.Changes[i]; ch.Kind == ring.SetStatus && ch.Member.Status == ring.Inactive {
				evicted++
			}
		}
		c.begun, c.changed, c.evicted = append(c.begun, at), append(c.changed, len(delta.Changes) > 0), append(c.evicted, evicted)
	}
}

// serverOf returns the member in a machine, nil if there is none.
func serverOf(m protocol.Machine) *membership.Server {
	switch m := m.(type) {
	case *membership.Server:
		return m
	case interface{ Server() *membership.Server }:
		return m.Server()
	}
	return nil
}

// evictions tells how long it takes until a silent member is evicted, or how often one
// is that was there all the time.
type evictions struct {
	calendar
	spec   *scenarios.Spec
	silent bool // somebody falls silent, as the scenario's first fault
}

func newEvictions(silent bool) func(frame) gauge {
	return func(f frame) gauge { return &evictions{spec: f.spec, silent: silent} }
}

func (g *evictions) columns(*scenarios.Report) [][]float64 {
	if g.silent {
		since := int64(g.spec.Faults[0].At.Lo)
		for e, n := range g.evicted {
			if n > 0 && g.begun[e] > since {
				return [][]float64{{float64(g.begun[e]-since) / 1e9}}
			}
		}
		return [][]float64{{}}
	}
	total := 0
	for _, n := range g.evicted {
		total += n
	}
	hours := float64(g.last) / 3600e9
	return [][]float64{{float64(total) / float64(g.spec.System.Servers.Lo) / hours}}
}

// certificates counts the freshness certificates that the service signs.
type certificates struct {
	quiet
	roots map[view.FreshnessStatement]bool // looked up and counted only
	last  int64
}

func newCertificates(frame) gauge {
	return &certificates{roots: make(map[view.FreshnessStatement]bool)}
}

// Step implements sim.Tracer.
func (g *certificates) Step(s sim.Step) {
	if m, ok := s.Message.(*view.FreshReply); ok && s.Kind == sim.StepMessage {
		g.roots[m.Certificate.FreshnessStatement] = true
	}
}

// Returned implements sim.Observer.
func (g *certificates) Returned(_ uint64, at int64, _ protocol.NodeID, _ protocol.Result) {
	g.last = at
}

func (g *certificates) columns(*scenarios.Report) [][]float64 {
	return [][]float64{{float64(len(g.roots)) / (float64(g.last) / 1e9)}}
}

// staleness tells for each operation how long the epoch that it acted in had been over.
type staleness struct {
	calendar
	sample []float64 // ms
}

func newStaleness(frame) gauge { return &staleness{} }

// Returned implements sim.Observer.
func (g *staleness) Returned(_ uint64, at int64, _ protocol.NodeID, r protocol.Result) {
	if len(r.Value) != 8 {
		return // an order of the authority's
	}
	next := int(binary.LittleEndian.Uint64(r.Value)) + 1
	late := int64(0)
	if next < len(g.begun) {
		late = at - g.begun[next]
	}
	g.sample = append(g.sample, milliseconds(late))
}

func (g *staleness) columns(*scenarios.Report) [][]float64 { return [][]float64{g.sample} }

// timeline tells of the operations around the first change of the groups: how long
// those took that began at a time, or how many returned.
type timeline struct {
	calendar
	latency bool
	places  []int64 // ns from the change on: the middle of each bin
	width   int64
	began   map[protocol.NodeID]int64
	done    [][2]int64 // began, returned
}

func newTimeline(latency bool) func(frame) gauge {
	return func(f frame) gauge {
		g := &timeline{latency: latency, began: make(map[protocol.NodeID]int64)}
		for _, text := range f.columns {
			ms, err := strconv.ParseFloat(text, 64)
			if err != nil {
				panic("experiment: the columns of a timeline are milliseconds: " + err.Error())
			}
			g.places = append(g.places, int64(ms*1e6))
		}
		g.width = g.places[1] - g.places[0]
		return g
	}
}

// Invoked implements sim.Observer.
func (g *timeline) Invoked(_ uint64, at int64, client protocol.NodeID, op protocol.Operation) {
	if !isOrder(&op) {
		g.began[client] = at
	}
}

// Returned implements sim.Observer.
func (g *timeline) Returned(_ uint64, at int64, client protocol.NodeID, _ protocol.Result) {
	if began, timed := g.began[client]; timed {
		g.done = append(g.done, [2]int64{began, at})
	}
}

func (g *timeline) columns(*scenarios.Report) [][]float64 {
	change := int64(-1)
	for e, changed := range g.changed {
		if changed && change < 0 {
			change = g.begun[e]
		}
	}
	out := make([][]float64, len(g.places))
	if change < 0 {
		return out // every order of the run was to be refused
	}
	for i, middle := range g.places {
		from := change + middle - g.width/2
		returned := 0
		for _, op := range g.done {
			if g.latency && op[0] >= from && op[0] < from+g.width {
				out[i] = append(out[i], milliseconds(op[1]-op[0]))
			}
			if op[1] >= from && op[1] < from+g.width {
				returned++
			}
		}
		if !g.latency {
			out[i] = []float64{float64(returned) / (float64(g.width) / 1e9)}
		}
	}
	return out
}
