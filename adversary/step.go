package adversary

import (
	"bytes"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// InputKind says what came in.
type InputKind uint8

// The kinds of input. Started, Delivered, Expired and Invoked are the inputs of a
// machine.
const (
	Nothing   InputKind = iota // the step belongs to a timer of another strategy
	Started                    // Disk
	Delivered                  // From, Message
	Expired                    // Timer, of the honest copy
	Invoked                    // Op
	Woken                      // Timer, of this strategy (Slot 0) or of its copy in Slot
)

// Input is what one step begins with.
type Input struct {
	Kind    InputKind
	From    protocol.NodeID
	Message protocol.Message
	Timer   protocol.TimerID
	Op      protocol.Operation
	Disk    protocol.Disk
	Slot    int
}

// feed hands the input to a machine.
func (in *Input) feed(m protocol.Machine, env protocol.Env) {
	switch in.Kind {
	case Started:
		m.Start(env, in.Disk)
	case Delivered:
		m.Deliver(env, in.From, in.Message)
	case Expired, Woken:
		m.Timer(env, in.Timer)
	case Invoked:
		m.(protocol.Client).Invoke(env, in.Op)
	case Nothing:
		panic("adversary: a machine was fed nothing")
	}
}

// Sent is a message about to leave.
type Sent struct {
	To      protocol.NodeID
	Message protocol.Message
	By      string           // the strategy that altered or invented it; empty for the truth
	Of      protocol.Message // the true message that it stands for, if it was altered

	serial uint64 // which send of the honest copy it is or was; 0 for none
	at     int    // how many other effects of the step come before it
}

// As returns the message as strategy by has altered it.
func (s Sent) As(by string, m protocol.Message) Sent {
	if s.Of == nil {
		s.Of = s.Message
	}
	s.By, s.Message = by, m
	return s
}

// Step is one input of a corrupted node on its way through the pipeline. It is
// valid during the call that passed it.
type Step struct {
	In Input

	node     *Node
	truth    []Sent // what the honest copy sends to others
	env      protocol.Env
	turn     int      // the strategy whose turn it is
	nonces   []uint64 // those given during this step, to any copy
	since    int      // where in node.truth begins what a copy may repeat without lying
	effects  []effect // all but sends to others, in their order
	replaced bool     // the strategy's copies say on other steps what the honest copy says in this one
}

// Now reads the node's clock.
func (s *Step) Now() protocol.Time { return s.env.Now() }

// Self returns the corrupted node.
func (s *Step) Self() protocol.NodeID { return s.node.deps.Keys.Self() }

// Keys returns the node's own keys.
func (s *Step) Keys() *auth.Keys { return s.node.deps.Keys }

// Decode reads a wire form of the node's protocol. When none is known nothing decodes.
func (s *Step) Decode(b []byte) (protocol.Message, error) {
	if s.node.deps.Decode == nil {
		return nil, protocol.ErrWire
	}
	return s.node.deps.Decode(b)
}

// Dialect returns what is known of the protocol, or nil.
func (s *Step) Dialect() Dialect { return s.node.deps.Dialect }

// Cabal returns the memory shared with accomplices, or nil.
func (s *Step) Cabal() *Cabal { return s.node.deps.Cabal }

// Honest returns the honest copy, for cloning only: before the input during In,
// after it during Out.
func (s *Step) Honest() protocol.Machine { return s.node.honest }

// Power returns where to draw what concerns the node alone.
func (s *Step) Power() Power { return s.node.deps.Power }

// PowerOn returns where to draw what concerns the exchange of m with peer.
// Accomplices that ask about the same exchange, in the same order, are given the
// same answers. The topic is the Dialect's, or all that is said to the peer.
func (s *Step) PowerOn(m protocol.Message, peer protocol.NodeID) Power {
	if s.Cabal() == nil {
		return s.Power()
	}
	topic := uint64(0)
	if d := s.Dialect(); d != nil {
		topic = d.Topic(m)
	}
	if topic == 0 {
		topic = peerTopic(peer)
	}
	return &pact{power: s.Power(), cabal: s.Cabal(), topic: topic}
}

// PowerAbout returns where to draw what concerns the whole cabal for the rest of
// the run; matter numbers the question.
func (s *Step) PowerAbout(matter uint64) Power {
	if s.Cabal() == nil {
		return s.Power()
	}
	return &pact{power: s.Power(), cabal: s.Cabal(), topic: matter, lasting: true}
}

// SetTimer arms a timer of the strategy whose turn it is. It comes back to Out as
// Woken in slot 0.
func (s *Step) SetTimer(id protocol.TimerID, d time.Duration) {
	s.then(effect{kind: setTimer, timer: timerOf(s.turn, 0, id), after: d})
}

// CancelTimer disarms a timer of the strategy whose turn it is.
func (s *Step) CancelTimer(id protocol.TimerID) {
	s.then(effect{kind: cancelTimer, timer: timerOf(s.turn, 0, id)})
}

// late returns o, which was held back, as it leaves in this step: after all that
// the honest copy does in it.
func (s *Step) late(o Sent) Sent {
	o.at = len(s.effects)
	return o
}

// pass lets strategy i edit out, and counts the truth that it withheld.
func (s *Step) pass(i int, out []Sent) []Sent {
	s.turn, s.replaced = i, false
	n := s.node
	n.before = append(n.before[:0], out...)
	strategy := n.strategies[i]
	out = strategy.Out(s, out)
	for _, b := range n.before {
		if b.By == "" && !s.replaced && !answered(&b, strategy.Name(), out) {
			n.lied(strategy.Name(), &b, nil)
		}
	}
	for j := range out {
		if o := &out[j]; o.By == strategy.Name() && s.isTrue(o) {
			o.By, o.Of = "", nil
		}
	}
	return out
}

// answered reports whether b left the strategy called name, as it was or as a lie.
func answered(b *Sent, name string, out []Sent) bool {
	for i := range out {
		o := &out[i]
		if o.serial == b.serial || (o.serial == 0 && o.By == name && o.To == b.To) {
			return true
		}
	}
	return false
}

// isTrue reports whether o says what the honest copy says in this step: a lie equal
// to the truth is none. A copy's own timer expires in another step than the honest
// copy's, so what that says at the same instant is the truth then.
func (s *Step) isTrue(o *Sent) bool {
	n := s.node
	n.form = o.Message.AppendTo(n.form[:0])
	if o.Of != nil {
		n.trueForm = o.Of.AppendTo(n.trueForm[:0])
		if bytes.Equal(n.form, n.trueForm) {
			return true
		}
	}
	for i := range n.truth[s.since:] {
		if t := &n.truth[s.since+i]; t.To == o.To {
			n.trueForm = t.Message.AppendTo(n.trueForm[:0])
			if bytes.Equal(n.form, n.trueForm) {
				return true
			}
		}
	}
	return false
}
