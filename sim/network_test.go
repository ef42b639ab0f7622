package sim

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"time"

	"turncoat/protocol"
)

// counter names the i-th message in letters, so that a damaged one may still be a word.
func counter(i int) string {
	return string([]byte{'a' + byte(i/676%26), 'a' + byte(i/26%26), 'a' + byte(i%26)})
}

// flow sends n words from a to b, one every microsecond, and returns what b
// heard and when, with the outcome.
func flow(t *testing.T, n int, set func(*stage)) (heard []string, at []time.Duration, out Outcome) {
	var s *stage
	sent := 0
	s = stageOf(t, actor{
		start: func(env protocol.Env, _ protocol.Disk) { env.SetTimer(1, 0) },
		timer: func(env protocol.Env, _ protocol.TimerID) {
			env.Send(1, say(counter(sent)))
			if sent++; sent < n {
				env.SetTimer(1, time.Microsecond)
			}
		},
	}, actor{deliver: func(env protocol.Env, _ protocol.NodeID, text string) {
		heard, at = append(heard, text), append(at, s.world.Now())
	}})
	s.silent = true
	if set != nil {
		set(s)
	}
	out = s.run()
	return heard, at, out
}

// near reports whether a count of n draws is within five deviations of the mean.
func near(count, n uint64, ppm uint64) bool {
	mean, variance := n*ppm/million, n*ppm/million*(million-ppm)/million
	off := int64(count) - int64(mean)
	return uint64(off*off) <= 25*(variance+1)
}

func TestACalmNetworkDeliversAllInOrder(t *testing.T) {
	heard, at, out := flow(t, 1000, nil)
	for i := range heard {
		if heard[i] != counter(i) || at[i] != ms+time.Duration(i)*time.Microsecond {
			t.Fatalf("message %d: %s at %v", i, heard[i], at[i])
		}
	}
	if len(heard) != 1000 || out.Counts != (Counts{Messages: 1000}) {
		t.Errorf("%d heard, %+v", len(heard), out.Counts)
	}
}

func TestLoss(t *testing.T) {
	heard, _, out := flow(t, 10_000, func(s *stage) { s.Network.Link.Loss = 50_000 })
	if !near(out.Counts.Lost, 10_000, 50_000) || len(heard) != 10_000-int(out.Counts.Lost) {
		t.Errorf("%d heard and %d lost of 10,000 at 5 %%", len(heard), out.Counts.Lost)
	}
}

func TestDuplication(t *testing.T) {
	heard, at, out := flow(t, 10_000, func(s *stage) { s.Network.Link.Duplicate = 50_000 })
	first := make(map[string]time.Duration)
	for i, text := range heard {
		if then, twice := first[text]; twice && at[i] <= then {
			t.Fatalf("%s was heard twice in one instant", text)
		}
		first[text] = at[i]
	}
	slices.Sort(heard)
	different := len(slices.Compact(slices.Clone(heard)))
	if !near(out.Counts.Duplicated, 10_000, 50_000) || different != 10_000 || len(heard) != 10_000+int(out.Counts.Duplicated) {
		t.Errorf("%d heard, %d different, %d duplicated of 10,000 at 5 %%", len(heard), different, out.Counts.Duplicated)
	}
}

// One bit is flipped. A receiver hears the word that this makes, or nothing if it
// makes none.
func TestCorruption(t *testing.T) {
	heard, _, out := flow(t, 10_000, func(s *stage) { s.Network.Link.Corrupt = 100_000 })
	if !near(out.Counts.Corrupted, 10_000, 100_000) {
		t.Errorf("%d corrupted of 10,000 at 10 %%", out.Counts.Corrupted)
	}
	dropped := 10_000 - len(heard)
	if dropped == 0 || dropped >= int(out.Counts.Corrupted) {
		t.Errorf("%d dropped of %d corrupted: some must decode and some must not", dropped, out.Counts.Corrupted)
	}
}

func TestCorruptionFlipsOneBitAndNotTheSendersCopy(t *testing.T) {
	original := say("abc")
	s := stageOf(t, actor{}, actor{})
	s.Network.Link.Corrupt = million
	s.Network.Decode = func(b []byte) (protocol.Message, error) { return &word{string(b[1:])}, nil }
	s.Decisions = FromList(1, []Decision{{Key{Choice: Corrupt, Actor: 0, Peer: 1}, 1 + 8*2 + 3}, {Key{Choice: Corrupt, Actor: 0, Peer: 1, Index: 1}, 99}})
	s.Hosts[0].New = func() protocol.Machine {
		return &actor{start: func(env protocol.Env, _ protocol.Disk) { env.Send(1, original); env.Send(1, original) }}
	}
	s.run()
	bent := string([]byte{'a', 'b' ^ 8, 'c'})
	s.story("0s a starts\n0s b starts\n1ms b hears " + bent + " from a\n1ms b hears abc from a")
	if original.text != "abc" || bits.OnesCount8('b'^bent[1]) != 1 {
		t.Errorf("sent %s, heard %s", original.text, bent)
	}
}

