package experiment

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"turncoat/scenarios"
)

// validate reports what about an experiment cannot be computed.
func (s *Spec) validate(file string) error {
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s", file, fmt.Sprintf(format, args...))
	}
	if _, err := statistic(s.Stat); err != nil {
		return fail("statistic: %v", err)
	}
	if s.Seeds == 0 || s.Quick == 0 || len(s.Series) == 0 {
		return fail("seeds, quick and series must be given")
	}
	for _, text := range slices.Concat([]string{s.Title, s.X.Label, s.Y.Label, s.Footer}, s.X.Names, s.labels()) {
		if strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) {
			return fail("%q: a PDF shows only ASCII right", text)
		}
	}
	if s.Spread != "series" && s.Spread != "x" {
		return fail("spread: %q is neither series nor x", s.Spread)
	}
	if s.Compute != "" {
		if _, ok := computations[s.Compute]; !ok {
			return fail("compute: there is no %q%s", s.Compute, scenarios.DidYouMean(s.Compute, names(computations)))
		}
		return nil
	}
	if _, ok := measures[s.Measure]; !ok {
		return fail("measure: there is no %q%s", s.Measure, scenarios.DidYouMean(s.Measure, names(measures)))
	}
	if !slices.Contains([]string{"curve", "cdf", "dots"}, s.Kind) {
		return fail("kind: %q is none of curve, cdf, dots", s.Kind)
	}
	if len(s.X.Shown) > 0 && len(s.X.Shown) != len(s.X.Values) {
		return fail("x.shown: %d places for %d values", len(s.X.Shown), len(s.X.Values))
	}
	for _, c := range s.Series {
		if c.Stat != "" {
			if _, err := statistic(c.Stat); err != nil {
				return fail("series %q: statistic: %v", c.Label, err)
			}
		}
		for _, x := range s.X.Values {
			if slices.Contains(c.Except, x) {
				continue
			}
			if _, err := s.scenario(c, x); err != nil {
				return fail("series %q: %v", c.Label, err)
			}
		}
	}
	return nil
}

// labels returns the labels of all series.
func (s *Spec) labels() (out []string) {
	for i := range s.Series {
		for column := range max(1, len(s.Columns)) {
			out = append(out, s.label(&s.Series[i], column))
		}
	}
	return out
}

// names returns the keys of a table, sorted.
func names[T any](table map[string]T) []string {
	var out []string
	for name := range table {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
