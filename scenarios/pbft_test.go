package scenarios

import (
	"testing"

	"turncoat/checker"
	"turncoat/protocol/auth"
)

// caught says where the absence of a rule of PBFT shows, and as what.
type caught struct {
	rule, scenario string
	verdict        checker.Verdict
	property       string
}

// pbftCaught has each rule once. Where it protects liveness alone, the run is stuck.
var pbftCaught = []caught{
	{"pbft.commit-phase", "pbft-swarm", checker.Violation, "pbft.agreement"},
	{"pbft.prepared-certificates", "pbft-chaos", checker.Violation, "pbft.agreement"},
	{"pbft.highest-view", "pbft-chaos", checker.Violation, "pbft.agreement"},
	{"pbft.a2", "pbft-invent", checker.Violation, "pbft.agreement"},
	{"pbft.recompute-new-view", "pbft-new-view", checker.Violation, "pbft.agreement"},
	{"pbft.digest-check", "pbft-twins", checker.Violation, "pbft.agreement"},
	{"pbft.distinct-senders", "pbft-doubled", checker.Violation, "pbft.agreement"},
	{"pbft.watermarks", "pbft-seven", checker.Violation, "pbft.agreement"},
	{"pbft.reply-table-in-checkpoint", "pbft-lossy", checker.Violation, "pbft.checkpoint"},
	{"pbft.stable-checkpoint-quorum", "pbft-lossy", checker.Stuck, "liveness"},
	{"pbft.weak-certificate-transfer", "pbft-transfer", checker.Stuck, "liveness"},
	{"pbft.read-only-write-quorum", "pbft-reader", checker.Violation, "pbft.atomicity"},
	{"pbft.tentative-quorum", "pbft-tentative", checker.Violation, "pbft.atomicity"},
	{"pbft.resend-view-change", "pbft-partition", checker.Stuck, "liveness"},
	{"pbft.join-smallest-view", "pbft-swarm", checker.Stuck, "liveness"},
	{"pbft.timer-fifo", "pbft-stall", checker.Stuck, "liveness"},
}

// Without a rule its scenario finds what it is for, and with it the same schedule
// passes.
func TestLiftedPBFTRulesAreMissed(t *testing.T) {
	if len(pbftCaught) != len(pbftSystem.rules) {
		t.Errorf("PBFT has %d rules, and %d are tried", len(pbftSystem.rules), len(pbftCaught))
	}
	for _, c := range pbftCaught {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			seed := findSeed(t, lookup(t, c.scenario), Options{Suite: auth.Ideal, Lift: []string{c.rule}}, 800, c.verdict, c.property)
			t.Logf("%s seed %d: %v of %s", c.scenario, seed, c.verdict, c.property)
			controlPasses(t, lookup(t, c.scenario), seed)
		})
	}
}

// findSeed returns the first seed below a limit that has a verdict on a property.
func findSeed(t *testing.T, s *Spec, o Options, limit uint64, verdict checker.Verdict, property string) uint64 {
	t.Helper()
	for o.Seed = 0; o.Seed < limit; o.Seed++ {
		rep, err := Run(s, o)
		if err != nil {
			t.Fatal(err)
		}
		if rep.Outcome == verdict && (property == "" || rep.Property == property) {
			return o.Seed
		}
	}
	t.Fatalf("no %v of %s in %d seeds of %s", verdict, property, limit, s.Name)
	return 0
}

func controlPasses(t *testing.T, s *Spec, seed uint64) {
	t.Helper()
	if rep, err := Run(s, Options{Seed: seed, Suite: auth.Ideal}); err != nil || rep.Outcome != checker.Pass {
		t.Errorf("the control, seed %d, is %v of %s: %s, %v", seed, rep.Outcome, rep.Property, rep.Detail, err)
	}
}

// Each published flaw shows, and not where what it takes is set otherwise.
func TestFlaws(t *testing.T) {
	controls := map[string]string{
		"pbft-1999-read-only": "lift=",
		"pbft-read-only-hole": "read-only=false",
		"pbft-slow-primary":   "liars=0",
		"pbft-mac-attack":     "bad-clients=0",
	}
	for _, s := range Flaws() {
		t.Run(s.Name, func(t *testing.T) {
			verdict := checker.Stuck
			if s.Name == "pbft-1999-read-only" {
				verdict = checker.Violation
			}
			seed := findSeed(t, s, Options{Suite: auth.Ideal}, 40, verdict, "")
			if err := Apply(s, []string{controls[s.Name]}); err != nil {
				t.Fatal(err)
			}
			controlPasses(t, s, seed)
		})
	}
}

// With two liars at n=4 replicas come to disagree, and the assumption is to blame;
// with one they never do, which the sweeps of the library say.
func TestTwoLiarsBreakPBFT(t *testing.T) {
	s := lookup(t, "pbft-liar")
	if err := Apply(s, []string{"liars=2", "limits.deadline=90s"}); err != nil {
		t.Fatal(err)
	}
	seed := findSeed(t, s, Options{Suite: auth.Ideal}, 300, checker.Assumption, "pbft.agreement")
	t.Logf("seed %d", seed)
}

// What a faulty client has signed counts as written at any time after, so that a
// reader may find it, and an operation of its own is held against nobody.
func TestFaultyClientsAreJoined(t *testing.T) {
	s := lookup(t, "pbft-client")
	joined := false
	for seed := range uint64(20) {
		rep, err := Run(s, Options{Seed: seed, Suite: auth.Ideal})
		if err != nil || rep.Outcome != checker.Pass {
			t.Fatalf("seed %d: %v of %s: %s, %v", seed, rep.Outcome, rep.Property, rep.Detail, err)
		}
		_, _, pending := rep.History.Counts()
		joined = joined || pending > 0
	}
	if !joined {
		t.Error("no write of a faulty client was joined to a history")
	}
}
