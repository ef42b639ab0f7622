package sim

import (
	"testing"
	"time"

	"turncoat/protocol"
)

const ms = time.Millisecond

// The stories of this file hold the world to its duties toward a machine, one by one.

func TestEveryNodeStartsOnceAndMessagesTakeTheirTime(t *testing.T) {
	a := actor{start: func(env protocol.Env, _ protocol.Disk) { env.Send(1, say("ping")) }}
	b := actor{deliver: func(env protocol.Env, from protocol.NodeID, _ string) { env.Send(from, say("pong")) }}
	s := stageOf(t, a, b)
	out := s.run()
	s.story(`
		0s a starts
		0s b starts
		1ms b hears ping from a
		2ms a hears pong from b`)
	if out.Stop != Quiescent || out.Virtual != 2*ms || out.Events != 4 || out.Counts.Messages != 2 {
		t.Errorf("outcome is %+v", out)
	}
}

func TestEffectsLeaveInOrder(t *testing.T) {
	a := actor{start: func(env protocol.Env, _ protocol.Disk) {
		env.Send(1, say("one"))
		env.Send(0, say("two"))
		env.Send(1, say("three"))
		env.Send(9, say("nobody"))
	}}
	s := stageOf(t, a, actor{})
	s.run()
	s.story(`
		0s a starts
		0s b starts
		0s a hears two from a
		1ms b hears one from a
		1ms b hears three from a`)
}

func TestATimerExpiresOnceAndNotAfterCancelOrEarlier(t *testing.T) {
	s := stageOf(t, actor{
		start: func(env protocol.Env, _ protocol.Disk) {
			env.SetTimer(1, 5*ms)
			env.SetTimer(2, 6*ms)
			env.SetTimer(3, 9*ms)
			env.SetTimer(3, 7*ms) // earlier than before
			env.SetTimer(4, 8*ms)
			env.SetTimer(5, 2*ms)
			env.CancelTimer(6) // was never armed
			env.SetTimer(7, -1)
		},
		timer: func(env protocol.Env, id protocol.TimerID) {
			if id == 5 {
				env.CancelTimer(2)
				env.SetTimer(4, 8*ms) // later than before
				env.CancelTimer(1)
				env.SetTimer(1, 20*ms)
			}
		},
	})
	out := s.run()
	s.story(`
		0s a starts
		0s a timer 7
		2ms a timer 5
		7ms a timer 3
		10ms a timer 4
		22ms a timer 1`)
	if out.Events != 6 {
		t.Errorf("%d events: cancelled timers count as none", out.Events)
	}
}

func TestACrashTakesTimersAndARestartArmsItsOwn(t *testing.T) {
	s := stageOf(t, actor{start: func(env protocol.Env, _ protocol.Disk) { env.SetTimer(1, 10*ms) }})
	s.strike(4*ms, Crash, 0)
	s.strike(6*ms, Restart, 0)
	s.run()
	s.story(`
		0s a starts
		4ms a crash
		6ms a restart
		6ms a starts
		16ms a timer 1`)
}

func TestMessagesToANodeThatIsDownAreMissed(t *testing.T) {
	s := stageOf(t, actor{
		start: func(env protocol.Env, _ protocol.Disk) { env.SetTimer(1, 3*ms) },
		timer: func(env protocol.Env, _ protocol.TimerID) { env.Send(1, say("hello")); env.SetTimer(1, 3*ms) },
	}, actor{})
	s.strike(2*ms, Crash, 1)
	s.strike(5*ms, Restart, 1)
	s.Deadline = 8 * ms
	if out := s.run(); out.Stop != Late || out.Virtual != 7*ms {
		t.Errorf("outcome is %+v", out)
	}
	s.story(`
		0s a starts
		0s b starts
		2ms b crash
		3ms a timer 1
		4ms b misses hello from a
		5ms b restart
		5ms b starts
		6ms a timer 1
		7ms b hears hello from a`)
}

// A fault strikes before all else of its instant, a start included.
func TestFaultsStrikeAtTheFrontOfTheirInstant(t *testing.T) {
	a := actor{
		start: func(env protocol.Env, _ protocol.Disk) { env.Send(1, say("ping")); env.SetTimer(1, ms) },
	}
	s := stageOf(t, a, actor{}, actor{})
	s.strike(ms, Crash, 0)
	s.strike(ms, Crash, 1)
	s.strike(ms, Crash, 1) // in vain
	s.strike(0, Crash, 2)
	s.strike(2*ms, Restart, 2)
	s.strike(3*ms, Restart, 2) // in vain
	out := s.run()
	s.story(`
		0s c crash
		0s a starts
		0s b starts
		1ms a crash
		1ms b crash
		1ms b misses ping from a
		2ms c restart
		2ms c starts`)
	if out.Struck[Crash] != 3 || out.Struck[Restart] != 1 {
		t.Errorf("struck: %v, where faults in vain do not count", out.Struck)
	}
}

func TestNoncesNeverComeAgain(t *testing.T) {
	seen := make(map[uint64]bool)
	a := actor{start: func(env protocol.Env, _ protocol.Disk) {
		for range 100 {
			seen[env.Nonce()] = true
		}
	}}
	s := stageOf(t, a, a)
	s.strike(ms, Crash, 0)
	s.strike(2*ms, Restart, 0)
	s.run()
	if len(seen) != 300 {
		t.Errorf("%d different nonces of 300", len(seen))
	}
}

func TestNowIsTheNodesOwnClock(t *testing.T) {
	var read []protocol.Time
	s := stageOf(t, actor{
		start: func(env protocol.Env, _ protocol.Disk) { env.SetTimer(1, 10*ms) },
		timer: func(env protocol.Env, _ protocol.TimerID) { read = append(read, env.Now()) },
	})
	s.Hosts[0].Clock = Clock{Offset: time.Second, DriftPPM: 250_000}
	out := s.run()
	if out.Virtual != 8*ms || len(read) != 1 || read[0] != protocol.Time(time.Second+10*ms) {
		t.Errorf("a clock that gains a quarter read %v after 10 ms of its own, at %v", read, out.Virtual)
	}
}
