package scenarios

import (
	"time"

	"turncoat/sim"
)

// draw turns the ranges of a scenario into the numbers of one run. Each has the
// path of its field as its name, so that a range added elsewhere changes nothing.
type draw struct{ *sim.Decisions }

func (d draw) key(path string, index int) sim.Key {
	return sim.Key{Choice: sim.Size, Actor: -1, Peer: -1, Label: path, Index: uint32(index)}
}

func (d draw) between(path string, index int, lo, hi int64) int64 {
	if lo == hi {
		return lo
	}
	return d.Draw(d.key(path, index), lo, hi, lo)
}

func (d draw) int(path string, r Ints) int { return int(d.between(path, 0, r.Lo, r.Hi)) }

func (d draw) span(path string, r Span) time.Duration {
	return time.Duration(d.between(path, 0, int64(r.Lo), int64(r.Hi)))
}

func (d draw) rate(path string, r Rate) uint32 {
	return uint32(d.between(path, 0, int64(r.Lo), int64(r.Hi)))
}

// some draws k distinct numbers below n, in rising order of draw.
func (d draw) some(path string, k, n int) []int {
	left := make([]int, n)
	for i := range left {
		left[i] = i
	}
	var out []int
	for i := range min(k, n) {
		j := int(d.between(path, i, 0, int64(len(left)-1)))
		out = append(out, left[j])
		left = append(left[:j], left[j+1:]...)
	}
	return out
}
