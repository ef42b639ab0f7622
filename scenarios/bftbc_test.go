package scenarios

import (
	"fmt"
	"testing"

	"turncoat/checker"
)

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
