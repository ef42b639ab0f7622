//go:build unix

package scenarios

import (
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
	"turncoat/sim"
)

// What PBFT costs in the simulator: replicas and clients under the ideal suite, through
// the real kernel, nothing faulty and nobody watching. Figures are of CPU time, of
// the process and so with the collector's, since other work may share the machine.

// benchPBFT returns a world of n correct replicas and some clients, each of which
// writes to an object of its own, together as often as is asked.
func benchPBFT(b *testing.B, c pbft.Config, n, clients, requests int, latency sim.Latency) *sim.World {
	for i := range n {
		c.Members = append(c.Members, protocol.NodeID(i))
	}
	c.ViewTimeout, c.StatusInterval, c.ClientTimeout = time.Minute, time.Minute, time.Minute
	cfg := c.WithDefaults()
	authority, err := auth.NewAuthority(auth.Ideal, 1, n+clients)
	if err != nil {
		b.Fatal(err)
	}
	s := &service{run: &run{}, config: &cfg, codec: pbft.NewRegisters()}
	w := sim.Config{Decisions: sim.FromSeed(1, false), Deadline: 1 << 60}
	for i := range n + clients {
		id := protocol.NodeID(i)
		keys := authority.Keys(id)
		h := sim.Host{Name: "replica", Correct: true, New: func() protocol.Machine { return s.server(id, keys) }}
		if i >= n {
			h.Name, h.New = "client", func() protocol.Machine { return s.client(id, keys) }
			w.Clients = append(w.Clients, id)
		}
		w.Hosts = append(w.Hosts, h)
	}
	w.Workload = &errands{left: requests}
	w.Network.Link.Latency = latency
	return sim.New(w)
}

// errands are writes that are handed out to whoever asks, without a pause, until there
// are no more.
type errands struct{ left int }

func (e *errands) Next(client protocol.NodeID, k uint32) (protocol.Operation, time.Duration, bool) {
	if e.left == 0 {
		return protocol.Operation{}, 0, false
	}
	e.left--
	return protocol.Operation{Seq: k, Kind: protocol.Write, Object: protocol.ID{byte(client), byte(client >> 4)}, Value: []byte("value")}, 0, true
}

// asCommanded lets the collector run as seldom as the command lets it (cmd/turncoat).
func asCommanded(b *testing.B) {
	was := debug.SetGCPercent(400)
	b.Cleanup(func() { debug.SetGCPercent(was) })
}

// cpu returns the CPU time that the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// serve runs a world in which some requests are asked, and returns its messages.
func serve(b *testing.B, w *sim.World, requests int) uint64 {
	out := w.Run()
	if out.Stop != sim.Quiescent || out.Counts.Returned != uint64(requests) {
		b.Fatalf("%v: %s, %d of %d requests returned", out.Stop, out.Detail, out.Counts.Returned, requests)
	}
	return out.Counts.Messages
}

// wan is the network that a slot is measured on: one-way delays of max(0, Normal(250 ms, 50 ms)).
var wan = sim.Latency{Shape: sim.Normal, Base: 250 * time.Millisecond, Spread: 50 * time.Millisecond}

// BenchmarkPBFTSlot is one request in a group that was made for it, until nothing is left
// in flight: somewhat longer than until n-f replicas have executed it. The making of the
// group and of its world is part of it.
func BenchmarkPBFTSlot(b *testing.B) {
	asCommanded(b)
	for _, n := range []int{16, 64, 256} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			begun, messages := cpu(), uint64(0)
			for range b.N {
				w := benchPBFT(b, pbft.Config{K: 8}, n, 1, 1, wan)
				messages += serve(b, w, 1)
				for i := range n {
					if w.Machine(protocol.NodeID(i)).(*pbft.Replica).LastExecuted() != 1 {
						b.Fatalf("replica %d has not executed the request", i)
					}
				}
			}
			spent := cpu() - begun
			b.ReportMetric(spent.Seconds()*1e3/float64(b.N), "cpu-ms/slot")
			b.ReportMetric(float64(messages)/float64(b.N), "messages/slot")
			b.ReportMetric(float64(spent.Nanoseconds())/float64(messages), "cpu-ns/message")
		})
	}
}

var lan = sim.Latency{Shape: sim.Uniform, Base: time.Millisecond, Spread: time.Millisecond}

// BenchmarkPBFTRequests is requests that are committed and answered, one under each
// sequence number or up to sixteen.
func BenchmarkPBFTRequests(b *testing.B) {
	asCommanded(b)
	for _, c := range []struct{ n, batch, window, clients int }{{4, 1, 8, 8}, {4, 16, 1, 32}, {7, 1, 8, 8}, {16, 1, 8, 8}, {64, 1, 8, 8}} {
		b.Run(fmt.Sprintf("n=%d/batch=%d", c.n, c.batch), func(b *testing.B) {
			w := benchPBFT(b, pbft.Config{Batch: c.batch, Window: c.window}, c.n, c.clients, b.N, lan)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			begun := cpu()
			b.ResetTimer()
			messages := serve(b, w, b.N)
			b.StopTimer()
			spent := cpu() - begun
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(b.N)/spent.Seconds(), "requests/cpu-s")
			b.ReportMetric(float64(messages)/float64(b.N), "messages/op")
			b.ReportMetric(float64(spent.Nanoseconds())/float64(messages), "cpu-ns/message")
			b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(messages), "allocs/message")
		})
	}
}

// BenchmarkPBFTGrowth fits how the CPU time of a request grows with the number of replicas:
// as n to the power that it reports. There is one client, so that no size has more than a
// request in flight. A run of some requests is taken from one of three times as many, and with
// it what it takes to make a group and to go round its log for the first time.
func BenchmarkPBFTGrowth(b *testing.B) {
	asCommanded(b)
	var logN, logCost []float64
	for range b.N {
		for _, n := range []int{4, 7, 10, 16, 25, 40, 64} {
			short := max(64, 40_000/(n*n)) // requests; at least four times round the log
			first := benchPBFT(b, pbft.Config{K: 8}, n, 1, short, lan)
			begun := cpu()
			serve(b, first, short)
			middle := cpu()
			serve(b, benchPBFT(b, pbft.Config{K: 8}, n, 1, 3*short, lan), 3*short)
			spent := (cpu() - middle) - (middle - begun) // what the making of a group costs is in both
			logN = append(logN, math.Log(float64(n)))
			logCost = append(logCost, math.Log(spent.Seconds()/float64(2*short)))
		}
	}
	intercept, exponent := stat.LinearRegression(logN, logCost, nil, false)
	b.ReportMetric(exponent, "exponent")
	b.ReportMetric(stat.RSquared(logN, logCost, nil, intercept, exponent), "r2")
}

// BenchmarkTwins is schedules of the Twins driver, each held to the invariants.
func BenchmarkTwins(b *testing.B) {
	asCommanded(b)
	w, err := newTwins(0)
	if err != nil {
		b.Fatal(err)
	}
	begun := cpu()
	b.ResetTimer()
	for seed := range b.N {
		if found := w.run(uint64(seed)); len(found) > 0 {
			b.Fatalf("seed %d: %+v", seed, found)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/(cpu()-begun).Seconds(), "schedules/cpu-s")
	b.ReportMetric(float64(w.delivered)/float64(b.N), "letters/schedule")
}
