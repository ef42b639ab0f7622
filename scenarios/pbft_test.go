package scenarios

import (
	"strings"
	"testing"

	"turncoat/checker"
	"turncoat/protocol/auth"
)

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
		"pbft-two-liars":      "liars=1",
	}
	for _, s := range Flaws() {
		t.Run(s.Name, func(t *testing.T) {
			verdict, property := checker.Stuck, "liveness"
			switch s.Name {
			case "pbft-1999-read-only":
				verdict, property = checker.Violation, "pbft.atomicity"
			case "pbft-two-liars":
				verdict, property = checker.Assumption, "pbft.agreement"
			}
			seed := findSeed(t, s, Options{Suite: auth.Ideal}, 40, verdict, property)
			if err := Apply(s, []string{controls[s.Name]}); err != nil {
				t.Fatal(err)
			}
			controlPasses(t, s, seed)
		})
	}
}

// Each adversary lies as primary and as backup, which the counts of a run tell apart,
// and the others bear it. A backup has no NEW-VIEW to send, and a client no role.
func TestPBFTAdversariesLieInEachRole(t *testing.T) {
	both := []string{"primary", "backup"}
	for _, c := range []struct {
		adversary, scenario, strategy, phase string
		roles                                []string
	}{
		{"orders in two ways", "pbft-liar", "pbft-order", "", both},
		{"stalls one client", "pbft-liar", "pbft-stall", "", both},
		{"stalls one replica", "pbft-liar", "pbft-stall(client=false)", "", both},
		{"delays everyone", "pbft-liar", "slow(rate=1000000,delay=140ms,steps=1)", "", both},
		{"omits P", "pbft-new-view", "pbft-view-change(lie=omit)", "view-change", both},
		{"forgets P and Q", "pbft-new-view", "pbft-view-change(lie=forget)", "view-change", both},
		{"invents P", "pbft-new-view", "pbft-view-change(lie=invent)", "view-change", both},
		{"claims a checkpoint", "pbft-new-view", "pbft-view-change(lie=ahead)", "view-change", both},
		{"claims a stale checkpoint", "pbft-new-view", "pbft-view-change(lie=behind)", "view-change", both},
		{"wrong NEW-VIEW", "pbft-new-view", "pbft-view-change(kinds=new-view)", "new-view", both[:1]},
		{"authenticators for some", "pbft-liar", "pbft-mac", "", both},
		{"garbage checkpoints", "pbft-liar", "fabricate(kinds=checkpoint)", "checkpoint", both},
		{"wrong parts of the state", "pbft-transfer", "fabricate(kinds=state-part,rate=1000000)", "state-part", both},
		{"gaps", "pbft-liar", "pbft-gap", "", both},
	} {
		t.Run(c.adversary, func(t *testing.T) {
			t.Parallel()
			s := lookup(t, c.scenario)
			s.Adversary.Liars, s.Adversary.Strategies = Ints{1, 1}, []string{c.strategy}
			name, _, _ := strings.Cut(c.strategy, "(")
			for _, role := range c.roles {
				if n := liesOf(t, s, name+"/"+role+"/"+c.phase); n == 0 {
					t.Errorf("no lie as %s", role)
				}
			}
		})
	}
}

// liesOf runs seeds of a scenario until one counts lies whose name begins in a way.
func liesOf(t *testing.T, s *Spec, begins string) (n uint64) {
	t.Helper()
	for seed := uint64(0); seed < 100 && n == 0; seed++ {
		rep, err := Run(s, Options{Seed: seed, Suite: auth.Ideal})
		if err != nil || rep.Outcome != checker.Pass {
			t.Fatalf("seed %d: %v of %s: %s, %v", seed, rep.Outcome, rep.Property, rep.Detail, err)
		}
		for lie, count := range rep.Lies {
			if strings.HasPrefix(lie, begins) {
				n += count
			}
		}
	}
	return n
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
