package scenarios

import (
	"fmt"
	"slices"
	"time"

	"turncoat/adversary"
	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/sim"
)

// This file models the mobile adversary (Ostrovsky and Yung, PODC 1991) against systems
// whose epochs move: it takes servers over for spells, and within its bound takes the
// next only when the last one counts as correct again. That is when every window of
// vulnerability is closed in which the server was held: all correct servers have left
// the epochs of the spell, and have what they gained on entering the next; no lease of
// those epochs can last; the server itself, which is told that it was put right, has
// recovered; and if it was of the service's group, or is of the one
// that those epochs hand over to, the service has moved on. So at most as many servers as
// it may hold are faulty in any window of any group.
//
// What a server held may be lost when it is let go, as if it had been installed anew.
//
// Left out: holding more than f servers that share no group.

// Mobile says how the adversary moves from server to server.
type Mobile struct {
	Held   Ints   `yaml:"held"`   // servers that it holds at one time; with beyond-bound others may still count as faulty then
	Spells Ints   `yaml:"spells"` // how many servers it takes over, one after the other
	Pause  Span   `yaml:"pause"`  // from when it may take a server over until it does
	Lasts  Span   `yaml:"lasts"`  // how long it holds one
	Until  Span   `yaml:"until"`  // it has let go of the last by then
	Loses  Rate   `yaml:"loses"`  // chance that a server has lost its objects when it is let go
	Prey   string `yaml:"prey"`   // whom it goes for: any, service (a member of the service's group), past (a former one), group (of the first object's group, not of the service's), left (once of that group, and no member any more)
}

// The situations that a mobile adversary brings about.
const (
	noteSeized        = "mobile.seized"         // a server was taken over
	noteServiceSeized = "mobile.service-seized" // that runs the service
	notePastSeized    = "mobile.past-seized"    // that has run it, and no longer does
	noteReleased      = "mobile.released"       // a server was let go
	noteEmptied       = "mobile.emptied"        // and had lost its objects
	noteMovedOn       = "mobile.moved-on"       // a second server was taken over after the first counted as correct again
)

var mobileSituations = []string{noteSeized, noteServiceSeized, notePastSeized, noteReleased, noteEmptied, noteMovedOn,
	checker.NoteShareLearned, checker.NoteEmptyHanded}

var preys = []string{"any", "service", "past", "group", "left"}

// maxSpells bounds how many spells a run has: each costs every server a strategy.
const maxSpells = 16

// mobile moves the adversary of one run. It is told of every step of a server.
type mobile struct {
	*run
	observer // of the run: it sees what is correct now as if nobody had wrapped it

	count  int
	until  time.Duration
	loses  uint32
	spells []spell
	begun  int           // of spells: the first so many have begun
	next   time.Duration // when the next is to begin; -1: it may not yet

	epochs []mobileEpoch // from genesis on, those that a correct server was seen in
}

// spell is one server in the adversary's hands.
type spell struct {
	text     string // the strategies
	node     protocol.NodeID
	from, to time.Duration // to is 0 while it lasts
	first    uint64        // the epoch in which it began
	last     uint64        // the latest epoch that somebody was in when it ended
	over     bool          // no window is open in which it was held
}

// newMobile draws the numbers of a run's mobile adversary; nil if it has none.
func newMobile(r *run) *mobile {
	p := &r.spec.Adversary.Mobile
	m := &mobile{run: r, count: r.int("adversary.mobile.held", p.Held), next: -1}
	if m.count == 0 {
		return nil
	}
	m.until, m.loses = r.span("adversary.mobile.until", p.Until), r.rate("adversary.mobile.loses", p.Loses)
	m.spells = make([]spell, r.int("adversary.mobile.spells", p.Spells))
	texts := r.spec.Adversary.Strategies
	for i := range m.spells {
		s := &m.spells[i]
		s.node, s.text = protocol.None, texts[r.between("adversary.mobile.strategy", i, 0, int64(len(texts)-1))]
	}
	m.enter(0, r.subject.(inhabited).house().config.View.Genesis)
	return m
}

