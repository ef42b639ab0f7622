package pbft

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// The machines keep the contract: clones are independent, states are canonical,
// suites do not matter, and rules have names.

// nowhere is a world in which effects go nowhere.
type nowhere struct{ timedEnv }

func (nowhere) Send(protocol.NodeID, protocol.Message)   {}
func (nowhere) SetTimer(protocol.TimerID, time.Duration) {}
func (nowhere) CancelTimer(protocol.TimerID)             {}
func (nowhere) Note(string, uint64)                      {}
func (nowhere) Return(protocol.Result)                   {}

// A clone that is given the next input ends in the state in which the original
// does, and the original is not changed by it.
func TestCloneIsIndependentAndEqual(t *testing.T) {
	compared := 0
	for seed := range uint64(30) {
		s := newSchedule(sweepConfig(4, seed), auth.Ideal, seed, 3, 6)
		s.faulty[seed%4] = true
		s.lies = liar(30)
		for len(s.queue) > 0 && !s.done() && s.now < uint64(20*time.Second) {
			e := s.queue[0]
			if e.deliver.M == nil || s.rng.IntN(20) > 0 {
				s.step()
				continue
			}
			m := s.machine(e.deliver.To)
			clone, before := m.Clone(), m.AppendState(nil)
			if !bytes.Equal(clone.AppendState(nil), before) {
				t.Fatalf("seed %d: a clone of node %d is in another state", seed, e.node)
			}
			clone.Deliver(nowhere{timedEnv{testEnv{s.network, e.deliver.To}, s}}, e.deliver.From, e.deliver.M)
			if !bytes.Equal(m.AppendState(nil), before) {
				t.Fatalf("seed %d: node %d was changed by its clone's %s", seed, e.node, e.deliver.M.Kind())
			}
			s.step()
			if compared++; !s.faulty[e.node] && !bytes.Equal(m.AppendState(nil), clone.AppendState(nil)) {
				t.Fatalf("seed %d: node %d and its clone differ after %s", seed, e.node, e.deliver.M.Kind())
			}
		}
		s.report(t, fmt.Sprint("seed ", seed))
	}
	if compared < 1000 {
		t.Fatalf("only %d inputs were compared", compared)
	}
}

// Both suites give the same results, executions and situations.
func TestSuitesAgree(t *testing.T) {
	outcome := func(suite auth.Suite, seed uint64) string {
		s := newSchedule(sweepConfig(4, seed), suite, seed, 2, 4)
		s.faulty[seed%4] = true
		s.lies = liar(30)
		s.run(uint64(60 * time.Second))
		s.report(t, fmt.Sprint(suite, " seed ", seed))
		slices.Sort(s.results)
		var b strings.Builder
		for i, r := range s.replicas {
			fmt.Fprintln(&b, i, describe(s.network, r), len(s.log[i]))
		}
		return fmt.Sprint(s.results, s.notes, s.now) + b.String()
	}
	for seed := range uint64(10) {
		if a, b := outcome(auth.Ideal, seed), outcome(auth.Real, seed); a != b {
			t.Errorf("seed %d:\n%s\nis not\n%s", seed, a, b)
		}
	}
}

// A faulty primary serves client 1 and leaves client 0 out (§2.3.5). The timer of the
// first request brings it down; a timer that the others' requests stop does not.
func TestStarvingPrimary(t *testing.T) {
	served := func(lifted Rule) bool {
		cfg := sweepConfig(4, 0)
		cfg.Batch, cfg.K, cfg.L, cfg.Window, cfg.Lifted = 1, 8, 16, 16, lifted
		s := newSchedule(cfg, auth.Ideal, 1, 2, 600)
		s.calm = 0
		s.todo[0] = 1
		s.faulty[0] = true
		s.deaf = func(e envelope) bool {
			req, ok := e.M.(*Request)
			return ok && e.To == 0 && req.Client == 4
		}
		s.run(uint64(60 * time.Second))
		if s.todo[1] > 0 && lifted == 0 {
			t.Fatalf("client 1 still has %d operations to go", s.todo[1])
		}
		first := slices.IndexFunc(s.results, func(r string) bool { return strings.HasPrefix(r, "c0#") })
		return first >= 0 && first < 300
	}
	if !served(0) {
		t.Error("client 0 was not served in time")
	}
	if served(TimerFIFO) {
		t.Error("client 0 was served although the execution of any request stops the timer")
	}
}

func TestRulesHaveNames(t *testing.T) {
	var all Rule
	for _, info := range Rules {
		rule, err := Rules.Parse(info.Name)
		if err != nil || rule != info.Rule || Rules.Names(rule) != info.Name || info.Doc == "" || all&rule != 0 {
			t.Errorf("%s: parses as %v, %v", info.Name, rule, err)
		}
		all |= rule
	}
	if all != Rules.All() || len(Rules) != 16 {
		t.Errorf("the list has %d rules, %v", len(Rules), all)
	}
	if _, err := Rules.Parse("pbft.no-such"); err == nil || !strings.Contains(err.Error(), "pbft.a2") {
		t.Errorf("an unknown rule gives %v, which does not list the known ones", err)
	}
}

func TestConfigRefuses(t *testing.T) {
	good := Config{Members: members(4)}.WithDefaults()
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(c *Config){
		"3f+1":    func(c *Config) { c.Members = members(5) },
		"twice":   func(c *Config) { c.Members = []protocol.NodeID{0, 1, 2, 2} },
		"L=":      func(c *Config) { c.L = c.K },
		"Batch":   func(c *Config) { c.Batch = -1 },
		"Window":  func(c *Config) { c.Window = int(c.L) + 1 },
		"Timeout": func(c *Config) { c.ViewTimeout = -1 },
		"Leaders": func(c *Config) { c.Leaders = []int32{0, 4} },
	} {
		c := good
		spoil(&c)
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: the error is %v", field, err)
		}
	}
	a, _ := auth.NewAuthority(auth.Ideal, 1, 5)
	if _, err := NewReplica(&good, a.Keys(4), NewRegisters()); err == nil {
		t.Error("a node outside the group became a replica")
	}
}
