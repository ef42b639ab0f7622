package scenarios

import (
	"fmt"
	"slices"
	"time"

	"turncoat/adversary"
	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/sim"
)

// run is one run in the making: what was drawn, and the world built from it.
type run struct {
	draw
	spec    *Spec
	options Options

	f, servers, clients int
	retry               time.Duration
	keys                *auth.Authority
	owners              []*auth.Signer // of the registers
	workload            *workload
	system              *system
	subject             subject
	liars               map[protocol.NodeID]string // servers and clients; looked up only
	bad                 []protocol.NodeID          // clients in the adversary's hands
	mobile              *mobile                    // may be nil
	failed              map[protocol.NodeID]bool   // servers that lose their disk; looked up only
	lies                map[string]uint64
	drift               int64         // the most that a clock drifts, in ppm
	calm                time.Duration // when the last fault has healed and the network is synchronous

	world *sim.World
	watch observer
	base  *checker.Clients // of watch
}

// build draws the numbers of one run and sets up its world.
func build(spec *Spec, o Options, d *sim.Decisions) (*run, error) {
	if err := CheckRules(o.Lift); err != nil {
		return nil, err
	}
	r := &run{draw: draw{d}, spec: spec, options: o, lies: make(map[string]uint64), liars: make(map[protocol.NodeID]string)}
	r.system = systemOf(spec.System.Protocol)
	r.f = r.int("system.f", spec.System.F)
	r.servers = r.int("system.servers", spec.System.Servers)
	if r.servers == 0 {
		r.servers = 3*r.f + 1
	}
	r.clients = r.int("clients", spec.Clients)
	r.retry = r.span("system.retry", spec.System.Retry)
	var err error
	if r.keys, err = auth.NewAuthority(o.Suite, d.Seed(), r.servers+r.clients+r.system.attendants); err != nil {
		return nil, err
	}
	r.objects()
	if r.subject, err = r.system.make(r); err != nil {
		return nil, err
	}
	c := sim.Config{
		Workload:  r.workload,
		Network:   r.network(&spec.Network, r.system.decode),
		Bounds:    r.subject.bounds(),
		Decisions: d,
		Deadline:  r.span("limits.deadline", spec.Limits.Deadline), Settle: r.span("limits.settle", spec.Limits.Settle),
		MaxEvents: uint64(r.int("limits.events", spec.Limits.Events)), MaxInstant: uint64(r.int("limits.instant", spec.Limits.Instant)),
		Tracer: o.Tracer, Heartbeat: o.Heartbeat,
	}
	c.Strikes, r.calm = r.faults(spec, r.servers, r.clients)
	churn, back := r.sessions()
	c.Strikes, r.calm = append(c.Strikes, churn...), max(r.calm, back)
	if s, own := r.subject.(interface{ traffic() sim.Workload }); own {
		c.Workload = s.traffic()
	}
	if s, some := r.subject.(interface{ forgetful() int }); some {
		c.Strikes = amnesia(c.Strikes, s.forgetful())
	} else if !r.subject.recovers() {
		c.Strikes = amnesia(c.Strikes, r.servers)
	}
	r.calm = max(r.calm, c.Network.GST+c.Network.Bound)
	if r.mobile = newMobile(r); r.mobile != nil {
		r.calm = max(r.calm, r.mobile.until)
	}
	r.hosts(&c, r.corrupt(&c))
	for i := range c.Hosts {
		r.drift = max(r.drift, c.Hosts[i].Clock.DriftPPM, -c.Hosts[i].Clock.DriftPPM)
	}
	r.observe(&c)
	r.world = sim.New(c)
	return r, nil
}

// lifts reports whether a rule is lifted.
func (r *run) lifts(rule string) bool {
	return slices.Contains(r.options.Lift, rule) || slices.Contains(r.spec.System.Lift, rule)
}

// objects sets up what there is to read and write, and the keys to write it.
func (r *run) objects() {
	w := &workload{
		draw: r.draw, first: protocol.NodeID(r.servers), operations: uint32(r.int("workload.operations", r.spec.Workload.Operations)),
		reads: r.rate("workload.reads", r.spec.Workload.Reads), think: r.spec.Workload.Think,
	}
	for i := range r.int("objects.public-key", r.spec.Objects.PublicKey) {
		r.owners = append(r.owners, r.keys.Owner(i))
		w.registers = append(w.registers, dbqs.ObjectID(r.owners[i].Public))
	}
	for i := range r.int("objects.content-hash", r.spec.Objects.ContentHash) {
		w.contents = append(w.contents, fmt.Appendf(nil, "content %d", i))
		w.contentIDs = append(w.contentIDs, dbqs.ContentID(w.contents[i]))
	}
	r.workload = w
}

// corruption wraps the machine of a node that the adversary holds.
type corruption func(protocol.Machine, *auth.Keys) protocol.Machine

