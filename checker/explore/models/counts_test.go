package models

import (
	"context"
	"testing"

	"turncoat/checker/explore"
)

func explored[S any](t *testing.T, m explore.Model[S], o explore.Options) *explore.Result {
	t.Helper()
	r, err := explore.Explore(context.Background(), "test", m, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCounts(t *testing.T) {
	t.Logf("%+v", explored(t, ABD(2, 2), explore.Options{}))
	t.Logf("%+v", explored(t, SingleCopy(1, 2), explore.Options{}))
	t.Logf("%+v", explored(t, TwoPhaseCommit(3), explore.Options{}))
	t.Logf("%+v", explored(t, TwoPhaseCommit(5), explore.Options{}))
	r := explored(t, SingleCopy(2, 2), explore.Options{})
	t.Logf("%+v\n%s", r, r.Counterexample)
}