func TestReordering(t *testing.T) {
	heard, at, out := flow(t, 10_000, func(s *stage) { s.Network.Link.Reorder, s.Network.Link.Hold = 50_000, 5*ms })
	if len(heard) != 10_000 || out.Counts.Lost != 0 {
		t.Fatalf("%d heard", len(heard))
	}
	late := uint64(0)
	for i, text := range heard {
		n := int(text[0]-'a')*676 + int(text[1]-'a')*26 + int(text[2]-'a')
		delay := at[i] - time.Duration(n)*time.Microsecond
		if delay < ms || delay > 6*ms {
			t.Fatalf("%s took %v", text, delay)
		}
		if delay > ms {
			late++
		}
	}
	if slices.IsSorted(heard) || !near(late, 10_000, 50_000) {
		t.Errorf("%d of 10,000 were held at 5 %%", late)
	}
}

func TestCuts(t *testing.T) {
	chat := func(to protocol.NodeID) actor {
		return actor{
			start: func(env protocol.Env, _ protocol.Disk) { env.SetTimer(1, 0) },
			timer: func(env protocol.Env, _ protocol.TimerID) { env.Send(to, say("hi")); env.SetTimer(1, 10*ms) },
		}
	}
	both := "1ms b<a 1ms a<b 11ms b<a 11ms a<b 21ms b<a 21ms a<b 31ms b<a 31ms a<b"
	for name, c := range map[string]struct {
		cuts []Cut
		want string
	}{
		"none":           {nil, both},
		"symmetric":      {[]Cut{{From: nodes(0), To: nodes(1), Loss: million}, {From: nodes(1), To: nodes(0), Loss: million}}, "1ms b<a 1ms a<b 31ms b<a 31ms a<b"},
		"one way":        {[]Cut{{From: nodes(0), To: nodes(1), Loss: million}}, "1ms b<a 1ms a<b 11ms a<b 21ms a<b 31ms b<a 31ms a<b"},
		"slow":           {[]Cut{{From: nodes(0), To: nodes(1), Slow: 15 * ms}}, "1ms b<a 1ms a<b 11ms a<b 21ms a<b 26ms b<a 31ms b<a 31ms a<b 36ms b<a"},
		"slow twice":     {[]Cut{{From: nodes(0), To: nodes(1), Slow: ms}, {From: nodes(0), To: nodes(1), Slow: ms}}, "1ms b<a 1ms a<b 11ms a<b 13ms b<a 21ms a<b 23ms b<a 31ms b<a 31ms a<b"},
		"of a kind":      {[]Cut{{From: nodes(0, 1), To: nodes(0, 1), Loss: million, Kinds: []protocol.Kind{"toy.word"}}}, "1ms b<a 1ms a<b 31ms b<a 31ms a<b"},
		"of other kinds": {[]Cut{{From: nodes(0, 1), To: nodes(0, 1), Loss: million, Kinds: []protocol.Kind{"toy.other"}}}, both},
		"elsewhere":      {[]Cut{{From: nodes(0), To: nodes(2), Loss: million}, {Loss: million}}, both},
	} {
		s := stageOf(t, chat(1), chat(0), actor{})
		for i := range c.cuts {
			s.cut(10*ms, 30*ms, &c.cuts[i])
		}
		s.Deadline = 36 * ms
		s.run()
		var heard []string
		for _, line := range s.lines {
			if at, rest, ok := strings.Cut(line, " "); ok && strings.Contains(rest, "hears") {
				heard = append(heard, fmt.Sprintf("%s %c<%c", at, rest[0], rest[len(rest)-1]))
			}
		}
		if got := strings.Join(heard, " "); got != c.want {
			t.Errorf("%s: heard %s\nwant %s", name, got, c.want)
		}
	}
}

