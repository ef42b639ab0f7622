package experiment

import (
	"time"

	"turncoat/protocol"
	"turncoat/protocol/membership/view"
)

// spreader is one member: a view, and the form in which news is passed on.
type spreader struct {
	world *spread
	self  protocol.NodeID
	lies  bool
	view  view.View
}

// Its timers.
const (
	timerGreet protocol.TimerID = iota + 1
	timerEnter
)

// boast is how far ahead a liar says that it is.
const boast = 5

// Start implements protocol.Machine.
func (s *spreader) Start(env protocol.Env, _ protocol.Disk) {
	env.SetTimer(timerGreet, time.Duration(env.Nonce()%uint64(spreadChat)))
	if s.self < replicas {
		env.SetTimer(timerEnter, spreadStart)
	}
}

// Timer implements protocol.Machine.
func (s *spreader) Timer(env protocol.Env, id protocol.TimerID) {
	if id == timerEnter {
		if err := s.view.Enter(env, s.world.step); err == nil {
			s.gossip(env)
		}
		return
	}
	if s.world.over() {
		return
	}
	env.SetTimer(timerGreet, spreadChat)
	env.Send(s.someone(env), &greeting{epoch: s.epoch()})
}

// Deliver implements protocol.Machine.
func (s *spreader) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	g, greets := m.(*greeting)
	switch {
	case greets && !g.answer:
		env.Send(from, &greeting{epoch: s.epoch(), answer: true})
	case s.lies:
		return
	}
	if greets {
		s.view.Heard(env, from, g.epoch)
		return
	}
	was := s.view.Epoch()
	if s.view.OnMessage(env, from, m); s.view.Epoch() != was {
		s.gossip(env)
	}
}

// epoch returns what the member says that its epoch is.
func (s *spreader) epoch() uint64 {
	if s.lies {
		return s.view.Epoch() + boast
	}
	return s.view.Epoch()
}

// gossip tells some others of the epoch that was entered.
func (s *spreader) gossip(env protocol.Env) {
	if s.world.form != "gossip" {
		return
	}
	for range spreadFanOut {
		env.Send(s.someone(env), s.world.step)
	}
}

// someone draws another member.
func (s *spreader) someone(env protocol.Env) protocol.NodeID {
	n := uint64(s.world.members)
	return protocol.NodeID((uint64(s.self) + 1 + env.Nonce()%(n-1)) % n)
}

// Clone implements protocol.Machine.
func (s *spreader) Clone() protocol.Machine {
	c := *s
	c.view = s.view.Clone()
	return &c
}

// AppendState implements protocol.Machine.
func (s *spreader) AppendState(b []byte) []byte { return s.view.AppendState(b) }
