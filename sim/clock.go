package sim

import (
	"math/bits"
	"time"

	"turncoat/protocol"
)

// Clock is a node's local clock: off by Offset at the start of the run, and
// gaining DriftPPM millionths (losing, when negative). It never goes back; steps
// of a clock are not modelled.
type Clock struct {
	Offset   time.Duration
	DriftPPM int64 // above -1,000,000
}

// read returns the local reading at virtual time t. The product is split, so
// that it does not overflow within 290 years.
func (c *Clock) read(t int64) protocol.Time {
	drift := t/million*c.DriftPPM + t%million*c.DriftPPM/million
	return protocol.Time(int64(c.Offset) + t + drift)
}

// after returns the first virtual time, from now on, at which the local clock has
// moved on by d.
func (c *Clock) after(now int64, d time.Duration) int64 {
	d = max(d, 0)
	if c.DriftPPM == 0 {
		return now + int64(d)
	}
	target := c.read(now).Add(d)
	hi, lo := bits.Mul64(uint64(d), million)
	scaled, _ := bits.Div64(hi, lo, uint64(million+c.DriftPPM))
	t := now + int64(scaled)
	for t > now && c.read(t-1) >= target { // the roundings of read are off by at most two
		t--
	}
	for c.read(t) < target {
		t++
	}
	return t
}
