package experiment

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/zeebo/xxh3"
	"go.yaml.in/yaml/v4"

	"turncoat/protocol/auth"
	"turncoat/results"
	"turncoat/scenarios"
	"turncoat/sim"
)

// Options says how to compute a figure.
type Options struct {
	Quick bool   // a draft: fewer seeds and values
	Jobs  int    // runs at a time
	Cache string // directory of computed points; "" = none
	// Progress is called with the points done and those to do.
	Progress func(done, total int)
}

// Provenance says where a figure's data comes from.
type Provenance struct {
	Figure  string  `json:"figure"`
	Code    string  `json:"code"`
	Quick   bool    `json:"quick"`
	Seeds   uint64  `json:"seeds_per_point"`
	Points  []Point `json:"points"`
	Caption string  `json:"caption"`
}

// Point is one point: what was run, and what it folded into.
type Point struct {
	Series   string    `json:"series"`
	X        string    `json:"x"`
	Scenario string    `json:"scenario_digest"` // of the scenario as it was run
	Runs     string    `json:"runs_digest"`     // the folded digests of its runs
	Sample   []float64 `json:"-"`
}

// point is what the cache holds.
type point struct {
	Runs   string    `json:"runs"`
	Sample []float64 `json:"sample"`
}

// computations are figures that are not a measure of runs against a parameter.
var computations = map[string]func(*Spec, Options) ([]results.Series, error){
	"detection":     detection,
	"group-exceeds": groupExceeds,
}

// Compute runs an experiment and returns its figure.
func Compute(s *Spec, o Options) (*results.Figure, *Provenance, error) {
	f := s.figure()
	p := &Provenance{Figure: s.Name, Code: scenarios.Version(), Quick: o.Quick, Seeds: s.seeds(o.Quick), Caption: f.Caption}
	if s.Compute != "" {
		series, err := computations[s.Compute](s, o)
		f.Series = series
		return f, p, err
	}
	return f, p, s.curves(f, p, o)
}

// curves fills in the points of a figure that shows a measure.
func (s *Spec) curves(f *results.Figure, p *Provenance, o Options) error {
	values := s.values(o.Quick)
	stat, err := statistic(s.Stat)
	if err != nil {
		return err
	}
	for i, c := range s.Series {
		for j, x := range values {
			pt, err := s.point(c, x, o)
			if err != nil {
				return fmt.Errorf("figure %s, series %q at %s: %w", s.Name, c.Label, x, err)
			}
			p.Points = append(p.Points, *pt)
			if s.Kind == "cdf" {
				f.Series[i].Points = results.CDF(pt.Sample, 200)
			} else {
				at, err := s.place(j)
				if err != nil {
					return err
				}
				v := stat(pt.Sample)
				f.Series[i].Points = append(f.Series[i].Points, results.Point{X: at, Y: v.Value, Lo: v.Lo, Hi: v.Hi})
			}
			if o.Progress != nil {
				o.Progress(i*len(values)+j+1, len(s.Series)*len(values))
			}
		}
	}
	return nil
}

// place returns where the j-th value lies on the x axis.
func (s *Spec) place(j int) (float64, error) {
	text := s.X.Values[j]
	if len(s.X.Shown) > 0 {
		text = s.X.Shown[j]
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("figure %s: x.values: %q has no place on the axis; give x.shown", s.Name, text)
	}
	return v, nil
}

// point computes one point, or finds it in the cache.
func (s *Spec) point(c Curve, x string, o Options) (*Point, error) {
	spec, err := s.scenario(c, x)
	if err != nil {
		return nil, err
	}
	text, err := yaml.Dump(spec)
	if err != nil {
		return nil, err
	}
	digest := fmt.Sprintf("%016x", xxh3.Hash(text))
	p := &Point{Series: c.Label, X: x, Scenario: digest}
	seeds := s.seeds(o.Quick)
	key := fmt.Sprintf("%016x.json", xxh3.HashString(fmt.Sprintf("%s %s %s %s %d", scenarios.Version(), digest, s.Measure, c.Operations, seeds)))
	file := filepath.Join(o.Cache, key)
	var found point
	if b, err := os.ReadFile(file); o.Cache != "" && err == nil && json.Unmarshal(b, &found) == nil {
		p.Runs, p.Sample = found.Runs, found.Sample
		return p, nil
	}
	if err := p.run(spec, s.Measure, c.Operations, seeds, o.Jobs); err != nil {
		return nil, err
	}
	if o.Cache == "" {
		return p, nil
	}
	b, err := json.Marshal(point{p.Runs, p.Sample})
	if err != nil {
		return nil, err
	}
	return p, scenarios.WriteFile(file, b)
}

// run runs all seeds of a point. A figure is drawn from runs that were right: any
// other verdict is an error.
func (p *Point) run(spec *scenarios.Spec, measure, operations string, seeds uint64, jobs int) error {
	samples := make([][]float64, seeds)
	reports := make([]*scenarios.Report, seeds)
	errs := make([]error, seeds)
	var group sync.WaitGroup
	slots := make(chan struct{}, max(jobs, 1))
	for seed := range seeds {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			watch := newStopwatch(operations)
			o := scenarios.Options{Seed: seed, Suite: auth.Ideal, Observers: []sim.Observer{watch}}
			if reports[seed], errs[seed] = scenarios.Run(spec, o); errs[seed] == nil {
				samples[seed] = measures[measure](reports[seed], watch)
			}
		})
	}
	group.Wait()
	var fold results.Fold
	for seed, r := range reports {
		if errs[seed] != nil {
			return errs[seed]
		}
		if r.Verdict != "pass" {
			return fmt.Errorf("seed %d is no pass but %s: %s (again: %s)", seed, r.Verdict, r.Detail, r.Reproduce)
		}
		fold.Add(r.Scenario, r.Seed, r.Digest)
		p.Sample = append(p.Sample, samples[seed]...)
	}
	p.Runs = fold.String()
	return nil
}
