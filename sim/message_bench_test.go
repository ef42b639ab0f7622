package sim

import (
	"testing"
	"time"

	"turncoat/protocol"
)

// relay keeps one message in flight for each that it was given: what it hears it
// sends on, as it is, so that a benchmark measures the world and nothing else.
type relay struct {
	to      protocol.NodeID
	initial []*word
	left    *int
}

func (r *relay) Start(env protocol.Env, _ protocol.Disk) {
	for _, m := range r.initial {
		env.Send(r.to, m)
	}
}

func (r *relay) Deliver(env protocol.Env, _ protocol.NodeID, m protocol.Message) {
	if *r.left > 0 {
		*r.left--
		env.Send(r.to, m)
	}
}

func (r *relay) Timer(protocol.Env, protocol.TimerID) {}
func (r *relay) Clone() protocol.Machine              { c := *r; return &c }
func (r *relay) AppendState(b []byte) []byte          { return b }

// ringOf sets up n nodes that each pass a number of messages of 100 bytes to the next.
func ringOf(n, each int, left *int) Config {
	c := Config{Decisions: FromSeed(1, false), Deadline: 1 << 60}
	text := string(make([]byte, 99))
	for i := range n {
		r := &relay{to: protocol.NodeID((i + 1) % n), left: left}
		for range each {
			r.initial = append(r.initial, say(text))
		}
		c.Hosts = append(c.Hosts, Host{Name: "relay", New: func() protocol.Machine { return r }, Correct: true})
	}
	c.Network.Link.Latency = Latency{Shape: Uniform, Base: time.Millisecond, Spread: 4 * time.Millisecond}
	return c
}

// BenchmarkMessage is a message through the whole model of the network: sent,
// measured, queued, delivered and hashed into the digest. ns/op is of one message.
func BenchmarkMessage(b *testing.B) {
	for _, c := range []struct {
		name    string
		n, each int
		set     func(*Config)
	}{
		{"plain", 16, 8, func(*Config) {}},
		{"faults", 16, 64, func(c *Config) {
			l := &c.Network.Link
			l.Latency.Shape, l.Latency.Sigma = LogNormal, 500_000
			l.Loss, l.Duplicate, l.Reorder, l.Hold = 1000, 1000, 50_000, 5*time.Millisecond
		}},
		{"costs", 16, 8, func(c *Config) {
			for i := range c.Hosts {
				c.Hosts[i].CPU.PerInput = time.Microsecond
				c.Hosts[i].Egress = 1_000_000_000
			}
		}},
		{"kept", 16, 8, func(c *Config) { c.Decisions = FromSeed(1, true) }},
		{"nodes=1000", 1000, 4, func(*Config) {}},
	} {
		b.Run(c.name, func(b *testing.B) {
			left := b.N
			config := ringOf(c.n, c.each, &left)
			c.set(&config)
			w := New(config)
			b.ReportAllocs()
			b.ResetTimer()
			out := w.Run()
			b.StopTimer()
			if out.Stop != Quiescent || int(out.Counts.Messages) < b.N {
				b.Fatalf("%v: %s, %d messages", out.Stop, out.Detail, out.Counts.Messages)
			}
			b.ReportMetric(float64(out.Counts.Messages)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
