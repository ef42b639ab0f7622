// Package adversary makes nodes Byzantine.
//
// A corrupted node is the real machine, driven on its true inputs, with a
// pipeline of strategies between it and the world. A strategy may drop, delay,
// alter, repeat and invent what goes out, run further copies of the machine under
// the node's identity, feed each of them a part of what comes in, and share
// memory with the other corrupted nodes. No strategy contains a copy of a
// protocol; what it must know of one (how to alter a message and sign it again)
// comes through a Dialect.
//
// The node keeps to the powers of the model: it signs with its own keys and those
// of its accomplices, sends under its own address, and learns only what was
// delivered to it or to them. Left out: reading or ordering the traffic of
// others, which is the network's business, and real crashes, which are the
// kernel's.
//
// Every choice is drawn from Power, where the default is to be honest: under a
// Power that always answers 0 and false, a corrupted node has exactly the effects
// of the bare machine. Package sim records the draws, so that a run can be edited and
// cut down one lie at a time.
package adversary

import (
	"strings"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Power is what the world lends to a corrupted node. Labels are stable and for
// people ("stale.read-reply"); the k-th draw under a label at a node is the same
// decision in every run that reaches it.
type Power interface {
	// Choose draws one of n ≥ 1 alternatives. 0 is the calm one.
	Choose(label string, n int) int

	// Chance draws true with a probability of ppm parts per million, of 0 to
	// 1,000,000. false is the honest answer, at every ppm.
	Chance(label string, ppm int) bool

	// Lied counts one deviation from what an honest node would have done: a message
	// with other content left, or the true one was withheld or held back. kind is
	// "strategy/role/phase" ("stale/replica/read-reply"), to whom it was meant, and told
	// what leaves instead of the truth, nil if nothing does now.
	Lied(kind string, to protocol.NodeID, told protocol.Message)
}

// Always is the rate of what happens every time, in parts per million.
const Always = 1_000_000

// Dialect is what a liar must know of a protocol.
type Dialect interface {
	// Fabricate returns an altered copy of truth for the node to, authenticated with
	// keys, the liar's own; false when it knows no lie of this kind. Its choices come
	// from power: two accomplices that are given the same draws about the same
	// topic tell the same lie. It never writes through truth.
	Fabricate(keys *auth.Keys, to protocol.NodeID, truth protocol.Message, power Power) (protocol.Message, bool)

	// Topic names the exchange that m belongs to: the request and the replies to it
	// have one topic, and a request to several nodes has the same at each (such as a
	// hash of its nonce). 0 when m belongs to none.
	Topic(m protocol.Message) uint64
}

// Roles is a Dialect of a protocol in which nodes of one kind have different parts to
// play, so that lies are counted for each.
type Roles interface {
	// Role names the part that a machine plays now; empty for the one in Deps.
	Role(honest protocol.Machine) string
}

// Deps is what a corrupted node is made with.
type Deps struct {
	Keys    *auth.Keys       // its own
	Role    string           // for the count of lies: "replica", "client"
	Power   Power            // where its choices are drawn
	Decode  protocol.Decoder // of its protocol; garble needs it
	Dialect Dialect          // of its protocol; fabricate needs it, others find topics by it; may be nil
	Cabal   *Cabal           // its accomplices; nil when it acts alone
}

// Strategy is one way to misbehave. It is driven by a Node, one step at a time,
// and holds state of its own.
//
// Duties: what it does is a function of the steps so far and of its draws. In the
// calm case it returns out as it was given. Messages are never written through. A
// Sent that it alters or invents bears its name in By.
type Strategy interface {
	// Name returns the name in the table of strategies.
	Name() string

	// In is called before the honest copy is given the step's input, so that a
	// strategy can still fork the state without it. It is not called when a timer of a
	// strategy expires.
	In(s *Step)

	// Out is given what is about to leave, as the strategies before it made it, and
	// returns what shall leave instead. It may write in out, and does not keep it.
	Out(s *Step, out []Sent) []Sent

	// Clone returns an independent copy.
	Clone() Strategy

	// AppendState appends a canonical encoding of the state to b.
	AppendState(b []byte) []byte
}

// Garbled is bytes that are no message of the protocol. Receivers ignore it, as
// they ignore all that they cannot decode.
type Garbled struct {
	Was   protocol.Kind // the kind of the message that it was
	Bytes []byte
}

// Kind returns "garbled".
func (*Garbled) Kind() protocol.Kind { return "garbled" }

// AppendTo appends the raw bytes.
func (g *Garbled) AppendTo(b []byte) []byte { return append(b, g.Bytes...) }

// phase returns what the counts of lies call m: its kind without the protocol.
func phase(m protocol.Message) string {
	kind := m.Kind()
	if g, ok := m.(*Garbled); ok {
		kind = g.Was
	}
	if _, after, ok := strings.Cut(string(kind), "."); ok {
		return after
	}
	return string(kind)
}
