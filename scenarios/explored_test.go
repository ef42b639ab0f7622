package scenarios

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"turncoat/checker"
	"turncoat/checker/explore"
	"turncoat/checker/explore/models"
	"turncoat/protocol"
	"turncoat/sim"
)

// found explores a model with a rule lifted and returns its counterexample.
func found(t *testing.T, model, rule string, o explore.Options, settings ...string) *explore.Counterexample {
	t.Helper()
	entry, err := models.Shipped().Find(model)
	if err != nil {
		t.Fatal(err)
	}
	run, err := entry.New(settings, []string{rule})
	if err != nil {
		t.Fatal(err)
	}
	r, err := run(context.Background(), o)
	if err != nil || r.Verdict != explore.Violation {
		t.Fatalf("%s: %+v, %v", rule, r, err)
	}
	return r.Counterexample
}

// stepwise notes what happens at correct nodes, in the explorer's words.
type stepwise struct {
	protocol         string
	servers, clients int
	liar             protocol.NodeID // None if there is none
	lines            []string
}

// stepsOf returns what notes the steps of an artifact, of so many servers and clients.
func stepsOf(a *Artifact, s *explore.Schedule) *stepwise {
	l := &stepwise{protocol: a.Scenario.System.Protocol, servers: s.Servers, clients: s.Clients, liar: protocol.None}
	if a.Scenario.Adversary.Liars.Hi > 0 {
		l.liar = 0
	}
	if s.BadClients > 0 {
		l.liar = protocol.NodeID(s.Servers)
	}
	return l
}

func (l *stepwise) Step(s sim.Step) {
	name := func(id protocol.NodeID) string {
		switch i := int(id); {
		case i < l.servers && l.protocol == "pbft":
			return fmt.Sprintf("r%d", i)
		case i < l.servers:
			return fmt.Sprintf("s%d", i)
		case i < l.servers+l.clients:
			return fmt.Sprintf("c%d", i-l.servers)
		}
		return "herald"
	}
	switch {
	case s.Node == l.liar:
	case s.Kind == sim.StepMessage:
		what := string(s.Message.Kind())
		if _, short, found := strings.Cut(what, "."); found {
			what = short
		}
		if what == "step" {
			what = "the step into epoch"
		}
		l.lines = append(l.lines, fmt.Sprintf("%s -> %s: %s", name(s.From), name(s.Node), what))
	case s.Kind == sim.StepTimer:
		l.lines = append(l.lines, fmt.Sprintf("timer %d of %s expires", s.Timer, name(s.Node)))
	case s.Kind == sim.StepFault && s.Text == sim.Crash.String():
		l.lines = append(l.lines, name(s.Node)+" crashes and starts again")
	case s.Kind == sim.StepInvoke:
		l.lines = append(l.lines, strings.TrimSpace(fmt.Sprintf("%s begins %v %s", name(s.Node), s.Op.Kind, s.Op.Value)))
	}
}

