package scenarios

import (
	"slices"
	"testing"

	"turncoat/checker"
	"turncoat/protocol/auth"
)

// caught says where the absence of a rule shows soonest: as what, and after how many
// seeds that was when it was last measured.
type caught struct {
	rule, scenario string
	seeds          uint64
	verdict        checker.Verdict
	property       string
}

// caughtIn has each rule of each system once. Where a rule protects liveness alone, the run
// is stuck without it.
var caughtIn = map[string][]caught{
	"dbqs": {
		{"dbqs.write-back", "static-twins", 110, checker.Violation, "dbqs.atomicity"},
		{"dbqs.read-quorum", "static-equivocator", 17, checker.Violation, "dbqs.atomicity"},
		{"dbqs.write-quorum", "static-twins", 1, checker.Violation, "dbqs.durability"},
		{"dbqs.distinct-senders", "static-twins", 12, checker.Violation, "dbqs.durability"},
		{"dbqs.reply-nonce", "static-twins", 5, checker.Violation, "dbqs.durability"},
		{"dbqs.verify-signature", "static-equivocator", 2, checker.Violation, "dbqs.no-fabrication"},
		{"dbqs.writer-in-timestamp", "static-writers", 1, checker.Violation, "dbqs.durability"},
	},
	"bftbc": {
		{"bftbc.prepare", "bftbc-equivocator", 2, checker.Violation, "dbqs.no-fabrication"},
		{"bftbc.successor", "bftbc-lurker-base", 1, checker.Violation, "dbqs.atomicity"},
		{"bftbc.previous-certificate", "bftbc-lurker-base", 52, checker.Violation, "dbqs.lurking"},
		{"bftbc.one-per-client", "bftbc-lurker-base", 16, checker.Violation, "dbqs.lurking"},
		{"bftbc.digest-match", "bftbc-equivocator", 2, checker.Violation, "dbqs.no-fabrication"},
	},
	"membership": {
		{"membership.eviction-votes", "membership-slander", 3, checker.Violation, "membership.justified-eviction"},
		{"membership.signed-probes", "membership-impostor", 2, checker.Stuck, "liveness"},
		{"membership.epoch-end-votes", "membership-slander", 3, checker.Violation, "membership.justified-end"},
		{"membership.certificate-check", "membership-forger", 2, checker.Violation, "membership.one-configuration"},
		{"membership.epoch-in-signature", "membership-calm", 1, checker.Violation, "membership.justified-end"},
		{"membership.digest-covers-status", "membership-forger", 2, checker.Violation, "membership.one-configuration"},
		{"membership.nonce-binding", "membership-replay", 16, checker.Violation, "membership.freshness"},
		{"membership.lease-from-send", "membership-drift", 33, checker.Violation, "membership.freshness"},
		{"membership.recover-first", "membership-return", 15, checker.Violation, "membership.recovered"},
		{"membership.erase-shares", "membership-move", 1, checker.Violation, "membership.key-secrecy"},
		{"membership.unpredictable-move", "membership-move", 1, checker.Violation, "membership.unpredictable-move"},
		{"membership.evolve-keys", "membership-thief", 1, checker.Violation, "membership.key-secrecy"},
	},
	"epochs": {
		{"dbqs.epoch-check", "epochs-replaced", 21, checker.Violation, "dbqs.durability"},
		{"dbqs.one-epoch-phase", "epochs-churn", 1, checker.Violation, "dbqs.one-epoch"},
		{"dbqs.restart-phase-only", "epochs-lossy", 11, checker.Violation, "dbqs.atomicity"},
		{"dbqs.transfer-gate", "epochs-laggards", 51, checker.Violation, "dbqs.durability"},
		{"dbqs.donor-complete", "epochs-unfinished", 36, checker.Violation, "dbqs.durability"},
		{"dbqs.transfer-quorum", "epochs-laggards", 49, checker.Violation, "dbqs.durability"},
		{"dbqs.serve-when-ready", "epochs-unfinished", 80, checker.Violation, "dbqs.atomicity"},
		{"dbqs.epoch-chain", "epochs-partition", 17, checker.Violation, "dbqs.durability"},
		{"dbqs.garbage-quorum", "epochs-unfinished", 8, checker.Violation, "dbqs.durability"},
		{"dbqs.freshness", "epochs-sleeper", 1, checker.Violation, "membership.freshness"},
		{"dbqs.recover", "epochs-recover", 2, checker.Violation, "dbqs.durability"},
	},
	"dbft": {
		{"dbqs.epoch-check", "dbft-calm", 1, checker.Violation, "pbft.checkpoint"},
		{"dbqs.transfer-gate", "dbft-calm", 1, checker.Violation, "pbft.checkpoint"},
		{"dbqs.transfer-quorum", "dbft-liar", 15, checker.Violation, "pbft.checkpoint"},
		{"dbqs.serve-when-ready", "dbft-calm", 1, checker.Violation, "pbft.checkpoint"},
		{"dbqs.garbage-quorum", "dbft-calm", 1, checker.Stuck, "liveness"},
		{"dbqs.freshness", "dbft-partition", 54, checker.Violation, "membership.freshness"},
		{"pbft.reply-table-in-checkpoint", "dbft-churn", 2, checker.Violation, "pbft.validity"},
	},
	"pbft": {
		{"pbft.commit-phase", "pbft-swarm", 4, checker.Violation, "pbft.agreement"},
		{"pbft.prepared-certificates", "pbft-chaos", 1, checker.Violation, "pbft.agreement"},
		{"pbft.highest-view", "pbft-chaos", 239, checker.Violation, "pbft.agreement"},
		{"pbft.a2", "pbft-invent", 22, checker.Violation, "pbft.agreement"},
		{"pbft.recompute-new-view", "pbft-new-view", 1, checker.Violation, "pbft.agreement"},
		{"pbft.digest-check", "pbft-twins", 2, checker.Violation, "pbft.agreement"},
		{"pbft.distinct-senders", "pbft-doubled", 42, checker.Violation, "pbft.agreement"},
		{"pbft.watermarks", "pbft-seven", 4, checker.Violation, "pbft.agreement"},
		{"pbft.reply-table-in-checkpoint", "pbft-lossy", 4, checker.Violation, "pbft.checkpoint"},
		{"pbft.stable-checkpoint-quorum", "pbft-lossy", 45, checker.Stuck, "liveness"},
		{"pbft.weak-certificate-transfer", "pbft-transfer", 156, checker.Stuck, "liveness"},
		{"pbft.read-only-write-quorum", "pbft-reader", 18, checker.Violation, "pbft.atomicity"},
		{"pbft.tentative-quorum", "pbft-tentative", 64, checker.Violation, "pbft.atomicity"},
		{"pbft.resend-view-change", "pbft-partition", 2, checker.Stuck, "liveness"},
		{"pbft.join-smallest-view", "pbft-swarm", 5, checker.Stuck, "liveness"},
		{"pbft.timer-fifo", "pbft-stall", 2, checker.Stuck, "liveness"},
	},
}

