package checker

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
)

// epochal is what the observers of storage whose groups change have in common: the
// clients of the store, the membership below it, and the windows of vulnerability. The
// authority's agent is a client of the membership alone.
type epochal struct {
	*Clients
	windows
}

// EpochsRun is what the observers must know of a run besides System.
type EpochsRun struct {
	MembershipRun
	Agent      protocol.NodeID // the client that is no client of the store
	Objects    []protocol.ID
	Situations []string
}

func newEpochal(s System, run EpochsRun, settled func(protocol.NodeID, protocol.ID, uint64) bool) epochal {
	below := s
	below.Machine = func(id protocol.NodeID) protocol.Machine {
		if h, ok := s.Machine(id).(interface{ Server() *membership.Server }); ok {
			return h.Server()
		}
		return s.Machine(id)
	}
	s.Situations = run.Situations
	e := epochal{NewClients(s), newWindows(NewMembership(below, run.MembershipRun), run, s, settled)}
	e.members.Reach = e.Reach
	return e
}

// Invoked records the beginning of an operation.
func (e *epochal) Invoked(event uint64, at int64, client protocol.NodeID, op protocol.Operation) {
	if client == e.run.Agent {
		e.members.Invoked(event, at, client, op)
		return
	}
	e.Clients.Invoked(event, at, client, op)
}

// Returned records its end.
func (e *epochal) Returned(event uint64, at int64, client protocol.NodeID, r protocol.Result) {
	if client == e.run.Agent {
		e.members.Returned(event, at, client, r)
		return
	}
	e.Clients.Returned(event, at, client, r)
}

// step has the membership look at a node, and opens the windows of the epochs that have
// begun with that.
func (e *epochal) step(event uint64, at int64, node protocol.NodeID, machine protocol.Machine) {
	switch m := machine.(type) {
	case interface{ Server() *membership.Server }:
		was := e.members.latest()
		e.members.Stepped(event, at, node, m.Server())
		for was++; was <= e.members.latest(); was++ {
			e.begin(at, was)
		}
	case interface{ View() *view.View }:
		e.members.Stepped(event, at, node, machine)
	}
}

// Findings returns the safety properties that broke, those of the membership first.
func (e *epochal) Findings() []Finding { return slices.Concat(e.members.findings, e.findings) }

// Liveness judges the operations, and the membership.
func (e *epochal) Liveness(now int64, idle bool) (Verdict, string) {
	if v, detail := e.Clients.Liveness(now, idle); v != Pass {
		return v, detail
	}
	return e.members.Liveness(now, idle)
}

// Epochs returns how many epochs have ended.
func (e *epochal) Epochs() uint64 { return e.members.Epochs() }
