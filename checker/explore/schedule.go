package explore

import (
	"time"

	"turncoat/protocol"
)

// Schedule is a path of a model in the terms of the simulator: what has to be
// decided, and how, for a run of the same machines to repeat it.
//
// The k-th step of the path happens k milliseconds after the start. Each message
// is given the delay with which it arrives in its step; what the path leaves in
// flight is lost.
type Schedule struct {
	Protocol   string   // what is run, as scenarios name it
	Servers    int      // 3f+1
	Liars      int      // the first of them
	Strategy   string   // of the liars, or of the bad clients
	Clients    int      // numbered after the servers
	BadClients int      // the first of them
	Operations int      // most of any client
	Epochs     int      // steps to other groups,
	Overlap    int      // each of which so many members survive
	Lifted     []string // rules
	Checkpoint int      // PBFT's K, 0 where there is none
	Crashes    []Crash  // in order
	Choices    []Choice
	End        time.Duration // after the last step
}

// Crash is a server that crashes and is back at once.
type Crash struct {
	Server int
	At     time.Duration
}

// Choice is one decision. Its words are those of the simulator's decisions.
type Choice struct {
	Kind        string // lie, loss, duplicate, delay or work
	Actor, Peer int32  // a node; for work, the number of a client; Peer -1 for none
	Label       string
	Timer       protocol.TimerID // of a delay that is a timer's
	Op          uint32           // 1 + the number of the client's operation in which it falls, 0 for none
	Index       uint32           // which of these
	Value       int64
}

// Scheduler is a model whose paths the simulator can repeat.
type Scheduler interface {
	// Schedule returns what repeats the path from the initial state by the given
	// actions. The error says what in it the simulator cannot be told.
	Schedule(actions []Action) (*Schedule, error)
}

// scheduled adds to a counterexample of m how to repeat it.
func scheduled[S any](m Model[S], r *Result) *Result {
	if s, ok := m.(Scheduler); ok && r.Counterexample != nil {
		r.Counterexample.Schedule, r.Counterexample.Unscheduled = s.Schedule(r.Counterexample.Actions)
	}
	return r
}
