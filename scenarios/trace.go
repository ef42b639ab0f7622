package scenarios

import (
	"fmt"
	"time"

	"turncoat/checker"
	"turncoat/sim"
)

// lastSteps is a tracer that keeps the last steps of a run.
type lastSteps struct {
	steps []sim.Step
	next  int
}

func newLastSteps(n int) *lastSteps { return &lastSteps{steps: make([]sim.Step, 0, n)} }

// Step implements sim.Tracer.
func (l *lastSteps) Step(s sim.Step) {
	if len(l.steps) < cap(l.steps) {
		l.steps = append(l.steps, s)
		return
	}
	l.steps[l.next] = s
	l.next = (l.next + 1) % len(l.steps)
}

func (l *lastSteps) lines() []string {
	var out []string
	for i := range l.steps {
		out = append(out, StepLine(&l.steps[(l.next+i)%len(l.steps)]))
	}
	return out
}

// StepLine describes a step in a line.
func StepLine(s *sim.Step) string {
	line := fmt.Sprintf("%6d %12v node %d %v", s.Event, time.Duration(s.At), s.Node, s.Kind)
	switch s.Kind {
	case sim.StepMessage, sim.StepDrop, sim.StepLost:
		line += fmt.Sprintf(" %s from %d, sent in %d", s.Message.Kind(), s.From, s.Cause)
	case sim.StepInvoke:
		line += fmt.Sprintf(" %d %v %v %q", s.Op.Seq, s.Op.Kind, s.Op.Object, s.Op.Value)
	case sim.StepReturn:
		line += fmt.Sprintf(" %d %q", s.Result.Seq, s.Result.Value)
	case sim.StepTimer:
		line += fmt.Sprintf(" %d", s.Timer)
	case sim.StepLie:
		line += fmt.Sprintf(" from %d: %s", s.From, s.Text)
	case sim.StepFault, sim.StepNote:
		line += " " + s.Text
	}
	return line
}

// historyLines describes the operations of a history, one a line, up to a number
// that a person would read.
func historyLines(h *checker.History) []string {
	const most = 2000
	var out []string
	for i := range min(h.Len(), most) {
		out = append(out, h.Describe(h.Operation(checker.OpID(i))))
	}
	return out
}