// TestEveryRuleIsMissed holds the checker to see what each rule is for. It allows four
// times as many seeds as it took.
func TestEveryRuleIsMissed(t *testing.T) {
	for _, s := range systems {
		for _, rule := range s.rules {
			t.Run(s.name+"/"+rule.Name, func(t *testing.T) {
				t.Parallel()
				i := slices.IndexFunc(caughtIn[s.name], func(c caught) bool { return c.rule == rule.Name })
				if i < 0 {
					t.Fatal("no scenario is known to miss it")
				}
				caughtIn[s.name][i].shows(t)
			})
		}
	}
}

// shows holds that without the rule the scenario is judged as is said within the seeds,
// which the artifact repeats, and which the rule prevents.
func (c caught) shows(t *testing.T) {
	t.Helper()
	s, o := lookup(t, c.scenario), Options{Suite: auth.Ideal, Lift: []string{c.rule}}
	out, v, err := Sweep([]*Spec{s}, SweepOptions{Options: o, To: 4 * c.seeds, Jobs: 1, Out: t.TempDir()})
	if err != nil || v != c.verdict || out.Findings[0].Property != c.property {
		t.Fatalf("%v after %d seeds, %v; want %v of %s", v, out.Runs, err, c.verdict, c.property)
	}
	f := out.Findings[0]
	t.Logf("%s: %s of %s after %d seeds", c.scenario, f.Verdict, f.Property, out.Runs)
	a, err := ReadArtifact(f.Artifact)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := a.Replay(nil)
	if err != nil || rep.Outcome != c.verdict || rep.Property != f.Property {
		t.Fatalf("replayed as %v of %s, %v", rep.Outcome, rep.Property, err)
	}
	if again, err := Run(s, a.withSeed()); err != nil || again.Digest != a.Digest {
		t.Fatalf("the seed repeats as %v, %v", again, err)
	}
	controlPasses(t, s, f.Seed)
}

// withSeed returns the options that repeat the run from its seed.
func (a *Artifact) withSeed() Options {
	return Options{Seed: a.Seed, Suite: auth.Suite(a.Suite), Lift: a.Lift}
}
