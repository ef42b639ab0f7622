package scenarios

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/zeebo/xxh3"

	"turncoat/adversary"
	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/ring"
	"turncoat/sim"
)

// run is one run in the making: what was drawn, and the world built from it.
type run struct {
	draw
	spec    *Spec
	options Options
	rules   lifted

	f, servers, clients int
	keys                *auth.Authority
	config              *dbqs.Config
	workload            *workload
	liars               map[protocol.NodeID]string // looked up only
	lies                map[string]uint64
	calm                time.Duration // when the last fault has healed and the network is synchronous

	world   *sim.World
	storage *checker.Storage
}

// build draws the numbers of one run and sets up its world.
func build(spec *Spec, o Options, d *sim.Decisions) (*run, error) {
	r := &run{draw: draw{d}, spec: spec, options: o, lies: make(map[string]uint64), liars: make(map[protocol.NodeID]string)}
	var err error
	if r.rules, err = parseLifted(o.Lift); err != nil {
		return nil, err
	}
	r.f = r.int("system.f", spec.System.F)
	r.servers = r.int("system.servers", spec.System.Servers)
	if r.servers == 0 {
		r.servers = 3*r.f + 1
	}
	r.clients = r.int("clients", spec.Clients)
	if r.keys, err = auth.NewAuthority(o.Suite, d.Seed(), r.servers+r.clients); err != nil {
		return nil, err
	}
	r.protocol()
	owners := r.objects()
	c := sim.Config{
		Workload:  r.workload,
		Network:   r.network(&spec.Network, dbqs.Decode),
		Decisions: d,
		Deadline:  r.span("limits.deadline", spec.Limits.Deadline), Settle: r.span("limits.settle", spec.Limits.Settle),
		MaxEvents: uint64(r.int("limits.events", spec.Limits.Events)), MaxInstant: uint64(r.int("limits.instant", spec.Limits.Instant)),
		Tracer: o.Tracer, Heartbeat: o.Heartbeat,
	}
	c.Strikes, r.calm = r.faults(spec, r.servers, r.clients)
	r.calm = max(r.calm, c.Network.GST+c.Network.Bound)
	machines := r.corrupt(&c)
	r.hosts(&c, machines, owners)
	r.observe(&c)
	r.world = sim.New(c)
	return r, nil
}

// protocol sets up what all nodes agree on.
func (r *run) protocol() {
	var members []ring.Member
	for i := range r.servers {
		var id protocol.ID
		h := xxh3.Hash128Seed(fmt.Appendf(nil, "server %d", i), r.Seed())
		binary.BigEndian.PutUint64(id[:], h.Hi)
		binary.BigEndian.PutUint64(id[8:], h.Lo)
		members = append(members, ring.Member{ID: id, Node: protocol.NodeID(i)})
	}
	retry := r.span("system.retry", r.spec.System.Retry)
	r.config = &dbqs.Config{F: r.f, Ring: ring.New(members), Lifted: r.rules.dbqs, Retry: retry, RetryMax: 8 * retry}
}

// objects sets up what there is to read and write, and returns the writing keys.
func (r *run) objects() []*auth.Signer {
	w := &workload{
		draw: r.draw, first: protocol.NodeID(r.servers), operations: uint32(r.int("workload.operations", r.spec.Workload.Operations)),
		reads: r.rate("workload.reads", r.spec.Workload.Reads), think: r.spec.Workload.Think,
	}
	var owners []*auth.Signer
	for i := range r.int("objects.public-key", r.spec.Objects.PublicKey) {
		owners = append(owners, r.keys.Owner(i))
		w.registers = append(w.registers, dbqs.ObjectID(owners[i].Public))
	}
	for i := range r.int("objects.content-hash", r.spec.Objects.ContentHash) {
		w.contents = append(w.contents, fmt.Appendf(nil, "content %d", i))
		w.contentIDs = append(w.contentIDs, dbqs.ContentID(w.contents[i]))
	}
	r.workload = w
	return owners
}

