package sim

import (
	"runtime"
	"testing"
	"time"

	"turncoat/protocol"
)

// crowd is the machine of every node of a large system. It has no state, so that
// what a node costs is what the world spends on it.
type crowd struct {
	n, each int
	all     bool // node 0 sends to all, and nobody else to anyone
}

func (c *crowd) Start(env protocol.Env, _ protocol.Disk) {
	if c.all {
		return
	}
	for range c.each {
		env.Send(protocol.NodeID(env.Nonce()%uint64(c.n)), greeting)
	}
	env.SetTimer(1, time.Second)
}

func (c *crowd) Invoke(env protocol.Env, op protocol.Operation) {
	for i := range c.n {
		env.Send(protocol.NodeID(i), greeting)
	}
	env.Return(protocol.Result{Seq: op.Seq})
}

func (c *crowd) Deliver(protocol.Env, protocol.NodeID, protocol.Message) {}
func (c *crowd) Timer(protocol.Env, protocol.TimerID)                    {}
func (c *crowd) Clone() protocol.Machine                                 { return c }
func (c *crowd) AppendState(b []byte) []byte                             { return b }

var greeting = say("hello")

// BenchmarkCrowd is a whole run of 100,000 nodes, from its configuration on: each
// sends four messages to nodes of its choice and waits for a timer, or one sends
// to all of them ten times. bytes/node is the memory that the world holds after it.
func BenchmarkCrowd(b *testing.B) {
	const n = 100_000
	for _, m := range []struct {
		name  string
		crowd crowd
	}{
		{"each-to-four", crowd{n: n, each: 4}},
		{"one-to-all", crowd{n: n, all: true}},
	} {
		b.Run(m.name, func(b *testing.B) {
			var held, messages uint64
			for range b.N {
				b.StopTimer()
				before := heap()
				b.StartTimer()
				c := Config{Decisions: FromSeed(1, false), Deadline: time.Hour, MaxInstant: 10 * n}
				c.Hosts = make([]Host, n)
				for i := range c.Hosts {
					c.Hosts[i] = Host{Name: "node", New: func() protocol.Machine { return &m.crowd }, Correct: true}
				}
				c.Clients = []protocol.NodeID{0}
				c.Workload = errands{0, 0}
				if m.crowd.all {
					c.Workload = errands{10, time.Millisecond}
				}
				c.Network.Link.Latency = Latency{Shape: Uniform, Base: time.Millisecond, Spread: 4 * time.Millisecond}
				w := New(c)
				out := w.Run()
				b.StopTimer()
				if out.Stop != Quiescent || out.Counts.Messages < 4*n {
					b.Fatalf("%v: %s, %d messages", out.Stop, out.Detail, out.Counts.Messages)
				}
				held += heap() - before
				messages += out.Counts.Messages
				runtime.KeepAlive(w)
				b.StartTimer()
			}
			b.ReportMetric(float64(held)/float64(n*b.N), "bytes/node")
			b.ReportMetric(float64(messages)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

// heap returns the bytes in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
