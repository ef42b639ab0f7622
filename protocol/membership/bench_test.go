package membership_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// BenchmarkMemberEpochChange measures what one member spends on entering an epoch
// with 100 changes, alone, from the bytes of the step on: it should grow with the
// changes and hardly with the members.
func BenchmarkMemberEpochChange(b *testing.B) {
	for _, members := range sizes {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			s := newSystem(b, members+50, members, 0, auth.Ideal)
			var changes []ring.Change
			for i := range 50 {
				changes = append(changes, ring.Change{Kind: ring.Add, Member: s.members[members+i]},
					ring.Change{Kind: ring.SetStatus, Member: ring.Member{ID: idOf(10 * (i + 1)), Status: ring.Inactive}})
			}
			genesis := s.cfg.View.Genesis
			delta := ring.NewDelta(genesis.Epoch(), changes)
			next, err := genesis.Apply(delta)
			if err != nil {
				b.Fatal(err)
			}
			st := view.EpochStatement{Epoch: next.Epoch(), Config: next.Digest()}
			var parts []auth.Partial
			for i := range 2 {
				part, _ := s.keys.Keys(protocol.NodeID(i)).PartialSign(s.shares[i], st.Bytes())
				parts = append(parts, part)
			}
			sig, err := s.keys.Keys(0).Combine(s.sharing, st.Bytes(), parts)
			if err != nil {
				b.Fatal(err)
			}
			form := (&view.Step{Delta: delta, Certificate: view.EpochCertificate{EpochStatement: st, Signature: sig}}).AppendTo(nil)
			cfg := *s.cfg.View
			cfg.Versions = nil
			for b.Loop() {
				v := view.New(&cfg, s.keys.Keys(9), idOf(9))
				m, err := view.Decode(form)
				if err != nil || !v.OnMessage(mute{}, 0, m) || v.Epoch() != next.Epoch() {
					b.Fatal("the step was refused")
				}
			}
			b.ReportMetric(float64(len(form)), "bytes")
			b.ReportMetric(float64(next.Digests()), "digests")
		})
	}
}

// sizes are the memberships that the benchmarks are about.
var sizes = []int{1_000, 10_000, 100_000}

// BenchmarkEpochChange measures a whole system through one epoch change with 1 % of
// the members joining or leaving, from the first order to the last member: processor and
// wall time, memory in use at the end, and messages for each member. With "quiet" the service
// stays and nobody is probed; with "live" the service moves as the epoch ends, and its
// replicas ping every member every two seconds, before and after.
func BenchmarkEpochChange(b *testing.B) {
	for _, way := range []string{"quiet", "live"} {
		for _, members := range sizes {
			b.Run(fmt.Sprint(way, "/", members), func(b *testing.B) {
				var c cost
				for b.Loop() {
					b.StopTimer()
					c = measure(b, members, way == "live")
					b.StartTimer()
				}
				b.ReportMetric(c.seconds, "cpu-s/change")
				b.ReportMetric(c.wall, "s/change")
				b.ReportMetric(c.bytes/1e6, "MB")
				b.ReportMetric(c.bytes/float64(members), "B/member")
				b.ReportMetric(c.messages/float64(members), "messages/member")
			})
		}
	}
}

// BenchmarkEpochChangeFit fits what an epoch change costs for each member to a power of
// the logarithm of how many there are: cost/member = c (log N)^p. A p of 1 is growth with
// log N, 0 none, and below that a fixed cost is shared by more. All that "live" means in
// BenchmarkEpochChange is on. It reports the two powers, and the growth from the fewest to
// the most members over that of log N, of which 1 is as much as log N allows. A small
// system's run is short, so it has more of them, and the median counts.
func BenchmarkEpochChangeFit(b *testing.B) {
	var x, seconds, bytes []float64
	for b.Loop() {
		b.StopTimer()
		x, seconds, bytes = nil, nil, nil
		for i, members := range sizes {
			var t, m []float64
			for range []int{9, 3, 1}[i] {
				c := measure(b, members, true)
				t, m = append(t, c.seconds/float64(members)), append(m, c.bytes/float64(members))
			}
			slices.Sort(t)
			slices.Sort(m)
			x = append(x, math.Log(math.Log(float64(members))))
			seconds = append(seconds, math.Log(t[len(t)/2]))
			bytes = append(bytes, math.Log(m[len(m)/2]))
		}
		b.StartTimer()
	}
	b.ReportMetric(slope(x, seconds), "logN-power-of-time")
	b.ReportMetric(slope(x, bytes), "logN-power-of-bytes")
	last := len(sizes) - 1
	allowed := x[last] - x[0]
	b.ReportMetric(math.Exp(seconds[last]-seconds[0]-allowed), "time-growth/logN")
	b.ReportMetric(math.Exp(bytes[last]-bytes[0]-allowed), "bytes-growth/logN")
}

// slope is that of the line of least squares.
func slope(x, y []float64) float64 {
	var mx, my, xy, xx float64
	for i := range x {
		mx, my = mx+x[i]/float64(len(x)), my+y[i]/float64(len(x))
	}
	for i := range x {
		xy, xx = xy+(x[i]-mx)*(y[i]-my), xx+(x[i]-mx)*(x[i]-mx)
	}
	return xy / xx
}

// cost is what one epoch change took.
type cost struct{ seconds, wall, bytes, messages float64 }

// measure runs a system through its epoch change. Its bytes are those of the whole system at
// the end, keys and configurations too.
func measure(b *testing.B, members int, live bool) cost {
	epochChange(b, members, live) // all keys that were ever made are kept: no part of one system
	before := inUse()
	s := epochChange(b, members, live)
	runtime.GC()
	begun, used := time.Now(), processor(b)
	out := s.run(b)
	c := cost{seconds: (processor(b) - used).Seconds(), wall: time.Since(begun).Seconds(), messages: float64(out.Counts.Messages)}
	for i := range members {
		if v := s.server(i).View(); v.Epoch() != 1 {
			b.Fatalf("server %d is in epoch %d at %v", i, v.Epoch(), out.Virtual)
		}
	}
	c.bytes = inUse() - before
	runtime.KeepAlive(s)
	return c
}

// inUse returns the bytes on the heap that are in use.
func inUse() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// epochChange returns a system before an epoch change with 1 % of churn.
func epochChange(b *testing.B, members int, live bool) *system {
	churn := members / 100
	s := newSystem(b, members+churn/2, members, 8, auth.Ideal)
	s.cfg.ProbeEvery, s.cfg.EarlyEnd, s.cfg.EpochLength = time.Hour, churn/2*2, time.Hour
	if live {
		s.cfg.ProbeEvery, s.cfg.MoveEvery = 2*time.Second, 1
	}
	s.cfg.View.FanOut = 8
	s.cfg.PBFT.Batch, s.cfg.PBFT.K = 8, 128
	for i := range churn / 2 {
		s.admit(i%8, 0, ring.Add, members+i)
		s.admit(i%8, 0, ring.Remove, members-1-i)
	}
	s.sim.Deadline, s.sim.MaxInstant = time.Minute, 1<<40
	s.sim.Settle = 5 * time.Second
	return s.build(b)
}
