package scenarios

import (
	"os"
	"strings"
	"testing"
	"time"

	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/sim"
)

// TestTwoLiarsInOneGroup holds that where the adversary has more of a group than f in
// one window of vulnerability, what breaks is called by its name, and that it does
// break; and that one at a time breaks nothing.
func TestTwoLiarsInOneGroup(t *testing.T) {
	const runs = 20
	s := lookup(t, "epochs-window")
	passes(t, []*Spec{s}, sweepOf(t, runs))
	if err := Apply(s, []string{"adversary.mobile.held=2"}); err != nil {
		t.Fatal(err)
	}
	named, torn := 0, 0
	for seed := range uint64(runs) {
		rep, err := Run(s, Options{Seed: seed, Suite: auth.Ideal})
		if err != nil || rep.Outcome != checker.Pass && rep.Outcome != checker.Assumption {
			t.Fatalf("seed %d: %v, %v: %s", seed, err, rep.Outcome, rep.Detail)
		}
		if strings.Contains(rep.Detail, "the fault bound was exceeded: the group of ") {
			named++
		}
		if checker.Check(rep.History, checker.Options{}).Verdict == checker.Violation {
			torn++
		}
	}
	if named <= runs/2 || torn == 0 {
		t.Errorf("of %d runs with two liars in one group, %d name it, and %d histories are not atomic", runs, named, torn)
	}
	t.Logf("of %d runs with two liars in one group, %d name it, and %d histories are not atomic", runs, named, torn)
}

// TestSleeperNeedsALease holds that a client which wakes in an epoch long over believes
// its old group, now the adversary's, without the rule on leases, and not with it.
func TestSleeperNeedsALease(t *testing.T) {
	const runs = 60
	s := lookup(t, "epochs-sleeper")
	passes(t, []*Spec{s}, sweepOf(t, runs))
	torn := 0
	for seed := range uint64(runs) {
		rep, err := Run(s, Options{Seed: seed, Suite: auth.Ideal, Lift: []string{"dbqs.freshness"}})
		if err != nil || rep.Outcome != checker.Pass && rep.Outcome != checker.Violation {
			t.Fatalf("seed %d: %v, %v: %s", seed, err, rep.Outcome, rep.Detail)
		}
		if checker.Check(rep.History, checker.Options{}).Verdict == checker.Violation {
			torn++
		}
	}
	if torn == 0 {
		t.Errorf("%d histories are atomic", runs)
	}
	t.Logf("%d of %d histories are not atomic", torn, runs)
}

// TestTheMillion runs a hundredth of the scenario of a million operations, with all its
// servers, and holds that every operation was judged.
func TestTheMillion(t *testing.T) {
	const file = "scale/million.yaml"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Decode(file, text)
	if err != nil {
		t.Fatal(err)
	}
	if s.Workload.Operations.Lo*(s.Clients.Lo-1) != 1_000_000 {
		t.Errorf("%d clients do %d operations each", s.Clients.Lo-1, s.Workload.Operations.Lo)
	}
	if err := Apply(s, []string{"workload.operations=156", "system.membership.orders=10", "system.membership.epoch=500ms"}); err != nil {
		t.Fatal(err)
	}
	rep, err := Run(s, Options{Seed: 1, Suite: auth.Ideal})
	if err != nil || rep.Outcome != checker.Pass {
		t.Fatalf("%v, %v: %s", err, rep.Outcome, rep.Detail)
	}
	if judged := checker.Check(rep.History, checker.Options{}); judged.Checked != 64*156 || judged.ByZones != 64 {
		t.Errorf("%d operations of %d objects were judged", judged.Checked, judged.ByZones)
	}
}

// TestWindowsEnd holds that who falls after a window of vulnerability has closed does
// not count in it, and who fell before does.
func TestWindowsEnd(t *testing.T) {
	w := []checker.Window{{Epoch: 3, Members: []protocol.NodeID{1, 2, 3, 4}, From: time.Second, To: 2 * time.Second}}
	fall := func(node protocol.NodeID, at time.Duration) sim.Corruption {
		return sim.Corruption{Node: node, Since: at}
	}
	for _, c := range []struct {
		name   string
		faulty []sim.Corruption
		want   int
	}{
		{"one", []sim.Corruption{fall(1, 0)}, 0},
		{"two, one of them later", []sim.Corruption{fall(1, 0), fall(2, 3*time.Second)}, 0},
		{"two, one of another group", []sim.Corruption{fall(1, 0), fall(7, 0)}, 0},
		{"one twice", []sim.Corruption{fall(1, 0), fall(1, time.Second)}, 0},
		{"two from the start", []sim.Corruption{fall(1, 0), fall(2, 0)}, 1},
		{"two, one of them in its last moment", []sim.Corruption{fall(1, 0), fall(2, 2*time.Second)}, 1},
	} {
		if got := exceeded([]Assumed{window("group", &w[0], 1, c.faulty)}); len(got) != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// BenchmarkWholeSystem runs and judges schedules of the whole system: a membership
// service of four among twelve storage servers, three clients with sixty operations,
// three epochs.
func BenchmarkWholeSystem(b *testing.B) {
	const text = `
name: whole-system
system:
  protocol: epochs
  servers: 12
  retry: 100ms
  membership: {members: 10, orders: 4, pace: 50ms, churn: 100%, epoch: 300ms, lease: 300ms, probe: 200ms}
clients: 4
objects: {public-key: 2}
workload: {operations: 20, think: 10ms..80ms}
limits: {deadline: 2m, bound: 10s}
`
	s, err := Decode("bench.yaml", []byte(text))
	if err != nil {
		b.Fatal(err)
	}
	s.Limits.Settle = Span{time.Millisecond, time.Millisecond}
	b.ReportAllocs()
	events, epochs := uint64(0), uint64(0)
	for seed := uint64(0); b.Loop(); seed++ {
		rep, err := Run(s, Options{Seed: seed, Suite: auth.Ideal})
		if err != nil || rep.Outcome != checker.Pass || rep.Operations.Returned != 64 {
			b.Fatalf("seed %d: %+v, %v", seed, rep, err)
		}
		events += rep.Events
		epochs += rep.Reach["membership.epoch"]
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "schedules/s")
	b.ReportMetric(float64(events)/float64(b.N), "events/schedule")
	b.ReportMetric(float64(epochs)/float64(b.N)/15, "epochs/schedule")
}
