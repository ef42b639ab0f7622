package results

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// resamples is how often the bootstrap draws.
const resamples = 1000

// Summary is a statistic with its 95 % interval.
type Summary struct{ Value, Lo, Hi float64 }

// Mean returns the mean of a sample with its 95 % percentile bootstrap interval
// (Efron 1979). The draws are a function of the sample's size, so a figure redraws
// the same.
func Mean(sample []float64) Summary {
	return bootstrap(sample, func(s []float64) float64 { return stat.Mean(s, nil) })
}

// Percentile returns a percentile (0 to 1) of a sample with its 95 % percentile
// bootstrap interval.
func Percentile(sample []float64, p float64) Summary {
	return bootstrap(sample, func(s []float64) float64 {
		slices.Sort(s)
		return stat.Quantile(p, stat.Empirical, s, nil)
	})
}

// bootstrap computes a statistic, which may reorder what it is given, and its
// interval. A sample of one has no interval.
func bootstrap(sample []float64, statistic func([]float64) float64) Summary {
	if len(sample) == 0 {
		return Summary{math.NaN(), math.NaN(), math.NaN()}
	}
	v := statistic(slices.Clone(sample))
	if len(sample) == 1 {
		return Summary{v, v, v}
	}
	r := rand.New(rand.NewPCG(uint64(len(sample)), 0x626f6f74))
	values := make([]float64, resamples)
	drawn := make([]float64, len(sample))
	for i := range values {
		for j := range drawn {
			drawn[j] = sample[r.IntN(len(sample))]
		}
		values[i] = statistic(drawn)
	}
	slices.Sort(values)
	return Summary{v, stat.Quantile(0.025, stat.Empirical, values, nil), stat.Quantile(0.975, stat.Empirical, values, nil)}
}

// Proportion returns hits/n with its 95 % interval (Wilson 1927).
func Proportion(hits, n int) Summary {
	if n == 0 {
		return Summary{math.NaN(), 0, 1}
	}
	const z = 1.959963984540054
	p, m := float64(hits)/float64(n), float64(n)
	centre := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return Summary{p, max(0, centre-half), min(1, centre+half)}
}

// CDF returns the empirical distribution function of a sample as points, thinned
// to at most most of them at even steps of probability.
func CDF(sample []float64, most int) []Point {
	sorted := slices.Clone(sample)
	slices.Sort(sorted)
	var out []Point
	n := len(sorted)
	step := max(n/most, 1)
	for i := step - 1; i < n; i += step {
		y := float64(i+1) / float64(n)
		out = append(out, Point{sorted[i], y, y, y})
	}
	return out
}

// Exponent fits y = a·x^b to points by least squares on logarithms and returns b:
// how a cost grows.
func Exponent(points []Point) float64 {
	var x, y []float64
	for _, p := range points {
		x, y = append(x, math.Log(p.X)), append(y, math.Log(p.Y))
	}
	_, b := stat.LinearRegression(x, y, nil, false)
	return b
}

// Most returns the greatest of a sample. It has no interval: another sample may well
// hold a greater one.
func Most(sample []float64) Summary {
	if len(sample) == 0 {
		return Summary{math.NaN(), math.NaN(), math.NaN()}
	}
	m := slices.Max(sample)
	return Summary{m, m, m}
}

// Share returns the share of ones in a sample of zeros and ones, with its 95 %
// interval (Wilson 1927).
func Share(sample []float64) Summary {
	hits := 0
	for _, v := range sample {
		if v != 0 {
			hits++
		}
	}
	return Proportion(hits, len(sample))
}

// LogFit fits y = a + b·log10 x to points by least squares and returns b, the growth
// for each tenfold x, and the share of the variance that the line explains.
func LogFit(points []Point) (slope, r2 float64) {
	var x, y []float64
	for _, p := range points {
		x, y = append(x, math.Log10(p.X)), append(y, p.Y)
	}
	a, b := stat.LinearRegression(x, y, nil, false)
	return b, stat.RSquared(x, y, nil, a, b)
}
