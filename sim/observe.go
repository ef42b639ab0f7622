package sim

import "turncoat/protocol"

// Observer watches a run without taking part: it draws nothing, sends nothing
// and is not part of the digest. event numbers the input being handled, from 1;
// at is virtual time. Checkers implement it; they need not import this package.
type Observer interface {
	Invoked(event uint64, at int64, client protocol.NodeID, op protocol.Operation)
	Returned(event uint64, at int64, client protocol.NodeID, r protocol.Result)
	Noted(event uint64, at int64, node protocol.NodeID, situation string, detail uint64)
}

// Stepper is an Observer that also looks at a node's state after each input.
type Stepper interface {
	Stepped(event uint64, at int64, node protocol.NodeID, m protocol.Machine)
}

// Tracer is told of every step, for pictures and logs. It costs time, so only
// replays attach one. It may be a Stepper too.
type Tracer interface {
	Step(s Step)
}

// StepKind says what a traced step is.
type StepKind uint8

// The steps.
const (
	StepBoot    StepKind = iota + 1 // a node starts
	StepMessage                     // a message is handled
	StepTimer                       // a timer expires
	StepInvoke                      // an operation begins
	StepReturn                      // an operation ends
	StepFault                       // a scheduled fault strikes
	StepNote                        // a named situation occurs
	StepDrop                        // a message arrives at a node that is down
	StepLost                        // a message is lost on its way
	StepLie                         // a corrupted node departs from the truth; told by who corrupted it
)

var stepKinds = [...]string{StepBoot: "boot", StepMessage: "message", StepTimer: "timer", StepInvoke: "invoke", StepReturn: "return", StepFault: "fault", StepNote: "note", StepDrop: "drop", StepLost: "lost", StepLie: "lie"}

func (k StepKind) String() string { return stepKinds[k] }

// Step is one traced step of a run.
type Step struct {
	Kind    StepKind
	Event   uint64
	At      int64
	Node    protocol.NodeID
	From    protocol.NodeID    // StepMessage, StepDrop, StepLost, StepLie
	Message protocol.Message   // StepMessage, StepDrop, StepLost; StepLie: what leaves instead of the truth, nil if nothing does
	Cause   uint64             // the event in which the message was sent
	SentAt  int64              // when it left
	Timer   protocol.TimerID   // StepTimer
	Op      protocol.Operation // StepInvoke
	Result  protocol.Result    // StepReturn
	Text    string             // StepFault, StepNote, StepLie
	Detail  uint64             // StepNote
}
