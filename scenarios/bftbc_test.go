package scenarios

import (
	"fmt"
	"testing"

	"turncoat/checker"
)

// seedsToFind is, for each rule, the scenario in which it is missed soonest and
// after how many seeds that was when it was last measured.
var seedsToFind = map[string]struct {
	scenario string
	seeds    uint64
}{
	"bftbc.prepare":              {"bftbc-equivocator", 2},
	"bftbc.successor":            {"bftbc-lurker-base", 1},
	"bftbc.previous-certificate": {"bftbc-lurker-base", 52},
	"bftbc.one-per-client":       {"bftbc-lurker-base", 16},
	"bftbc.digest-match":         {"bftbc-equivocator", 2},
}

// TestRulesOnClientsAreMissed allows four times as many seeds as it took.
func TestRulesOnClientsAreMissed(t *testing.T) {
	for _, rule := range bftbcSystem.rules {
		t.Run(rule.Name, func(t *testing.T) {
			m, ok := seedsToFind[rule.Name]
			if !ok {
				t.Fatal("no scenario is known to miss it")
			}
			missed(t, rule.Name, m.scenario, 4*m.seeds, checker.Violation)
		})
	}
}

// TestLurkingBoundIsMetAndNotExceeded sweeps each variant until as many writes as it
// allows took effect after a removal; more would be a finding.
func TestLurkingBoundIsMetAndNotExceeded(t *testing.T) {
	for _, variant := range []string{"base", "optimised", "strong"} {
		out := passes(t, []*Spec{lookup(t, "bftbc-lurker-"+variant)}, sweepOf(t, 100))
		if out.Reach[checker.LurkingBound] == 0 {
			t.Errorf("%s: the bound was never met", variant)
		}
	}
}

// TestStrongVariantMasksAccomplices holds the two variants apart: what accomplices
// built upon each other outlives two overwrites in the base variant alone.
func TestStrongVariantMasksAccomplices(t *testing.T) {
	for variant, unmasked := range map[string]bool{"base": true, "strong": false} {
		s := lookup(t, "bftbc-accomplices")
		if err := Apply(s, []string{fmt.Sprintf("bftbc.variants=%s", variant)}); err != nil {
			t.Fatal(err)
		}
		s.Reach = []string{checker.LurkingBound}
		out := passes(t, []*Spec{s}, sweepOf(t, 150))
		if (out.Reach[checker.LurkingUnmasked] > 0) != unmasked {
			t.Errorf("%s: a write that should have been masked was read %d times", variant, out.Reach[checker.LurkingUnmasked])
		}
	}
}
