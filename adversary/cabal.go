package adversary

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Cabal is the memory that corrupted nodes share: what they have
// received, their keys, and what they agreed to say. It belongs to one run.
type Cabal struct {
	members []*auth.Keys
	seen    []Overheard
	splits  int // how many times its members have split their brains

	withheld protocol.Message // the newest end of a write that a member withholds
	hoard    hoard            // what members have stolen

	agreed  map[question]int // answers, looked up only
	recent  []question       // those about exchanges, oldest first; the oldest are forgotten
	lasting []question       // those about the whole run, in the order of asking
}

// Overheard is a message that a member was sent by another node.
type Overheard struct {
	From    protocol.NodeID
	Message protocol.Message
}

// question is the k-th draw under a label about a topic. A chance is a choice of two.
type question struct {
	label   string
	topic   uint64
	k       int
	lasting bool
}

// What a cabal remembers. An exchange is long over when so many others followed.
const (
	maxSeen   = 256
	maxRecent = 8192
)

// NewCabal returns the memory of a conspiracy that has no members yet.
func NewCabal() *Cabal { return &Cabal{agreed: make(map[question]int)} }

func (c *Cabal) join(keys *auth.Keys) { c.members = append(c.members, keys) }

// Members returns the keys of all members, in the order of joining: what the cabal
// can sign with.
func (c *Cabal) Members() []*auth.Keys { return c.members }

// Seen returns the last messages that members shared, oldest first. The caller does
// not write in it.
func (c *Cabal) Seen() []Overheard { return c.seen }

func (c *Cabal) see(from protocol.NodeID, m protocol.Message) {
	if len(c.seen) == maxSeen {
		c.seen = slices.Delete(c.seen, 0, maxSeen/2)
	}
	c.seen = append(c.seen, Overheard{from, m})
}

// agree records the answer to q and forgets old ones.
func (c *Cabal) agree(q question, answer int) {
	c.agreed[q] = answer
	if q.lasting {
		c.lasting = append(c.lasting, q)
		return
	}
	if len(c.recent) == maxRecent {
		for _, old := range c.recent[:maxRecent/2] {
			delete(c.agreed, old)
		}
		c.recent = slices.Delete(c.recent, 0, maxRecent/2)
	}
	c.recent = append(c.recent, q)
}

// Clone returns an independent copy, for a clone of the whole world.
func (c *Cabal) Clone() *Cabal {
	d := &Cabal{
		members: slices.Clone(c.members), seen: slices.Clone(c.seen), splits: c.splits, withheld: c.withheld, hoard: c.hoard.clone(),
		recent: slices.Clone(c.recent), lasting: slices.Clone(c.lasting),
		agreed: make(map[question]int, len(c.agreed)),
	}
	for _, q := range slices.Concat(c.recent, c.lasting) {
		d.agreed[q] = c.agreed[q]
	}
	return d
}

// AppendState appends all that members may act on, but their keys.
func (c *Cabal) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(c.splits))
	b = binary.AppendUvarint(b, uint64(len(c.seen)))
	for _, o := range c.seen {
		b = binary.AppendVarint(b, int64(o.From))
		b = protocol.AppendBytes(b, o.Message.AppendTo(nil))
	}
	if b = protocol.AppendBool(b, c.withheld != nil); c.withheld != nil {
		b = protocol.AppendBytes(b, c.withheld.AppendTo(nil))
	}
	b = c.hoard.appendTo(b)
	for _, list := range [][]question{c.recent, c.lasting} {
		b = binary.AppendUvarint(b, uint64(len(list)))
		for _, q := range list {
			b = protocol.AppendBytes(b, []byte(q.label))
			b = binary.AppendUvarint(b, q.topic)
			b = binary.AppendUvarint(b, uint64(q.k))
			b = binary.AppendUvarint(b, uint64(c.agreed[q]))
		}
	}
	return b
}

// peerTopic is the topic of all that is said to a peer. Topics of a Dialect are
// hashes and hardly ever so small.
func peerTopic(peer protocol.NodeID) uint64 { return uint64(uint32(peer)) + 1 }

// pact is the Power of accomplices on one topic. Who asks first draws, from his own
// Power; the others are given his answer.
type pact struct {
	power   Power
	cabal   *Cabal
	topic   uint64
	lasting bool
	asked   []string // labels asked so far, to number repeated questions
}

func (p *pact) Choose(label string, n int) int {
	q := p.question(label)
	answer, known := p.cabal.agreed[q]
	if !known {
		answer = p.power.Choose(label, n)
		p.cabal.agree(q, answer)
	}
	return min(answer, n-1) // an accomplice may have fewer alternatives
}

func (p *pact) Chance(label string, ppm int) bool {
	q := p.question(label)
	answer, known := p.cabal.agreed[q]
	if !known {
		if p.power.Chance(label, ppm) {
			answer = 1
		}
		p.cabal.agree(q, answer)
	}
	return answer != 0
}

func (p *pact) Lied(kind string, to protocol.NodeID, told protocol.Message) {
	p.power.Lied(kind, to, told)
}

func (p *pact) question(label string) question {
	q := question{label: label, topic: p.topic, lasting: p.lasting}
	for _, l := range p.asked {
		if l == label {
			q.k++
		}
	}
	p.asked = append(p.asked, label)
	return q
}
