package adversary

import (
	"cmp"
	"encoding/binary"
	"slices"

	"turncoat/protocol"
)

// Node is a corrupted node. It implements protocol.Machine.
//
// An input goes to the honest copy first. Its disk, timers, notes and results are
// the node's; what it sends goes through the strategies in their order. What the honest
// copy sends to itself is out of their reach, so that its inputs stay true.
type Node struct {
	deps       Deps
	strategies []Strategy
	pristine   protocol.Machine // the machine before Start
	honest     protocol.Machine
	armed      alarms // timers of the honest copy
	busy       bool   // the honest copy, a client, has an operation in flight
	serial     uint64 // of the honest copy's sends; for counting lies, not for acting

	truth   []Sent        // what the honest copy has sent at truthAt; for counting lies, and no state
	truthAt protocol.Time // the last instant at which it had an input

	// Scratch: what follows is reused by each step and is no state.
	now            Step
	recorder       truthRecorder
	out, before    []Sent
	form, trueForm []byte
}

// Corrupt wraps a machine that was not started yet. Strategies act in the order
// given, each on what the one before lets out.
func Corrupt(machine protocol.Machine, deps Deps, strategies ...Strategy) *Node {
	if len(strategies) > maxStrategies {
		panic("adversary: a node has more strategies than its timers can tell apart")
	}
	if deps.Cabal != nil {
		deps.Cabal.join(deps.Keys)
	}
	return &Node{deps: deps, strategies: strategies, pristine: machine.Clone(), honest: machine}
}

// Client is a corrupted node through which operations are invoked. They go to the
// honest copy and to the copies of the strategies; only the honest copy returns
// them.
type Client struct{ *Node }

// CorruptClient is Corrupt for a client.
func CorruptClient(client protocol.Client, deps Deps, strategies ...Strategy) Client {
	return Client{Corrupt(client, deps, strategies...)}
}

// Invoke begins op.
func (c Client) Invoke(env protocol.Env, op protocol.Operation) {
	c.busy = true
	c.step(env, Input{Kind: Invoked, Op: op})
}

// Clone returns an independent copy; see Node.Clone.
func (c Client) Clone() protocol.Machine { return Client{c.Node.clone()} }

// Start begins an incarnation.
func (n *Node) Start(env protocol.Env, disk protocol.Disk) {
	n.step(env, Input{Kind: Started, Disk: disk})
}

// Deliver hands over a message.
func (n *Node) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	n.step(env, Input{Kind: Delivered, From: from, Message: m})
}

// Timer says that a timer of the honest copy, of a strategy or of a strategy's
// copy has expired.
func (n *Node) Timer(env protocol.Env, id protocol.TimerID) {
	owner, slot, own := splitTimer(id)
	if owner < 0 {
		n.armed.remove(own)
		n.step(env, Input{Kind: Expired, Timer: own})
		return
	}
	n.remember(env.Now(), nil)
	s := n.begin(env, Input{Kind: Woken, Slot: slot, Timer: own})
	out := s.pass(owner, nil)
	s.In = Input{Kind: Nothing}
	for i := owner + 1; i < len(n.strategies); i++ {
		out = s.pass(i, out)
	}
	n.leave(s, out)
}

// begin returns the step of an input.
func (n *Node) begin(env protocol.Env, in Input) *Step {
	old := &n.now
	n.now = Step{In: in, node: n, env: env, truth: old.truth[:0], nonces: old.nonces[:0], effects: old.effects[:0]}
	return &n.now
}

// step takes one input of the machine through the pipeline.
func (n *Node) step(env protocol.Env, in Input) {
	s := n.begin(env, in)
	for i, strategy := range n.strategies {
		s.turn = i
		strategy.In(s)
	}
	n.recorder = truthRecorder{step: s}
	in.feed(n.honest, &n.recorder)
	s.since = n.remember(s.Now(), s.truth)
	out := append(n.out[:0], s.truth...)
	for i := range n.strategies {
		out = s.pass(i, out)
	}
	n.leave(s, out)
}

// maxTruth bounds the memory of an instant that does not end.
const maxTruth = 256

// remember keeps what the honest copy sends for comparison until time moves on, and
// returns where it begins in n.truth.
func (n *Node) remember(now protocol.Time, sends []Sent) int {
	if now != n.truthAt || len(n.truth) > maxTruth {
		n.truth, n.truthAt = n.truth[:0], now
	}
	n.truth = append(n.truth, sends...)
	return len(n.truth) - len(sends)
}

// leave gives to the world what came through the pipeline, each message at its
// place among the step's other effects, so that none overtakes the Sync that it was
// to wait for.
func (n *Node) leave(s *Step, out []Sent) {
	done := 0
	for i := range out {
		o := &out[i]
		for ; done < o.at; done++ {
			s.effects[done].apply(s.env)
		}
		if o.By != "" {
			n.lied(o.By, o, o.Message)
		}
		s.env.Send(o.To, o.Message)
	}
	for ; done < len(s.effects); done++ {
		s.effects[done].apply(s.env)
	}
}

// lied counts a deviation by the strategy called name about s, of which told leaves.
func (n *Node) lied(name string, s *Sent, told protocol.Message) {
	about := s.Message
	if s.Of != nil {
		about = s.Of
	}
	role := n.deps.Role
	if r, ok := n.deps.Dialect.(Roles); ok {
		role = cmp.Or(r.Role(n.honest), role)
	}
	n.deps.Power.Lied(name+"/"+role+"/"+phase(about), s.To, told)
}

// Self returns the corrupted node.
func (n *Node) Self() protocol.NodeID { return n.deps.Keys.Self() }

// Clone returns a copy that shares only what is immutable, its Power and its Cabal.
// Who clones a whole world binds the copy to the copies of those by Rebind.
func (n *Node) Clone() protocol.Machine { return n.clone() }

func (n *Node) clone() *Node {
	c := &Node{
		deps: n.deps, pristine: n.pristine, honest: n.honest.Clone(),
		armed: slices.Clone(n.armed), busy: n.busy, serial: n.serial,
		strategies: make([]Strategy, len(n.strategies)),
	}
	for i, strategy := range n.strategies {
		c.strategies[i] = strategy.Clone()
	}
	return c
}

// Rebind gives the node another source of choices and another shared memory (nil
// for none), those of the world that it was cloned into.
func (n *Node) Rebind(power Power, cabal *Cabal) {
	n.deps.Power, n.deps.Cabal = power, cabal
}

// AppendState appends the state of the honest copy, of the strategies and of the
// memory that they share with accomplices.
func (n *Node) AppendState(b []byte) []byte {
	b = appendMachine(b, n.honest)
	b = n.armed.appendTo(protocol.AppendBool(b, n.busy))
	for _, strategy := range n.strategies {
		b = protocol.AppendBytes(b, strategy.AppendState(nil))
	}
	if n.deps.Cabal != nil {
		b = n.deps.Cabal.AppendState(b)
	}
	return b
}

// appendMachine appends the state of m, delimited.
func appendMachine(b []byte, m protocol.Machine) []byte {
	return protocol.AppendBytes(b, m.AppendState(nil))
}

// appendSent appends what a held message will do.
func appendSent(b []byte, s *Sent) []byte {
	b = binary.AppendVarint(b, int64(s.To))
	b = protocol.AppendBytes(b, []byte(s.By))
	return protocol.AppendBytes(b, s.Message.AppendTo(nil))
}
