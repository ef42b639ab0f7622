// Package experiment draws figures from runs: an experiment names scenarios, what
// is varied between them, and what is measured, and becomes a figure with its
// data and its provenance. Each point is a set of runs over consecutive seeds;
// points are computed in parallel, and remembered by their content, so that an
// interrupted figure goes on where it was.
package experiment

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"turncoat/results"
	"turncoat/scenarios"
)

// Spec is an experiment as it is written down.
type Spec struct {
	Name    string      `yaml:"name"`
	Caption string      `yaml:"caption"` // what is seen and what is modelled, for someone who sees only the figure
	Measure string      `yaml:"measure"` // see measures
	Compute string      `yaml:"compute"` // in place of a measure: a computation of its own, see computations
	Kind    string      `yaml:"kind"`    // curve: the measure's statistic against x; cdf: its distribution
	Stat    string      `yaml:"statistic"`
	X       AxisSpec    `yaml:"x"`
	Y       AxisSpec    `yaml:"y"`
	Footer  string      `yaml:"footer"`
	Seeds   uint64      `yaml:"seeds"` // of each point
	Quick   uint64      `yaml:"quick"` // of each point of a draft
	Series  []Curve     `yaml:"series"`
	Growth  []Assertion `yaml:"growth"` // what the figure claims about growth; checked by tests
}

// AxisSpec is an axis; the x axis of a curve says what is varied.
type AxisSpec struct {
	Label  string   `yaml:"label"`
	Log    bool     `yaml:"log"`
	Set    string   `yaml:"set"`    // key of the scenario's field; "" with one unnamed value
	Values []string `yaml:"values"` // what it is set to
	Shown  []string `yaml:"shown"`  // where each value lies on the axis; not given: at the value
	Few    uint64   `yaml:"few"`    // how many of the values a draft has; 0: all
}

// Curve is one series: a scenario with values set.
type Curve struct {
	Label      string   `yaml:"label"`
	Scenario   string   `yaml:"scenario"`
	Set        []string `yaml:"set"`
	Operations string   `yaml:"operations"` // read, write, or both when it is not given
}

// Assertion is a claim that a series grows like x^b.
type Assertion struct {
	Series string   `yaml:"series"`
	Range  []string `yaml:"exponent"` // least and most b
}

//go:embed library/*.yaml
var files embed.FS

// Library returns the experiments that ship with the program, sorted by name.
func Library() ([]*Spec, error) {
	entries, err := files.ReadDir("library")
	if err != nil {
		return nil, err
	}
	var out []*Spec
	for _, e := range entries {
		text, err := files.ReadFile("library/" + e.Name())
		if err != nil {
			return nil, err
		}
		s, err := Decode(e.Name(), text)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// Find returns the experiments of some names, all of them for no names.
func Find(names []string) ([]*Spec, error) {
	all, err := Library()
	if err != nil || len(names) == 0 {
		return all, err
	}
	var known []string
	for _, s := range all {
		known = append(known, s.Name)
	}
	var out []*Spec
	for _, name := range names {
		i := slices.Index(known, name)
		if i < 0 {
			return nil, fmt.Errorf("there is no figure %q%s", name, scenarios.DidYouMean(name, known))
		}
		out = append(out, all[i])
	}
	return out, nil
}

// Decode reads an experiment, strictly.
func Decode(file string, text []byte) (*Spec, error) {
	s := &Spec{Kind: "curve", Stat: "mean"}
	if err := scenarios.DecodeStrict(file, text, s); err != nil {
		return nil, err
	}
	if len(s.X.Values) == 0 {
		s.X.Values = []string{""}
	}
	return s, s.validate(file)
}

func (s *Spec) validate(file string) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s", file, fmt.Sprintf(format, args...))
	}
	if s.Compute != "" {
		if _, ok := computations[s.Compute]; !ok {
			return fail("compute: there is no %q%s", s.Compute, scenarios.DidYouMean(s.Compute, []string{"detection", "group-exceeds"}))
		}
		return nil
	}
	if _, ok := measures[s.Measure]; !ok {
		return fail("measure: there is no %q%s", s.Measure, scenarios.DidYouMean(s.Measure, measureNames()))
	}
	if s.Kind != "curve" && s.Kind != "cdf" {
		return fail("kind: %q is neither curve nor cdf", s.Kind)
	}
	if _, err := statistic(s.Stat); err != nil {
		return fail("statistic: %v", err)
	}
	if s.Seeds == 0 || s.Quick == 0 || len(s.Series) == 0 {
		return fail("seeds, quick and series must be given")
	}
	if len(s.X.Shown) > 0 && len(s.X.Shown) != len(s.X.Values) {
		return fail("x.shown: %d places for %d values", len(s.X.Shown), len(s.X.Values))
	}
	for _, c := range s.Series {
		for _, x := range s.X.Values {
			if _, err := s.scenario(c, x); err != nil {
				return fail("series %q: %v", c.Label, err)
			}
		}
	}
	return nil
}

// scenario returns what a curve runs at a value of x.
func (s *Spec) scenario(c Curve, x string) (*scenarios.Spec, error) {
	sets := slices.Clone(c.Set)
	if s.X.Set != "" {
		sets = append(sets, s.X.Set+"="+x)
	}
	spec, err := scenarios.Lookup(c.Scenario)
	if err != nil {
		return nil, err
	}
	return spec, scenarios.Apply(spec, sets)
}

// values returns the values of x, fewer of them for a draft.
func (s *Spec) values(quick bool) []string {
	if quick && s.X.Few > 0 && int(s.X.Few) < len(s.X.Values) {
		return s.X.Values[:s.X.Few]
	}
	return s.X.Values
}

// seeds returns how many seeds a point has.
func (s *Spec) seeds(quick bool) uint64 {
	if quick {
		return s.Quick
	}
	return s.Seeds
}

// figure returns the figure without its points.
func (s *Spec) figure() *results.Figure {
	f := &results.Figure{
		Name: s.Name, Caption: strings.TrimSpace(s.Caption), Footer: s.Footer,
		X: results.Axis{Label: s.X.Label, Log: s.X.Log}, Y: results.Axis{Label: s.Y.Label, Log: s.Y.Log},
	}
	for _, c := range s.Series {
		f.Series = append(f.Series, results.Series{Label: c.Label, Steps: s.Kind == "cdf"})
	}
	return f
}
