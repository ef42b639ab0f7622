package pbft

import (
	"fmt"
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// The benchmarks measure the machines alone: a FIFO of messages in place of a
// simulator, no faults, and clients that ask again as soon as they are answered.

type fifo struct {
	machines []protocol.Machine
	flight   []envelope
	head     int
	messages int
	returned int
	busy     []bool
}

type fifoEnv struct {
	w    *fifo
	self protocol.NodeID
}

func (e *fifoEnv) Now() protocol.Time { return 0 }
func (e *fifoEnv) Nonce() uint64      { return 0 }
func (e *fifoEnv) Send(to protocol.NodeID, m protocol.Message) {
	e.w.flight = append(e.w.flight, envelope{From: e.self, To: to, M: m})
}
func (e *fifoEnv) SetTimer(protocol.TimerID, time.Duration) {}
func (e *fifoEnv) CancelTimer(protocol.TimerID)             {}
func (e *fifoEnv) Store(protocol.ID, protocol.Message)      {}
func (e *fifoEnv) Sync()                                    {}
func (e *fifoEnv) Note(string, uint64)                      {}
func (e *fifoEnv) Return(protocol.Result)                   { e.w.returned++; e.w.busy[e.self] = false }

func newFIFO(b *testing.B, cfg Config, clients int) *fifo {
	n := cfg.N()
	a, err := auth.NewAuthority(auth.Ideal, 1, n+clients)
	if err != nil {
		b.Fatal(err)
	}
	w := &fifo{busy: make([]bool, n+clients)}
	for i := range n + clients {
		var m protocol.Machine
		if i < n {
			m, err = NewReplica(&cfg, a.Keys(protocol.NodeID(i)), NewRegisters())
		} else {
			m, err = NewClient(&cfg, a.Keys(protocol.NodeID(i)), NewRegisters())
		}
		if err != nil {
			b.Fatal(err)
		}
		w.machines = append(w.machines, m)
	}
	return w
}

// serve runs until want operations have returned and nothing is in flight.
func (w *fifo) serve(n, want int) {
	envs := make([]fifoEnv, len(w.machines))
	for i := range envs {
		envs[i] = fifoEnv{w, protocol.NodeID(i)}
	}
	invoked := 0
	invoke := func(c int) {
		if w.busy[c] || invoked == want {
			return
		}
		invoked++
		w.busy[c] = true
		op := protocol.Operation{Kind: protocol.Write, Object: protocol.ID{byte(c)}, Value: []byte("value")}
		w.machines[c].(*Client).Invoke(&envs[c], op)
	}
	for c := n; c < len(w.machines); c++ {
		invoke(c)
	}
	for w.head < len(w.flight) {
		e := w.flight[w.head]
		w.flight[w.head] = envelope{}
		if w.head++; w.head == 4096 {
			w.flight = append(w.flight[:0], w.flight[w.head:]...)
			w.head = 0
		}
		w.messages++
		w.machines[e.To].Deliver(&envs[e.To], e.From, e.M)
		if int(e.To) >= n {
			invoke(int(e.To))
		}
	}
}

func benchmarkRequests(b *testing.B, cfg Config, clients int) {
	cfg.Members = members(len(cfg.Members))
	w := newFIFO(b, cfg.WithDefaults(), clients)
	b.ReportAllocs()
	b.ResetTimer()
	w.serve(len(cfg.Members), b.N)
	b.StopTimer()
	if w.returned != b.N {
		b.Fatalf("%d of %d requests returned", w.returned, b.N)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(float64(w.messages)/float64(b.N), "messages/op")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(w.messages), "ns/message")
}

// BenchmarkRequests is one request at a time and batches, by group size.
func BenchmarkRequests(b *testing.B) {
	for _, c := range []struct{ n, batch, window, clients int }{{4, 1, 8, 8}, {4, 16, 4, 64}, {7, 1, 8, 8}, {16, 1, 8, 8}, {64, 1, 8, 8}} {
		b.Run(fmt.Sprintf("n=%d/batch=%d", c.n, c.batch), func(b *testing.B) {
			benchmarkRequests(b, Config{Members: members(c.n), Batch: c.batch, Window: c.window}, c.clients)
		})
	}
}

// BenchmarkSlot is one request from a fresh group, its construction included.
func BenchmarkSlot(b *testing.B) {
	for _, n := range []int{16, 64, 256} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			for range b.N {
				w := newFIFO(b, Config{Members: members(n), K: 8}.WithDefaults(), 1)
				w.serve(n, 1)
				if w.returned != 1 {
					b.Fatal("the request did not return")
				}
			}
		})
	}
}
