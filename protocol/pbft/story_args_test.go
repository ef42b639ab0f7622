package pbft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cockroachdb/datadriven"

	"turncoat/protocol"
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
	from, to, kinds, seqs, left := nodes(d, "from"), nodes(d, "to"), values(d, "kind"), nodes(d, "n"), number(d, "max", 1<<30)
	return func(e envelope) bool {
		kind := strings.TrimPrefix(string(e.m.Kind()), "pbft.")
		ok := (from == nil || slices.Contains(from, int(e.from))) && (to == nil || slices.Contains(to, int(e.to))) &&
			(kinds == nil || slices.Contains(kinds, kind)) && (seqs == nil || slices.Contains(seqs, seqOf(e.m)))
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
	if to := nodes(d, "to"); to != nil {
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

func values(d *datadriven.TestData, key string) []string {
	for _, a := range d.CmdArgs {
		if a.Key == key {
			return a.Vals
		}
	}
	return nil
}

func nodes(d *datadriven.TestData, key string) (out []int) {
	for _, v := range values(d, key) {
		if v == "" {
			continue // key=()
		}
		n, err := strconv.Atoi(v)
		if err != nil {
			panic(fmt.Sprintf("%s: %s=%s is not a number", d.Pos, key, v))
		}
		out = append(out, n)
	}
	return out
}

func number(d *datadriven.TestData, key string, otherwise int) int {
	if list := nodes(d, key); len(list) > 0 {
		return list[0]
	}
	return otherwise
}
