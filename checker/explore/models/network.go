package models

import "fmt"

// Messages of the register models and the network that holds them: unordered
// and non-duplicating, so a multiset. It is kept as a sorted array: equal
// multisets have equal encodings. Loss and duplication are left out.

// kind of a message. The order is that of the sorted network; getOk comes
// last, where anyReadOfWrite looks for it.
type kind uint8

const (
	put kind = 1 + iota
	get
	query
	ackQuery
	record
	ackRecord
	putOk
	getOk
)

// envelope is a message with its two ends, in 26 bits:
//
//	kind 4 | from 4 | to 4 | request 5 | clock 3 | server 3 | value 3
//
// The last three are the tagged value that the message carries, if it does.
type envelope uint32

func seal(k kind, from, to, request int, v tagged) envelope {
	return envelope(k)<<22 | envelope(from)<<18 | envelope(to)<<14 | envelope(request)<<9 | envelope(v)
}

func (e envelope) kind() kind     { return kind(e >> 22) }
func (e envelope) from() int      { return int(e>>18) & 15 }
func (e envelope) to() int        { return int(e>>14) & 15 }
func (e envelope) request() int   { return int(e>>9) & 31 }
func (e envelope) tagged() tagged { return tagged(e & 0x1ff) }

// tagged is a value with its sequence number (clock, server): clock 3 | server 3 |
// value 3 bits. Value 0 is the register's initial one, value k+1 is what client k writes.
type tagged uint16

func tag(clock, server, value int) tagged { return tagged(clock<<6 | server<<3 | value) }

func (v tagged) clock() int { return int(v >> 6) }
func (v tagged) value() int { return int(v & 7) }

// newer compares sequence numbers, clocks first.
func (v tagged) newer(u tagged) bool { return v>>3 > u>>3 }

// maxMessages is enough for four clients and five servers: each of the eight
// operations leaves at most one message to or from each other server in each of its
// two phases, and each client has one of its own under way.
const maxMessages = 72

// network is a multiset of envelopes, sorted.
type network struct {
	n    int
	msgs [maxMessages]envelope
}

// all returns the envelopes in order, copies of one side by side.
func (w *network) all() []envelope { return w.msgs[:w.n] }

// add puts a message under way.
func (w *network) add(e envelope) {
	if w.n == maxMessages {
		panic("models: more messages under way than the rules of a register can produce")
	}
	i := w.n
	for ; i > 0 && w.msgs[i-1] > e; i-- {
		w.msgs[i] = w.msgs[i-1]
	}
	w.msgs[i] = e
	w.n++
}

// copyWithout makes w the network u without its i-th message.
func (w *network) copyWithout(u *network, i int) {
	copy(w.msgs[:i], u.msgs[:i])
	copy(w.msgs[i:], u.msgs[i+1:u.n])
	w.n = u.n - 1
}

// keep takes away the messages for which wanted is false.
func (w *network) keep(wanted func(e envelope) bool) {
	n := 0
	for _, e := range w.all() {
		if wanted(e) {
			w.msgs[n] = e
			n++
		}
	}
	w.n = n
}

// anyReadOfWrite reports whether the answer to a read is under way that holds a
// value some client wrote.
func (w *network) anyReadOfWrite() bool {
	for i := w.n - 1; i >= 0 && w.msgs[i].kind() == getOk; i-- {
		if w.msgs[i].tagged().value() != 0 {
			return true
		}
	}
	return false
}

// describe renders a delivery in a system with the given number of servers.
func (e envelope) describe(servers int) string {
	v := e.tagged()
	seq := fmt.Sprintf("seq (%d, server %d), %s", v.clock(), v>>3&7, valueName(v.value()))
	var body string
	switch r := e.request(); e.kind() {
	case put:
		body = fmt.Sprintf("Put(request %d, %s)", r, valueName(v.value()))
	case get:
		body = fmt.Sprintf("Get(request %d)", r)
	case query:
		body = fmt.Sprintf("Query(request %d)", r)
	case ackQuery:
		body = fmt.Sprintf("AckQuery(request %d, %s)", r, seq)
	case record:
		body = fmt.Sprintf("Record(request %d, %s)", r, seq)
	case ackRecord:
		body = fmt.Sprintf("AckRecord(request %d)", r)
	case putOk:
		body = fmt.Sprintf("PutOk(request %d)", r)
	case getOk:
		body = fmt.Sprintf("GetOk(request %d, %s)", r, valueName(v.value()))
	}
	return fmt.Sprintf("%s -> %s: %s", nodeName(e.from(), servers), nodeName(e.to(), servers), body)
}

func nodeName(node, servers int) string {
	if node < servers {
		return fmt.Sprintf("server %d", node)
	}
	return fmt.Sprintf("client %d", node-servers)
}

func valueName(v int) string {
	if v == 0 {
		return "initial value"
	}
	return fmt.Sprintf("value %d", v-1)
}
