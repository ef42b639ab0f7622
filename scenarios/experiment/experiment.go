// Package experiment draws figures from runs: an experiment names scenarios, what
// is varied between them, and what is measured, and becomes a figure with its
// data and its provenance. Each point is a set of runs over consecutive seeds;
// points are computed in parallel, and remembered by their content, so that an
// interrupted figure goes on where it was.
package experiment

import (
	"embed"
	"fmt"
	"os"
	"slices"
	"strings"

	"turncoat/results"
	"turncoat/scenarios"
)

// Spec is an experiment as it is written down.
type Spec struct {
	Name    string      `yaml:"name"`
	Title   string      `yaml:"title"`   // a few words above the drawing
	Caption string      `yaml:"caption"` // what is seen and what is modelled, for someone who sees only the figure
	Measure string      `yaml:"measure"` // see measures
	Compute string      `yaml:"compute"` // in place of a measure: runs that are no scenario's, see computations
	Kind    string      `yaml:"kind"`    // curve: the measure's statistic against x; cdf: its distribution; dots: against names
	Stat    string      `yaml:"statistic"`
	Costs   bool        `yaml:"costs"`   // computers take the time that was calibrated
	Columns []string    `yaml:"columns"` // of a measure of several numbers: a series for each, or a place on x
	Spread  string      `yaml:"spread"`  // series or x: what the columns are
	X       AxisSpec    `yaml:"x"`
	Y       AxisSpec    `yaml:"y"`
	Footer  string      `yaml:"footer"`
	Legend  bool        `yaml:"legend"` // name the curves in a legend, and not at their ends
	Seeds   uint64      `yaml:"seeds"`  // of each point
	Quick   uint64      `yaml:"quick"`  // of each point of a draft
	Series  []Curve     `yaml:"series"`
	Claims  []Assertion `yaml:"claims"` // what the figure claims; checked by tests
}

// AxisSpec is an axis; the x axis of a curve says what is varied.
type AxisSpec struct {
	Label  string   `yaml:"label"`
	Log    bool     `yaml:"log"`
	Set    string   `yaml:"set"`    // key of the scenario's field; not given: each value is "key=value; key=value"
	Values []string `yaml:"values"` // what it is set to
	Shown  []string `yaml:"shown"`  // where each value lies on the axis; not given: at the value
	Names  []string `yaml:"names"`  // kind dots: what each value is called; not given: the value
	Few    uint64   `yaml:"few"`    // how many of the values a draft has; 0: all
}

// Curve is one series: a scenario with values set.
type Curve struct {
	Label      string   `yaml:"label"`
	Scenario   string   `yaml:"scenario"`
	Set        []string `yaml:"set"`
	Operations string   `yaml:"operations"` // read, write, or both when it is not given
	Stat       string   `yaml:"statistic"`  // in place of the experiment's
	Except     []string `yaml:"except"`     // values of x that have no meaning here
	Style      string   `yaml:"style"`      // line or marks; both when it is not given
	Hue        uint64   `yaml:"hue"`        // colour and mark, from 1; not given: the next
}

// Assertion is a claim about a series. Each part that is given must hold.
type Assertion struct {
	Series string   `yaml:"series"`
	Range  []string `yaml:"exponent"` // it grows like x^b: least and most b
	Log    string   `yaml:"log"`      // it grows like log x: least R^2 of a straight line against log x
	Bound  string   `yaml:"bound"`    // no point is above, and one is there
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

// Find returns the experiments of some names, which are names of the library or YAML
// files; all of the library for no names.
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
		if strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") {
			text, err := os.ReadFile(name)
			if err != nil {
				return nil, err
			}
			s, err := Decode(name, text)
			if err != nil {
				return nil, err
			}
			out = append(out, s)
			continue
		}
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
	s := &Spec{Kind: "curve", Stat: "mean", Spread: "series"}
	if err := scenarios.DecodeStrict(file, text, s); err != nil {
		return nil, err
	}
	if len(s.X.Values) == 0 {
		s.X.Values = []string{""}
	}
	return s, s.validate(file)
}

// scenario returns what a curve runs at a value of x.
func (s *Spec) scenario(c Curve, x string) (*scenarios.Spec, error) {
	sets := slices.Clone(c.Set)
	if s.Costs {
		sets = append(sets, Calibrated().Sets()...)
	}
	switch {
	case s.X.Set != "":
		sets = append(sets, s.X.Set+"="+x)
	case strings.Contains(x, "="):
		for set := range strings.SplitSeq(x, ";") {
			sets = append(sets, strings.TrimSpace(set))
		}
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

// label returns the label of a curve's series for one of the columns.
func (s *Spec) label(c *Curve, column int) string {
	switch {
	case s.Spread != "series" || len(s.Columns) == 0 || len(s.Columns) == 1 && c.Label != "":
		return c.Label
	case c.Label == "":
		return s.Columns[column]
	}
	return c.Label + ", " + s.Columns[column]
}

// figure returns the figure without its points.
func (s *Spec) figure() *results.Figure {
	f := &results.Figure{
		Name: s.Name, Title: s.Title, Caption: strings.Join(strings.Fields(s.Caption), " "), Footer: s.Footer, Legend: s.Legend,
		X: results.Axis{Label: s.X.Label, Log: s.X.Log}, Y: results.Axis{Label: s.Y.Label, Log: s.Y.Log},
	}
	if s.Kind == "dots" {
		f.X.Names = s.X.Names
		if len(f.X.Names) == 0 {
			f.X.Names = s.X.Values
		}
	}
	columns := 1
	if s.Spread == "series" {
		columns = max(1, len(s.Columns))
	}
	for i := range s.Series {
		c := &s.Series[i]
		for column := range columns {
			f.Series = append(f.Series, results.Series{Label: s.label(c, column), Steps: s.Kind == "cdf", Style: c.Style, Hue: int(c.Hue)})
		}
	}
	return f
}
