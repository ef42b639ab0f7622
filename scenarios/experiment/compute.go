package experiment

import (
	"fmt"
	"strconv"

	"turncoat/results"
	"turncoat/scenarios"
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
	Costs   *Costs  `json:"costs,omitempty"` // of the computers, where they take time
	Points  []Point `json:"points"`
	Fits    []Fit   `json:"fits,omitempty"` // of the growth that the figure claims
	Caption string  `json:"caption"`
}

// Fit is the growth of a series as it was found: like x^Exponent, or by PerTenfold for
// each tenfold x, where R2 is the share of the variance that this explains.
type Fit struct {
	Series     string  `json:"series"`
	Exponent   float64 `json:"exponent"`
	PerTenfold float64 `json:"per_tenfold"`
	R2         float64 `json:"r2_of_log"`
}

// Point is one point: what was run, and what it folded into.
type Point struct {
	Series   string `json:"series"`
	X        string `json:"x"`
	Scenario string `json:"scenario_digest"` // of the scenario as it was run
	Runs     string `json:"runs_digest"`     // the folded digests of its runs
}

// computations are figures whose runs are no scenario's.
var computations = map[string]func(*Spec, bool) ([]job, error){
	"detection":     detection,
	"dissemination": dissemination,
	"group-exceeds": groupExceeds,
	"probing":       probing,
}

// Compute runs an experiment and returns its figure.
func Compute(s *Spec, o Options) (*results.Figure, *Provenance, error) {
	f := s.figure()
	p := &Provenance{Figure: s.Name, Code: scenarios.Version(), Quick: o.Quick, Seeds: s.seeds(o.Quick), Caption: f.Caption}
	if s.Costs {
		p.Costs = Calibrated()
	}
	jobs, err := s.jobs(o.Quick)
	if err != nil {
		return nil, nil, err
	}
	computed, err := runAll(jobs, o)
	if err != nil {
		return nil, nil, fmt.Errorf("figure %s: %w", s.Name, err)
	}
	for i := range jobs {
		p.Points = append(p.Points, Point{jobs[i].curve.Label, jobs[i].x, jobs[i].digest, computed[i].Runs})
	}
	if err := s.assemble(f, jobs, computed); err != nil {
		return nil, nil, err
	}
	p.Fits = s.fits(f)
	return f, p, nil
}

// fits returns the growth of the series about whose growth the figure claims something.
func (s *Spec) fits(f *results.Figure) (out []Fit) {
	for _, claim := range s.Claims {
		i := f.Find(claim.Series)
		if len(claim.Range) == 0 && claim.Log == "" || i < 0 {
			continue
		}
		fit := Fit{Series: claim.Series, Exponent: results.Exponent(f.Series[i].Points)}
		fit.PerTenfold, fit.R2 = results.LogFit(f.Series[i].Points)
		out = append(out, fit)
	}
	return out
}

// jobs returns what is to be computed.
func (s *Spec) jobs(quick bool) ([]job, error) {
	if s.Compute != "" {
		return computations[s.Compute](s, quick)
	}
	return s.curves(quick)
}

// assemble makes curves of points. Those of one place on one curve are pooled.
func (s *Spec) assemble(f *results.Figure, jobs []job, computed []point) error {
	type place struct {
		series int
		x      float64
	}
	var order []place
	pool := make(map[place][]float64)
	stats := make(map[place]string)
	for i := range jobs {
		for column, sample := range computed[i].Columns {
			at, label := place{x: jobs[i].at}, s.label(jobs[i].curve, column)
			if s.Spread == "x" && len(s.Columns) > 0 {
				v, err := strconv.ParseFloat(s.Columns[column], 64)
				if err != nil {
					return fmt.Errorf("figure %s: columns: %q has no place on the axis", s.Name, s.Columns[column])
				}
				at.x = v
			}
			if at.series = f.Find(label); at.series < 0 {
				return fmt.Errorf("figure %s: there is no series %q", s.Name, label)
			}
			if _, some := pool[at]; !some {
				order = append(order, at)
			}
			pool[at] = append(pool[at], sample...)
			if stats[at] = s.Stat; jobs[i].curve.Stat != "" {
				stats[at] = jobs[i].curve.Stat
			}
		}
	}
	for _, at := range order {
		series := &f.Series[at.series]
		if s.Kind == "cdf" {
			series.Points = results.CDF(pool[at], 200)
			continue
		}
		if len(pool[at]) == 0 {
			continue // nothing fell here: a draft may have too few runs
		}
		stat, err := statistic(stats[at])
		if err != nil {
			return err
		}
		v := stat(pool[at])
		series.Points = append(series.Points, results.Point{X: at.x, Y: v.Value, Lo: v.Lo, Hi: v.Hi})
	}
	return nil
}
