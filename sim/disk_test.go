package sim

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"turncoat/protocol"
)

func key(n int) protocol.ID { return protocol.KeyOf("toy", uint64(n)) }

// number inverts key.
func number(k protocol.ID) uint64 { return binary.BigEndian.Uint64(k[24:]) }

// storer stores a word, syncs and tells b; what it finds at its start it notes.
func storer(before, after string) actor {
	return actor{start: func(env protocol.Env, disk protocol.Disk) {
		for _, r := range disk {
			env.Note(r.Value.(*word).text, number(r.Key))
		}
		if len(disk) > 0 {
			return
		}
		env.Send(1, say(before))
		env.Store(key(2), say("two"))
		env.Store(key(1), say("one"))
		env.Store(key(3), say("three"))
		env.Store(key(3), nil)
		env.Sync()
		env.Store(key(4), say("four"))
		env.Send(1, say(after))
	}}
}

func TestSyncHoldsBackWhatComesAfterIt(t *testing.T) {
	s := stageOf(t, storer("before", "after"), actor{})
	s.Hosts[0].Disk = &Disk{Latency: 5 * ms}
	s.run()
	s.story(`
		0s a starts
		0s b starts
		1ms b hears before from a
		6ms b hears after from a`)
}

func TestARestartFindsExactlyTheSyncedDiskSortedByKey(t *testing.T) {
	s := stageOf(t, storer("before", "after"), actor{})
	s.Hosts[0].Disk = &Disk{Latency: 5 * ms}
	s.strike(6*ms, Crash, 0)
	s.strike(8*ms, Restart, 0)
	s.run()
	s.story(`
		0s a starts
		0s b starts
		1ms b hears before from a
		6ms a crash
		6ms b hears after from a
		8ms a restart
		8ms a starts
		8ms a notes one 1
		8ms a notes two 2`)
}

// The records and the effects that wait for them are lost together.
func TestACrashBeforeTheSyncIsCompleteLosesRecordsAndEffects(t *testing.T) {
	s := stageOf(t, storer("before", "after"), actor{})
	s.Hosts[0].Disk = &Disk{Latency: 5 * ms}
	s.strike(5*ms-1, Crash, 0)
	s.strike(5*ms, Wipe, 1) // in vain: it is in use
	s.Deadline = 20 * ms
	out := s.run()
	s.story(`
		0s a starts
		0s b starts
		1ms b hears before from a
		4.999999ms a crash`)
	if out.Struck[Wipe] != 0 || len(out.Faulty) != 0 {
		t.Errorf("the disk of a node that was up was lost: %+v", out)
	}
	if found := s.world.hosts[0].disk.contents(); len(found) != 0 {
		t.Errorf("the disk holds %v", found)
	}
}

// A busy CPU begins a sync when it is done with the input. The sync of the input
// before is then still under way, and a crash loses it.
func TestASyncBegunByABusyCPUCompletesNoOther(t *testing.T) {
	n := 0
	s := stageOf(t, actor{deliver: func(env protocol.Env, _ protocol.NodeID, _ string) {
		n++
		env.Store(key(n), say("stored"))
		env.Sync()
		env.Send(1, say("done"))
	}}, actor{start: func(env protocol.Env, _ protocol.Disk) {
		env.Send(0, say("x"))
		env.Send(0, say("y"))
	}})
	s.Hosts[0].CPU.PerInput = 10 * ms
	s.Hosts[0].Disk = &Disk{Latency: 2 * ms}
	s.strike(21*ms, Crash, 0)
	s.run()
	s.story(`
		0s a starts
		0s b starts
		10ms a hears x from b
		20ms a hears y from b
		21ms a crash`)
	if found := s.world.hosts[0].disk.contents(); len(found) != 0 {
		t.Errorf("the disk holds %v of a sync that would have been complete at 22 ms", found)
	}
}

