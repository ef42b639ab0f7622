package sim

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"turncoat/protocol"
)

// gossip is a system with everything in it: three nodes that store and pass words
// on, two clients, all faults of network and hosts, costs and clocks.
func gossip(t *testing.T, d *Decisions) *stage {
	node := func() protocol.Machine {
		heard := 0
		return &actor{
			start: func(env protocol.Env, disk protocol.Disk) { env.SetTimer(1, 7*ms); heard = len(disk) },
			timer: func(env protocol.Env, _ protocol.TimerID) {
				env.Send(protocol.NodeID(env.Nonce()%3), say("tick"))
				if env.Now() < protocol.Time(300*ms) {
					env.SetTimer(1, 7*ms)
				}
			},
			deliver: func(env protocol.Env, from protocol.NodeID, text string) {
				heard++
				env.Store(key(heard%5), say(text))
				if heard%3 == 0 {
					env.Sync()
				}
				if from > 2 {
					env.Send(from, say(text))
				}
			},
		}
	}
	s := stageOf(t, actor{}, actor{}, actor{}, echo(), echo())
	s.silent = true
	for i := range 3 {
		s.Hosts[i].New = node
		s.Hosts[i].Disk = &Disk{Latency: ms, Bandwidth: 1_000_000}
		s.Hosts[i].Clock = Clock{Offset: time.Duration(i) * time.Second, DriftPPM: int64(i-1) * 500}
		s.Hosts[i].CPU.PerInput = 20 * time.Microsecond
		s.Hosts[i].Egress = 10_000_000
	}
	s.Clients, s.Workload = []protocol.NodeID{3, 4}, errands{10, 2 * ms}
	s.Network.Link = Link{
		Latency: Latency{Shape: LogNormal, Base: ms, Sigma: 400_000}, Bandwidth: 1_000_000,
		Loss: 20_000, Duplicate: 50_000, Corrupt: 50_000, Reorder: 50_000, Hold: 10 * ms,
	}
	s.Network.GST, s.Network.Bound = 20*ms, 5*ms
	s.Network.Chaos = s.Network.Link
	s.Network.Chaos.Loss = 100_000
	s.Decisions = d
	crash := time.Duration(d.Draw(Key{Choice: Fault, Peer: -1, Label: "crash"}, 1, int64(100*ms), 0))
	if crash > 0 {
		s.strike(crash, Crash, 1)
		s.strike(crash+30*ms, Restart, 1)
	}
	if d.Chance(Key{Choice: Fault, Peer: -1, Label: "cut"}, 900_000) {
		s.cut(30*ms, 60*ms, &Cut{From: nodes(0), To: nodes(1, 2), Loss: 500_000, Slow: ms})
	}
	return s
}

// digestOf runs a stage and returns its digest and outcome.
func digestOf(s *stage) (Digest, Outcome) {
	out := s.run()
	return s.world.Seal("done"), out
}

func TestTheSameSeedIsTheSameRun(t *testing.T) {
	seen := make(map[Digest]bool)
	for seed := range uint64(20) {
		one, out := digestOf(gossip(t, FromSeed(seed, false)))
		two, again := digestOf(gossip(t, FromSeed(seed, true)))
		if one != two || out.Events != again.Events || out.Counts != again.Counts {
			t.Fatalf("seed %d: %v then %v", seed, one, two)
		}
		seen[one] = true
	}
	if len(seen) != 20 {
		t.Errorf("%d different runs of 20 seeds", len(seen))
	}
}

// All faults on: the list of what was decided repeats the run without the seed's
// help, and decides the same again.
func TestAListOfDecisionsRepeatsTheRunOfItsSeed(t *testing.T) {
	seen := make(map[Choice]bool)
	for seed := range uint64(20) {
		d := FromSeed(seed, true)
		want, _ := digestOf(gossip(t, d))
		l := FromList(seed, d.Kept())
		got, _ := digestOf(gossip(t, l))
		if got != want {
			t.Fatalf("seed %d: its list gives %v, want %v", seed, got, want)
		}
		if fmt.Sprint(l.Kept()) != fmt.Sprint(d.Kept()) {
			t.Fatalf("seed %d: the list decided otherwise", seed)
		}
		for _, k := range d.Kept() {
			seen[k.Choice] = true
		}
	}
	for _, c := range []Choice{Fault, Loss, Duplicate, Corrupt, Delay} {
		if !seen[c] {
			t.Errorf("no decision was about %v", c)
		}
	}
}

func TestAnEmptyListIsACalmRun(t *testing.T) {
	_, out := digestOf(gossip(t, FromList(1, nil)))
	c := out.Counts
	if c.Lost != 0 || c.Duplicated != 0 || c.Corrupted != 0 || len(out.Struck) != 0 {
		t.Errorf("%+v, struck %v", c, out.Struck)
	}
	if c.Invoked != 20 || c.Returned != 20 || out.Stop != Quiescent {
		t.Errorf("%+v, %v: not all operations ended", c, out.Stop)
	}
}

// To shrink a list is to drop decisions: whatever is left is a run.
func TestAnyDecisionCanBeDropped(t *testing.T) {
	d := FromSeed(3, true)
	whole, _ := digestOf(gossip(t, d))
	kept := d.Kept()
	changed := 0
	for i := 0; i < len(kept); i += 1 + len(kept)/60 {
		list := append(append([]Decision(nil), kept[:i]...), kept[i+1:]...)
		got, out := digestOf(gossip(t, FromList(3, list)))
		if out.Stop != Quiescent {
			t.Fatalf("without %v: %v %s", kept[i].Key, out.Stop, out.Detail)
		}
		if got != whole {
			changed++
		}
	}
	if changed == 0 {
		t.Error("no decision made a difference")
	}
}

