package experiment

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"

	"turncoat/protocol"
	"turncoat/protocol/ring"
)

// The probability that a group has more faulty members than it tolerates, as a
// formula and as drawn on real rings. Ids are assigned and not chosen, so the
// faulty servers are a uniform sample of all.

// The system of the figure.
const (
	ringServers = 100
	ringGroups  = 10 // objects looked at on each ring
)

// groupExceeds returns the points: for each f the hypergeometric tail, and the share of
// groups on drawn rings, a ring for each seed.
func groupExceeds(s *Spec, quick bool) ([]job, error) {
	var out []job
	for i := range s.Series {
		c := &s.Series[i]
		f := i/2 + 1
		for _, x := range s.X.Values {
			faulty, err := strconv.Atoi(x)
			if err != nil {
				return nil, fmt.Errorf("figure %s: x.values: %w", s.Name, err)
			}
			if faulty <= f {
				continue // impossible
			}
			j := job{curve: c, x: x, at: float64(faulty) / ringServers * 100, digest: fmt.Sprintf("%d/%d", faulty, f), key: "group-exceeds " + c.Label}
			if j.seeds = 1; i%2 == 0 {
				j.run = func(uint64) (*sampled, error) {
					return &sampled{columns: [][]float64{{hypergeometricTail(ringServers, faulty, 3*f+1, f)}}}, nil
				}
			} else {
				j.seeds = s.seeds(quick)
				j.run = func(seed uint64) (*sampled, error) {
					return &sampled{columns: [][]float64{drawnGroups(seed, faulty, f)}}, nil
				}
			}
			out = append(out, j)
		}
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

// drawnGroups draws a ring with some servers faulty and says for each of some objects
// whether its group has more than f faulty members. The interval of the share takes the
// groups of one ring as independent, which makes it a little too narrow.
func drawnGroups(seed uint64, faulty, f int) (out []float64) {
	r := rand.New(rand.NewPCG(seed, uint64(faulty)<<8|uint64(f)))
	var members []ring.Member
	for i := range ringServers {
		members = append(members, ring.Member{ID: randomID(r), Node: protocol.NodeID(i)})
	}
	on := ring.New(members)
	for range ringGroups {
		bad, exceeds := 0, 0.0
		for _, id := range on.Group(randomID(r), 3*f+1) {
			if int(id) < faulty { // ids are random, so these are a uniform sample
				bad++
			}
		}
		if bad > f {
			exceeds = 1
		}
		out = append(out, exceeds)
	}
	return out
}

func randomID(r *rand.Rand) (id protocol.ID) {
	binary.BigEndian.PutUint64(id[:], r.Uint64())
	return id
}
