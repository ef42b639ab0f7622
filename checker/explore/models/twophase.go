package models

import (
	"fmt"
	"strings"

	"turncoat/checker/explore"
)

// Two-phase commit: the TLA+ specification TwoPhase of Gray and Lamport
// (Consensus on Transaction Commit, TODS 2006). Resource managers prepare or
// abort; the transaction manager commits once all have prepared, or aborts at any time.
// Messages are a shared set that only grows, and receiving one does not remove it.
//
// As in the specification an action that is enabled is a transition even if it
// leads back to its own state (a decision received again): TLC counts those too,
// and because of them no state is without a transition. Crashes are left out.

const maxManagers = 12

// States of a resource manager.
const (
	working uint8 = iota
	prepared
	committed
	aborted
)

// States of the transaction manager.
const (
	undecided uint8 = iota
	decidedCommit
	decidedAbort
)

// twoPhaseState is the state of all variables. Bit i of a set is manager i.
type twoPhaseState struct {
	managers [maxManagers]uint8
	decision uint8  // the transaction manager's state; its message is sent in the same step
	known    uint16 // whose Prepared it has received
	sent     uint16 // who sent Prepared
}

// Actions are verb<<8 | manager.
const (
	verbCommit explore.Action = iota
	verbAbort
	verbRcvPrepared
	verbPrepare
	verbChooseAbort
	verbRcvCommit
	verbRcvAbort
)

type twoPhase struct{ n int }

// TwoPhaseCommit returns the model with n resource managers (1 to 12).
func TwoPhaseCommit(n int) explore.Model[twoPhaseState] { return &twoPhase{n} }

// Initial returns the state in which every manager works on the transaction.
func (m *twoPhase) Initial() []twoPhaseState { return make([]twoPhaseState, 1) }

// Properties returns consistency, both outcomes, and progress.
func (m *twoPhase) Properties() []explore.Property[twoPhaseState] {
	return []explore.Property[twoPhaseState]{
		{Name: "consistent", Kind: explore.Always, Holds: func(s *twoPhaseState) bool {
			return !m.some(s, aborted) || !m.some(s, committed)
		}},
		{Name: "commit", Kind: explore.Reach, Holds: func(s *twoPhaseState) bool { return m.every(s, committed) }},
		{Name: "abort", Kind: explore.Reach, Holds: func(s *twoPhaseState) bool { return m.every(s, aborted) }},
		{Name: "no deadlock", Kind: explore.NoDeadlock, Holds: func(*twoPhaseState) bool { return false }},
	}
}

func (m *twoPhase) some(s *twoPhaseState, state uint8) bool {
	for _, v := range s.managers[:m.n] {
		if v == state {
			return true
		}
	}
	return false
}

func (m *twoPhase) every(s *twoPhaseState, state uint8) bool {
	for _, v := range s.managers[:m.n] {
		if v != state {
			return false
		}
	}
	return true
}

// Successors follows the next-state relation of the specification, disjunct by disjunct.
func (m *twoPhase) Successors(s *twoPhaseState, out []explore.Step[twoPhaseState]) []explore.Step[twoPhaseState] {
	add := func(verb explore.Action, rm int) *twoPhaseState {
		var step *explore.Step[twoPhaseState]
		out, step = explore.Extend(out)
		step.Action, step.State = verb<<8|explore.Action(rm), *s
		return &step.State
	}
	if s.decision == undecided {
		if s.known == 1<<m.n-1 {
			add(verbCommit, 0).decision = decidedCommit
		}
		add(verbAbort, 0).decision = decidedAbort
	}
	for rm := range m.n {
		bit := uint16(1) << rm
		if s.decision == undecided && s.sent&bit != 0 {
			add(verbRcvPrepared, rm).known |= bit
		}
		if s.managers[rm] == working {
			next := add(verbPrepare, rm)
			next.managers[rm] = prepared
			next.sent |= bit
			add(verbChooseAbort, rm).managers[rm] = aborted
		}
		switch s.decision {
		case decidedCommit:
			add(verbRcvCommit, rm).managers[rm] = committed
		case decidedAbort:
			add(verbRcvAbort, rm).managers[rm] = aborted
		}
	}
	return out
}

// AppendState encodes four bits a manager and the decision.
func (m *twoPhase) AppendState(b []byte, s *twoPhaseState) []byte {
	for rm := range m.n {
		b = append(b, s.column(rm))
	}
	return append(b, s.decision)
}

// column is all that a state says of one manager.
func (s *twoPhaseState) column(rm int) byte {
	return s.managers[rm] | byte(s.known>>rm&1)<<2 | byte(s.sent>>rm&1)<<3
}

func (s *twoPhaseState) setColumn(rm int, c byte) {
	bit := uint16(1) << rm
	s.managers[rm] = c & 3
	s.known = s.known&^bit | uint16(c>>2&1)<<rm
	s.sent = s.sent&^bit | uint16(c>>3&1)<<rm
}

// DecodeState is the inverse of AppendState.
func (m *twoPhase) DecodeState(b []byte, s *twoPhaseState) {
	*s = twoPhaseState{decision: b[m.n]}
	for rm := range m.n {
		s.setColumn(rm, b[rm])
	}
}

// Describe names the action as the specification does.
func (m *twoPhase) Describe(_ *twoPhaseState, a explore.Action) string {
	rm := int(a & 0xff)
	switch a >> 8 {
	case verbCommit:
		return "transaction manager: commits"
	case verbAbort:
		return "transaction manager: aborts"
	case verbRcvPrepared:
		return fmt.Sprintf("manager %d -> transaction manager: Prepared", rm)
	case verbPrepare:
		return fmt.Sprintf("manager %d: prepares", rm)
	case verbChooseAbort:
		return fmt.Sprintf("manager %d: chooses to abort", rm)
	case verbRcvCommit:
		return fmt.Sprintf("transaction manager -> manager %d: Commit", rm)
	}
	return fmt.Sprintf("transaction manager -> manager %d: Abort", rm)
}

// Explain lists the managers.
func (m *twoPhase) Explain(s *twoPhaseState) string {
	names := [...]string{working: "working", prepared: "prepared", committed: "committed", aborted: "aborted"}
	var all []string
	for rm := range m.n {
		all = append(all, fmt.Sprintf("manager %d is %s", rm, names[s.managers[rm]]))
	}
	return strings.Join(all, ", ")
}
