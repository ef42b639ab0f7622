package pbft

import (
	"slices"

	"github.com/cockroachdb/datadriven"

	"turncoat/protocol"
	"turncoat/protocol/storytest"
)

// The arguments of a story's commands.

// object returns the register of a letter.
func object(letter string) protocol.ID { return protocol.ID{letter[0] << 4, letter[0]} }

// target returns the object and value of the argument that is a single letter.
func target(d *datadriven.TestData) (id protocol.ID, value []byte) {
	for _, a := range d.CmdArgs {
		if len(a.Key) == 1 && a.Key >= "w" && a.Key <= "z" {
			if len(a.Vals) > 0 {
				value = []byte(a.Vals[0])
			}
			return object(a.Key), value
		}
	}
	return object("x"), nil
}

// filter returns a predicate from the arguments from, to, kind and n.
func (s *story) filter(d *datadriven.TestData) func(envelope) bool {
	from, to, kinds, seqs, left := storytest.Numbers(d, "from"), storytest.Numbers(d, "to"), storytest.Values(d, "kind"), storytest.Numbers(d, "n"), storytest.Number(d, "max", 1<<30)
	return func(e envelope) bool {
		ok := (from == nil || slices.Contains(from, int(e.From))) && (to == nil || slices.Contains(to, int(e.To))) &&
			(kinds == nil || slices.Contains(kinds, e.Kind())) && (seqs == nil || slices.Contains(seqs, seqOf(e.M)))
		if ok {
			left--
		}
		return ok && left >= 0
	}
}

func seqOf(m protocol.Message) int {
	switch m := m.(type) {
	case *PrePrepare:
		return int(m.Seq)
	case *Prepare:
		return int(m.Seq)
	case *Commit:
		return int(m.Seq)
	case *Checkpoint:
		return int(m.Seq)
	}
	return -1
}

func (s *story) receivers(d *datadriven.TestData) []int {
	if to := storytest.Numbers(d, "to"); to != nil {
		return to
	}
	return nodesBelow(len(s.replicas))
}

func nodesBelow(n int) (ids []int) {
	for i := range n {
		ids = append(ids, i)
	}
	return ids
}
