package experiment

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"turncoat/protocol"
	"turncoat/protocol/ring"
	"turncoat/results"
)

// The probability that a group has more faulty members than it tolerates, as a
// formula and as drawn on real rings. Ids are assigned and not chosen, so the
// faulty servers are a uniform sample of all.

// The system of the figure.
const (
	ringServers = 100
	ringGroups  = 10 // objects looked at on each ring
)

// groupExceeds computes the figure: for each f the hypergeometric tail, and the share
// of groups on drawn rings.
func groupExceeds(s *Spec, o Options) ([]results.Series, error) {
	rings := int(s.seeds(o.Quick))
	var out []results.Series
	for _, f := range []int{1, 2, 3} {
		formula := results.Series{Label: fmt.Sprintf("f = %d, formula", f)}
		drawn := results.Series{Label: fmt.Sprintf("f = %d, drawn", f)}
		for _, faulty := range []int{2, 4, 6, 8, 10, 15, 20, 25, 30} {
			x := float64(faulty) / ringServers * 100
			if faulty <= f {
				continue // impossible
			}
			p := hypergeometricTail(ringServers, faulty, 3*f+1, f)
			formula.Points = append(formula.Points, results.Point{X: x, Y: p, Lo: p, Hi: p})
			if v := drawnShare(faulty, f, rings); v.Value > 0 {
				drawn.Points = append(drawn.Points, results.Point{X: x, Y: v.Value, Lo: v.Lo, Hi: v.Hi})
			}
		}
		out = append(out, formula, drawn)
	}
	return out, nil
}

// hypergeometricTail returns the probability that a group of n, drawn without
// replacement from total servers of which faulty are faulty, has more than f of
// these.
func hypergeometricTail(total, faulty, n, f int) float64 {
	sum := 0.0
	for i := f + 1; i <= min(n, faulty); i++ {
		if n-i <= total-faulty {
			sum += math.Exp(logChoose(faulty, i) + logChoose(total-faulty, n-i) - logChoose(total, n))
		}
	}
	return sum
}

func logChoose(n, k int) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return a - b - c
}

// drawnShare draws rings with some servers faulty and returns the share of
// objects whose group has more than f faulty members. The interval takes the groups of
// one ring as independent, which makes it a little too narrow.
func drawnShare(faulty, f, rings int) results.Summary {
	r := rand.New(rand.NewPCG(uint64(faulty), uint64(f)))
	hits := 0
	for range rings {
		var members []ring.Member
		for i := range ringServers {
			members = append(members, ring.Member{ID: randomID(r), Node: protocol.NodeID(i)})
		}
		on := ring.New(members)
		for range ringGroups {
			bad := 0
			for _, id := range on.Group(randomID(r), 3*f+1) {
				if int(id) < faulty { // ids are random, so these are a uniform sample
					bad++
				}
			}
			if bad > f {
				hits++
			}
		}
	}
	return results.Proportion(hits, rings*ringGroups)
}

func randomID(r *rand.Rand) (id protocol.ID) {
	binary.BigEndian.PutUint64(id[:], r.Uint64())
	return id
}
