package experiment

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/zeebo/xxh3"
	"go.yaml.in/yaml/v4"

	"turncoat/protocol/auth"
	"turncoat/results"
	"turncoat/scenarios"
	"turncoat/sim"
)

// job is a point to be computed: runs over seeds from 0.
type job struct {
	curve  *Curve
	x      string  // the value of x
	at     float64 // its place on the axis
	digest string  // of what is run
	key    string  // of what is measured of it
	seeds  uint64
	run    func(seed uint64) (*sampled, error)
}

// sampled is what one run gave: a sample for each column.
type sampled struct {
	columns  [][]float64
	scenario string
	digest   string // 32 hex digits
}

// point is what the cache holds.
type point struct {
	Runs    string      `json:"runs"`
	Columns [][]float64 `json:"columns"`
}

// curves returns the points of a figure that shows a measure of scenarios.
func (s *Spec) curves(quick bool) ([]job, error) {
	var out []job
	for i := range s.Series {
		c := &s.Series[i]
		for n, x := range s.values(quick) {
			if slices.Contains(c.Except, x) {
				continue
			}
			spec, err := s.scenario(*c, x)
			if err != nil {
				return nil, fmt.Errorf("figure %s, series %q at %s: %w", s.Name, c.Label, x, err)
			}
			at, err := s.place(n)
			if err != nil {
				return nil, err
			}
			digest, err := digestOf(spec)
			if err != nil {
				return nil, err
			}
			j := job{curve: c, x: x, at: at, digest: digest, seeds: s.seeds(quick)}
			j.key = fmt.Sprint(s.Measure, c.Operations, s.Columns)
			j.run = func(seed uint64) (*sampled, error) { return s.measured(c, spec, seed) }
			out = append(out, j)
		}
	}
	return out, nil
}

// digestOf returns a digest of something as it is written.
func digestOf(spec any) (string, error) {
	text, err := yaml.Dump(spec)
	return fmt.Sprintf("%016x", xxh3.Hash(text)), err
}

// place returns where the n-th value lies on the x axis.
func (s *Spec) place(n int) (float64, error) {
	if s.Kind == "dots" || s.Kind == "cdf" || s.Spread == "x" && len(s.Columns) > 0 {
		return float64(n), nil
	}
	text := s.X.Values[n]
	if len(s.X.Shown) > 0 {
		text = s.X.Shown[n]
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, fmt.Errorf("figure %s: x.values: %q has no place on the axis; give x.shown", s.Name, text)
	}
	return v, nil
}

// measured runs a scenario once. A figure is drawn from runs that were right: any
// other verdict is an error.
func (s *Spec) measured(c *Curve, spec *scenarios.Spec, seed uint64) (*sampled, error) {
	g := measures[s.Measure](frame{operations: c.Operations, columns: s.Columns, spec: spec})
	o := scenarios.Options{Seed: seed, Suite: auth.Ideal, Observers: []sim.Observer{g}}
	if t, traces := g.(sim.Tracer); traces {
		o.Tracer = t
	}
	r, err := scenarios.Run(spec, o)
	if err != nil {
		return nil, err
	}
	if r.Verdict != "pass" {
		return nil, fmt.Errorf("seed %d is no pass but %s: %s (again, with what the figure sets: %s)", seed, r.Verdict, r.Detail, r.Reproduce)
	}
	return &sampled{g.columns(r), r.Scenario, r.Digest}, nil
}

// runAll computes points, or finds them in the cache. All runs of all points share
// the slots; each point is remembered as soon as its last run is over.
func runAll(jobs []job, o Options) ([]point, error) {
	out := make([]point, len(jobs))
	errs := make([]error, len(jobs))
	slots := make(chan struct{}, max(o.Jobs, 1))
	var group sync.WaitGroup
	var progress sync.Mutex
	done := 0
	for i := range jobs {
		group.Go(func() {
			out[i], errs[i] = jobs[i].point(o.Cache, slots)
			progress.Lock()
			defer progress.Unlock()
			if done++; o.Progress != nil {
				o.Progress(done, len(jobs))
			}
		})
	}
	group.Wait()
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("series %q at %q: %w", jobs[i].curve.Label, jobs[i].x, err)
		}
	}
	return out, nil
}

// point computes the job's point, or finds it in a cache.
func (j *job) point(cache string, slots chan struct{}) (p point, err error) {
	key := fmt.Sprintf("%016x.json", xxh3.HashString(fmt.Sprintf("%s %s %s %d", scenarios.Version(), j.digest, j.key, j.seeds)))
	file := filepath.Join(cache, key)
	if b, err := os.ReadFile(file); cache != "" && err == nil && json.Unmarshal(b, &p) == nil {
		return p, nil
	}
	if p, err = j.compute(slots); err != nil || cache == "" {
		return p, err
	}
	b, err := json.Marshal(p)
	if err != nil {
		return p, err
	}
	return p, scenarios.WriteFile(file, b)
}

// compute runs all seeds of the point.
func (j *job) compute(slots chan struct{}) (p point, err error) {
	runs := make([]*sampled, j.seeds)
	errs := make([]error, j.seeds)
	var group sync.WaitGroup
	for seed := range j.seeds {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			runs[seed], errs[seed] = j.run(seed)
		})
	}
	group.Wait()
	var fold results.Fold
	for seed, r := range runs {
		if errs[seed] != nil {
			return p, errs[seed]
		}
		if p.Columns == nil {
			p.Columns = make([][]float64, len(r.columns))
		}
		if r.digest == "" { // no simulated run: what was drawn stands for itself
			if r.digest, errs[seed] = digestOf(r.columns); errs[seed] != nil {
				return p, errs[seed]
			}
		}
		fold.Add(r.scenario, uint64(seed), r.digest)
		for column, sample := range r.columns {
			p.Columns[column] = append(p.Columns[column], sample...)
		}
	}
	p.Runs = fold.String()
	return p, nil
}
