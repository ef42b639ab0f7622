package sim

import (
	"strings"
	"testing"
	"time"

	"turncoat/protocol"
)

// echo is a client whose operations end when the server's answer is there, and
// which asks again when it takes too long.
func echo() actor {
	var op protocol.Operation
	busy := false
	ask := func(env protocol.Env) {
		env.Send(0, say(string(op.Value)))
		env.SetTimer(1, 20*ms)
	}
	return actor{
		start:  func(protocol.Env, protocol.Disk) { busy = false },
		invoke: func(env protocol.Env, o protocol.Operation) { op, busy = o, true; ask(env) },
		timer:  func(env protocol.Env, _ protocol.TimerID) { ask(env) },
		deliver: func(env protocol.Env, _ protocol.NodeID, text string) {
			if busy && text == string(op.Value) {
				busy = false
				env.CancelTimer(1)
				env.Return(protocol.Result{Seq: op.Seq, Value: op.Value})
			}
		},
	}
}

// server answers whatever it hears with the same.
func server() actor {
	return actor{deliver: func(env protocol.Env, from protocol.NodeID, text string) { env.Send(from, say(text)) }}
}

func clientStage(t *testing.T, operations uint32) *stage {
	s := stageOf(t, server(), echo())
	s.Clients = []protocol.NodeID{1}
	s.Workload = errands{operations, ms}
	return s
}

func TestAClientDoesOneOperationAfterTheOther(t *testing.T) {
	s := clientStage(t, 2)
	out := s.run()
	s.story(`
		0s a starts
		0s b starts
		1ms b is asked for operation 0
		2ms a hears v0 from b
		3ms b hears v0 from a
		3ms b returns operation 0 v0
		4ms b is asked for operation 1
		5ms a hears v1 from b
		6ms b hears v1 from a
		6ms b returns operation 1 v1`)
	if out.Counts.Invoked != 2 || out.Counts.Returned != 2 || out.Stop != Quiescent {
		t.Errorf("outcome is %+v", out)
	}
}

// The operation in flight of a client that crashes stays open; the client goes on
// with the next.
func TestAClientThatCrashesGoesOnWithItsNextOperation(t *testing.T) {
	s := clientStage(t, 2)
	s.strike(2*ms, Crash, 1)
	s.strike(10*ms, Restart, 1)
	s.Settle = 5 * ms
	out := s.run()
	s.story(`
		0s a starts
		0s b starts
		1ms b is asked for operation 0
		2ms b crash
		2ms a hears v0 from b
		3ms b misses v0 from a
		10ms b restart
		10ms b starts
		11ms b is asked for operation 1
		12ms a hears v1 from b
		13ms b hears v1 from a
		13ms b returns operation 1 v1`)
	if out.Counts.Invoked != 2 || out.Counts.Returned != 1 {
		t.Errorf("outcome is %+v", out)
	}
}

// The crash finds the client thinking: the operation that it was about to begin is begun later.
func TestAClientThatCrashesWhileItThinks(t *testing.T) {
	s := clientStage(t, 1)
	s.strike(ms/2, Crash, 1)
	s.strike(ms*3/4, Restart, 1)
	if out := s.run(); out.Counts.Invoked != 1 || out.Counts.Returned != 1 {
		t.Errorf("outcome is %+v", out)
	}
}

func TestTheRunSettlesAfterTheLastOperation(t *testing.T) {
	tick := actor{
		start: func(env protocol.Env, _ protocol.Disk) { env.SetTimer(1, ms) },
		timer: func(env protocol.Env, _ protocol.TimerID) { env.SetTimer(1, ms) },
	}
	for name, c := range map[string]struct {
		crash, back time.Duration
		virtual     int
	}{
		"all done":                                      {virtual: 26},
		"a client crashed for good":                     {crash: 2 * ms, virtual: 22},
		"a client crashed and comes back":               {crash: 2 * ms, back: 40 * ms, virtual: 63},
		"a client crashed and would come back too late": {crash: 2 * ms, back: 200 * ms, virtual: 22},
	} {
		s := stageOf(t, server(), echo(), tick)
		s.silent = true
		s.Clients = []protocol.NodeID{1}
		s.Workload = errands{2, ms}
		s.Settle, s.Deadline = 20*ms, 100*ms
		if c.crash > 0 {
			s.strike(c.crash, Crash, 1)
		}
		if c.back > 0 {
			s.strike(c.back, Restart, 1)
		}
		if out := s.run(); out.Stop != Settled || out.Virtual != time.Duration(c.virtual)*ms {
			t.Errorf("%s: %v at %v", name, out.Stop, out.Virtual)
		}
	}
}

// A return that waits for the disk is lost in a crash, with the operation.
func TestAReturnThatWaitsIsLostInACrash(t *testing.T) {
	s := stageOf(t, actor{invoke: func(env protocol.Env, op protocol.Operation) {
		env.Store(key(1), say("one"))
		env.Sync()
		env.Return(protocol.Result{Seq: op.Seq, Value: op.Value})
	}})
	s.Hosts[0].Disk = &Disk{Latency: 5 * ms}
	s.Clients, s.Workload = []protocol.NodeID{0}, errands{2, 2 * ms}
	s.strike(3*ms, Crash, 0)
	s.strike(4*ms, Restart, 0)
	out := s.run()
	s.story(`
		0s a starts
		2ms a is asked for operation 0
		3ms a crash
		4ms a restart
		4ms a starts
		6ms a is asked for operation 1
		11ms a returns operation 1 v1`)
	if out.Stop != Quiescent {
		t.Errorf("%v: %s", out.Stop, out.Detail)
	}
}

func TestAnOperationThatIsNotInFlightCannotReturn(t *testing.T) {
	for name, c := range map[string]actor{
		"twice": {invoke: func(env protocol.Env, o protocol.Operation) {
			env.Return(protocol.Result{Seq: o.Seq})
			env.Return(protocol.Result{Seq: o.Seq})
		}},
		"another": {invoke: func(env protocol.Env, o protocol.Operation) { env.Return(protocol.Result{Seq: o.Seq + 1}) }},
	} {
		s := stageOf(t, server(), c)
		s.Clients = []protocol.NodeID{1}
		s.Workload = errands{1, 0}
		if out := s.run(); out.Stop != Panicked || !strings.Contains(out.Detail, "not in flight") {
			t.Errorf("%s: %v %q", name, out.Stop, out.Detail)
		}
	}
}
