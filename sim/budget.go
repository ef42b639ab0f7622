package sim

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"turncoat/protocol"
)

// Bound says how many members of a group may be faulty at once while it serves:
// the fault assumption that safety rests on.
type Bound struct {
	Group   string
	Members []protocol.NodeID
	Most    int
}

// Corruption is a node in the adversary's hands, or one that lost its disk: it
// no longer counts as correct from then on.
type Corruption struct {
	Node  protocol.NodeID
	Since time.Duration
	Cause string // "equivocate", "disk lost"
}

// Excess is a bound that was exceeded.
type Excess struct {
	Group  string
	At     time.Duration
	Faulty int
	Most   int
}

func (e Excess) String() string {
	return fmt.Sprintf("%s had %d faulty members at %v where at most %d may be", e.Group, e.Faulty, e.At, e.Most)
}

// carriedOut returns the corruptions that have come about by a time, in order.
func carriedOut(corruptions []Corruption, by time.Duration) []Corruption {
	var out []Corruption
	for _, c := range corruptions {
		if c.Since <= by {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b Corruption) int { return cmp.Compare(a.Since, b.Since) })
	return out
}

// exceeded computes from the corruptions that were carried out, in order, not from
// what the scenario declares, the first moment at which each bound was broken.
func exceeded(bounds []Bound, corruptions []Corruption) []Excess {
	var out []Excess
	for _, b := range bounds {
		var faulty protocol.Bitset
		for _, c := range corruptions {
			for _, m := range b.Members {
				if m == c.Node {
					faulty.Add(int(m))
				}
			}
			if faulty.Len() > b.Most {
				out = append(out, Excess{b.Group, c.Since, faulty.Len(), b.Most})
				break
			}
		}
	}
	return out
}
