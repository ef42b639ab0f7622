package sim

import (
	"time"

	"github.com/zeebo/xxh3"

	"turncoat/protocol"
)

// Link says how messages fare between two nodes. Faults that it may inject: loss,
// duplication, reordering (any delay that varies reorders; Reorder adds more),
// corruption of one bit in flight. It never forges a sender and never invents a
// message; that takes an adversary. Retransmission, distinct-sender quorums and
// authenticators are why the protocols recover.
type Link struct {
	Latency   Latency
	Loss      uint32        // parts per million
	Duplicate uint32        // parts per million
	Corrupt   uint32        // parts per million
	Reorder   uint32        // parts per million of messages held for longer
	Hold      time.Duration // the most that a reordered message is held
	Bandwidth int64         // bits a second, 0 = unlimited
}

// Network is the medium between all nodes.
type Network struct {
	Link Link // after GST, between any two nodes

	// Before GST the network is asynchronous: Chaos rules in place of Link. What was
	// sent before GST arrives by GST + Bound. GST 0 means synchronous from the start.
	GST   time.Duration
	Bound time.Duration
	Chaos Link

	// RTT, when not nil, gives the round trip between the regions of two hosts; half
	// of it takes the place of Link.Latency.Base.
	RTT [][]time.Duration

	// Decode reads a message again after bits were flipped. Required if any Corrupt is set.
	Decode protocol.Decoder
}

// network is the state behind a Network.
type network struct {
	Network
	wires wires
	cuts  []spell // now and to come, in order of beginning

	last    measured    // a broadcast is encoded once
	long    [8]measured // the last ones of longMessage or more, in turn: what goes from node to node is encoded once too
	longs   uint8       // of them, so far
	scratch []byte
}

// measured is a message whose wire form has been looked at.
type measured struct {
	msg  protocol.Message
	hash xxh3.Uint128
	size uint32
}

// longMessage is how many bytes make it worth the while to remember a message after
// others have been sent: the step into an epoch, which each member passes on as it
// is, is as long as the changes are many, and each of the service's replicas makes one.
const longMessage = 1024

// measure returns the hash and length of m's wire form. Messages are pointers to what
// never changes, so the same pointer is the same message.
func (n *network) measure(m protocol.Message) (xxh3.Uint128, uint32) {
	if m == n.last.msg {
		return n.last.hash, n.last.size
	}
	for i := range n.long {
		if l := &n.long[i]; m == l.msg {
			return l.hash, l.size
		}
	}
	n.scratch = m.AppendTo(n.scratch[:0])
	n.last = measured{m, xxh3.Hash128(n.scratch), uint32(len(n.scratch))}
	if n.last.size >= longMessage {
		n.long[n.longs%uint8(len(n.long))] = n.last
		n.longs++
	}
	return n.last.hash, n.last.size
}

// link returns the rules for a message sent at a time.
func (n *network) link(at int64) *Link {
	if at < int64(n.GST) {
		return &n.Chaos
	}
	return &n.Link
}

// send puts a message on its way at time depart: the path of every message
// through the model, so it decides with one random word per enabled fault and
// builds no decision that the seed alone answers.
func (w *World) send(h *host, to protocol.NodeID, m protocol.Message, depart int64) {
	n := &w.net
	if to < 0 || int(to) >= len(w.hosts) {
		return // nobody lives there
	}
	hash, size := n.measure(m)
	p := packet{msg: m, hash: hash, from: h.id, to: to, life: h.incarnation, cause: w.events, depart: depart}
	w.counts.Messages++
	if to == h.id {
		w.enqueue(&p, depart)
		return
	}
	if h.Egress > 0 {
		h.nicFree = serialised(h.nicFree, depart, size, h.Egress)
		p.depart = h.nicFree
	}
	link, wire := n.link(p.depart), n.wires.of(h.id, to)
	word := wire.stream.at(wire.sent)
	p.op, p.index = wire.count(max(h.op(), w.hosts[to].op()))

	listed := w.choose.list != nil // which may name what the scenario does not draw
	loss, slow := link.Loss, int64(0)
	if len(n.cuts) > 0 {
		loss, slow = n.hindered(loss, h.id, to, m, p.depart)
	}
	if (loss > 0 || listed) && w.lost(&p, mix(word^1), loss) {
		w.counts.Lost++
		w.traceLost(&p)
		return
	}
	arrive := p.depart
	if link.Bandwidth > 0 {
		wire.freeAt = serialised(wire.freeAt, arrive, size, link.Bandwidth)
		arrive = wire.freeAt
	}
	if (link.Corrupt > 0 || listed && n.Decode != nil) && !w.corrupt(&p, mix(word^2), link.Corrupt, size) {
		w.traceLost(&p)
		return
	}
	arrive = later(later(arrive, slow), w.travel(&p, link, word))
	if link.Duplicate > 0 || listed {
		if extra := w.duplicate(&p, mix(word^3), link); extra > 0 {
			w.counts.Duplicated++
			w.enqueue(&p, n.bounded(p.depart, later(arrive, extra)))
		}
	}
	w.enqueue(&p, n.bounded(p.depart, arrive))
}