// wrap returns what makes a server one that can be taken over.
func (m *mobile) wrap(id protocol.NodeID, deps adversary.Deps) corruption {
	return func(machine protocol.Machine, k *auth.Keys) protocol.Machine {
		deps.Keys = k
		var strategies []adversary.Strategy
		for i := range m.spells {
			on := func() bool { return m.spells[i].node == id && m.spells[i].to == 0 }
			for _, s := range mustParse(m.spells[i].text) {
				strategies = append(strategies, adversary.During(on, s))
			}
		}
		return adversary.Corrupt(machine, deps, strategies...)
	}
}

// honest returns the machine inside one that can be taken over.
func honest(machine protocol.Machine) protocol.Machine {
	if n, wrapped := machine.(*adversary.Node); wrapped {
		return n.Honest()
	}
	return machine
}

// held reports whether a server is in the adversary's hands.
func (m *mobile) held(id protocol.NodeID) bool {
	return slices.ContainsFunc(m.spells[:m.begun], func(s spell) bool { return s.node == id && s.to == 0 })
}

// faulty reports whether a server counts as faulty in a window that is open now.
func (m *mobile) faulty(id protocol.NodeID) bool {
	return m != nil && slices.ContainsFunc(m.spells[:m.begun], func(s spell) bool { return s.node == id && !s.over })
}

// Stepped shows the run's observer the machine itself, and moves.
func (m *mobile) Stepped(event uint64, at int64, node protocol.NodeID, machine protocol.Machine) {
	machine = honest(machine)
	m.observer.(sim.Stepper).Stepped(event, at, node, machine)
	if int(node) >= m.servers {
		return
	}
	if m.held(node) {
		m.learn(event, at, node, machine)
	}
	now := time.Duration(at)
	m.follow(now, node, machine)
	for i := range m.spells[:m.begun] {
		s := &m.spells[i]
		if s.to == 0 && s.node != protocol.None && now >= s.from+m.length(i) {
			m.release(i, now)
		}
		if s.node == node && s.to > 0 && !s.over {
			s.doubt(machine)
		}
	}
	m.move(event, at)
}

// learn tells the checker what the adversary gets to know of a server that it holds.
func (m *mobile) learn(event uint64, at int64, node protocol.NodeID, machine protocol.Machine) {
	if o, ok := m.observer.(checker.Plundered); ok {
		o.Plundered(event, at, node, machine)
	}
}

// length is how long a spell lasts.
func (m *mobile) length(i int) time.Duration {
	p := &m.spec.Adversary.Mobile.Lasts
	return min(time.Duration(m.between("adversary.mobile.lasts", i, int64(p.Lo), int64(p.Hi))), m.until-m.spells[i].from)
}

// move takes the next server over, if it may and it is time.
func (m *mobile) move(event uint64, at int64) {
	now := time.Duration(at)
	switch {
	case m.begun == len(m.spells) || now >= m.until || !m.free():
		m.next = -1
		return
	case m.next < 0:
		p := &m.spec.Adversary.Mobile.Pause
		m.next = now + time.Duration(m.between("adversary.mobile.pause", m.begun, int64(p.Lo), int64(p.Hi)))
	}
	if now < m.next {
		return
	}
	i, s := m.begun, &m.spells[m.begun]
	m.begun, m.next = m.begun+1, -1
	s.over, s.to = true, now // in vain, unless there is prey
	wish := m.Draw(sim.Key{Choice: sim.Fault, Actor: int32(i), Peer: -1, Label: "seize"}, 1, int64(m.servers), 0)
	prey, found := m.prey(int(wish) - 1)
	if wish == 0 || !found {
		return
	}
	*s = spell{text: s.text, node: prey, from: now, first: m.latest()}
	m.seized(i, s)
	m.learn(event, at, prey, honest(m.world.Machine(prey)))
}

// free reports whether the adversary may take over another server.
func (m *mobile) free() bool {
	n := 0
	for _, s := range m.spells[:m.begun] {
		if s.node != protocol.None && (s.to == 0 || !s.over && !m.spec.Adversary.BeyondBound) {
			n++
		}
	}
	return n < m.count
}

