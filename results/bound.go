package results

import "gonum.org/v1/gonum/stat/distuv"

// Bound returns the 95 % upper confidence bound on the probability that a run of
// this distribution fails, after failures among runs independent ones (Clopper &
// Pearson 1934, one-sided). With no failure it is close to 3/runs; with no run it
// is 1.
func Bound(runs, failures uint64) float64 {
	if failures >= runs {
		return 1
	}
	return distuv.Beta{Alpha: float64(failures) + 1, Beta: float64(runs - failures)}.Quantile(0.95)
}
