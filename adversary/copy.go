package adversary

import (
	"encoding/binary"
	"slices"
	"time"

	"turncoat/protocol"
)

// Copy is a further copy of the machine under the node's identity, kept by a
// strategy. It has timers of its own. What it sends to itself returns to it and to
// nobody else; it has no disk, and what it notes or returns is not heard.
type Copy struct {
	machine protocol.Machine
	slot    int
	armed   alarms
	inbox   []protocol.Message // sent to itself, delivered when selfTimer expires
	busy    bool
}

// selfTimer is the timer, in a copy's slot, behind which its messages to itself wait.
const selfTimer protocol.TimerID = 1<<ownBits - 1

// Fork returns a copy of the honest copy, with the timers that it has armed: during
// In of a Delivered step without the message, during Out with what came in. Slots
// are 1 to 255 and tell the copies of one strategy apart; the slot must be free.
func (s *Step) Fork(slot int) *Copy {
	c := &Copy{machine: s.Honest().Clone(), slot: checkSlot(slot), busy: s.node.busy}
	for _, a := range s.node.armed {
		c.arm(s, a.id, a.due.Sub(s.Now()))
	}
	return c
}

// Newborn returns a copy that starts now, from disk, and what it sends at that.
func (s *Step) Newborn(slot int, disk protocol.Disk) (*Copy, []Sent) {
	c := &Copy{machine: s.node.pristine.Clone(), slot: checkSlot(slot)}
	return c, c.Run(s, &Input{Kind: Started, Disk: disk})
}

func checkSlot(slot int) int {
	if slot < 1 || slot > maxSlot {
		panic("adversary: a copy's slot is not within 1..255")
	}
	return slot
}

// Run gives an input to the copy and returns what it sends to others, as lies of
// the strategy whose turn it is. A copy misses an operation that it is too busy for.
func (c *Copy) Run(s *Step, in *Input) []Sent {
	r := &copyRecorder{step: s, copy: c}
	switch {
	case in.Kind == Woken && in.Timer == selfTimer:
		inbox := c.inbox
		c.inbox = nil
		for _, m := range inbox {
			c.machine.Deliver(r, s.Self(), m)
		}
		return r.sends
	case in.Kind == Woken:
		c.armed.remove(in.Timer)
	case in.Kind == Invoked && c.busy:
		return nil
	case in.Kind == Invoked:
		c.busy = true
	}
	in.feed(c.machine, r)
	return r.sends
}

// Drop disarms all timers of a copy that is no longer wanted.
func (c *Copy) Drop(s *Step) {
	for _, a := range c.armed {
		s.then(effect{kind: cancelTimer, timer: timerOf(s.turn, c.slot, a.id)})
	}
	s.then(effect{kind: cancelTimer, timer: timerOf(s.turn, c.slot, selfTimer)})
}

func (c *Copy) arm(s *Step, id protocol.TimerID, d time.Duration) {
	if id == selfTimer {
		panic("adversary: a machine used the timer id that is reserved for messages to itself")
	}
	c.armed.set(id, s.Now().Add(max(d, 0)))
	s.then(effect{kind: setTimer, timer: timerOf(s.turn, c.slot, id), after: d})
}

func (c *Copy) clone() *Copy {
	if c == nil {
		return nil
	}
	return &Copy{machine: c.machine.Clone(), slot: c.slot, armed: slices.Clone(c.armed), inbox: slices.Clone(c.inbox), busy: c.busy}
}

func (c *Copy) appendTo(b []byte) []byte {
	b = protocol.AppendBool(b, c != nil)
	if c == nil {
		return b
	}
	b = appendMachine(b, c.machine)
	b = c.armed.appendTo(protocol.AppendBool(b, c.busy))
	b = binary.AppendUvarint(b, uint64(len(c.inbox)))
	for _, m := range c.inbox {
		b = protocol.AppendBytes(b, m.AppendTo(nil))
	}
	return b
}

// Ask shows the step's input to a clone of m and returns what it would send to
// others, as lies of the strategy whose turn it is. Nothing of the rest happens.
func (s *Step) Ask(m protocol.Machine) []Sent {
	r := &copyRecorder{step: s}
	s.In.feed(m.Clone(), r)
	return r.sends
}

// liesOf drops what the honest copy says: a strategy whose own copies speak in its
// place keeps only what the strategies before it have made up. What the honest copy
// says when a timer of its own expires does not count as withheld, for the copies
// say theirs on timers of their own.
func (s *Step) liesOf(out []Sent) []Sent {
	s.replaced = s.In.Kind == Expired
	return slices.DeleteFunc(out, func(o Sent) bool { return o.By == "" })
}

// copyRecorder is the Env of a Copy, or of a passing clone when copy is nil.
type copyRecorder struct {
	step  *Step
	copy  *Copy
	sends []Sent
	drawn int
}

func (r *copyRecorder) Now() protocol.Time { return r.step.env.Now() }

func (r *copyRecorder) Nonce() uint64 {
	r.drawn++
	return r.step.nonce(r.drawn - 1)
}

func (r *copyRecorder) Send(to protocol.NodeID, m protocol.Message) {
	if to != r.step.Self() {
		r.sends = append(r.sends, Sent{To: to, Message: m, By: r.step.node.strategies[r.step.turn].Name(), at: len(r.step.effects)})
		return
	}
	if r.copy != nil {
		r.copy.inbox = append(r.copy.inbox, m)
		r.step.then(effect{kind: setTimer, timer: timerOf(r.step.turn, r.copy.slot, selfTimer)})
	}
}

func (r *copyRecorder) SetTimer(id protocol.TimerID, d time.Duration) {
	if r.copy != nil {
		r.copy.arm(r.step, id, d)
	}
}

func (r *copyRecorder) CancelTimer(id protocol.TimerID) {
	if r.copy != nil {
		r.copy.armed.remove(id)
		r.step.then(effect{kind: cancelTimer, timer: timerOf(r.step.turn, r.copy.slot, id)})
	}
}

func (r *copyRecorder) Return(protocol.Result) {
	if r.copy != nil {
		r.copy.busy = false
	}
}

// A copy shares no disk with the honest one, and observers hear only the honest one.

func (r *copyRecorder) Store(protocol.ID, protocol.Message) {}
func (r *copyRecorder) Sync()                               {}
func (r *copyRecorder) Note(string, uint64)                 {}
