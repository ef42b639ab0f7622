package shrink

import (
	"iter"
	"math/rand/v2"
	"slices"

	"turncoat/sim"
)

// A schedule that was drawn message by message may break a property in a
// roundabout way: it waits for retransmissions, or holds a message with the help
// of five others. Taking parts away does not lead out of that. Here other networks
// are tried for the same operations and lies: some decisions of the network are
// taken away, up to all of them, and fewer messages are made late in their place.

const (
	// afreshAbove is how many network decisions are too many for a reader.
	afreshAbove = 3
	// afreshTries is how many networks are tried, for each success.
	afreshTries = 3000
	// afreshBelow is how many decisions are so many that they are not in the way of
	// one another by chance.
	afreshBelow = 40
)

// moments are delays and pauses, ns: at once, a little late, and later than any
// round trip.
var moments = []int64{0, 2_000_000, 5_000_000, 20_000_000, 50_000_000, 100_000_000, 1_000_000_000}

// searchAfresh replaces what the network and the clients' pauses do.
func searchAfresh(s *search) {
	for s.best.size.Network > afreshAbove && s.best.size.Total() < afreshBelow && s.best.size.Operations > 0 && s.first(s.networks()) >= 0 {
	}
}

// networks returns lists with the operations and lies of the best, and networks
// that are drawn, by its fingerprint.
func (s *search) networks() iter.Seq[[]sim.Decision] {
	t := s.best
	print := fingerprint(t.list)
	rng := rand.New(rand.NewPCG(print.Hi, print.Lo))
	network := places(t.list, isNetwork)
	var operations []sim.Decision
	for _, i := range t.operations() {
		operations = append(operations, t.list[i])
	}
	tries := afreshTries
	if t.size.Total() > TooMany {
		tries *= 2
	}
	return func(yield func([]sim.Decision) bool) {
		for range tries {
			rng.Shuffle(len(network), func(i, j int) { network[i], network[j] = network[j], network[i] })
			gone := network[:2+rng.IntN(len(network)-1)]
			list := remove(t.list, slices.Sorted(slices.Values(gone)))
			for range rng.IntN(len(gone)) {
				list = append(list, s.lateMessage(rng, operations))
			}
			for i := range operations {
				if rng.IntN(4) == 0 {
					k := operations[i].Key
					k.Label = pauseLabel
					list = append(list, sim.Decision{Key: k, Value: moments[rng.IntN(len(moments))]})
				}
			}
			if !yield(list) {
				return
			}
		}
	}
}

// lateMessage draws a message between the client of an operation and a server, in
// the first or second phase, or between two servers if the list has such, and how
// late it is.
func (s *search) lateMessage(rng *rand.Rand, operations []sim.Decision) sim.Decision {
	if among := s.amongServers(); among > 0 && rng.IntN(2) == 0 {
		k := sim.Key{Choice: sim.Delay, Actor: rng.Int32N(int32(s.best.report.Servers)), Index: rng.Uint32N(among)}
		k.Peer = (k.Actor + 1 + rng.Int32N(int32(s.best.report.Servers)-1)) % int32(s.best.report.Servers)
		return sim.Decision{Key: k, Value: moments[rng.IntN(len(moments))]}
	}
	op := &operations[rng.IntN(len(operations))]
	servers := int32(s.best.report.Servers)
	k := sim.Key{Choice: sim.Delay, Op: 1 + op.Index, Index: uint32(rng.IntN(2))}
	k.Actor, k.Peer = servers+op.Actor, rng.Int32N(servers)
	if rng.IntN(2) == 0 {
		k.Actor, k.Peer = k.Peer, k.Actor
	}
	return sim.Decision{Key: k, Value: moments[rng.IntN(len(moments))]}
}

// amongServers returns a number above those of the messages between servers that the
// list speaks of, 0 if it speaks of none.
func (s *search) amongServers() (above uint32) {
	for i := range s.best.list {
		if d := &s.best.list[i]; isNetwork(d) && max(d.Actor, d.Peer) < int32(s.best.report.Servers) {
			above = max(above, d.Index+4)
		}
	}
	return above
}

func isNetwork(d *sim.Decision) bool { return d.Choice >= sim.Loss && d.Choice <= sim.Delay }
