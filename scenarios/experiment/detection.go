package experiment

import (
	"fmt"
	"sync"

	"turncoat/protocol/auth"
	"turncoat/results"
	"turncoat/scenarios"
)

// Detection power: of the rules that can be lifted, the share whose absence has
// been seen after so many schedules of one scenario, over several disjoint
// ranges of seeds.

// detectionRanges is how many disjoint ranges of seeds each rule is searched in.
const detectionRanges = 5

// detection computes the figure: a curve for each scenario of the spec's series.
func detection(s *Spec, o Options) ([]results.Series, error) {
	most := s.seeds(o.Quick)
	var out []results.Series
	for _, c := range s.Series {
		spec, err := s.scenario(c, "")
		if err != nil {
			return nil, err
		}
		var first []uint64 // schedules needed, most+1 when none found it
		for _, rule := range scenarios.RulesOf(spec) {
			for i := range uint64(detectionRanges) {
				n, err := schedulesToFind(spec, rule, i*most, most, o.Jobs)
				if err != nil {
					return nil, err
				}
				first = append(first, n)
			}
		}
		curve := results.Series{Label: c.Label}
		for n := uint64(1); n <= most; n *= 2 {
			found := 0
			for _, f := range first {
				if f <= n {
					found++
				}
			}
			p := results.Proportion(found, len(first))
			curve.Points = append(curve.Points, results.Point{X: float64(n), Y: p.Value, Lo: p.Lo, Hi: p.Hi})
		}
		out = append(out, curve)
	}
	return out, nil
}

// schedulesToFind returns how many schedules from a seed on it takes until one
// with the rule lifted does not pass; most+1 when none of most does.
func schedulesToFind(spec *scenarios.Spec, rule string, from, most uint64, jobs int) (uint64, error) {
	step := uint64(max(jobs, 1))
	for at := uint64(0); at < most; at += step {
		verdicts := make([]string, step)
		errs := make([]error, step)
		var group sync.WaitGroup
		for i := range step {
			group.Go(func() {
				rep, err := scenarios.Run(spec, scenarios.Options{Seed: from + at + i, Suite: auth.Ideal, Lift: []string{rule}})
				if errs[i] = err; err == nil {
					verdicts[i] = rep.Verdict
				}
			})
		}
		group.Wait()
		for i, v := range verdicts {
			if errs[i] != nil {
				return 0, fmt.Errorf("%s lifted: %w", rule, errs[i])
			}
			if v != "pass" && at+uint64(i) < most {
				return at + uint64(i) + 1, nil
			}
		}
	}
	return most + 1, nil
}
