package scenarios

import (
	"fmt"
	"time"

	"turncoat/protocol"
	"turncoat/sim"
)

// workload draws what the clients do. Each operation is one decision; a list of
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

// Next implements sim.Workload.
func (w *workload) Next(client protocol.NodeID, k uint32) (protocol.Operation, time.Duration, bool) {
	actor := int32(client - w.first)
	key := func(label string) sim.Key {
		return sim.Key{Choice: sim.Work, Actor: actor, Peer: -1, Label: label, Index: k}
	}
	objects := len(w.registers) + len(w.contents)
	for ; k < w.operations; k++ {
		object := w.Draw(key("object"), 1, int64(objects), 0)
		if object == 0 {
			continue
		}
		observe := !w.Chance(key("change"), million-w.reads)
		think := w.think.Lo
		if w.think.Hi > w.think.Lo {
			think = time.Duration(w.Draw(key("think"), int64(w.think.Lo), int64(w.think.Hi), int64(w.think.Lo)))
		}
		return w.operation(k, int(object-1), observe, actor), think, true
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
