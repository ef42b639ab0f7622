// Package explain tells the story of a failed run to a person: what broke, what
// the clients saw, which messages and lies led there, and how to see it again. One
// record of the run is drawn in several ways: text, Mermaid, Perfetto, HTML.
//
// It models nothing of its own. What matters is found by following causes
// backwards from the operations that went wrong (see slice.go), which is a
// heuristic: it may show a message that changed nothing, and on long runs it
// stops at a length that a person would read. It is at its best on shrunk
// artifacts.
package explain

import (
	"errors"
	"fmt"
	"strings"

	"github.com/zeebo/xxh3"

	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/scenarios"
	"turncoat/sim"
)

// Story is all that there is to tell of a run.
type Story struct {
	Artifact *scenarios.Artifact
	Report   *scenarios.Report
	Diverged string // how the run differs from its recording, if it does
	Nodes    []Node
	Steps    []Step
	Ops      []Op
	Scene    []int  // the steps that matter, in order of time
	Broke    uint64 // the event in which the property broke; the last one if that is not known

	epochs, views bool // somebody entered one
	aside         int  // messages of the machinery below the matter that the scene leaves out

	byEvent  map[uint64][]int // steps of an event; looked up only
	speakers map[speaker]bool // who sent in which event; looked up only
}

// Node is a participant.
type Node struct {
	ID     protocol.NodeID
	Name   string // "s0", "c1"
	Client bool
	Liar   string // how it lies, or what else made it faulty; "" if it is correct
}

// Step is one step of the run, with what the record adds.
type Step struct {
	sim.Step
	Lie     string // what kind of lie the message is, "" for the truth
	State   string // the node's state after the step, for people
	Changed bool   // the step changed the node's state

	era era // of the node, after the step
}

// Op is an operation as its client saw it.
type Op struct {
	Node      protocol.NodeID
	Op        protocol.Operation
	Result    protocol.Result
	From, To  int64 // virtual ns; To is -1 while it is pending
	Begin     uint64
	End       uint64 // event, 0 while it is pending
	Concerned bool   // it is part of what went wrong
}

// Tell repeats the run of an artifact and records it.
func Tell(a *scenarios.Artifact) (*Story, error) {
	first, err := scenarios.Run(&a.Scenario, a.Options()) // says which nodes are servers, so that states can name nodes
	if err != nil {
		return nil, err
	}
	r := &recorder{story: &Story{Artifact: a, Report: first, byEvent: make(map[uint64][]int)}, last: make(map[protocol.NodeID]xxh3.Uint128)}
	rep, err := a.Replay(r)
	var diverged *scenarios.Divergence
	if err != nil && !errors.As(err, &diverged) {
		return nil, err
	}
	s := r.story
	s.Report = rep
	if diverged != nil {
		s.Diverged = diverged.Error()
	}
	s.nodes(r.nodes)
	s.lies(r.lies)
	s.operations()
	s.concern()
	s.eras()
	s.slice()
	s.mark()
	return s, nil
}

// recorder is the tracer that fills a story.
type recorder struct {
	story *Story
	lies  []sim.Step
	nodes int
	last  map[protocol.NodeID]xxh3.Uint128 // of each node's state; looked up only
	told  int                              // bytes of states that were described
}

// Step implements sim.Tracer.
func (r *recorder) Step(s sim.Step) {
	r.nodes = max(r.nodes, int(s.Node)+1)
	if s.Kind == sim.StepLie {
		r.lies = append(r.lies, s)
		return
	}
	at := len(r.story.Steps)
	r.story.Steps = append(r.story.Steps, Step{Step: s})
	r.story.byEvent[s.Event] = append(r.story.byEvent[s.Event], at)
}

// Stepped implements sim.Stepper: it is called after each input, and says what
// became of the node.
func (r *recorder) Stepped(event uint64, _ int64, node protocol.NodeID, m protocol.Machine) {
	print := xxh3.Hash128(m.AppendState(nil))
	changed := print != r.last[node]
	r.last[node] = print
	state := r.describe(m)
	for _, i := range r.story.byEvent[event] {
		if s := &r.story.Steps[i]; s.Node == node && isInput(s.Kind) {
			s.State, s.Changed = state, changed
		}
	}
}