// corrupt puts servers and clients into the adversary's hands. The strategies were
// checked when the scenario was read.
func (r *run) corrupt(c *sim.Config) map[protocol.NodeID]corruption {
	a := &r.spec.Adversary
	wrap := make(map[protocol.NodeID]corruption)
	var cabal *adversary.Cabal
	if a.Collude {
		cabal = adversary.NewCabal()
	}
	for i, server := range r.some("adversary.liar", r.int("adversary.liars", a.Liars), r.servers) {
		if a.Collude {
			i = 0
		}
		text := a.Strategies[r.between("adversary.strategy", i, 0, int64(len(a.Strategies)-1))]
		id, deps := r.liar(c, server, "replica", text, cabal)
		wrap[id] = func(m protocol.Machine, k *auth.Keys) protocol.Machine {
			deps.Keys = k
			return adversary.Corrupt(m, deps, r.strategies(text)...)
		}
	}
	for i, client := range r.some("adversary.bad-client", r.int("adversary.bad-clients", a.BadClients), r.clients) {
		text := a.ClientStrategies[r.between("adversary.client-strategy", i, 0, int64(len(a.ClientStrategies)-1))]
		id, deps := r.liar(c, r.servers+client, "client", text, cabal)
		r.bad = append(r.bad, id)
		wrap[id] = func(m protocol.Machine, k *auth.Keys) protocol.Machine {
			deps.Keys = k
			bad := adversary.CorruptClient(m.(protocol.Client), deps, mustParse(text)...)
			if _, ok := r.subject.(writes); ok {
				return witness{bad, r}
			}
			return bad
		}
	}
	for i := range r.servers {
		if id := protocol.NodeID(i); r.mobile != nil && wrap[id] == nil {
			wrap[id] = r.mobile.wrap(id, r.deps(id, "replica", cabal))
		}
	}
	return wrap
}

// liar notes that a node is corrupted, and returns what its wrapper is made with.
func (r *run) liar(c *sim.Config, node int, role, text string, cabal *adversary.Cabal) (protocol.NodeID, adversary.Deps) {
	id := protocol.NodeID(node)
	r.liars[id] = text
	c.Corruptions = append(c.Corruptions, sim.Corruption{Node: id, Cause: text})
	return id, r.deps(id, role, cabal)
}

// deps returns what a node that lies, or may come to, is made with.
func (r *run) deps(id protocol.NodeID, role string, cabal *adversary.Cabal) adversary.Deps {
	p := &power{Decisions: r.Decisions, node: id, drawn: make(map[sim.Key]uint32), lies: r.lies, tracer: r.options.Tracer}
	return adversary.Deps{Role: role, Power: p, Decode: r.system.decode, Dialect: r.subject.dialect(), Cabal: cabal}
}

// strategies returns the strategies of a server.
func (r *run) strategies(text string) []adversary.Strategy {
	all := mustParse(text)
	if r.system == dbftSystem {
		for i := range all {
			all[i], _ = adversary.InGroups(all[i])
		}
	}
	return all
}

func mustParse(text string) []adversary.Strategy {
	strategies, err := parseStrategies(text)
	if err != nil {
		panic(err)
	}
	return strategies
}

// hosts sets up the computers.
func (r *run) hosts(c *sim.Config, wrap map[protocol.NodeID]corruption) {
	restarts := slices.ContainsFunc(c.Strikes, func(s sim.Strike) bool { return s.Act == sim.Restart })
	sync := r.span("hosts.sync", r.spec.Hosts.Sync)
	for i := range r.servers + r.clients {
		id := protocol.NodeID(i)
		k := r.keys.Keys(id)
		h := r.host(&r.spec.Hosts, i, len(c.Network.RTT))
		h.Meter = k.Meter
		if i < r.servers {
			h.Name = fmt.Sprintf("s%d", i)
			h.New = func() protocol.Machine { return r.subject.server(id, k) }
			if restarts || sync > 0 {
				h.Disk = &sim.Disk{Latency: sync}
			}
		} else {
			h.Name = fmt.Sprintf("c%d", i-r.servers)
			h.New = func() protocol.Machine { return r.subject.client(id, k) }
			c.Clients = append(c.Clients, id)
		}
		if corrupted := wrap[id]; corrupted != nil {
			honest := h.New
			h.New, h.Correct = func() protocol.Machine { return corrupted(honest(), k) }, false
		}
		c.Hosts = append(c.Hosts, h)
	}
	for i := range r.system.attendants {
		id := r.servers + r.clients + i
		k := r.keys.Keys(protocol.NodeID(id))
		h := r.host(&r.spec.Hosts, id, len(c.Network.RTT))
		h.Name, h.Meter, h.New = fmt.Sprintf("a%d", i), k.Meter, r.subject.(attended).attendant(k)
		c.Hosts = append(c.Hosts, h)
	}
}

// observe attaches the checkers. A server that loses its disk is promised nothing.
func (r *run) observe(c *sim.Config) {
	r.failed = make(map[protocol.NodeID]bool)
	for _, s := range c.Strikes {
		r.failed[s.Node] = r.failed[s.Node] || s.Act == sim.Wipe
	}
	r.watch = r.subject.observer(checker.System{
		F: r.f, FirstClient: protocol.NodeID(r.servers), Clients: r.clients,
		Machine: func(id protocol.NodeID) protocol.Machine { return r.machine(id) },
		Correct: r.correct,
		Calm:    r.calm, Bound: r.span("limits.bound", r.spec.Limits.Bound),
	})
	r.base = r.watch.Base()
	var watch sim.Observer = r.watch
	if r.mobile != nil {
		r.mobile.observer, watch = r.watch, r.mobile
		r.base.Reach.Merge(checker.NewReach(mobileSituations...))
	}
	c.Observers = append(append(c.Observers, watch), r.options.Observers...)
}

// correct reports whether the properties are promised to a node now.
func (r *run) correct(id protocol.NodeID) bool {
	return r.liars[id] == "" && !r.failed[id] && !r.mobile.faulty(id)
}

// machine returns the machine of a node as checkers look at it, nil while it is down.
func (r *run) machine(id protocol.NodeID) protocol.Machine {
	m := r.world.Machine(id)
	if r.mobile == nil || !r.correct(id) {
		return m
	}
	return honest(m)
}
