package machines

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"turncoat/checker/explore"
	"turncoat/protocol"
)

// A toy store, wrong in a different way for each fault: one server that keeps
// the value written last, in memory or on a disk that it may forget to sync; and clients
// that ask again when their timer expires, with nothing to tell a copy from the original.

type note struct {
	kind  byte // of a request: r or w; of an answer: a
	nonce uint64
	value string
}

func (n *note) Kind() protocol.Kind { return "toy." + protocol.Kind(n.kind) }
func (n *note) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, n.kind), n.nonce)
	return append(b, n.value...)
}

var place = protocol.KeyOf("value", 0)

type toyServer struct {
	value  string
	synced bool // it syncs what it stores
}

func (s *toyServer) Start(_ protocol.Env, disk protocol.Disk) {
	for _, r := range disk {
		s.value = r.Value.(*note).value
	}
}

func (s *toyServer) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	n := m.(*note)
	if n.kind == 'w' {
		s.value = n.value
		env.Store(place, n)
		if s.synced {
			env.Sync()
		}
	}
	env.Send(from, &note{'a', n.nonce, s.value})
}

func (s *toyServer) Timer(protocol.Env, protocol.TimerID) {}
func (s *toyServer) Clone() protocol.Machine              { c := *s; return &c }
func (s *toyServer) AppendState(b []byte) []byte          { return append(b, s.value...) }

type toyClient struct {
	op    protocol.Operation
	ask   *note // nil when idle
	again bool  // it asks again
}

func (c *toyClient) Start(protocol.Env, protocol.Disk) {}

func (c *toyClient) Invoke(env protocol.Env, op protocol.Operation) {
	c.op, c.ask = op, &note{'r', env.Nonce(), ""}
	if op.Kind.Changes() {
		c.ask.kind, c.ask.value = 'w', string(op.Value)
	}
	env.Send(0, c.ask)
	if c.again {
		env.SetTimer(1, time.Second)
	}
}

func (c *toyClient) Timer(env protocol.Env, _ protocol.TimerID) { env.Send(0, c.ask) }

func (c *toyClient) Deliver(env protocol.Env, _ protocol.NodeID, m protocol.Message) {
	n := m.(*note)
	if c.ask == nil || n.nonce != c.ask.nonce {
		return
	}
	c.ask = nil
	env.CancelTimer(1)
	env.Return(protocol.Result{Seq: c.op.Seq, Found: n.value != "", Value: []byte(n.value)})
}

func (c *toyClient) Clone() protocol.Machine { k := *c; return &k }
func (c *toyClient) AppendState(b []byte) []byte {
	if c.ask == nil {
		return append(b, 0)
	}
	return c.ask.AppendTo(append(b, 1))
}

// toyDialect knows nothing to lie about.
type toyDialect struct{}

func (toyDialect) Fact(protocol.Message) protocol.Message { return nil }
func (toyDialect) Lies([]protocol.Message, protocol.NodeID, protocol.Message) []protocol.Message {
	return nil
}
func (toyDialect) Describe(m protocol.Message) string { return string(m.Kind()) }

// toy is a server and a client that writes twice and then reads.
func toy(f Faults, synced, again bool) *Model {
	script := []protocol.Operation{
		{Kind: protocol.Write, Value: []byte("one")}, {Kind: protocol.Write, Value: []byte("two")}, {Kind: protocol.Read},
	}
	return New(System{Faults: f, Dialect: toyDialect{}, Nodes: []Node{
		{Name: "s0", New: func() protocol.Machine { return &toyServer{synced: synced} }},
		{Name: "c0", New: func() protocol.Machine { return &toyClient{again: again} }, Script: script},
	}})
}

func TestEachFaultIsTried(t *testing.T) {
	for _, c := range []struct {
		name          string
		faults        Faults
		synced, again bool
		want          string
		steps         int
	}{
		{"nothing happens", Faults{}, true, true, explore.Pass, 0},
		{"what was synced survives crashes", Faults{Crashes: 2}, true, false, explore.Pass, 0},
		{"what was not is gone", Faults{Crashes: 1}, false, false, explore.Violation, 10},
		{"a copy of the first write comes late", Faults{Duplicates: 1}, true, false, explore.Violation, 11},
		{"so does one sent when the timer expired", Faults{Timers: 1}, true, true, explore.Violation, 11},
		{"who never asks again may wait for ever, which is no deadlock when messages are lost", Faults{Losses: 1}, true, false, explore.Pass, 0},
		{"asked again in vain: the timer is armed once", Faults{Losses: 1, Timers: 1}, true, true, explore.Violation, 11},
	} {
		r, err := explore.Explore(context.Background(), "toy", explore.Model[State](toy(c.faults, c.synced, c.again)), explore.Options{})
		if err != nil || r.Verdict != c.want || c.want == explore.Violation && r.Depth != c.steps {
			t.Errorf("%s: %s of %q at %d, %v; want %s at %d", c.name, r.Verdict, r.Property, r.Depth, err, c.want, c.steps)
		}
	}
}

// Without losses a client that gets no answer is stuck: here the server
// answers another node.
func TestOperationsThatDoNotEndAreFound(t *testing.T) {
	s := toy(Faults{}, true, false).System
	s.Nodes[0].New = func() protocol.Machine { return &mute{} }
	r, err := explore.Explore(context.Background(), "toy", explore.Model[State](New(s)), explore.Options{})
	if err != nil || r.Verdict != explore.Stuck || r.Property != "operations end" {
		t.Errorf("%+v, %v", r, err)
	}
}

type mute struct{ toyServer }

func (m *mute) Deliver(protocol.Env, protocol.NodeID, protocol.Message) {}
func (m *mute) Clone() protocol.Machine                                 { return m }

// Each action says what it does, and can be told to the simulator.
func TestFaultsAreDescribed(t *testing.T) {
	for _, c := range []struct {
		faults        Faults
		synced, again bool
		line          string
		scheduled     bool
	}{
		{Faults{Crashes: 1}, false, false, "s0 crashes and starts again", true},
		{Faults{Duplicates: 1}, true, false, "c0 -> s0: toy.w is duplicated", true},
		{Faults{Timers: 1}, true, true, "timer 1 of c0 expires", true},
	} {
		r, err := explore.Explore(context.Background(), "toy", explore.Model[State](toy(c.faults, c.synced, c.again)), explore.Options{})
		if err != nil || r.Counterexample == nil {
			t.Fatalf("%+v, %v", r, err)
		}
		found := false
		for _, line := range r.Counterexample.Lines {
			found = found || line == c.line
		}
		if !found {
			t.Errorf("%q is not in\n%s", c.line, r.Counterexample)
		}
		if scheduled := r.Counterexample.Unscheduled == nil; scheduled != c.scheduled {
			t.Errorf("%+v: scheduled %v: %v", c.faults, scheduled, r.Counterexample.Unscheduled)
		}
	}
}

// A server that claims to be like others and is not ends the search: here one that
// never answers.
func TestUnlikeServersAreNotAlike(t *testing.T) {
	d := small()
	s := d.Model().System
	s.Nodes[1].New = func() protocol.Machine { return &mute{} }
	defer func() {
		if msg := fmt.Sprint(recover()); msg != "machines: a renamed server sends other messages; these servers are not alike" {
			t.Errorf("%s", msg)
		}
	}()
	outcomes(New(s), explore.Symmetry|explore.Prune)
	t.Error("not noticed")
}