// describe returns the state of a machine in words. In a run that is too long for a page
// to hold them all it is "", unless the machine has words of its own, which are few.
func (r *recorder) describe(m protocol.Machine) string {
	if _, brief := m.(fmt.Stringer); !brief && r.told > mostStates {
		return ""
	}
	state := r.story.state(m)
	r.told += len(state)
	return state
}

// isInput reports whether a step hands something to a machine.
func isInput(k sim.StepKind) bool {
	return k == sim.StepBoot || k == sim.StepMessage || k == sim.StepTimer || k == sim.StepInvoke
}

func (s *Story) nodes(n int) {
	faulty := make(map[protocol.NodeID]string) // looked up only
	for _, c := range s.Report.World.Faulty {
		faulty[c.Node] = c.Cause
	}
	for i := range n {
		node := Node{ID: protocol.NodeID(i), Client: i >= s.Report.Servers, Liar: faulty[protocol.NodeID(i)]}
		node.Name = s.name(int32(i))
		s.Nodes = append(s.Nodes, node)
	}
}

// lies marks the messages that were lies, by the event in which they left.
func (s *Story) lies(lies []sim.Step) {
	left := make(map[uint64][]*sim.Step) // by event; looked up only
	for i := range lies {
		left[lies[i].Event] = append(left[lies[i].Event], &lies[i])
	}
	for i := range s.Steps {
		x := &s.Steps[i]
		if x.Message == nil {
			continue
		}
		for _, l := range left[x.Cause] {
			if l.From == x.From && l.Node == x.Node && l.Message == x.Message {
				x.Lie, _, _ = strings.Cut(l.Text, "/")
			}
		}
	}
	for _, l := range lies {
		if l.Message == nil { // withheld: there is nothing else to see of it
			at := len(s.Steps)
			s.Steps = append(s.Steps, Step{Step: l, Lie: l.Text})
			s.byEvent[l.Event] = append(s.byEvent[l.Event], at)
		}
	}
}

// operations pairs what clients began with what ended.
func (s *Story) operations() {
	for i := range s.Steps {
		x := &s.Steps[i]
		switch x.Kind {
		case sim.StepInvoke:
			s.Ops = append(s.Ops, Op{Node: x.Node, Op: x.Op, From: x.At, To: -1, Begin: x.Event})
		case sim.StepReturn:
			for j := len(s.Ops) - 1; j >= 0; j-- {
				if o := &s.Ops[j]; o.Node == x.Node && o.Op.Seq == x.Result.Seq {
					o.Result, o.To, o.End = x.Result, x.At, x.Event
					break
				}
			}
		}
	}
}

// broken returns the finding that the verdict is about, nil if that is no invariant's.
func (s *Story) broken() *checker.Finding {
	if len(s.Report.Findings) == 0 || s.Report.Findings[0].Property != s.Report.Property {
		return nil
	}
	return &s.Report.Findings[0]
}

// fewOps is how many operations a reader takes in: up to that all are shown.
const fewOps = 5

// concern marks the operations that are part of what went wrong: those that prove
// it, or the one during which an invariant broke, or those that never ended. It
// also finds when that was.
func (s *Story) concern() {
	events := make(map[uint64]bool) // looked up only
	s.Broke = s.Report.Events
	switch {
	case s.Report.Outcome == checker.Stuck:
		for _, o := range s.Ops {
			events[o.Begin] = o.To < 0
		}
	case s.broken() != nil:
		for _, e := range s.broken().Events {
			events[e] = true
			s.Broke = e
		}
	default:
		r := checker.Check(s.Report.History, checker.Options{})
		for _, w := range r.Witness {
			events[uint64(w.Invoke)] = true
			if w.Return > r.Atomic {
				s.Broke = min(s.Broke, uint64(w.Return))
			}
		}
	}
	for i := range s.Ops {
		o := &s.Ops[i]
		o.Concerned = events[o.Begin] || events[o.End] && o.End > 0 || len(s.Ops) <= fewOps
	}
}