// A message meets the cuts of the time at which it leaves, not of the time at which
// it was made.
func TestACutRaisedWhileAMessageWaitsForTheDisk(t *testing.T) {
	for name, c := range map[string]struct {
		from, until time.Duration
		heard       bool
	}{
		"raised before it leaves":  {3 * ms, 6 * ms, false},
		"raised as it leaves":      {5 * ms, 6 * ms, false},
		"healed as it leaves":      {0, 5 * ms, true},
		"raised when it has left":  {5*ms + 1, 6 * ms, true},
		"raised and never healed":  {3 * ms, 1 << 61, false},
		"healed in the instant":    {5 * ms, 5 * ms, true},
		"healed before it is made": {5 * ms, 2 * ms, false},
	} {
		s := stageOf(t, actor{start: func(env protocol.Env, _ protocol.Disk) {
			env.Store(key(1), say("stored"))
			env.Sync()
			env.Send(1, say("after"))
		}}, actor{})
		s.Hosts[0].Disk = &Disk{Latency: 5 * ms}
		s.cut(c.from, c.until, &Cut{From: nodes(0), To: nodes(1), Loss: million})
		s.Deadline = time.Second
		s.run()
		if heard := slices.Contains(s.lines, "6ms b hears after from a"); heard != c.heard {
			t.Errorf("%s: heard is %v", name, heard)
		}
	}
}

// Ten words of four bytes over 32,000 bits a second: a millisecond each.
func TestBandwidthOfALink(t *testing.T) {
	_, at, _ := flow(t, 10, func(s *stage) { s.Network.Link.Bandwidth = 32_000 })
	for i, a := range at {
		if a != ms+time.Duration(i+1)*ms {
			t.Fatalf("word %d was heard at %v", i, a)
		}
	}
}

// The NIC is shared by all links of a node; what still waits in it at a crash is
// never sent, and does not keep the NIC of the next incarnation.
func TestEgressOfANode(t *testing.T) {
	s := stageOf(t, actor{start: func(env protocol.Env, _ protocol.Disk) {
		env.Send(1, say("one"))
		env.Send(2, say("two"))
		env.Send(1, say("six"))
		env.Send(0, say("own"))
	}}, actor{}, actor{})
	s.Hosts[0].Egress = 32_000
	s.strike(2*ms, Crash, 0)
	s.strike(2*ms, Restart, 0)
	s.run()
	s.story(`
		0s a starts
		0s b starts
		0s c starts
		0s a hears own from a
		2ms a crash
		2ms a restart
		2ms a starts
		2ms b hears one from a
		2ms a hears own from a
		3ms c hears two from a
		4ms b hears one from a
		5ms c hears two from a
		6ms b hears six from a`)
}

func TestRegions(t *testing.T) {
	s := stageOf(t, actor{start: func(env protocol.Env, _ protocol.Disk) { env.Send(1, say("near")); env.Send(2, say("far")) }}, server(), server())
	s.Network.RTT = [][]time.Duration{{2 * ms, 80 * ms}, {100 * ms, 4 * ms}}
	s.Hosts[2].Region = 1
	s.run()
	s.story(`
		0s a starts
		0s b starts
		0s c starts
		1ms b hears near from a
		2ms a hears near from b
		40ms c hears far from a
		90ms a hears far from c`)
}

// Before GST anything may happen, but what was sent arrives soon after it.
func TestPartialSynchrony(t *testing.T) {
	heard, at, out := flow(t, 100, func(s *stage) {
		s.Network.GST, s.Network.Bound = 50*time.Microsecond, 3*ms
		s.Network.Chaos = Link{Latency: Latency{Base: time.Second}, Loss: 200_000, Duplicate: 200_000}
	})
	if out.Counts.Lost == 0 || out.Counts.Duplicated == 0 {
		t.Fatalf("%+v: no chaos", out.Counts)
	}
	for i, text := range heard {
		before := text < counter(50)
		if want := 50*time.Microsecond + 3*ms; before && at[i] != want {
			t.Errorf("%s was sent before GST and heard at %v, want %v", text, at[i], want)
		}
		if !before && at[i] > 2*ms {
			t.Errorf("%s was sent after GST and heard at %v", text, at[i])
		}
	}
}

// A message that the disk holds back until after GST is no message of before it.
func TestWhatLeavesAfterGSTIsNotBoundByIt(t *testing.T) {
	s := stageOf(t, storer("before", "after"), actor{})
	s.Hosts[0].Disk = &Disk{Latency: 100 * ms}
	s.Network.GST, s.Network.Bound = 10*ms, 10*ms
	s.run()
	s.story(`
		0s a starts
		0s b starts
		0s b hears before from a
		101ms b hears after from a`)
}

// A delay beyond the end of time is no panic: such a message never arrives.
func TestDelaysEndAtTheEndOfTime(t *testing.T) {
	heard, _, out := flow(t, 3, func(s *stage) {
		s.Network.Link = Link{Latency: Latency{Base: 1<<63 - 1}, Reorder: million, Hold: 1<<62 - 1, Duplicate: million}
		s.cut(0, time.Hour, &Cut{From: nodes(0), To: nodes(1), Slow: 1<<63 - 1})
	})
	if len(heard) != 0 || out.Stop != Late {
		t.Errorf("heard %v, %v %s", heard, out.Stop, out.Detail)
	}
}