// Values that no generator draws come from an edited artifact: they run too.
func TestAListMayHoldNonsense(t *testing.T) {
	d := FromSeed(5, true)
	gossip(t, d).run()
	for _, value := range []int64{-1, 1 << 62, -1 << 63, 1<<63 - 1} {
		list := append([]Decision(nil), d.Kept()...)
		for i := range list {
			if i%2 == 0 {
				list[i].Value = value
			}
		}
		if out := gossip(t, FromList(5, list)).run(); out.Stop == Panicked {
			t.Errorf("value %d: %s\n%s", value, out.Detail, out.Stack)
		}
	}
}

// watcher looks at everything and changes nothing.
type watcher struct{ seen int }

func (w *watcher) Invoked(uint64, int64, protocol.NodeID, protocol.Operation)       { w.seen++ }
func (w *watcher) Returned(uint64, int64, protocol.NodeID, protocol.Result)         { w.seen++ }
func (w *watcher) Noted(uint64, int64, protocol.NodeID, string, uint64)             { w.seen++ }
func (w *watcher) Stepped(_ uint64, _ int64, _ protocol.NodeID, _ protocol.Machine) { w.seen++ }

func TestWatchingChangesNothing(t *testing.T) {
	want, _ := digestOf(gossip(t, FromSeed(1, false)))
	s, w := gossip(t, FromSeed(1, false)), &watcher{}
	s.silent = false
	s.Observers = []Observer{w}
	s.Heartbeat = new(atomic.Uint64)
	got, out := digestOf(s)
	if got != want || w.seen == 0 || len(s.lines) == 0 || s.Heartbeat.Load() != out.Events {
		t.Errorf("watched %d steps and wrote %d lines: digest %v, want %v", w.seen, len(s.lines), got, want)
	}
}

// The digest is of times, nodes, senders, bytes and their order, and of what is
// sealed in.
func TestTheDigestSeesEveryDifference(t *testing.T) {
	type post struct {
		text  string
		after time.Duration
	}
	play := func(verdict string, from int, posts ...post) Digest {
		a := actor{start: func(env protocol.Env, _ protocol.Disk) {
			for i, p := range posts {
				env.SetTimer(protocol.TimerID(i), p.after)
			}
		}, timer: func(env protocol.Env, id protocol.TimerID) { env.Send(2, say(posts[id].text)) }}
		actors := []actor{{}, {}, {}}
		actors[from] = a
		s := stageOf(t, actors...)
		s.run()
		return s.world.Seal(verdict)
	}
	base := play("pass", 0, post{"one", ms}, post{"two", ms})
	if base != play("pass", 0, post{"one", ms}, post{"two", ms}) {
		t.Fatal("the digest is not a function of the run")
	}
	for name, other := range map[string]Digest{
		"a byte":      play("pass", 0, post{"ona", ms}, post{"two", ms}),
		"a byte more": play("pass", 0, post{"one", ms}, post{"twos", ms}),
		"a time":      play("pass", 0, post{"one", ms}, post{"two", ms + 1}),
		"the order":   play("pass", 0, post{"two", ms}, post{"one", ms}),
		"the sender":  play("pass", 1, post{"one", ms}, post{"two", ms}),
		"one less":    play("pass", 0, post{"one", ms}),
		"the verdict": play("violation", 0, post{"one", ms}, post{"two", ms}),
	} {
		if other == base {
			t.Errorf("%s makes no difference", name)
		}
	}
}

// What counts is what is heard: the bytes after they were damaged on the way.
func TestTheDigestSeesDamage(t *testing.T) {
	play := func(bit int64) Digest {
		s := stageOf(t, actor{start: func(env protocol.Env, _ protocol.Disk) { env.Send(1, say("abc")) }}, actor{})
		s.Network.Link.Corrupt = million
		s.Decisions = FromList(1, []Decision{{Key{Choice: Corrupt, Actor: 0, Peer: 1}, bit}})
		s.run()
		if len(s.lines) != 3 {
			t.Fatalf("bit %d: nothing was heard", bit)
		}
		return s.world.Seal("")
	}
	if whole, one, two := play(0), play(1+8+1), play(1+16); whole == one || one == two {
		t.Error("a damaged message makes no difference")
	}
}

func TestTheDigestSeesHowAnOperationEnds(t *testing.T) {
	play := func(r protocol.Result) Digest {
		s := stageOf(t, actor{invoke: func(env protocol.Env, _ protocol.Operation) { env.Return(r) }})
		s.Clients, s.Workload = []protocol.NodeID{0}, errands{1, 0}
		s.run()
		return s.world.Seal("")
	}
	base := play(protocol.Result{})
	if base == play(protocol.Result{Found: true}) || base == play(protocol.Result{Value: []byte{1}}) {
		t.Error("two ends of an operation have one digest")
	}
}

func TestDigestsAreWrittenAndRead(t *testing.T) {
	d := Digest{1, 0xab, 15: 0xff}
	if back, err := ParseDigest(d.String()); err != nil || back != d {
		t.Errorf("%v came back as %v, %v", d, back, err)
	}
	for _, s := range []string{"", "xy", d.String()[1:], d.String() + "00", "g" + d.String()[1:]} {
		if _, err := ParseDigest(s); err == nil {
			t.Errorf("%q is a digest", s)
		}
	}
}
