package sim

import (
	"math"
	"math/bits"
	"time"

	"turncoat/protocol"
)

// Clock is a node's local clock: off by Offset at the start of the run, and
// gaining DriftPPM millionths (losing, when negative). It never goes back; steps
// of a clock are not modelled.
type Clock struct {
	Offset   time.Duration
	DriftPPM int64 // above -1,000,000, at most 1,000,000
}

// read returns the local reading at virtual time t. The product is split, so
// that it does not overflow within 290 years.
func (c *Clock) read(t int64) protocol.Time {
	drift := t/million*c.DriftPPM + t%million*c.DriftPPM/million
	return protocol.Time(int64(c.Offset) + t + drift)
}

// never is the end of virtual time: what is later than can be told is put there.
const never int64 = math.MaxInt64

// later returns the time d after t, for d of at least zero.
func later(t, d int64) int64 {
	if sum := t + d; sum >= t {
		return sum
	}
	return never
}

// horizon is 73 years: a drifting clock is not asked about times beyond, where
// its reading would overflow.
const horizon = 1 << 61

// after returns the first virtual time, from now on, at which the local clock has
// moved on by d.
func (c *Clock) after(now int64, d time.Duration) int64 {
	d = max(d, 0)
	if c.DriftPPM == 0 {
		return later(now, int64(d))
	}
	hi, lo := bits.Mul64(uint64(d), million)
	rate := uint64(million + c.DriftPPM)
	if hi >= rate {
		return never
	}
	scaled, _ := bits.Div64(hi, lo, rate)
	if now >= horizon || scaled >= uint64(horizon-now) {
		return never
	}
	target := c.read(now).Add(d)
	t := now + int64(scaled)
	for t > now && c.read(t-1) >= target { // the roundings of read are off by at most two
		t--
	}
	for c.read(t) < target {
		t++
	}
	return t
}
