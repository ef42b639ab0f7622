package checker

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A history is what the clients of a store could see: which operations they
// began, which of them ended, with what answer, and in which order those
// events happened. It models time as the sequence numbers of events, all
// distinct, and nothing else; latency is not its business. It leaves out
// everything inside the store.

// Never is the Return of an operation that has not returned.
const Never int64 = math.MaxInt64

// Value names a byte string that the history has interned; equal byte strings
// have equal Values, so that checks compare integers. Absent is the value of
// an object that nobody has written, and it differs from the empty string.
type Value uint32

// Absent is what a read of an unwritten object returns.
const Absent Value = 0

// Object names one object (register) of a history, interned like a Value.
type Object uint32

// Kind is what an operation does. The put and get of a content-hash object are
// a Write and a Read: several writers then write the same value.
type Kind uint8

const (
	Read  Kind = iota
	Write      // sets Input
	CAS        // sets Input if the object holds Expect
)

// Outcome is what the client knows of an operation's end.
type Outcome uint8

const (
	Pending Outcome = iota // no answer: a write or cas may take effect at any later time
	Done                   // ended with success
	Failed                 // a read or write that had no effect; a cas that found another value than Expect
)

// Operation is one invocation and what came of it. Invoke and Return are event
// sequence numbers; Return is Never while Outcome is Pending.
type Operation struct {
	Invoke, Return int64
	Client         int32
	Object         Object
	Input          Value // Write, CAS: the new value
	Expect         Value // CAS: the value it wants to replace
	Output         Value // Read that is Done: what it returned
	Kind           Kind
	Outcome        Outcome
}

// OpID is the place of an operation in its history.
type OpID int

// History records operations in order of invocation. It is append-only and has
// one owner; recording an operation allocates nothing but
// the amortised growth of its slice, and each distinct value is kept once.
// The zero History is empty and ready.
type History struct {
	ops     []Operation
	values  names
	objects names
	last    int64 // the newest event
}

// Value interns b and returns its Value.
func (h *History) Value(b []byte) Value { return Value(h.values.id(b)) + 1 }

// Object interns an object's name and returns its Object.
func (h *History) Object(name []byte) Object { return Object(h.objects.id(name)) }

// Text returns the bytes of v, and false if v is Absent.
func (h *History) Text(v Value) (string, bool) {
	if v == Absent {
		return "", false
	}
	return h.values.all[v-1], true
}

// ObjectName returns the name with which o was interned.
func (h *History) ObjectName(o Object) string { return h.objects.all[o] }

// BeginRead records that client invoked a read at event at.
func (h *History) BeginRead(client int32, o Object, at int64) OpID {
	return h.begin(Operation{Invoke: at, Client: client, Object: o, Kind: Read})
}

// BeginWrite records that client invoked a write of v at event at.
func (h *History) BeginWrite(client int32, o Object, v Value, at int64) OpID {
	return h.begin(Operation{Invoke: at, Client: client, Object: o, Kind: Write, Input: v})
}

// BeginCAS records that client asked at event at to replace expect by v.
func (h *History) BeginCAS(client int32, o Object, expect, v Value, at int64) OpID {
	return h.begin(Operation{Invoke: at, Client: client, Object: o, Kind: CAS, Expect: expect, Input: v})
}

func (h *History) begin(op Operation) OpID {
	h.advance(op.Invoke)
	op.Return = Never
	h.ops = append(h.ops, op)
	return OpID(len(h.ops) - 1)
}

// End records that operation id succeeded at event at. The output of a read is
// what it returned, Absent included; of other operations it is ignored.
func (h *History) End(id OpID, output Value, at int64) {
	h.end(id, Done, at)
	if h.ops[id].Kind == Read {
		h.ops[id].Output = output
	}
}

// Fail records that operation id ended at event at and is known to have had no
// effect. A failed cas is a statement too: the object held another value than
// Expect at some moment of its interval.
func (h *History) Fail(id OpID, at int64) { h.end(id, Failed, at) }

func (h *History) end(id OpID, outcome Outcome, at int64) {
	op := &h.ops[id]
	if op.Outcome != Pending {
		panic(fmt.Sprintf("checker: operation %d of client %d ends twice, at %d and %d", id, op.Client, op.Return, at))
	}
	h.advance(at)
	op.Return, op.Outcome = at, outcome
}

