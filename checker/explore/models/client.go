package models

import (
	"fmt"
	"strings"
)

// The clients of the register models and the history of their operations.
//
// Client k is node servers+k. It writes value k, then reads, then is done. Its
// write is request servers+k at server (servers+k) mod servers; its read is
// request 2(servers+k) at the next server. Each is sent once and never retried. Requests of different
// clients can collide (2 servers, 3 clients: request 4 is a read and a write).
//
// A client waits for exactly one thing at a time, so how far it has come, what its
// read returned and what others had completed when its read began are both
// its state and the whole of its history.

const (
	maxClients = 4
	maxServers = 5
)

// Stages of a client, equal to the number of operations it has completed.
const (
	writing = iota
	reading
	done
)

// client is the state and history of one client.
type client struct {
	stage uint8
	value uint8 // what the read returned
	seen  uint8 // operations each client had completed when the read began, 2 bits each
}

// clients are all clients of a state; wrong says that their history so far is not
// linearizable, and is a function of the rest.
type clients struct {
	all   [maxClients]client
	wrong bool
}

func (c *clients) completedBy(k, other int) int { return int(c.all[k].seen>>(2*other)) & 3 }

// system is how many there are of each.
type system struct{ servers, clients int }

func (y system) node(k int) int         { return y.servers + k }
func (y system) putRequest(k int) int   { return y.node(k) }
func (y system) getRequest(k int) int   { return 2 * y.node(k) }
func (y system) putServer(k int) int    { return y.node(k) % y.servers }
func (y system) getServer(k int) int    { return (y.node(k) + 1) % y.servers }
func (y system) value(k int) tagged     { return tag(0, 0, k+1) }
func (y system) clientOf(node int) int  { return node - y.servers }
func (y system) isServer(node int) bool { return node < y.servers }

// start sends the writes of all clients.
func (y system) start(w *network) {
	for k := range y.clients {
		w.add(seal(put, y.node(k), y.putServer(k), y.putRequest(k), y.value(k)))
	}
}

// awaits reports whether the client that e is addressed to does anything with it.
func (y system) awaits(c *clients, e envelope) bool {
	k := y.clientOf(e.to())
	switch c.all[k].stage {
	case writing:
		return e.kind() == putOk && e.request() == y.putRequest(k)
	case reading:
		return e.kind() == getOk && e.request() == y.getRequest(k)
	}
	return false
}

// receive hands an awaited answer to its client: the operation returns, and
// after a write the read is invoked.
func (y system) receive(c *clients, w *network, e envelope) {
	k := y.clientOf(e.to())
	mine := &c.all[k]
	if mine.stage == writing {
		mine.stage = reading
		mine.seen = 0
		for other := range y.clients {
			if other != k {
				mine.seen |= c.all[other].stage << (2 * other)
			}
		}
		w.add(seal(get, e.to(), y.getServer(k), y.getRequest(k), 0))
	} else {
		mine.stage = done
		mine.value = uint8(e.tagged().value())
	}
	c.wrong = !y.linearizable(c)
}

// appendClients encodes state and history of all clients, and how many messages follow.
func (y system) appendClients(b []byte, c *clients, w *network) []byte {
	for _, k := range c.all[:y.clients] {
		b = append(b, k.stage|k.value<<2, k.seen)
	}
	n := byte(w.n)
	if c.wrong {
		n |= 0x80
	}
	b = append(b, n)
	for _, e := range w.all() {
		b = append(b, byte(e), byte(e>>8), byte(e>>16), byte(e>>24))
	}
	return b
}

// decodeClients is the inverse of appendClients.
func (y system) decodeClients(b []byte, c *clients, w *network) {
	for k := range y.clients {
		c.all[k] = client{stage: b[0] & 3, value: b[0] >> 2, seen: b[1]}
		b = b[2:]
	}
	c.wrong = b[0]&0x80 != 0
	w.n = int(b[0] & 0x7f)
	b = b[1:]
	for i := range w.n {
		w.msgs[i] = envelope(b[0]) | envelope(b[1])<<8 | envelope(b[2])<<16 | envelope(b[3])<<24
		b = b[4:]
	}
}

// explain shows the history, one client a line.
func (y system) explain(c *clients) string {
	var lines []string
	for k := range y.clients {
		mine := c.all[k]
		line := fmt.Sprintf("client %d: Put(%s)", k, valueName(k+1))
		switch mine.stage {
		case writing:
			line += " pending"
		case reading:
			line += " returned; Get pending" + y.after(c, k)
		case done:
			line += fmt.Sprintf(" returned; Get returned %s", valueName(int(mine.value))) + y.after(c, k)
		}
		lines = append(lines, line)
	}
	if c.wrong {
		lines = append(lines, "no order of these operations is that of a register")
	}
	return strings.Join(lines, "\n")
}

// after says which operations of others had returned before client k's read began.
func (y system) after(c *clients, k int) string {
	var before []string
	for other := range y.clients {
		switch c.completedBy(k, other) {
		case 1:
			before = append(before, fmt.Sprintf("Put of client %d", other))
		case 2:
			before = append(before, fmt.Sprintf("Put and Get of client %d", other))
		}
	}
	if len(before) == 0 {
		return ""
	}
	return " (invoked after " + strings.Join(before, " and ") + " returned)"
}
