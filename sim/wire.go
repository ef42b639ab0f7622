package sim

import "turncoat/protocol"

// wire is the state of the directed link between two nodes.
type wire struct {
	stream stream
	freeAt int64 // when the link's bandwidth is free again
	sent   uint32
	op     uint32 // the client's operation in which a message was sent last
	before uint32 // messages sent before those of op
}

// count counts one more message, of op, and returns op and its place among those
// of op.
func (w *wire) count(op uint32) (of, index uint32) {
	if w.op != op {
		w.op, w.before = op, w.sent
	}
	w.sent++
	return op, w.sent - 1 - w.before
}

// wires holds the links of a system, each made at its first use. Small systems
// have a matrix of them. Large ones, in which few pairs of nodes ever talk, have a
// list, and a table of places in it: open addressing, at most half full.
type wires struct {
	nodes int
	seed  stream
	dense []wire // nodes×nodes
	table []uint32
	list  []pairWire
}

// pairWire is a wire in the list.
type pairWire struct {
	wire
	from, to protocol.NodeID
}

// denseNodes bounds the systems whose links are kept in a matrix.
const denseNodes = 512

func (w *wires) init(nodes int, seed stream) {
	w.nodes, w.seed = nodes, seed
	if nodes <= denseNodes {
		w.dense = make([]wire, nodes*nodes)
		return
	}
	w.table = make([]uint32, 4*denseNodes)
}

// of returns the state of a link, good until the next call.
func (w *wires) of(from, to protocol.NodeID) *wire {
	if w.dense == nil {
		return w.find(from, to)
	}
	x := &w.dense[int(from)*w.nodes+int(to)]
	if x.stream == 0 {
		x.stream = w.seed.child(int32(from), int32(to))
	}
	return x
}

// find is of for large systems.
func (w *wires) find(from, to protocol.NodeID) *wire {
	seek := w.seed.child(int32(from), int32(to))
	slot := w.slot(seek, from, to)
	if n := w.table[slot]; n != 0 {
		return &w.list[n-1].wire
	}
	w.list = append(w.list, pairWire{wire{stream: seek}, from, to})
	w.table[slot] = uint32(len(w.list))
	if 2*len(w.list) > len(w.table) {
		w.table = make([]uint32, 2*len(w.table))
		for i := range w.list {
			x := &w.list[i]
			w.table[w.slot(x.stream, x.from, x.to)] = uint32(i + 1)
		}
	}
	return &w.list[len(w.list)-1].wire
}

// slot returns where the table has a link, or where it would go. The stream of a
// link is as good as a hash of its ends.
func (w *wires) slot(seek stream, from, to protocol.NodeID) uint64 {
	mask := uint64(len(w.table) - 1)
	for slot := uint64(seek) & mask; ; slot = (slot + 1) & mask {
		n := w.table[slot]
		if n == 0 || w.list[n-1].from == from && w.list[n-1].to == to {
			return slot
		}
	}
}
