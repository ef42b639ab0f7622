package scenarios

import (
	"strings"
	"testing"
	"time"

	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/sim"
)

// epochRuleMissed names, for each rule of changing groups, the scenario that misses it
// soonest, and the seeds within which it does: four times what was measured.
var epochRuleMissed = map[string]struct {
	scenario string
	seeds    uint64
}{
	"dbqs.epoch-check":        {"epochs-replaced", 84},
	"dbqs.one-epoch-phase":    {"epochs-churn", 4},
	"dbqs.restart-phase-only": {"epochs-lossy", 68},
	"dbqs.transfer-gate":      {"epochs-laggards", 204},
	"dbqs.donor-complete":     {"epochs-unfinished", 228},
	"dbqs.transfer-quorum":    {"epochs-laggards", 196},
	"dbqs.serve-when-ready":   {"epochs-unfinished", 320},
	"dbqs.epoch-chain":        {"epochs-partition", 68},
	"dbqs.garbage-quorum":     {"epochs-unfinished", 32},
	"dbqs.freshness":          {"epochs-sleepy", 24},
}

// TestEpochRulesAreMissed holds the checker to see what each rule of changing groups is
// for.
func TestEpochRulesAreMissed(t *testing.T) {
	for _, rule := range epochsSystem.rules {
		t.Run(rule.Name, func(t *testing.T) {
			in, ok := epochRuleMissed[rule.Name]
			if !ok {
				t.Fatal("no scenario is known to miss it")
			}
			missed(t, rule.Name, in.scenario, in.seeds, checker.Violation)
		})
	}
}

// TestTwoLiarsInOneGroup holds that where the adversary has more of a group than f while
// its window of vulnerability lasts, what breaks is called by its name.
func TestTwoLiarsInOneGroup(t *testing.T) {
	s := lookup(t, "epochs-laggards")
	if err := Apply(s, []string{"adversary.liars=2", "adversary.collude=true", "limits.deadline=4s", "limits.bound=3s"}); err != nil {
		t.Fatal(err)
	}
	out, v, err := Sweep([]*Spec{s}, SweepOptions{Options: Options{Suite: auth.Ideal}, To: 60, Jobs: 1, KeepGoing: true, Out: t.TempDir()})
	if err != nil || v != checker.Assumption { // a violation would be worse, and a cut-off run is not
		t.Fatalf("%v after %d seeds, %v", v, out.Runs, err)
	}
	broken := 0
	for _, f := range out.Findings {
		if strings.Contains(f.Detail, "the fault bound was exceeded: the group of ") {
			broken++
		}
	}
	if broken == 0 {
		t.Errorf("no group of the store is named: %+v", out.Findings)
	}
	t.Logf("%d of %d runs broke what two liars in a group can break", broken, out.Runs)
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
