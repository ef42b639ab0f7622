package sim

import (
	"strings"
	"testing"
	"time"

	"turncoat/protocol"
)

// selfish sends to itself for ever, in no time.
func selfish() actor {
	a := server()
	a.start = func(env protocol.Env, _ protocol.Disk) { env.Send(0, say("again")) }
	return a
}

// ticking wakes up every millisecond for ever.
func ticking() actor {
	return actor{
		start: func(env protocol.Env, _ protocol.Disk) { env.SetTimer(1, ms) },
		timer: func(env protocol.Env, _ protocol.TimerID) { env.SetTimer(1, ms) },
	}
}

func TestTimeThatStandsIsFound(t *testing.T) {
	s := stageOf(t, selfish())
	s.silent = true
	s.MaxInstant = 1000
	out := s.run()
	if out.Stop != TimeStands || out.Events != 1000 || out.Node != 0 || out.Detail != "1000 events at 0s without an end, the last at a" {
		t.Errorf("outcome is %+v", out)
	}
}

// Neither a timer of no time nor a client that is never done thinking gets around
// the budget of an instant.
func TestTimeStandsInOtherWays(t *testing.T) {
	for name, set := range map[string]func(*stage){
		"a timer": func(s *stage) {
			s.Hosts[0].New = func() protocol.Machine {
				return &actor{
					start: func(env protocol.Env, _ protocol.Disk) { env.SetTimer(1, 0) },
					timer: func(env protocol.Env, id protocol.TimerID) { env.SetTimer(id, 0) },
				}
			}
		},
		"operations": func(s *stage) {
			s.Hosts[0].New = func() protocol.Machine {
				return &actor{invoke: func(env protocol.Env, op protocol.Operation) { env.Return(protocol.Result{Seq: op.Seq}) }}
			}
			s.Clients, s.Workload = []protocol.NodeID{0}, errands{1 << 30, 0}
		},
	} {
		s := stageOf(t, actor{})
		s.silent = true
		s.MaxInstant = 1000
		set(s)
		if out := s.run(); out.Stop != TimeStands || out.Events != 1000 {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

// The budget is of one instant: a run of many instants does not use it up.
func TestAnInstantIsNotTheRun(t *testing.T) {
	s := stageOf(t, ticking())
	s.silent = true
	s.MaxInstant, s.Deadline = 2, time.Second
	if out := s.run(); out.Stop != Late || out.Events != 1001 || out.Virtual != time.Second {
		t.Errorf("outcome is %+v", out)
	}
}

// A cut that is never healed does not keep a run from ending quietly.
func TestAFaultThatOutlastsTheRun(t *testing.T) {
	s := stageOf(t, actor{start: func(env protocol.Env, _ protocol.Disk) { env.Send(1, say("hello")) }}, actor{})
	s.cut(ms/2, 1<<60, &Cut{From: nodes(0), To: nodes(1), Loss: million})
	if out := s.run(); out.Stop != Quiescent || out.Virtual != ms || out.Struck[Raise] != 1 || out.Struck[Lower] != 0 {
		t.Errorf("outcome is %+v", out)
	}
}

func TestTheEventBudgetEnds(t *testing.T) {
	s := stageOf(t, ticking())
	s.silent = true
	s.MaxEvents = 500
	if out := s.run(); out.Stop != Exhausted || out.Events != 500 {
		t.Errorf("outcome is %+v", out)
	}
}

func TestAPanicIsASentenceWithTheStackApart(t *testing.T) {
	s := stageOf(t, actor{}, actor{deliver: func(protocol.Env, protocol.NodeID, string) { panic("two leaders in one view") }},
		actor{start: func(env protocol.Env, _ protocol.Disk) { env.Send(1, say("hello")) }})
	out := s.run()
	if out.Stop != Panicked || out.Node != 1 || out.Detail != "b panicked at event 4: two leaders in one view" {
		t.Errorf("%v at node %d: %q", out.Stop, out.Node, out.Detail)
	}
	if !strings.Contains(out.Stack, "stop_test.go") || strings.Contains(out.Detail, "\n") {
		t.Errorf("the stack does not name the culprit, or is in the sentence:\n%s", out.Stack)
	}
	if s.world.Seal("violation") == (Digest{}) {
		t.Error("a run that panicked has no digest")
	}
}

// A fault of the network belongs to no node; a panic in a restart to the node.
func TestAPanicDuringAFault(t *testing.T) {
	lives := 0
	s := stageOf(t, actor{start: func(protocol.Env, protocol.Disk) {
		if lives++; lives > 1 {
			panic("the disk makes no sense")
		}
	}})
	s.cut(0, ms, &Cut{})
	s.strike(ms, Crash, 0)
	s.strike(ms, Restart, 0)
	if out := s.run(); out.Stop != Panicked || !strings.HasPrefix(out.Detail, "a panicked at event 5: the disk") {
		t.Errorf("%v: %q", out.Stop, out.Detail)
	}
	if s.world.name(protocol.None) != "the network" {
		t.Errorf("no node is called %q", s.world.name(protocol.None))
	}
}

func TestTheBoundIsHeldAgainstWhatCameAbout(t *testing.T) {
	group := Bound{Group: "x", Members: []protocol.NodeID{0, 1, 2, 3}, Most: 1}
	at := func(node protocol.NodeID, since time.Duration) Corruption {
		return Corruption{Node: node, Since: since}
	}
	for name, c := range map[string]struct {
		corruptions []Corruption
		want        string
	}{
		"within":                     {[]Corruption{at(0, 0)}, ""},
		"the same node twice":        {[]Corruption{at(0, 0), at(0, ms)}, ""},
		"elsewhere":                  {[]Corruption{at(0, 0), at(4, 0), at(5, 0)}, ""},
		"one too many":               {[]Corruption{at(0, 0), at(2, ms)}, "x had 2 faulty members at 1ms where at most 1 may be"},
		"two too many":               {[]Corruption{at(0, 0), at(1, 0), at(2, ms)}, "x had 2 faulty members at 0s where at most 1 may be"},
		"declared in no order":       {[]Corruption{at(2, 3*ms), at(0, ms), at(1, 2*ms)}, "x had 2 faulty members at 2ms where at most 1 may be"},
		"declared for after the end": {[]Corruption{at(0, 0), at(2, 20*ms)}, ""},
	} {
		s := stageOf(t, ticking())
		s.silent = true
		s.Deadline = 10 * ms
		s.Bounds, s.Corruptions = []Bound{group}, c.corruptions
		got := ""
		for _, e := range s.run().Exceeded {
			got += e.String()
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestEveryReasonToStopHasAName(t *testing.T) {
	seen := make(map[string]bool)
	for s := Quiescent; s <= Panicked; s++ {
		if seen[s.String()] || s.String() == "" {
			t.Errorf("reason %d is %q", s, s)
		}
		seen[s.String()] = true
	}
	for a := Crash; a <= Lower; a++ {
		if seen[a.String()] || a.String() == "" {
			t.Errorf("act %d is %q", a, a)
		}
		seen[a.String()] = true
	}
	for k := StepBoot; k <= StepDrop; k++ {
		if k.String() == "" {
			t.Errorf("step %d has no name", k)
		}
	}
}
