package experiment

import (
	"fmt"

	"turncoat/protocol/auth"
	"turncoat/results"
	"turncoat/scenarios"
)

// Detection power: of the rules that can be lifted, the share whose absence has
// been seen after so many schedules of one scenario, over several disjoint
// ranges of seeds. Each point of the experiment is a rule, each seed a range.

// detection returns the searches. The columns are the schedules run: 1, 2, 4 and so on.
func detection(s *Spec, quick bool) ([]job, error) {
	columns := len(s.Columns)
	if quick {
		columns = int(s.X.Few)
	}
	most := uint64(1) << (columns - 1)
	var out []job
	for i := range s.Series {
		c := &s.Series[i]
		spec, err := s.scenario(*c, "")
		if err != nil {
			return nil, err
		}
		digest, err := digestOf(spec)
		if err != nil {
			return nil, err
		}
		for _, rule := range scenarios.RulesOf(spec) {
			j := job{curve: c, x: rule, digest: digest, key: fmt.Sprint("detection", rule, most), seeds: s.seeds(quick)}
			j.run = func(seed uint64) (*sampled, error) { return search(spec, rule, seed*most, columns) }
			out = append(out, j)
		}
	}
	return out, nil
}

// search runs schedules with a rule lifted, from a seed on, until one does not pass, and
// says for each power of two whether that many were enough.
func search(spec *scenarios.Spec, rule string, from uint64, columns int) (*sampled, error) {
	out := &sampled{columns: make([][]float64, columns), scenario: spec.Name}
	var fold results.Fold
	found := uint64(0)
	for n := uint64(1); n <= 1<<(columns-1) && found == 0; n++ {
		rep, err := scenarios.Run(spec, scenarios.Options{Seed: from + n - 1, Suite: auth.Ideal, Lift: []string{rule}})
		if err != nil {
			return nil, fmt.Errorf("%s lifted: %w", rule, err)
		}
		fold.Add(rep.Scenario, rep.Seed, rep.Digest)
		if rep.Verdict != "pass" {
			found = n
		}
	}
	out.digest = fold.String()
	for i := range out.columns {
		seen := 0.0
		if found > 0 && found <= 1<<i {
			seen = 1
		}
		out.columns[i] = []float64{seen}
	}
	return out, nil
}
