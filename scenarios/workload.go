package scenarios

import (
	"fmt"
	"math/bits"
	"slices"
	"time"

	"turncoat/protocol"
	"turncoat/sim"
)

// workload draws what the clients do: each operation is one decision, and one more
// if its client thinks before it for other than the shortest time; a list of
// decisions that leaves it out leaves the operation out.
type workload struct {
	draw
	first      protocol.NodeID // the first client
	operations uint32          // of each
	reads      uint32          // ppm
	think      Span
	registers  []protocol.ID
	contents   [][]byte // values of the content-hash objects
	contentIDs []protocol.ID
}

// all returns the ids of everything that there is to read and write.
func (w *workload) all() []protocol.ID { return slices.Concat(w.registers, w.contentIDs) }

// what draws an operation: 1 + twice the number of its object, and one more if it
// changes the object.
func (w *workload) what(word uint64, objects int64) int64 {
	what := 1 + 2*int64(share(word, uint64(objects)))
	if share(word<<32, million) >= uint64(w.reads) {
		what++
	}
	return what
}

// share maps a random word to 0..n-1 by its upper bits, so that small n leave the
// lower ones for another draw.
func share(word, n uint64) uint64 {
	hi, _ := bits.Mul64(word, n)
	return hi
}

// Next implements sim.Workload.
func (w *workload) Next(client protocol.NodeID, k uint32) (protocol.Operation, time.Duration, bool) {
	actor := int32(client - w.first)
	key := func(label string) sim.Key {
		return sim.Key{Choice: sim.Work, Actor: actor, Peer: -1, Label: label, Index: k}
	}
	objects := int64(len(w.registers) + len(w.contents))
	for ; k < w.operations; k++ {
		what := w.Decide(key(""), 0, func(word uint64) int64 { return w.what(word, objects) }) - 1
		if what < 0 || what >= 2*objects {
			continue
		}
		think := w.Decide(key("think"), int64(w.think.Lo), func(word uint64) int64 {
			return int64(w.think.Lo) + int64(share(word, uint64(w.think.Hi-w.think.Lo)+1))
		})
		return w.operation(k, int(what/2), what%2 == 0, actor), time.Duration(think), true
	}
	return protocol.Operation{}, 0, false
}

func (w *workload) operation(k uint32, object int, observe bool, actor int32) protocol.Operation {
	op := protocol.Operation{Seq: k}
	if object < len(w.registers) {
		op.Object, op.Kind = w.registers[object], protocol.Read
		if !observe {
			op.Kind, op.Value = protocol.Write, fmt.Appendf(nil, "c%d.%d", actor, k)
		}
		return op
	}
	object -= len(w.registers)
	op.Object, op.Kind = w.contentIDs[object], protocol.Get
	if !observe {
		op.Kind, op.Value = protocol.Put, w.contents[object]
	}
	return op
}
