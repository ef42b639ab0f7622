package explain

import (
	"cmp"
	"slices"

	"turncoat/protocol"
	"turncoat/sim"
)

// What matters is found backwards. From the end of each operation concerned: the
// message in whose event it ended; the messages that the same node had heard
// since it last sent something, which it was waiting for together (a quorum); the
// last event that changed the state of a node which answered; and for each of these
// the event in which it was sent, and so on. To that come the messages of these
// operations that were late, lost or lies, since what did not arrive in time is
// most of the reason. What happened after the property broke does not matter, nor does
// how the layers below the one that broke did their work (see layer.go).

// mostScene is how many steps a scene may have.
const mostScene = 120

// slice fills Scene.
func (s *Story) slice() {
	sc := &slicer{Story: s, matter: s.matter(), seen: make(map[int]bool)}
	sc.finding()
	for _, o := range s.Ops {
		if !o.Concerned || o.Begin > s.Broke {
			continue
		}
		sc.event(o.Begin, o.Node)
		if o.End > 0 && o.End <= s.Broke {
			sc.event(o.End, o.Node)
		}
	}
	sc.unanswered()
	for len(sc.todo) > 0 && len(sc.kept) < mostScene {
		i := sc.todo[0]
		sc.todo = sc.todo[1:]
		sc.causes(i)
	}
	for i := range s.Steps {
		if s.missed(&s.Steps[i]) {
			sc.keep(i)
		}
	}
	slices.SortFunc(sc.kept, func(i, j int) int { return inTime(&s.Steps[i], &s.Steps[j], i, j) })
	s.Scene = sc.kept
	if len(s.Scene) > mostScene {
		s.Scene = s.Scene[len(s.Scene)-mostScene:]
	}
}

// inTime orders steps, whose places are i and j.
func inTime(a, b *Step, i, j int) int {
	return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Event, b.Event), cmp.Compare(i, j))
}

// slicer is a slice in the making.
type slicer struct {
	*Story
	matter layer
	seen   map[int]bool // looked up only
	todo   []int
	kept   []int
}

func (sc *slicer) keep(i int) {
	if sc.seen[i] {
		return
	}
	sc.seen[i] = true
	if sc.Steps[i].layer() < sc.matter {
		sc.aside++
		return
	}
	sc.kept = append(sc.kept, i)
	sc.todo = append(sc.todo, i)
}

// see keeps a step of whatever layer.
func (sc *slicer) see(i int) {
	if !sc.seen[i] {
		sc.seen[i] = true
		sc.kept = append(sc.kept, i)
		sc.todo = append(sc.todo, i)
	}
}

// finding keeps the events in which an invariant was seen to be broken, wherever they
// were: many are no client's.
func (sc *slicer) finding() {
	f := sc.broken()
	if f == nil {
		return
	}
	for _, e := range f.Events {
		for _, i := range sc.byEvent[e] {
			if isInput(sc.Steps[i].Kind) {
				sc.see(i)
			}
		}
	}
}

// mostAsked is how many steps of an operation that never ended a scene may have.
const mostAsked = 60

// unanswered keeps what came of an operation that never ended, at its client and at all
// others, up to where the client asked again: what it waits for is what did not come.
func (sc *slicer) unanswered() {
	for _, o := range sc.Ops {
		if !o.Concerned || o.To >= 0 {
			continue
		}
		follows := map[uint64]bool{o.Begin: true} // events; looked up only
		for i, kept := 0, 0; i < len(sc.Steps) && kept < mostAsked; i++ {
			x := &sc.Steps[i]
			if x.Node == o.Node && x.Kind == sim.StepTimer && x.Event > o.Begin {
				break
			}
			if x.Message != nil && x.Kind != sim.StepLie && follows[x.Cause] {
				follows[x.Event] = true
				sc.keep(i)
				kept++
			}
		}
	}
}

// event keeps what happened at a node in an event.
func (sc *slicer) event(event uint64, node protocol.NodeID) {
	for _, i := range sc.byEvent[event] {
		if x := &sc.Steps[i]; x.Node == node && (isInput(x.Kind) || x.Kind == sim.StepReturn) {
			sc.keep(i)
		}
	}
}

// causes keeps what led to a step.
func (sc *slicer) causes(i int) {
	x := &sc.Steps[i]
	switch x.Kind {
	case sim.StepMessage:
		sc.event(x.Cause, x.From)
		sc.before(i)
	case sim.StepTimer, sim.StepReturn:
		sc.before(i)
	}
}

// before goes back at the node of step i: through what it heard since it last spoke,
// and to the last change of its state.
func (sc *slicer) before(i int) {
	x := &sc.Steps[i]
	waiting := true
	for j := i - 1; j >= 0; j-- {
		y := &sc.Steps[j]
		if y.Node != x.Node || !isInput(y.Kind) || y.Event == x.Event {
			continue
		}
		if waiting = waiting && !sc.spoke(y.Event, y.Node); waiting && y.Kind == sim.StepMessage {
			if y.Changed {
				sc.keep(j)
			}
			continue
		}
		if y.Kind == sim.StepBoot || y.Kind == sim.StepInvoke {
			return
		}
		if y.Changed {
			if !sc.Nodes[x.Node].Client {
				sc.keep(j)
			}
			return
		}
	}
}

// spoke reports whether a node sent something in an event.
func (sc *slicer) spoke(event uint64, node protocol.NodeID) bool {
	if sc.speakers == nil {
		sc.speakers = make(map[speaker]bool)
		for i := range sc.Steps {
			if x := &sc.Steps[i]; x.Message != nil && x.Kind != sim.StepLie {
				sc.speakers[speaker{x.Cause, x.From}] = true
			}
		}
	}
	return sc.speakers[speaker{event, node}]
}

// speaker is a node in an event.
type speaker struct {
	event uint64
	node  protocol.NodeID
}

// missed reports whether a step is about a message of an operation concerned that
// was lost or a lie, or a request that changed its receiver too late to matter.
func (s *Story) missed(x *Step) bool {
	if x.Message == nil && x.Kind != sim.StepLie || x.Cause > s.Broke {
		return false
	}
	o := s.opOf(x)
	switch {
	case o == nil:
		return false
	case x.Lie != "" || x.Kind == sim.StepLost || x.Kind == sim.StepDrop:
		return true
	}
	return x.Event > s.Broke && x.Kind == sim.StepMessage && x.Changed && s.Nodes[x.From].Client && o.Op.Kind.Changes()
}

// opOf returns the operation concerned that a message belongs to: that of the client
// at one of its ends when it was sent.
func (s *Story) opOf(x *Step) *Op {
	for i := range s.Ops {
		o := &s.Ops[i]
		if o.Concerned && (o.Node == x.From || o.Node == x.Node) && x.Cause >= o.Begin && (o.End == 0 || x.Cause <= o.End) {
			return o
		}
	}
	return nil
}
