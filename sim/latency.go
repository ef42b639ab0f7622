package sim

import (
	"math/bits"
	"time"
)

// Shape names a distribution of delays.
type Shape uint8

// The shapes.
const (
	Constant  Shape = iota // Base
	Uniform                // Base to Base+Spread
	LogNormal              // median Base, deviation Sigma of the logarithm
	Normal                 // mean Base, deviation Spread, never below zero
)

// Latency is a distribution of one-way delays. All arithmetic is on integers, so
// that every compiler and machine draws the same.
type Latency struct {
	Shape  Shape
	Base   time.Duration
	Spread time.Duration
	Sigma  uint32 // of the logarithm, in parts per million
}

// calm returns the delay of a run in which nothing is chosen.
func (d *Latency) calm() int64 { return int64(d.Base) }

// draw maps a random word to a delay in nanoseconds, at least zero.
func (d *Latency) draw(word uint64) int64 {
	switch d.Shape {
	case Uniform:
		return int64(d.Base) + int64(below(word, uint64(d.Spread)+1))
	case LogNormal:
		exponent := gauss(word) * int64(d.Sigma) / million
		return scaleExp(int64(d.Base), exponent)
	case Normal:
		g := gauss(word)
		hi, lo := bits.Mul64(uint64(d.Spread), uint64(abs(g)))
		off := int64(hi<<48 | lo>>16)
		if g < 0 {
			off = -off
		}
		return max(int64(d.Base)+off, 0)
	}
	return int64(d.Base)
}

func abs(v int64) int64 { return max(v, -v) }

// one is 1.0 in the fixed-point numbers below: 16 bits after the point.
const one = 1 << 16

// gauss returns a standard normal variate with 16 bits after the point: the
// number of ones among 64 fair bits has mean 32 and deviation 4 (de
// Moivre–Laplace), and a uniform of width one fills the gaps between counts.
func gauss(word uint64) int64 {
	count := int64(bits.OnesCount64(mix(word ^ golden)))
	smooth := int64(word>>48) - one/2
	return ((count-32)*one + smooth) / 4
}

// scaleExp returns base·e^x, at most 2^62, for x with 16 bits after the point and
// |x| ≤ 16: halvings and doublings for the whole powers of two, a Taylor series for the rest.
func scaleExp(base, x int64) int64 {
	const ln2 = 45426 // ln 2 with 16 bits after the point
	x = min(max(x, -16*one), 16*one)
	power := x / ln2
	rest := x - power*ln2
	if rest < 0 {
		power, rest = power-1, rest+ln2
	}
	sum, term := int64(one), int64(one)
	for i := int64(1); i <= 6; i++ {
		term = term * rest / one / i
		sum += term
	}
	hi, lo := bits.Mul64(uint64(base), uint64(sum))
	length := bits.Len64(lo)
	if hi > 0 {
		length = 64 + bits.Len64(hi)
	}
	if length-16+int(power) > 62 {
		return 1 << 62
	}
	if power > 16 {
		return int64(lo << (power - 16))
	}
	return int64(hi<<(48+power) | lo>>(16-power))
}