// corrupt puts servers into the adversary's hands. The strategies were checked
// when the scenario was read.
func (r *run) corrupt(c *sim.Config) map[protocol.NodeID]func(protocol.Machine, *auth.Keys) protocol.Machine {
	a := &r.spec.Adversary
	wrap := make(map[protocol.NodeID]func(protocol.Machine, *auth.Keys) protocol.Machine)
	var cabal *adversary.Cabal
	if a.Collude {
		cabal = adversary.NewCabal()
	}
	for i, server := range r.some("adversary.liar", r.int("adversary.liars", a.Liars), r.servers) {
		id := protocol.NodeID(server)
		if a.Collude {
			i = 0
		}
		text := a.Strategies[r.between("adversary.strategy", i, 0, int64(len(a.Strategies)-1))]
		r.liars[id] = text
		c.Corruptions = append(c.Corruptions, sim.Corruption{Node: id, Cause: text})
		p := &power{Decisions: r.Decisions, node: id, drawn: make(map[sim.Key]uint32), lies: r.lies}
		wrap[id] = func(m protocol.Machine, k *auth.Keys) protocol.Machine {
			strategies, err := parseStrategies(text)
			if err != nil {
				panic(err)
			}
			return adversary.Corrupt(m, adversary.Deps{Keys: k, Role: "replica", Power: p, Decode: dbqs.Decode, Dialect: adversary.DBQS{}, Cabal: cabal}, strategies...)
		}
	}
	return wrap
}

// hosts sets up the computers.
func (r *run) hosts(c *sim.Config, wrap map[protocol.NodeID]func(protocol.Machine, *auth.Keys) protocol.Machine, owners []*auth.Signer) {
	restarts := false
	for _, s := range c.Strikes {
		restarts = restarts || s.Act == sim.Restart
	}
	sync := r.span("hosts.sync", r.spec.Hosts.Sync)
	for i := range r.servers + r.clients {
		id := protocol.NodeID(i)
		k := r.keys.Keys(id)
		h := r.host(&r.spec.Hosts, i, len(c.Network.RTT))
		h.Meter = k.Meter
		if i < r.servers {
			h.Name = fmt.Sprintf("s%d", i)
			h.New = func() protocol.Machine { return dbqs.NewReplica(r.config, k) }
			if restarts || sync > 0 {
				h.Disk = &sim.Disk{Latency: sync}
			}
			if corrupted := wrap[id]; corrupted != nil {
				honest := h.New
				h.New, h.Correct = func() protocol.Machine { return corrupted(honest(), k) }, false
			}
		} else {
			h.Name = fmt.Sprintf("c%d", i-r.servers)
			h.New = func() protocol.Machine { return dbqs.NewClient(r.config, k, owners) }
			c.Clients = append(c.Clients, id)
		}
		c.Hosts = append(c.Hosts, h)
	}
	for _, x := range r.workloadObjects() {
		c.Bounds = append(c.Bounds, sim.Bound{Group: fmt.Sprintf("the group of %v", x), Members: r.config.Ring.Group(x, 3*r.f+1), Most: r.f})
	}
}

func (r *run) workloadObjects() []protocol.ID {
	return append(append([]protocol.ID(nil), r.workload.registers...), r.workload.contentIDs...)
}

// observe attaches the checkers.
func (r *run) observe(c *sim.Config) {
	wiped := make(map[protocol.NodeID]bool)
	for _, s := range c.Strikes {
		wiped[s.Node] = wiped[s.Node] || s.Act == sim.Wipe
	}
	r.storage = checker.NewStorage(checker.System{
		F: r.f, FirstClient: protocol.NodeID(r.servers), Clients: r.clients,
		Group:   func(x protocol.ID) []protocol.NodeID { return r.config.Ring.Group(x, 3*r.f+1) },
		Machine: func(id protocol.NodeID) protocol.Machine { return r.world.Machine(id) },
		Correct: func(id protocol.NodeID) bool { return r.liars[id] == "" && !wiped[id] },
		Calm:    r.calm, Bound: r.span("limits.bound", r.spec.Limits.Bound),
	})
	c.Observers = append(c.Observers, r.storage)
}