// checkSteps compares what happened in the simulator with the explorer's story.
func checkSteps(t *testing.T, rule string, got []string, example *explore.Counterexample) {
	t.Helper()
	var want []string
	for _, line := range example.Lines {
		if !strings.HasSuffix(line, "is lost") && !strings.HasSuffix(line, "is duplicated") && !strings.Contains(line, " says to all: ") {
			want = append(want, line)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%s: %d steps in the simulator, %d in the explorer:\n%s\n\n%s", rule, len(got), len(want), strings.Join(got, "\n"), example)
		return
	}
	for i := range want {
		if !strings.HasPrefix(want[i], got[i]) {
			t.Errorf("%s: step %d is %q in the simulator and %q in the explorer", rule, i+1, got[i], want[i])
		}
	}
}

// For every rule, the simulator does on the explorer's schedule what the explorer
// says, finds the same wrong, and repeats it from the file.
func TestExploredScheduleIsReplayed(t *testing.T) {
	for _, c := range []struct {
		model    string
		rule     string
		options  explore.Options
		settings []string
	}{
		{"dbqs-static", "dbqs.write-back", explore.Options{Reduction: explore.All}, nil},
		{"dbqs-static", "dbqs.read-quorum", explore.Options{Reduction: explore.All}, nil},
		{"dbqs-static", "dbqs.write-quorum", explore.Options{Reduction: explore.All}, nil},
		{"dbqs-static", "dbqs.distinct-senders", explore.Options{Reduction: explore.All}, nil},
		{"dbqs-static", "dbqs.verify-signature", explore.Options{Reduction: explore.All}, nil},
		{"dbqs-static", "dbqs.write-quorum", explore.Options{Strategy: explore.DFS}, []string{"losses=1", "duplicates=1"}},
		{"dbqs-static", "dbqs.reply-nonce", explore.Options{Strategy: explore.Random, Seed: 1}, nil},
		{"dbqs-static", "dbqs.writer-in-timestamp", explore.Options{Strategy: explore.Random, Seed: 1}, []string{"writers=2"}},
		{"bftbc", "bftbc.prepare", explore.Options{Reduction: explore.All}, []string{"reads=1"}},
		{"bftbc", "bftbc.digest-match", explore.Options{Reduction: explore.All}, []string{"reads=1"}},
		{"dbqs-epochs", "dbqs.transfer-quorum", explore.Options{Reduction: explore.All}, nil},
		{"dbqs-epochs", "dbqs.donor-complete", explore.Options{Reduction: explore.All}, nil},
		{"dbqs-epochs", "dbqs.one-epoch-phase", explore.Options{Reduction: explore.All}, nil},
		{"dbqs-epochs", "dbqs.serve-when-ready", explore.Options{Reduction: explore.All}, nil},
		{"dbqs-epochs", "dbqs.transfer-gate", explore.Options{Reduction: explore.All, Strategy: explore.DFS}, nil},
		{"dbqs-epochs", "dbqs.epoch-check", explore.Options{Reduction: explore.All, Strategy: explore.DFS}, nil},
		{"dbqs-static", "dbqs.write-quorum", explore.Options{Strategy: explore.Random, Seed: 1}, []string{"timers=2", "crashes=2"}},
		{"pbft", "pbft.commit-phase", explore.Options{Reduction: explore.All}, []string{"from=2", "timeouts=2"}},
		{"pbft", "pbft.prepared-certificates", explore.Options{Reduction: explore.All}, []string{"from=3", "timeouts=2"}},
		{"pbft", "pbft.highest-view", explore.Options{Reduction: explore.All}, []string{"from=5"}},
	} {
		example := found(t, c.model, c.rule, c.options, c.settings...)
		if example.Unscheduled != nil {
			t.Errorf("%s: %v\n%s", c.rule, example.Unscheduled, example)
			continue
		}
		a, err := FromSchedule(example.Schedule, "turncoat explore")
		if err != nil {
			t.Errorf("%s: %v\n%s", c.rule, err, example)
			continue
		}
		for _, name := range []string{"a.turncoat", "a.yaml"} {
			path := filepath.Join(t.TempDir(), name)
			if err := a.Write(path); err != nil {
				t.Fatal(err)
			}
			b, err := ReadArtifact(path)
			if err != nil {
				t.Fatal(err)
			}
			steps := stepsOf(b, example.Schedule)
			rep, err := b.Replay(steps)
			if err != nil || rep.Outcome != checker.Violation {
				t.Errorf("%s: replayed %v, %v", c.rule, rep, err)
			}
			checkSteps(t, c.rule, steps.lines, example)
			if rep.Property == "pbft.agreement" {
				continue // its clients have seen nothing wrong yet
			}
			if got := checker.Check(rep.History, checker.Options{}).Verdict; got != checker.Violation {
				t.Errorf("%s: the history is %v\n%s\n%s", c.rule, got, strings.Join(b.History, "\n"), example)
			}
		}
	}
}

// A schedule that breaks nothing in the simulator is not passed off as a finding.
func TestScheduleMustBreakSomething(t *testing.T) {
	s := found(t, "dbqs-static", "dbqs.write-back", explore.Options{Reduction: explore.All}).Schedule
	s.Lifted = nil
	if _, err := FromSchedule(s, "turncoat explore dbqs-static"); err == nil || !strings.Contains(err.Error(), "one of them is wrong") {
		t.Errorf("%v", err)
	}
	s.Choices[0].Kind = "dealy"
	if _, err := FromSchedule(s, ""); err == nil {
		t.Error("a choice of no kind was accepted")
	}
}

// A crash on the path is a fault of the scenario, of the server and at the time that the path says.
func TestExploredCrashesHappen(t *testing.T) {
	s := found(t, "dbqs-static", "dbqs.write-back", explore.Options{Reduction: explore.All}).Schedule
	s.Crashes = []explore.Crash{{Server: 3, At: 4500 * time.Microsecond}, {Server: 1, At: 5500 * time.Microsecond}}
	a, err := FromSchedule(s, "turncoat explore")
	if err != nil {
		t.Fatal(err)
	}
	steps := stepsOf(a, s)
	if rep, err := a.Replay(steps); err != nil || rep.Outcome != checker.Violation {
		t.Fatalf("%+v, %v", rep, err)
	}
	var crashed []string
	for _, line := range steps.lines {
		if strings.HasSuffix(line, "crashes and starts again") {
			crashed = append(crashed, line)
		}
	}
	if fmt.Sprint(crashed) != "[s3 crashes and starts again s1 crashes and starts again]" {
		t.Errorf("%v\n%s", crashed, strings.Join(steps.lines, "\n"))
	}
}
