package sim_test

import (
	"encoding/binary"
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/ring"
	"turncoat/sim"
)

// load has each client write and read one object in turn, without a pause.
type load struct {
	object     protocol.ID
	operations uint32
}

func (l load) Next(client protocol.NodeID, k uint32) (protocol.Operation, time.Duration, bool) {
	op := protocol.Operation{Seq: k, Object: l.object, Kind: protocol.Read}
	if k%2 == 0 {
		op.Kind = protocol.Write
		op.Value = binary.LittleEndian.AppendUint64(nil, uint64(client)<<32|uint64(k))
	}
	return op, 0, k < l.operations
}

// storage sets up four replicas, f = 1, and some clients under the ideal suite.
func storage(b *testing.B, clients int, operations uint32) sim.Config {
	const servers = 4
	authority, err := auth.NewAuthority(auth.Ideal, 1, servers+clients)
	if err != nil {
		b.Fatal(err)
	}
	var members []ring.Member
	for i := range servers {
		members = append(members, ring.Member{ID: protocol.ID{byte(i * 60)}, Node: protocol.NodeID(i)})
	}
	config := &dbqs.Config{F: 1, Ring: ring.New(members), Retry: 100 * time.Millisecond, RetryMax: time.Second}
	owner := authority.Owner(0)
	c := sim.Config{Decisions: sim.FromSeed(1, false), Deadline: 1 << 60}
	for i := range servers + clients {
		keys := authority.Keys(protocol.NodeID(i))
		h := sim.Host{Name: "node", Correct: true, New: func() protocol.Machine { return dbqs.NewReplica(config, keys) }}
		if i >= servers {
			h.New = func() protocol.Machine { return dbqs.NewClient(config, keys, []*auth.Signer{owner}) }
			c.Clients = append(c.Clients, protocol.NodeID(i))
		}
		c.Hosts = append(c.Hosts, h)
	}
	c.Workload = load{dbqs.ObjectID(owner.Public), operations}
	c.Network.Link.Latency = sim.Latency{Shape: sim.Uniform, Base: time.Millisecond, Spread: 4 * time.Millisecond}
	return c
}

// BenchmarkStaticDBQS is static storage on four replicas with three clients that
// write and read one object, ideal suite, unchecked. ns/op is of one operation of
// a client.
func BenchmarkStaticDBQS(b *testing.B) {
	const clients = 3
	w := sim.New(storage(b, clients, uint32(b.N/clients+1)))
	b.ReportAllocs()
	b.ResetTimer()
	out := w.Run()
	b.StopTimer()
	if out.Stop != sim.Quiescent || out.Counts.Returned < uint64(b.N) {
		b.Fatalf("%v: %s, %d operations returned", out.Stop, out.Detail, out.Counts.Returned)
	}
	b.ReportMetric(float64(out.Counts.Returned)/b.Elapsed().Seconds(), "operations/s")
	b.ReportMetric(float64(out.Counts.Messages)/b.Elapsed().Seconds(), "messages/s")
}
