package membership_test

import (
	"encoding/binary"
	"fmt"
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
	"turncoat/protocol/ring"
	"turncoat/sim"
)

// system is a whole system for tests: servers, the first of which run the service,
// and clients, in the simulator.
type system struct {
	cfg       membership.Config
	authority *auth.Signer
	keys      *auth.Authority
	members   []ring.Member // of all servers, the spare ones too
	servers   int
	clients   int
	shares    []auth.Share
	sharing   *auth.Sharing

	sim   sim.Config
	world *sim.World
	notes map[string]int
	ended []string // results of operations
	ops   map[protocol.NodeID][]timed
}

// timed is an operation and how long its client thinks before it.
type timed struct {
	after time.Duration
	op    protocol.Operation
}

// idOf returns a server's place on the ring.
func idOf(i int) (id protocol.ID) {
	binary.BigEndian.PutUint32(id[:], uint32(i)*2654435761)
	binary.BigEndian.PutUint32(id[28:], uint32(i))
	return id
}

// newSystem returns a system of servers of which the first are members, with a
// service of 4 of them.
func newSystem(t testing.TB, servers, members, clients int, suite auth.Suite) *system {
	s := &system{servers: servers, clients: clients, notes: map[string]int{}, ops: map[protocol.NodeID][]timed{}}
	var err error
	if s.keys, err = auth.NewAuthority(suite, 5, servers+clients); err != nil {
		t.Fatal(err)
	}
	s.authority = s.keys.Owner(0)
	k := s.keys.Keys(0)
	for i := range servers {
		pub, _ := k.Public(protocol.NodeID(i))
		s.members = append(s.members, ring.Member{ID: idOf(i), Node: protocol.NodeID(i), Key: pub})
	}
	var group []protocol.NodeID
	var replicas []protocol.ID
	for i := range 4 {
		group, replicas = append(group, protocol.NodeID(i)), append(replicas, idOf(i))
	}
	if s.sharing, s.shares, err = s.keys.NewThreshold(auth.Group{Members: group}); err != nil {
		t.Fatal(err)
	}
	genesis, err := ring.NewConfig(0, s.members[:members], replicas, nil, ring.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.cfg = membership.Config{
		View: &view.Config{Service: s.sharing.Key(), Genesis: genesis, Lease: time.Second, Retry: 100 * time.Millisecond, FanOut: 2, Versions: &ring.Versions{}},
		PBFT: pbft.Config{K: 16, ViewTimeout: 500 * time.Millisecond}, Authority: s.authority.Public, Sharing: s.sharing,
		EpochLength: time.Second, EarlyEnd: 4, ProbeEvery: 100 * time.Millisecond, SignedEvery: 3, Propose: 5, Accept: 3,
		FreshEvery: 20 * time.Millisecond, Retry: 200 * time.Millisecond,
	}
	s.sim = sim.Config{
		Network:   sim.Network{Link: sim.Link{Latency: sim.Latency{Shape: sim.Uniform, Base: time.Millisecond, Spread: 4 * time.Millisecond}}},
		Decisions: sim.FromSeed(1, false), Deadline: 10 * time.Second, Observers: []sim.Observer{s}, Workload: s,
	}
	return s
}

// build makes the world.
func (s *system) build(t testing.TB) *system {
	for i := range s.servers + s.clients {
		id, k := protocol.NodeID(i), s.keys.Keys(protocol.NodeID(i))
		h := sim.Host{Name: fmt.Sprint("n", i), Correct: true, Disk: &sim.Disk{}}
		h.New = func() protocol.Machine {
			if i >= s.servers {
				c, err := membership.NewClient(&s.cfg, k)
				if err != nil {
					t.Fatal(err)
				}
				return c
			}
			secrets := membership.Secrets{Key: s.keys.EpochKey(id)}
			if i < len(s.shares) {
				secrets.Share = s.shares[i]
			}
			m, err := membership.NewServer(&s.cfg, k, idOf(i), secrets)
			if err != nil {
				t.Fatal(err)
			}
			return m
		}
		if i >= s.servers {
			s.sim.Clients = append(s.sim.Clients, id)
		}
		s.sim.Hosts = append(s.sim.Hosts, h)
	}
	s.world = sim.New(s.sim)
	return s
}

func (s *system) run(t testing.TB) sim.Outcome {
	out := s.world.Run()
	if out.Stop == sim.Panicked {
		t.Fatalf("%s\n%s", out.Detail, out.Stack)
	}
	return out
}

func (s *system) server(i int) *membership.Server {
	return s.world.Machine(protocol.NodeID(i)).(*membership.Server)
}

// order queues an operation of a client.
func (s *system) order(client int, after time.Duration, op protocol.Operation) {
	id := protocol.NodeID(s.servers + client)
	op.Seq = uint32(len(s.ops[id]))
	s.ops[id] = append(s.ops[id], timed{after, op})
}

// admit queues the admission, or the removal, of a server.
func (s *system) admit(client int, after time.Duration, kind ring.ChangeKind, server int) {
	a := membership.Admission{Change: kind, Member: s.members[server], Serial: uint64(len(s.ops)), Expiry: 1000}
	a = membership.SignAdmission(s.keys.Keys(0), s.authority, a)
	s.order(client, after, protocol.Operation{Kind: protocol.Write, Object: idOf(server), Value: a.Encode()})
}

// Next implements sim.Workload.
func (s *system) Next(client protocol.NodeID, k uint32) (protocol.Operation, time.Duration, bool) {
	ops := s.ops[client]
	if int(k) >= len(ops) {
		return protocol.Operation{}, 0, false
	}
	return ops[k].op, ops[k].after, true
}

func (*system) Invoked(uint64, int64, protocol.NodeID, protocol.Operation) {}
func (s *system) Returned(_ uint64, at int64, client protocol.NodeID, r protocol.Result) {
	what := fmt.Sprintf("refused %x", r.Value)
	switch {
	case len(r.Value) == 8:
		what = fmt.Sprint("acted in ", binary.LittleEndian.Uint64(r.Value))
	case len(r.Value) == 1:
		what = membership.Outcome(r.Value[0]).String()
	}
	s.ended = append(s.ended, fmt.Sprintf("c%d.%d %s", int(client)-s.servers, r.Seq, what))
}
func (s *system) Noted(_ uint64, _ int64, _ protocol.NodeID, situation string, _ uint64) {
	s.notes[situation]++
}