// traceLost tells the tracer of a message that will not arrive.
func (w *World) traceLost(p *packet) {
	if w.config.Tracer != nil {
		w.trace(Step{Kind: StepLost, Node: p.to, From: p.from, Message: p.msg, Cause: p.cause, SentAt: p.depart})
	}
}

// serialised returns when the last bit of size bytes is out of something that is
// free from some time on and lets rate bits a second through.
func serialised(free, ready int64, size uint32, rate int64) int64 {
	return later(max(free, ready), int64(size)*8*int64(time.Second)/rate)
}

// bounded applies partial synchrony: what leaves before GST arrives soon after it.
func (n *network) bounded(depart, arrive int64) int64 {
	if depart < int64(n.GST) && n.Bound > 0 {
		return min(arrive, int64(n.GST+n.Bound))
	}
	return arrive
}

// travel decides how long p is on its way, reordering included.
func (w *World) travel(p *packet, link *Link, word uint64) int64 {
	latency := link.Latency
	if w.net.RTT != nil {
		latency.Base = w.net.RTT[w.hosts[p.from].Region][w.hosts[p.to].Region] / 2
	}
	drawn := latency.draw(word)
	if r := mix(word ^ 4); link.Reorder > 0 && hit(r, link.Reorder) {
		drawn += int64(below(mix(r), uint64(link.Hold)+1))
	}
	return min(max(w.settle(Delay, p, latency.calm(), drawn), 0), longest)
}

// longest bounds what an edited list of decisions may say of a delay, so that no
// sum of times overflows: 36 years.
const longest = 1 << 60

// settle decides something about p; a seed alone answers without building a Key.
func (w *World) settle(c Choice, p *packet, calm, drawn int64) int64 {
	if w.choose.plain() {
		return drawn
	}
	return w.choose.settle(Key{Choice: c, Actor: int32(p.from), Peer: int32(p.to), Op: p.op, Index: p.index}, calm, drawn)
}

// lost decides whether p is lost to something of ppm parts per million. A
// partition loses all: it was decided as a fault, not message by message.
func (w *World) lost(p *packet, word uint64, ppm uint32) bool {
	if ppm >= million {
		return true
	}
	drawn := int64(0)
	if hit(word, ppm) {
		drawn = 1
	}
	return w.settle(Loss, p, 0, drawn) != 0
}

// duplicate decides after how many nanoseconds p arrives again; 0 is never.
func (w *World) duplicate(p *packet, word uint64, link *Link) int64 {
	drawn := int64(0)
	if hit(word, link.Duplicate) {
		drawn = 1 + link.Latency.draw(mix(word))
	}
	return min(w.settle(Duplicate, p, 0, drawn), longest)
}

// corrupt decides whether a bit of p is flipped and flips it. It reports whether
// there is still a message: bytes that do not decode are dropped at the receiver.
func (w *World) corrupt(p *packet, word uint64, ppm uint32, size uint32) bool {
	drawn := int64(0)
	if hit(word, ppm) {
		drawn = 1 + int64(below(mix(word), uint64(size)*8))
	}
	bit := w.settle(Corrupt, p, 0, drawn) - 1
	if bit < 0 || bit >= int64(size)*8 {
		return true
	}
	w.counts.Corrupted++
	b := p.msg.AppendTo(nil)
	b[bit/8] ^= 1 << (bit % 8)
	m, err := w.net.Decode(b)
	if err != nil {
		return false
	}
	p.msg, p.hash = m, xxh3.Hash128(b)
	return true
}
