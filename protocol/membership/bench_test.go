package membership_test

import (
	"fmt"
	"runtime"
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
	for _, members := range []int{1_000, 10_000, 100_000} {
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

// BenchmarkEpochChange measures a whole system through one epoch change with 1 % of
// the members joining or leaving, from the first order to the last member: wall
// time, memory in use at the end, and messages for each member. Probing is slowed
// down so that it does not take part.
func BenchmarkEpochChange(b *testing.B) {
	for _, members := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(members), func(b *testing.B) {
			var bytes, messages float64
			for b.Loop() {
				b.StopTimer()
				s := epochChange(b, members)
				b.StartTimer()
				out := s.run(b)
				b.StopTimer()
				for i := range members {
					if v := s.server(i).View(); v.Epoch() != 1 {
						b.Fatalf("server %d is in epoch %d", i, v.Epoch())
					}
				}
				var m runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&m)
				bytes, messages = float64(m.HeapInuse), float64(out.Counts.Messages)
				runtime.KeepAlive(s)
				b.StartTimer()
			}
			b.ReportMetric(bytes/1e6, "MB")
			b.ReportMetric(bytes/float64(members), "B/member")
			b.ReportMetric(messages/float64(members), "messages/member")
		})
	}
}

// epochChange returns a system before an epoch change with 1 % of churn.
func epochChange(b *testing.B, members int) *system {
	churn := members / 100
	s := newSystem(b, members+churn/2, members, 8, auth.Ideal)
	s.cfg.ProbeEvery, s.cfg.EarlyEnd, s.cfg.EpochLength = time.Hour, churn/2*2, time.Hour
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
