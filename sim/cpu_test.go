package sim

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"turncoat/protocol"
)

func TestABusyCPUServesInOrderAndSendsWhenItIsDone(t *testing.T) {
	burst := actor{start: func(env protocol.Env, _ protocol.Disk) {
		for _, text := range []string{"x", "y", "z"} {
			env.Send(0, say(text))
		}
	}}
	s := stageOf(t, server(), burst)
	s.Hosts[0].CPU = CPU{PerInput: 3 * ms, PerSend: 2 * ms}
	s.run()
	s.story(`
		0s a starts
		0s b starts
		3ms a hears x from b
		8ms a hears y from b
		9ms b hears x from a
		13ms a hears z from b
		14ms b hears y from a
		19ms b hears z from a`)
}

// A message that arrives in the very instant at which the CPU becomes free does
// not overtake one that has waited.
func TestNobodyOvertakesInTheInstantTheCPUBecomesFree(t *testing.T) {
	s := stageOf(t, actor{},
		actor{start: func(env protocol.Env, _ protocol.Disk) { env.Send(0, say("first")); env.Send(0, say("waits")) }},
		actor{start: func(env protocol.Env, _ protocol.Disk) { env.Send(0, say("late")) }})
	s.Hosts[0].CPU.PerInput = 2 * ms
	s.Network.RTT = [][]time.Duration{{0, 2 * ms, 8 * ms}, {2 * ms, 0, 0}, {8 * ms, 0, 0}}
	s.Hosts[1].Region, s.Hosts[2].Region = 1, 2
	s.run()
	s.story(`
		0s a starts
		0s b starts
		0s c starts
		2ms a hears first from b
		4ms a hears waits from b
		6ms a hears late from c`)
}

func TestATimerThatIsCancelledWhileItWaitsForTheCPU(t *testing.T) {
	s := stageOf(t, actor{
		start: func(env protocol.Env, _ protocol.Disk) {
			env.SetTimer(1, ms)
			env.SetTimer(2, ms)
			env.SetTimer(3, 2*ms)
		},
		timer: func(env protocol.Env, id protocol.TimerID) {
			if id == 1 {
				env.CancelTimer(2)
				env.SetTimer(3, ms)
			}
		},
	})
	s.Hosts[0].CPU.PerInput = 10 * ms
	s.run()
	s.story(`
		0s a starts
		10ms a timer 1
		20ms a timer 3`)
}

// A node that crashes while it is busy forgets what waits, and what arrives while
// it is down is not handed to its next incarnation.
func TestACrashForgetsWhatWaitsForTheCPU(t *testing.T) {
	s := stageOf(t, actor{},
		actor{start: func(env protocol.Env, _ protocol.Disk) {
			env.Send(0, say("first"))
			env.Send(0, say("waits"))
			env.SetTimer(1, 5*ms)
			env.SetTimer(2, 12*ms)
		}, timer: func(env protocol.Env, id protocol.TimerID) { env.Send(0, say(counter(int(id)))) }})
	s.Hosts[0].CPU.PerInput = 20 * ms
	s.strike(5*ms, Crash, 0)
	s.strike(10*ms, Restart, 0)
	out := s.run()
	s.story(`
		0s a starts
		0s b starts
		5ms a crash
		5ms b timer 1
		6ms a misses aab from b
		10ms a restart
		10ms a starts
		12ms b timer 2
		30ms a hears aac from b`)
	if out.Stop != Quiescent {
		t.Errorf("%v: %s", out.Stop, out.Detail)
	}
	if held := s.world.packets.free; held == 0 {
		t.Error("packets that nobody will hear were not given back")
	}
}

func TestCryptographyIsChargedByTheMeter(t *testing.T) {
	meter := &protocol.Meter{}
	s := stageOf(t, actor{start: func(env protocol.Env, _ protocol.Disk) {
		meter.Signs, meter.Verifies, meter.MACs, meter.Digests, meter.Shares, meter.Bytes = 1, 2, 3, 4, 5, 2048
		env.Send(1, say("costly"))
	}}, actor{})
	s.Hosts[0].Meter = meter
	s.Hosts[0].CPU = CPU{Sign: 1, Verify: 10, MAC: 100, Digest: 1000, Share: 10_000, PerKBHash: 100_000}
	if out := s.run(); out.Virtual != ms+254_321 {
		t.Errorf("the message was heard at %v", out.Virtual)
	}
}

// The oracle of a single server with one queue: an input begins when it has arrived
// and the one before it is done.
func TestCPUAgainstASingleServer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		arrivals := rapid.SliceOfN(rapid.IntRange(0, 30), 1, 30).Draw(t, "arrivals")
		cost := rapid.IntRange(1, 8).Draw(t, "cost")
		var begun []int64
		a := &actor{
			start: func(env protocol.Env, _ protocol.Disk) {
				for i, at := range arrivals {
					env.SetTimer(protocol.TimerID(i), time.Duration(at))
				}
			},
		}
		var w *World
		a.timer = func(protocol.Env, protocol.TimerID) { begun = append(begun, w.now) }
		w = New(Config{
			Hosts:     []Host{{Name: "a", New: func() protocol.Machine { return a }, CPU: CPU{PerInput: time.Duration(cost)}}},
			Decisions: FromSeed(1, false), Deadline: time.Second,
		})
		w.Run()
		free := int64(cost) // the start
		counts := make([]int, 31)
		for _, at := range arrivals {
			counts[at]++
		}
		i := 0
		for at, n := range counts {
			for range n {
				begins := max(int64(at), free)
				if begun[i] != begins {
					t.Fatalf("input %d began at %d, want %d", i, begun[i], begins)
				}
				free = begins + int64(cost)
				i++
			}
		}
	})
}
