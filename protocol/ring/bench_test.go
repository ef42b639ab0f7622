package ring

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"turncoat/protocol"
)

var sizes = []int{1_000, 10_000, 100_000}

// churn is a delta of n changes spread over the ring: a half joins and leaves, a
// half is evicted.
func churn(c *Config, n int, r *rand.Rand) *Delta {
	var changes []Change
	seen := map[int]bool{}
	for _, m := range members(n/4+1, r) {
		changes = append(changes, Change{Kind: Add, Member: m})
	}
	for len(changes) < n {
		i := r.IntN(c.Len())
		if seen[i] {
			continue
		}
		seen[i] = true
		change := Change{Kind: SetStatus, Member: Member{ID: c.At(i).ID, Status: 1 - c.At(i).Status}}
		if len(changes)%4 == 0 {
			change.Kind, change.Member.Status = Remove, Active
		}
		changes = append(changes, change)
	}
	return NewDelta(c.Epoch(), changes)
}

func BenchmarkApply(b *testing.B) {
	for _, size := range sizes {
		r := rand.New(rand.NewPCG(1, uint64(size)))
		c := mustConfig(b, 0, members(size, r), Options{})
		for _, d := range []struct {
			name    string
			changes int
		}{{"ten-changes", 10}, {"one-percent", size / 100}} {
			delta := churn(c, d.changes, r)
			b.Run(fmt.Sprintf("%s/members=%d", d.name, size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					next, err := c.Apply(delta)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(float64(next.Digests())/float64(d.changes), "digests/change")
				}
			})
		}
		delta := churn(c, size/100, r)
		b.Run(fmt.Sprintf("one-percent-seen/members=%d", size), func(b *testing.B) {
			var v Versions
			for b.Loop() {
				if _, err := v.Apply(c, delta); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSuccessors(b *testing.B) {
	for _, size := range sizes {
		r := rand.New(rand.NewPCG(1, uint64(size)))
		all := members(size, r)
		queries := members(1024, r)
		for _, stretch := range []string{"all-active", "half-the-ring-inactive"} {
			if stretch != "all-active" {
				for i := range all {
					if all[i].ID[0] < 128 {
						all[i].Status = Inactive
					}
				}
			}
			c := mustConfig(b, 0, all, Options{})
			b.Run(fmt.Sprintf("%s/members=%d", stretch, size), func(b *testing.B) {
				var group []protocol.NodeID
				for i := 0; b.Loop(); i++ {
					group = c.Group(queries[i%len(queries)].ID, 4)
				}
				if len(group) != 4 {
					b.Fatal("a group of another size")
				}
			})
		}
	}
}

func BenchmarkNewConfig(b *testing.B) {
	all := members(100_000, rand.New(rand.NewPCG(1, 1)))
	b.Run("members=100000", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			mustConfig(b, 0, all, Options{})
		}
	})
}