// What an input without a Sync sends is a later effect too: others may learn from
// it what is not durable yet.
func TestASyncHoldsBackTheEffectsOfLaterInputs(t *testing.T) {
	s := stageOf(t, actor{
		start: func(env protocol.Env, _ protocol.Disk) {
			env.Store(key(1), say("one"))
			env.Sync()
			env.SetTimer(1, ms)
			env.SetTimer(2, 6*ms)
		},
		timer: func(env protocol.Env, id protocol.TimerID) { env.Send(1, say(counter(int(id)))) },
	}, actor{})
	s.Hosts[0].Disk = &Disk{Latency: 5 * ms}
	s.run()
	s.story(`
		0s a starts
		0s b starts
		1ms a timer 1
		6ms a timer 2
		6ms b hears aab from a
		7ms b hears aac from a`)
}

func TestALostDiskIsEmptyAndANodeThatLostItIsFaulty(t *testing.T) {
	s := stageOf(t, storer("before", "after"), actor{})
	s.Hosts[0].Disk = &Disk{}
	s.Bounds = []Bound{{Group: "both", Members: []protocol.NodeID{0, 1}, Most: 0}}
	s.strike(2*ms, Crash, 0)
	s.strike(2*ms, Wipe, 0)
	s.strike(3*ms, Restart, 0)
	out := s.run()
	s.story(`
		0s a starts
		0s b starts
		1ms b hears before from a
		1ms b hears after from a
		2ms a crash
		2ms a wipe
		3ms a restart
		3ms a starts
		4ms b hears before from a
		4ms b hears after from a`)
	if len(out.Exceeded) != 1 || out.Exceeded[0].String() != "both had 1 faulty members at 2ms where at most 0 may be" {
		t.Errorf("exceeded: %v", out.Exceeded)
	}
}

// The oracle keeps every store and every sync with its times and works out from
// them, anew for each question, what is durable.
func TestDiskAgainstALog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type entry struct {
			key   int
			text  string
			until int64 // complete; never if no sync covers it
		}
		d := &disk{Disk: Disk{Latency: time.Duration(rapid.IntRange(0, 5).Draw(t, "latency"))}}
		if rapid.Bool().Draw(t, "slow") {
			d.Bandwidth = int64(time.Second) / 3 // a byte in 3 ns
		}
		var log []entry
		now, last, bytes := int64(0), int64(0), int64(0)
		for i := range rapid.IntRange(1, 40).Draw(t, "steps") {
			now += int64(rapid.IntRange(0, 6).Draw(t, "pause"))
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0, 1, 2:
				e := entry{rapid.IntRange(0, 4).Draw(t, "key"), fmt.Sprint(i), never}
				var value protocol.Message
				if rapid.IntRange(0, 4).Draw(t, "delete") == 0 {
					e.text = ""
				} else {
					value = say(e.text)
				}
				d.store(key(e.key), value, i+1)
				bytes += int64(i + 1)
				log = append(log, e)
			case 3, 4:
				d.cover()
				covered := len(log)
				begin := now + int64(rapid.IntRange(0, 3).Draw(t, "cpu"))
				want := max(last, begin)
				if bytes > 0 {
					want += int64(d.Latency)
					if d.Bandwidth > 0 {
						want += bytes * 1_000_000_000 / d.Bandwidth
					}
					last = want
				}
				for j := range log[:covered] {
					if log[j].until == never && bytes > 0 {
						log[j].until = want
					}
				}
				bytes = 0
				if got := d.sync(now, begin); got != want {
					t.Fatalf("a sync is complete at %d, want %d", got, want)
				}
			case 5:
				d.crash(now)
				log = slices.DeleteFunc(log, func(e entry) bool { return e.until > now })
				last, bytes = now, 0
				want := map[int]string{}
				for _, e := range log {
					if want[e.key] = e.text; e.text == "" {
						delete(want, e.key)
					}
				}
				found := d.contents()
				for _, r := range found {
					if want[int(number(r.Key))] != r.Value.(*word).text {
						t.Fatalf("found %v %s, want %v", r.Key, r.Value.(*word).text, want)
					}
				}
				if len(found) != len(want) || !slices.IsSortedFunc(found, func(a, b protocol.Record) int { return a.Key.Compare(b.Key) }) {
					t.Fatalf("found %v, want %v", found, want)
				}
			}
		}
	})
}
