package scenarios

import (
	"cmp"
	"flag"
	"reflect"
	"slices"
	"strings"
	"testing"

	"turncoat/checker"
	"turncoat/protocol/auth"
	"turncoat/results"
)

// TestLibraryReachesWhatItClaims sweeps each scenario until every situation that it
// promises has occurred, and every fault and lie that it is about, but not for
// longer than a sweep that is worth its name; every run passes.
func TestLibraryReachesWhatItClaims(t *testing.T) {
	const enough = 480
	for _, s := range Library() {
		t.Run(s.Name, func(t *testing.T) {
			if s.About == "" {
				t.Error("a scenario of the library says what it is about")
			}
			o := sweepOf(t, 30)
			o.Jobs = 2
			o.Record = func(r *results.Run) error {
				o.Known = append(o.Known, *r)
				return nil
			}
			for ; ; o.To *= 2 {
				out, v, err := Sweep([]*Spec{s}, o)
				if err != nil || len(out.Findings) > 0 {
					t.Fatalf("%v, %v: %+v", v, err, out.Findings)
				}
				missing := append(missing(s, out), out.NeverReached...)
				if len(missing) == 0 {
					return
				}
				if o.To >= enough {
					t.Fatalf("never met in %d seeds: %q", o.To, missing)
				}
			}
		})
	}
}

// missing returns the faults and strategies of a scenario that a sweep has not met.
func missing(s *Spec, out *results.Sweep) (names []string) {
	for _, f := range s.Faults {
		if act := map[string]string{"crash": "crash", "wipe": "wipe"}[f.Kind]; out.Faults[cmp.Or(act, "cut")] == 0 {
			names = append(names, f.Kind)
		}
	}
	for _, text := range append(slices.Clone(s.Adversary.Strategies), s.Adversary.ClientStrategies...) {
		for part := range strings.SplitSeq(text, "+") {
			name, _, _ := strings.Cut(strings.TrimSpace(part), "(")
			if name != "membership-thief" && !lied(out.Lies, name) { // with every rule in force a thief never has enough to lie with
				names = append(names, name)
			}
		}
	}
	return names
}

// lied reports whether a strategy is among the lies counted.
func lied(lies map[string]uint64, strategy string) bool {
	for kind, n := range lies {
		if strings.HasPrefix(kind, strategy+"/") && n > 0 {
			return true
		}
	}
	return false
}

// sample returns the library without most scenarios of the membership service and what stands on it,
// whose threshold signatures make each run dear.
func sample() (specs []*Spec) {
	for i, s := range Library() {
		if p := s.System.Protocol; p != "membership" && p != "epochs" && p != "dbft" || i%5 == 0 {
			specs = append(specs, s)
		}
	}
	return specs
}

// agree asks for more of TestSuitesAgree than there is time for in every run of the
// tests: go test ./scenarios -run TestSuitesAgree -agree 200 -timeout 0.
var agree = flag.Uint64("agree", 0, "compare the suites on so many seeds of every scenario of the library")

// TestSuitesAgree holds that a schedule has the same verdict and history whether
// its cryptography is ideal or real. Where a threshold signature draws who does what,
// as it does where the membership service moves, the schedules differ and the verdict
// is all.
func TestSuitesAgree(t *testing.T) {
	specs := sample()
	if *agree > 0 {
		specs = Library()
	}
	for _, s := range specs {
		t.Run(s.Name, func(t *testing.T) {
			seeds := cmp.Or(*agree, 1)
			if *agree == 0 && s.System.Protocol == "dbqs" {
				seeds = 2
			}
			for seed := range seeds {
				agreeOn(t, s, seed)
			}
		})
	}
}

// agreeOn holds it of one schedule.
func agreeOn(t *testing.T, s *Spec, seed uint64) {
	t.Helper()
	ideal, err := Run(s, Options{Seed: seed, Suite: auth.Ideal})
	if err != nil {
		t.Fatal(err)
	}
	real, err := Run(s, Options{Seed: seed, Suite: auth.Real})
	if err != nil {
		t.Fatal(err)
	}
	sameRun := s.System.Membership.Move.Hi == 0
	if ideal.Verdict != real.Verdict || sameRun && (ideal.Events != real.Events || !reflect.DeepEqual(historyLines(ideal.History), historyLines(real.History))) {
		t.Errorf("seed %d: ideal %v after %d events, real %v after %d, or their histories differ",
			seed, ideal.Verdict, ideal.Events, real.Verdict, real.Events)
	}
}

// TestTwoLiarsBreakTheAssumption holds that with more liars than f what breaks is
// called by its name, and is found.
func TestTwoLiarsBreakTheAssumption(t *testing.T) {
	s := lookup(t, "static-twins")
	if err := Apply(s, []string{"liars=2"}); err != nil {
		t.Fatal(err)
	}
	out, v, err := Sweep([]*Spec{s}, SweepOptions{Options: Options{Suite: auth.Ideal}, To: 500, Jobs: 1, Out: t.TempDir()})
	if err != nil || v != checker.Assumption {
		t.Fatalf("%v after %d seeds, %v", v, out.Runs, err)
	}
	f := out.Findings[0]
	if !strings.Contains(f.Detail, "the fault bound was exceeded") || !strings.Contains(f.Detail, "did not declare") {
		t.Errorf("the detail does not say so: %s", f.Detail)
	}
	t.Logf("after %d seeds: %s", out.Runs, f.Detail)
}

// TestMembershipAssumptions holds that what breaks when an assumption of the
// membership service does is called by its name.
func TestMembershipAssumptions(t *testing.T) {
	for _, c := range []struct {
		scenario, says string
		sets           []string
	}{
		{"membership-slander", "the fault bound was exceeded", []string{"adversary.liars=2", "adversary.collude=true"}},
		{"membership-drift", "the bound on clocks was exceeded", []string{"hosts.drift=600000", "system.membership.drift=100"}},
	} {
		s := lookup(t, c.scenario)
		if err := Apply(s, c.sets); err != nil {
			t.Fatal(err)
		}
		out, v, err := Sweep([]*Spec{s}, SweepOptions{Options: Options{Suite: auth.Ideal}, To: 500, Jobs: 1, Out: t.TempDir()})
		if err != nil || v != checker.Assumption {
			t.Fatalf("%s: %v after %d seeds, %v", c.scenario, v, out.Runs, err)
		}
		if f := out.Findings[0]; !strings.Contains(f.Detail, c.says) {
			t.Errorf("%s: the detail does not say so: %s", c.scenario, f.Detail)
		}
		t.Logf("%s: after %d seeds: %s", c.scenario, out.Runs, out.Findings[0].Detail)
	}
}
