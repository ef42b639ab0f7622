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
// table with the links themselves in it, two to a cache line: open addressing, at most
// three quarters full. A link's stream names it there: no two pairs of nodes have the same.
type wires struct {
	nodes int
	seed  stream
	dense []wire // nodes×nodes
	table []wire // a place is free while nothing was sent
	used  int    // places in the table
}

// denseNodes bounds the systems whose links are kept in a matrix.
const denseNodes = 512

func (w *wires) init(nodes int, seed stream) {
	w.nodes, w.seed = nodes, seed
	if nodes <= denseNodes {
		w.dense = make([]wire, nodes*nodes)
		return
	}
	w.table = make([]wire, 4*denseNodes)
}

// of returns the state of a link, good until the next call. The caller counts a message
// on it.
func (w *wires) of(from, to protocol.NodeID) *wire {
	if w.dense == nil {
		return w.find(w.seed.child(int32(from), int32(to)))
	}
	x := &w.dense[int(from)*w.nodes+int(to)]
	if x.stream == 0 {
		x.stream = w.seed.child(int32(from), int32(to))
	}
	return x
}

// find is of for large systems.
func (w *wires) find(seek stream) *wire {
	x := w.slot(seek)
	if x.sent > 0 {
		return x
	}
	if w.used++; 4*w.used > 3*len(w.table) {
		old := w.table
		w.table = make([]wire, 2*len(old))
		for i := range old {
			if old[i].sent > 0 {
				*w.slot(old[i].stream) = old[i]
			}
		}
		x = w.slot(seek)
	}
	x.stream = seek
	return x
}

// slot returns where the table has a link, or where it would go. The stream of a
// link is as good as a hash of its ends.
func (w *wires) slot(seek stream) *wire {
	mask := uint64(len(w.table) - 1)
	for slot := uint64(seek) & mask; ; slot = (slot + 1) & mask {
		if x := &w.table[slot]; x.sent == 0 || x.stream == seek {
			return x
		}
	}
}
