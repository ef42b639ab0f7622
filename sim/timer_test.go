package sim

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"turncoat/protocol"
)

// A protocol with a timer for each request has hundreds of ids, each used once.
func TestManyTimersUsedOnce(t *testing.T) {
	var expired []protocol.TimerID
	var s *stage
	left := 0
	s = stageOf(t, actor{
		start: func(env protocol.Env, _ protocol.Disk) {
			for id := range protocol.TimerID(100) {
				env.SetTimer(id, time.Duration(id+1)*ms)
			}
			for id := range protocol.TimerID(100) {
				if id%10 != 3 {
					env.CancelTimer(id)
				}
			}
			left = len(s.world.hosts[0].timers)
		},
		timer: func(_ protocol.Env, id protocol.TimerID) { expired = append(expired, id) },
	})
	s.silent = true
	s.run()
	if len(expired) != 10 || expired[0] != 3 || expired[9] != 93 {
		t.Errorf("expired: %v", expired)
	}
	if left != 10 {
		t.Errorf("%d timers are remembered, of 10 that are armed", left)
	}
}

// A timer's event that was sent on to a later time is no reason to miss an earlier one.
func TestATimerThatIsPutOffAndThenBroughtForward(t *testing.T) {
	s := stageOf(t, actor{
		start: func(env protocol.Env, _ protocol.Disk) {
			env.SetTimer(1, 5*ms)
			env.SetTimer(2, 2*ms)
			env.SetTimer(3, 6*ms)
		},
		timer: func(env protocol.Env, id protocol.TimerID) {
			switch id {
			case 2:
				env.SetTimer(1, 20*ms)
			case 3:
				env.SetTimer(1, ms)
			}
		},
	})
	s.run()
	s.story(`
		0s a starts
		2ms a timer 2
		6ms a timer 3
		7ms a timer 1`)
}

// The oracle holds the time at which each timer is due, and nothing else. Timers
// are set and cancelled every 10 ns and due in between.
func TestTimersAgainstAMap(t *testing.T) {
	type act struct {
		id   protocol.TimerID
		wait int // 0 cancels
	}
	rapid.Check(t, func(t *rapid.T) {
		acts := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) act {
			a := act{id: protocol.TimerID(rapid.IntRange(1, 4).Draw(t, "id"))}
			if rapid.IntRange(0, 3).Draw(t, "set") > 0 {
				a.wait = 10*rapid.IntRange(0, 5).Draw(t, "tens") + rapid.IntRange(1, 9).Draw(t, "ones")
			}
			return a
		}), 1, 40).Draw(t, "acts")
		var got, want []string
		var w *World
		i := 0
		a := &actor{
			start: func(env protocol.Env, _ protocol.Disk) { env.SetTimer(0, 0) },
			timer: func(env protocol.Env, id protocol.TimerID) {
				switch {
				case id > 0:
					got = append(got, fmt.Sprint(w.now, id))
					return
				case acts[i].wait > 0:
					env.SetTimer(acts[i].id, time.Duration(acts[i].wait))
				default:
					env.CancelTimer(acts[i].id)
				}
				if i++; i < len(acts) {
					env.SetTimer(0, 10)
				}
			},
		}
		w = New(Config{
			Hosts:     []Host{{Name: "a", New: func() protocol.Machine { return a }}},
			Decisions: FromSeed(1, false), Deadline: time.Second,
		})
		out := w.Run()
		due := map[protocol.TimerID]int{}
		expire := func(until int) {
			var now []act
			for id := range protocol.TimerID(5) {
				if at := due[id]; at > 0 && at < until {
					now = append(now, act{id, at})
					delete(due, id)
				}
			}
			slices.SortFunc(now, func(a, b act) int { return cmp.Or(cmp.Compare(a.wait, b.wait), cmp.Compare(a.id, b.id)) })
			for _, x := range now {
				want = append(want, fmt.Sprint(x.wait, x.id))
			}
		}
		for j, x := range acts {
			expire(10 * j)
			if due[x.id] = 10*j + x.wait; x.wait == 0 {
				delete(due, x.id)
			}
		}
		expire(1 << 40)
		slices.Sort(got) // timers of one instant expire in either order
		slices.Sort(want)
		if !slices.Equal(got, want) || out.Stop != Quiescent || out.Events != uint64(1+len(acts)+len(want)) {
			t.Fatalf("expired (time, timer): %v\nwant %v", got, want)
		}
	})
}

// A list of decisions says how long the timers that it names run, and only those. What
// it said is kept, and says it again.
func TestATimerRunsForAsLongAsIsListed(t *testing.T) {
	listed := []Decision{{Key{Choice: Delay, Actor: 0, Peer: -1, Label: TimerLabel(7), Index: 1}, int64(2 * ms)}}
	for range 2 {
		var expired []time.Duration
		var s *stage
		s = stageOf(t, actor{
			start: func(env protocol.Env, _ protocol.Disk) { env.SetTimer(7, 5*ms) },
			timer: func(env protocol.Env, id protocol.TimerID) {
				expired = append(expired, time.Duration(s.world.now))
				if len(expired) < 3 {
					env.SetTimer(id, 5*ms)
				}
			},
		})
		s.silent, s.Decisions = true, FromList(1, listed)
		s.run()
		if want := []time.Duration{5 * ms, 7 * ms, 12 * ms}; !slices.Equal(expired, want) {
			t.Errorf("expired at %v, want %v", expired, want)
		}
		listed = s.Decisions.Kept()
		listed = slices.DeleteFunc(listed, func(d Decision) bool { return d.Choice != Delay || d.Peer >= 0 })
		if len(listed) != 1 {
			t.Fatalf("kept: %v", listed)
		}
	}
}