// advance holds the rule on which every check stands: events are distinct and
// recorded in order. Equal times would make closed intervals overlap that did
// not, and so hide violations.
func (h *History) advance(at int64) {
	if at <= h.last && len(h.ops) > 0 || at == Never || at < 0 {
		panic(fmt.Sprintf("checker: event %d recorded after event %d; events of a history are distinct and ascending", at, h.last))
	}
	h.last = at
}

// Len returns the number of operations, pending ones included.
func (h *History) Len() int { return len(h.ops) }

// Operation returns a copy of operation id.
func (h *History) Operation(id OpID) Operation { return h.ops[id] }

// Objects returns the number of objects named so far.
func (h *History) Objects() int { return len(h.objects.all) }

// Counts returns how many operations were invoked, ended and are pending.
func (h *History) Counts() (invoked, returned, pending int) {
	for i := range h.ops {
		if h.ops[i].Outcome == Pending {
			pending++
		}
	}
	return len(h.ops), len(h.ops) - pending, pending
}

// Reset empties h for another run and keeps its memory. Strings that Text and
// ObjectName returned stay valid.
func (h *History) Reset() {
	h.ops, h.last = h.ops[:0], 0
	h.values.reset()
	h.objects.reset()
}

// ObservedWrite is a write of a faulty client that correct nodes saw: it was
// first signed at event Signed. Stamp is whatever tells two writes of one value
// apart, such as the encoded timestamp.
type ObservedWrite struct {
	Client int32
	Object Object
	Value  Value
	Stamp  string
	Signed int64
}

// AddObserved adds the observed writes of faulty clients to h as writes that
// were invoked when first signed and never returned, by which a history with
// Byzantine writers is atomic exactly if it is BFT-linearizable (Liskov and
// Rodrigues, "Tolerating Byzantine Faulty Clients in a Quorum System", 2006).
// One write seen several times counts once, from its earliest signature. The
// events Signed may coincide with each other and with recorded events: a
// write without return precedes nothing, and one that ties with a return is
// taken as concurrent with it, which accuses nobody wrongly.
func (h *History) AddObserved(writes []ObservedWrite) {
	writes = slices.Clone(writes)
	slices.SortFunc(writes, func(a, b ObservedWrite) int {
		return cmpChain(int64(a.Client)-int64(b.Client), int64(a.Object)-int64(b.Object),
			int64(a.Value)-int64(b.Value), int64(strings.Compare(a.Stamp, b.Stamp)), a.Signed-b.Signed)
	})
	for i, w := range writes {
		if i > 0 {
			p := writes[i-1]
			if p.Client == w.Client && p.Object == w.Object && p.Value == w.Value && p.Stamp == w.Stamp {
				continue
			}
		}
		h.ops = append(h.ops, Operation{Invoke: w.Signed, Return: Never, Client: w.Client, Object: w.Object, Kind: Write, Input: w.Value})
	}
}

// cmpChain is a lexicographic comparison: the sign of the first difference.
func cmpChain(differences ...int64) int {
	for _, d := range differences {
		if d != 0 {
			if d < 0 {
				return -1
			}
			return 1
		}
	}
	return 0
}

// names interns byte strings: equal ones get equal numbers, from 0 upwards. The
// map is for lookup only; order comes from the slice.
type names struct {
	ids   map[string]uint32
	all   []string
	chunk strings.Builder // bytes of the newest names, so that one allocation serves many
}

// A chunk is twice as long as the one before it, up to a point: most histories are short.
const (
	firstChunk = 256
	chunkBytes = 16 << 10
)

func (n *names) id(b []byte) uint32 {
	if id, ok := n.ids[string(b)]; ok {
		return id
	}
	if n.ids == nil {
		n.ids = make(map[string]uint32)
	}
	// A builder never moves bytes while it has room, so the strings cut from it
	// share its memory; when full it is left to them and a new one begun.
	if n.chunk.Cap()-n.chunk.Len() < len(b) {
		size := min(max(2*n.chunk.Cap(), firstChunk), chunkBytes)
		n.chunk = strings.Builder{}
		n.chunk.Grow(max(size, len(b)))
	}
	start := n.chunk.Len()
	n.chunk.Write(b)
	id := uint32(len(n.all))
	name := n.chunk.String()[start:]
	n.all = append(n.all, name)
	n.ids[name] = id
	return id
}

func (n *names) reset() {
	clear(n.ids)
	clear(n.all)
	n.all = n.all[:0]
}

// HasCAS reports whether any operation is a compare-and-set, so that only the
// cas-register model can judge the history.
func (h *History) HasCAS() bool {
	return slices.ContainsFunc(h.ops, func(op Operation) bool { return op.Kind == CAS })
}