// prey returns the first server from a place on that is prey.
func (m *mobile) prey(first int) (protocol.NodeID, bool) {
	for i := range m.servers {
		id := protocol.NodeID((max(first, 0) + i) % m.servers)
		if m.liars[id] != "" || m.faulty(id) || m.world.Machine(id) == nil {
			continue
		}
		switch serves, served := m.serves(id); m.spec.Adversary.Mobile.Prey {
		case "service":
			if serves {
				return id, true
			}
		case "past":
			if served && !serves {
				return id, true
			}
		case "group":
			if !serves && m.keeps(m.latest(), id) {
				return id, true
			}
		case "left":
			if m.left(id) {
				return id, true
			}
		default:
			return id, true
		}
	}
	return protocol.None, false
}

// serves reports whether a server runs the service now, and whether it ever did.
func (m *mobile) serves(id protocol.NodeID) (now, ever bool) {
	return slices.Contains(m.epochs[m.latest()].group, id),
		slices.ContainsFunc(m.epochs, func(e mobileEpoch) bool { return slices.Contains(e.group, id) })
}

// keeps reports whether a server was in the first object's group in an epoch.
func (m *mobile) keeps(epoch uint64, id protocol.NodeID) bool {
	return slices.Contains(m.epochs[epoch].config.Group(m.workload.registers[0], 3*m.f+1), id)
}

// left reports whether a server was once in the first object's group, every window has
// closed since in which it was a member at all, and it will never be one again.
func (m *mobile) left(id protocol.NodeID) bool {
	house, kept := m.subject.(inhabited).house(), false
	place := house.ids[id]
	if !house.orders.done {
		return false
	}
	for e := m.latest(); ; e-- {
		member := m.epochs[e].config.Lookup(place) != nil
		if member && (e == m.latest() || !m.past(e, m.world.Now())) {
			return false
		}
		kept = kept || member && m.keeps(e, id)
		if kept || e == 0 {
			return kept
		}
	}
}

// TakenOver begins the text of the step in which the mobile adversary takes a server.
const TakenOver = "taken over"

// seized tells of a spell that begins.
func (m *mobile) seized(i int, s *spell) {
	m.note(noteSeized)
	serves, served := m.serves(s.node)
	switch {
	case serves:
		m.note(noteServiceSeized)
	case served:
		m.note(notePastSeized)
	}
	if slices.ContainsFunc(m.spells[:i], func(old spell) bool { return old.over && old.node != protocol.None && old.node != s.node }) {
		m.note(noteMovedOn)
	}
	m.tell(s.node, s.from, fmt.Sprintf("%s (%s)", TakenOver, s.text))
}

// release lets go of a server.
func (m *mobile) release(i int, now time.Duration) {
	s := &m.spells[i]
	s.to, s.last = now, m.latest()
	if v := viewOf(honest(m.world.Machine(s.node))); v != nil {
		s.last = max(s.last, v.Epoch())
	}
	if o, ok := m.observer.(interface{ Epochs() uint64 }); ok { // whose windows may be open before anybody is known to be in them
		s.last = max(s.last, m.subject.(inhabited).house().config.View.Genesis.Epoch()+o.Epochs())
	}
	machine := honest(m.world.Machine(s.node))
	s.doubt(machine)
	m.note(noteReleased)
	m.tell(s.node, now, "let go")
	if h, up := machine.(interface{ lose() }); up && m.Chance(sim.Key{Choice: sim.Fault, Actor: int32(i), Peer: -1, Label: "lose"}, m.loses) {
		h.lose()
		m.note(noteEmptied)
		m.tell(s.node, now, "has lost its objects")
	}
}

// doubt tells a server that it was put right; not before it is up.
func (s *spell) doubt(machine protocol.Machine) {
	if h, ok := machine.(interface{ doubt(epoch uint64) }); ok {
		h.doubt(s.last)
	}
}

func (m *mobile) note(situation string) { m.base.Reach.Add(situation, 1) }

func (m *mobile) tell(node protocol.NodeID, at time.Duration, text string) {
	if m.options.Tracer != nil {
		m.options.Tracer.Step(sim.Step{Kind: sim.StepFault, Event: m.Turn().Event, At: int64(at), Node: node, Text: text})
	}
}
