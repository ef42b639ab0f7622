package checker

import (
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
)

// Atomicity of one object by Porcupine, which searches for a linearization. It
// judges what the zone check cannot (compare-and-set, values written more than
// once) and confirms the zone check on histories small enough. Its cost grows
// with the operations in flight, without bound, so it runs on a budget of
// steps of the model, which is the same on every machine; wall-clock time is a
// second budget for people who wait, and never part of a sweep.

// call is an operation as the model sees it. It is both input and output of
// Porcupine's operation, by pointer, and carries the states it may lead to
// already boxed, so that a step allocates nothing.
type call struct {
	op     *Operation
	input  any // op.Input boxed
	output Value
}

// limits bound one search. Zero fields do not.
type limits struct {
	steps    int64
	bytes    int64
	deadline time.Time
}

// search counts the steps of a search and ends it when a limit is reached.
//
// Ending works from inside the model: once spent, every step is refused, upon
// which Porcupine backtracks through its stack without ever pushing again and
// says Illegal. So a spent search that says Illegal has said nothing. One that
// says Ok had found its linearization before. This needs neither a timer nor a
// goroutine of ours, and the same history spends the same steps every time.
type search struct {
	limits
	entryBytes int64 // what one visited state costs Porcupine
	taken      atomic.Int64
	accepted   atomic.Int64
	spent      atomic.Bool
}

// newSearch returns a search among n operations. Porcupine keeps for each
// visited state a bitset of n bits, and some 128 bytes of map and header.
func newSearch(n int, l limits) *search {
	return &search{limits: l, entryBytes: int64(n)/8 + 128}
}

// hopeless tells, before anything is allocated, that even a search that never
// backtracks would exceed the memory budget: it visits n states.
func (s *search) hopeless(n int) bool {
	return s.bytes > 0 && int64(n)*s.entryBytes > s.bytes
}

func (s *search) step(state, input, _ any) (bool, any) {
	if s.spent.Load() {
		return false, state
	}
	taken := s.taken.Add(1)
	if s.steps > 0 && taken > s.steps || taken%256 == 0 && s.late() {
		s.spent.Store(true)
		return false, state
	}
	ok, next := registerStep(state, input.(*call))
	if ok && s.bytes > 0 && s.accepted.Add(1)*s.entryBytes > s.bytes {
		s.spent.Store(true)
		return false, state
	}
	return ok, next
}

func (s *search) late() bool {
	return !s.deadline.IsZero() && time.Now().After(s.deadline) //turncoat:allow clock a person's time limit, never set within a sweep
}

// registerStep is the sequential register with compare-and-set: a state is the
// boxed Value held. A pending write or cas may take effect whenever the search
// likes, also after everything else; a pending cas that does not match has no
// effect. A cas that failed says that the object held another value.
func registerStep(state any, c *call) (bool, any) {
	held := state.(Value)
	switch c.op.Kind {
	case Write:
		return true, c.input
	case Read:
		return c.output == held, state
	}
	matches := c.op.Expect == held
	switch {
	case c.op.Outcome == Failed:
		return !matches, state
	case matches:
		return true, c.input
	default:
		return c.op.Outcome == Pending, state
	}
}

// model wraps the search's step for Porcupine.
func (s *search) model() porcupine.Model {
	return porcupine.Model{
		Init:  func() any { return Absent },
		Step:  s.step,
		Equal: func(a, b any) bool { return a.(Value) == b.(Value) },
	}
}

// operations translates ops for Porcupine. Intervals are closed there, which
// distinct event numbers make harmless; pending writes and cas end at infinity.
func operations(ops []Operation) []porcupine.Operation {
	calls := make([]call, len(ops))
	out := make([]porcupine.Operation, len(ops))
	for i := range ops {
		c := &calls[i]
		*c = call{op: &ops[i], input: ops[i].Input, output: ops[i].Output}
		out[i] = porcupine.Operation{ClientId: int(ops[i].Client), Input: c, Output: c, Call: ops[i].Invoke, Return: ops[i].Return}
	}
	return out
}

// decide judges one object's operations within l. It returns Pass, Violation
// or Undecided, and the steps it took.
func decide(ops []Operation, l limits) (Verdict, int64) {
	ops = observable(ops)
	s := newSearch(len(ops), l)
	if s.hopeless(len(ops)) {
		return Undecided, 0
	}
	ok := porcupine.CheckOperations(s.model(), operations(ops))
	switch {
	case ok:
		return Pass, s.taken.Load()
	case s.spent.Load():
		return Undecided, s.taken.Load()
	default:
		return Violation, s.taken.Load()
	}
}

// observable returns ops without those that cannot matter, and with pending
// writes ended as early as what was seen of them allows. It never alters ops.
// Ten idle pending writes would make an illegal history take exponentially long.
//
//   - Reads without an answer, and reads and writes that failed, say nothing.
//   - A pending write or cas whose new value nobody read and no cas expects can be
//     left out, unless some cas failed: a linearization with it stays one when
//     it is removed, because until the next write nothing looked at the value;
//     one without it gains it at the very end. A failed cas does look: it says
//     that the value was not the one expected, and any other value will do.
//   - A pending write of a value with no other source took effect before the
//     first read of that value returned, so it may as well return there.
func observable(ops []Operation) []Operation {
	casFailed, allMatter := false, true
	for i := range ops {
		op := &ops[i]
		casFailed = casFailed || op.Kind == CAS && op.Outcome == Failed
		allMatter = allMatter && (op.Outcome == Done || op.Kind == CAS && op.Outcome == Failed)
	}
	if allMatter {
		return ops
	}
	uses := make(map[Value]use, len(ops))
	for i := range ops {
		note(uses, &ops[i])
	}
	kept := make([]Operation, 0, len(ops))
	for _, op := range ops {
		idle := op.Kind == Read && op.Outcome != Done || op.Kind == Write && op.Outcome == Failed
		if op.Kind != Read && op.Outcome == Pending {
			u := uses[op.Input]
			idle = !casFailed && !u.read && !u.expected
			if op.Kind == Write && u.sources == 1 && op.Input != Absent && u.read && u.firstRead > op.Invoke {
				op.Return = u.firstRead
			}
		}
		if !idle {
			kept = append(kept, op)
		}
	}
	return kept
}

// use is what the operations of an object do with one value.
type use struct {
	sources   int32 // operations that may have set it
	read      bool
	expected  bool
	firstRead int64 // earliest return of a read
}

func note(uses map[Value]use, op *Operation) {
	if op.Kind != Read && op.Outcome != Failed {
		u := uses[op.Input]
		u.sources++
		uses[op.Input] = u
	}
	if op.Kind == CAS {
		u := uses[op.Expect]
		u.expected = true
		uses[op.Expect] = u
	}
	if op.Kind == Read && op.Outcome == Done {
		u := uses[op.Output]
		if !u.read || op.Return < u.firstRead {
			u.firstRead = op.Return
		}
		u.read = true
		uses[op.Output] = u
	}
}
