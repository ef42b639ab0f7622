package machines

import (
	"fmt"
	"slices"
	"strings"

	"turncoat/checker"
	"turncoat/protocol"
)

// The history of the clients' operations, as part of a state.
//
// It models for each operation what it did, what it returned, and how many
// operations every other client had completed when it was invoked. That fixes the
// order of each invocation with respect to each return, which is all that
// atomicity depends on; the order of two invocations, or of two returns, is left
// out, so that states which differ in it alone are one. All operations of a model
// act on one register.

// history is the operations of all clients so far. It is immutable.
type history struct {
	id      uint32
	clients [][]operation // by client, in order
	atomic  bool          // it is linearizable
}

// operation is one operation of a client.
type operation struct {
	kind   protocol.OpKind
	value  string // written, or read
	found  bool   // a read found a value
	seen   []uint8
	pended bool // has not returned
}

func (h *history) completed(client int) int {
	n := len(h.clients[client])
	if n > 0 && h.clients[client][n-1].pended {
		n--
	}
	return n
}

// invoked returns h with an operation begun by a client.
func (h *history) invoked(client int, op protocol.Operation) *history {
	o := operation{kind: op.Kind, value: string(op.Value), pended: true, seen: make([]uint8, len(h.clients))}
	for i := range h.clients {
		o.seen[i] = uint8(h.completed(i))
	}
	g := h.copy(client)
	g.clients[client] = append(g.clients[client], o)
	return g
}

// returned returns h with the pending operation of a client ended.
func (h *history) returned(client int, r protocol.Result) *history {
	g := h.copy(client)
	o := &g.clients[client][len(g.clients[client])-1]
	o.pended = false
	if !o.kind.Changes() {
		o.found, o.value = r.Found, string(r.Value)
	}
	return g
}

// copy returns h with a client's operations to write in.
func (h *history) copy(client int) *history {
	g := &history{clients: slices.Clone(h.clients)}
	g.clients[client] = slices.Clone(h.clients[client])
	return g
}

func (h *history) appendTo(b []byte) []byte {
	for _, ops := range h.clients {
		b = append(b, byte(len(ops)))
		for _, o := range ops {
			b = append(b, byte(o.kind))
			b = protocol.AppendBool(protocol.AppendBool(b, o.pended), o.found)
			b = append(protocol.AppendBytes(b, []byte(o.value)), o.seen...)
		}
	}
	return b
}

// judge decides whether h is atomic. It puts the events in an order that the counts allow:
// invocations as soon as what they had seen has returned, and a return only when
// every invocation that had not seen it is there. Such an order exists, because h
// came from one.
//
// Values that the adversary may write, if they are read, were written by somebody whose
// writes never return, each once.
func (h *history) judge(object []byte, joins func(string) bool) bool {
	var out checker.History
	name := out.Object(object)
	at := int64(0)
	for i, value := range h.joined(joins) {
		at++
		out.BeginWrite(int32(len(h.clients)+i), name, out.Value([]byte(value)), at)
	}
	begun, ended := make([]int, len(h.clients)), make([]int, len(h.clients))
	ids := make([]checker.OpID, len(h.clients))
	for progress := true; progress; {
		progress = false
		for c, ops := range h.clients {
			if begun[c] == ended[c] && begun[c] < len(ops) && allSeen(ops[begun[c]].seen, ended, c) {
				at++
				if o := &ops[begun[c]]; o.kind.Changes() {
					ids[c] = out.BeginWrite(int32(c), name, out.Value([]byte(o.value)), at)
				} else {
					ids[c] = out.BeginRead(int32(c), name, at)
				}
				begun[c]++
				progress = true
			}
		}
		if progress {
			continue
		}
		for c, ops := range h.clients {
			if begun[c] > ended[c] && !ops[ended[c]].pended && h.unseen(begun, c, ended[c]+1) {
				at++
				output := checker.Absent
				if o := &ops[ended[c]]; o.found {
					output = out.Value([]byte(o.value))
				}
				out.End(ids[c], output, at)
				ended[c]++
				progress = true
				break
			}
		}
	}
	for c := range h.clients {
		if begun[c] != len(h.clients[c]) || ended[c] != h.completed(c) {
			panic("machines: the counts of a history fit no order of its events")
		}
	}
	v := checker.Check(&out, checker.Options{}).Verdict
	if v == checker.Undecided || v == checker.Invalid {
		panic(fmt.Sprintf("machines: a short history is %v", v))
	}
	return v != checker.Violation
}

// joined returns the values that were read and are the adversary's, each once.
func (h *history) joined(joins func(string) bool) (values []string) {
	if joins == nil {
		return nil
	}
	for _, ops := range h.clients {
		for _, o := range ops {
			if o.found && joins(o.value) && !slices.Contains(values, o.value) {
				values = append(values, o.value)
			}
		}
	}
	return values
}

// allSeen reports whether the operations in seen have returned. That no more
// have, unseen sees to.
func allSeen(seen []uint8, ended []int, self int) bool {
	for c, n := range seen {
		if c != self && ended[c] < int(n) {
			return false
		}
	}
	return true
}

// unseen reports whether all operations that were invoked before the n-th of
// client c returned have begun.
func (h *history) unseen(begun []int, c, n int) bool {
	for other, ops := range h.clients {
		if other == c {
			continue
		}
		for i := begun[other]; i < len(ops); i++ {
			if int(ops[i].seen[c]) < n {
				return false
			}
		}
	}
	return true
}

// String writes each client's operations on a line.
func (h *history) String() string {
	var lines []string
	for c, ops := range h.clients {
		var words []string
		for _, o := range ops {
			words = append(words, o.String())
		}
		if len(words) == 0 {
			words = []string{"idle"}
		}
		lines = append(lines, fmt.Sprintf("client %d: %s", c, strings.Join(words, "; ")))
	}
	if !h.atomic {
		lines = append(lines, "no order of these operations is that of a register")
	}
	return strings.Join(lines, "\n")
}

func (o *operation) String() string {
	var s string
	switch {
	case o.kind.Changes():
		s = fmt.Sprintf("%v(%s)", o.kind, o.value)
	case o.pended:
		s = o.kind.String()
	case o.found:
		s = fmt.Sprintf("%v = %s", o.kind, o.value)
	default:
		s = fmt.Sprintf("%v = nothing", o.kind)
	}
	if o.pended {
		s += " pending"
	}
	var after []string
	for c, n := range o.seen {
		if n > 0 {
			after = append(after, fmt.Sprintf("%d of client %d", n, c))
		}
	}
	if len(after) > 0 {
		s += " (after " + strings.Join(after, ", ") + ")"
	}
	return s
}
