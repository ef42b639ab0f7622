package results

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestFoldForgetsOrderAndAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seeds := rapid.SliceOfDistinct(rapid.Uint64(), func(s uint64) uint64 { return s }).Draw(t, "seeds")
		shuffled := rapid.Permutation(seeds).Draw(t, "shuffled")
		var whole, other Fold
		var shards [3]Fold
		for i := range seeds {
			whole.Add("calm", seeds[i], "d")
			other.Add("calm", shuffled[i], "d")
			shards[i%3].Add("calm", seeds[i], "d")
		}
		for _, s := range shards[1:] {
			shards[0].Merge(s)
		}
		if whole != other || whole != shards[0] {
			t.Fatalf("folds differ: %v, shuffled %v, shards %v", whole, other, shards[0])
		}
		before := whole
		whole.Add("calm", 1, "e")
		if whole == before {
			t.Fatal("a run changed nothing")
		}
	})
}

func TestBound(t *testing.T) {
	for _, c := range []struct {
		runs, failures uint64
		want           float64
	}{
		{0, 0, 1}, {5, 5, 1},
		{1, 0, 0.95},
		{1000, 0, 0.0029912}, // 1 - 0.05^(1/1000)
		{10, 1, 0.3941633},   // the usual tables
	} {
		if got := Bound(c.runs, c.failures); math.Abs(got-c.want) > 1e-6 {
			t.Errorf("Bound(%d, %d) is %v, want %v", c.runs, c.failures, got, c.want)
		}
	}
}
