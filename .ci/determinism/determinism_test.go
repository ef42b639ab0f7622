package determinism_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"turncoat/ci/determinism"
)

// Each package under testdata holds offenders, marked with what must be said of
// them, beside near misses of which nothing may be said.
func TestOffendersAndNearMisses(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), determinism.Analyzer,
		"turncoat/protocol/maps",
		"turncoat/sim/clock",
		"turncoat/adversary/rand",
		"turncoat/checker/explore",
		"turncoat/checker/allow",
		"turncoat/cmd/free",
	)
}
