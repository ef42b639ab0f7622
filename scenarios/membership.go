package scenarios

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"

	"turncoat/adversary"
	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
	"turncoat/protocol/ring"
	"turncoat/sim"
)

// membershipSystem is the membership service with its members. The first client is
// the authority's agent, who has servers added and removed; the others act in
// whatever epoch is current.
var membershipSystem = &system{
	name: "membership", make: newMembership, decode: membership.Decode, atomicity: "membership.atomicity",
	situations: slices.Concat(membership.Situations(), mobileSituations), kinds: membership.Kinds(), rules: docs(view.Rules),
}

// Membership is what a scenario says of the membership service. What is zero has
// the default that newMembership gives it.
type Membership struct {
	Members     Ints     `yaml:"members"`      // at the beginning; 0: all servers
	Epoch       Span     `yaml:"epoch"`        // how long an epoch lasts
	Early       Ints     `yaml:"early"`        // pending changes that end an epoch at once; 0: never
	Probe       Span     `yaml:"probe"`        // between two pings
	Signed      Ints     `yaml:"signed"`       // every so many pings ask for a signature
	Propose     Ints     `yaml:"propose"`      // misses after which a prober proposes an eviction
	Accept      Ints     `yaml:"accept"`       // misses after which it supports one
	Lease       Span     `yaml:"lease"`        // T_f
	Batch       Span     `yaml:"batch"`        // how long nonces are collected
	FanOut      Ints     `yaml:"fan-out"`      // of the dissemination tree
	Relays      bool     `yaml:"relays"`       // nonces are gathered on their way up that tree
	Orders      Ints     `yaml:"orders"`       // of the agent; storage's own clients do their operations besides
	Pace        Span     `yaml:"pace"`         // between two orders
	Churn       Rate     `yaml:"churn"`        // share of the agent's orders that are to be carried out; the others are to be refused
	Sessions    Sessions `yaml:"sessions"`     // servers that come and go
	Drift       Ints     `yaml:"drift"`        // ppm that clocks are assumed to drift at most; not given: what hosts.drift says
	Move        Ints     `yaml:"move"`         // the service moves every so many epochs; 0: never
	Committees  Ints     `yaml:"committees"`   // slices of the ring, each probed by a committee; 0: the service's replicas probe
	CommitteeF  Ints     `yaml:"committee-f"`  // a committee has 2 committee-f + 1 members
	Checkpoint  Ints     `yaml:"checkpoint"`   // the service's K
	ViewTimeout Span     `yaml:"view-timeout"` // of the service
	Status      Span     `yaml:"status"`       // of the service
}

// community is the membership service and its members in one run.
type community struct {
	*run
	config    *membership.Config
	ids       []protocol.ID // of the servers
	members   []ring.Member // all servers as members
	sharing   *auth.Sharing
	shares    []auth.Share
	authority *auth.Signer
	orders    *orders
}

func newMembership(r *run) (subject, error) {
	c := &community{run: r, authority: r.keys.Owner(0)}
	k := r.keys.Keys(0)
	for i := range r.servers {
		var id protocol.ID
		h := xxh3.Hash128Seed(fmt.Appendf(nil, "server %d", i), r.Seed())
		binary.BigEndian.PutUint64(id[:], h.Hi)
		binary.BigEndian.PutUint64(id[8:], h.Lo)
		pub, _ := k.Public(protocol.NodeID(i))
		c.ids = append(c.ids, id)
		c.members = append(c.members, ring.Member{ID: id, Node: protocol.NodeID(i), Key: pub})
	}
	n := 3*r.f + 1
	group := auth.Group{}
	for i := range n {
		group.Members = append(group.Members, protocol.NodeID(i))
	}
	var err error
	if c.sharing, c.shares, err = r.keys.NewThreshold(group); err != nil {
		return nil, err
	}
	p := &r.spec.System.Membership
	initial := r.int("system.membership.members", p.Members)
	if initial == 0 {
		initial = r.servers
	}
	c.config = c.configure(p, max(n, min(initial, r.servers)), n)
	c.orders = &orders{draw: r.draw, community: c, member: make([]bool, r.servers), rate: r.rate("system.membership.churn", p.Churn),
		count: r.workload.operations, pace: r.workload.think}
	for i := range c.config.View.Genesis.Len() {
		c.orders.member[i] = true
	}
	c.orders.flash, c.orders.flashAt = c.flash(&p.Sessions, c.config.View.Genesis.Len())
	return c, c.config.Check()
}

// configure draws the configuration of the run.
func (c *community) configure(p *Membership, initial, n int) *membership.Config {
	r := c.run
	lifted := view.Rules.Lifted(r.lifts)
	options := ring.Options{OmitStatus: lifted&view.DigestCoversStatus != 0}
	genesis, err := ring.NewConfig(0, c.members[:initial], c.ids[:n], nil, options)
	if err != nil {
		panic(err) // ids are hashes of 128 bits
	}
	span := func(name string, s Span, otherwise time.Duration) time.Duration {
		if s.Hi == 0 {
			return otherwise
		}
		return r.span("system.membership."+name, s)
	}
	number := func(name string, s Ints, otherwise int) int {
		if s.Hi == 0 {
			return otherwise
		}
		return r.int("system.membership."+name, s)
	}
	return &membership.Config{
		View: &view.Config{
			Service: c.sharing.Key(), Genesis: genesis, Lease: span("lease", p.Lease, time.Second), Retry: r.retry,
			FanOut: number("fan-out", p.FanOut, 2), Relays: p.Relays, Versions: &ring.Versions{}, Lifted: lifted,
		},
		PBFT: pbft.Config{
			K: uint64(number("checkpoint", p.Checkpoint, 16)), ViewTimeout: span("view-timeout", p.ViewTimeout, 500*time.Millisecond),
			StatusInterval: span("status", p.Status, 100*time.Millisecond), ClientTimeout: r.retry,
		},
		Authority: c.authority.Public, Sharing: c.sharing, MoveEvery: uint64(r.int("system.membership.move", p.Move)), EpochLength: span("epoch", p.Epoch, time.Second), EarlyEnd: r.int("system.membership.early", p.Early),
		ProbeEvery: span("probe", p.Probe, 100*time.Millisecond), SignedEvery: number("signed", p.Signed, 3),
		Propose: number("propose", p.Propose, 5), Accept: number("accept", p.Accept, 3),
		Committees: r.int("system.membership.committees", p.Committees), CommitteeF: number("committee-f", p.CommitteeF, 1),
		FreshEvery: span("batch", p.Batch, 20*time.Millisecond), Retry: r.retry,
	}
}

func (c *community) server(id protocol.NodeID, k *auth.Keys) protocol.Machine {
	secrets := membership.Secrets{Key: c.keys.EpochKey(id)}
	if int(id) < len(c.shares) {
		secrets.Share = c.shares[id]
	}
	m, err := membership.NewServer(c.config, k, c.ids[id], secrets)
	if err != nil {
		panic(err) // the configuration was checked
	}
	return m
}

func (c *community) client(_ protocol.NodeID, k *auth.Keys) protocol.Machine {
	m, err := membership.NewClient(c.config, k)
	if err != nil {
		panic(err)
	}
	return m
}

func (c *community) bounds() []sim.Bound {
	var all []protocol.NodeID
	for i := range c.servers {
		all = append(all, protocol.NodeID(i))
	}
	members := c.sharing.Group().Members
	if c.config.MoveEvery > 0 { // to whomever
		members = all
	}
	out := []sim.Bound{{Group: "the membership service", Members: members, Most: c.f}}
	if c.config.Committees > 0 { // of whomever
		out = append(out, sim.Bound{Group: "a committee of probers", Members: all, Most: c.config.CommitteeF})
	}
	return out
}

func (c *community) observer(s checker.System) observer {
	return checker.NewMembership(s, c.membershipRun())
}

// membershipRun is what the checker must know of the run.
func (c *community) membershipRun() checker.MembershipRun {
	accept := c.config.Accept
	if c.config.MoveEvery > 0 {
		accept = 1 // counts move from group to group, and nobody need have counted so far alone
	}
	return checker.MembershipRun{
		Genesis: c.config.View.Genesis, Lease: c.config.View.Lease, Drift: c.drift(), EpochLength: c.config.EpochLength,
		Sync: 4 * c.spec.Hosts.Sync.Hi, Accept: accept, Least: c.config.Least, Ordered: c.orders.ordered,
		Gone: c.gone,
	}
}

// gone reports whether a server is there in name only: an impostor speaks for it. A
// list of decisions may have left the impostor out.
func (c *community) gone(id protocol.NodeID) bool {
	const impostor = "membership-impostor"
	return c.liars[id] == impostor && slices.ContainsFunc(slices.Collect(maps.Keys(c.lies)), func(kind string) bool {
		return strings.HasPrefix(kind, impostor+"/")
	})
}

// recovers is true of members. The service's replicas, which keep nothing, are
// forgetful.
func (*community) recovers() bool { return true }

// forgetful returns how many servers, the first ones, lose what they knew in a crash.
func (c *community) forgetful() int {
	if c.config.MoveEvery > 0 {
		return c.servers
	}
	return 3*c.f + 1
}

// drift returns the bound on clocks that leases rest on.
func (c *community) drift() int64 {
	if assumed := c.spec.System.Membership.Drift.Hi; assumed > 0 {
		return assumed
	}
	return c.spec.Hosts.Drift.Hi
}

// dialect is what a liar knows of the protocol.
func (c *community) dialect() adversary.Dialect {
	return adversary.Membership{Config: c.config, Key: c.keys.EpochKey}
}

// traffic is what the clients do.
func (c *community) traffic() sim.Workload { return c.orders }

// orders draws what the clients do. A client acts; the first one orders servers to
// be added and removed, and brings orders that must be refused besides.
type orders struct {
	draw
	*community
	member []bool // by server: as the agent's orders would have it
	given  []given
	rate   uint32
	count  uint32 // of the agent's orders
	pace   Span   // between two of them

	flash   int           // so many servers join at once, by the first orders
	flashAt time.Duration // then
	done    bool          // the agent has given its last
}

// given is an order that the authority gave.
type given struct {
	kind ring.ChangeKind
	id   protocol.ID
}

func (o *orders) ordered(kind ring.ChangeKind, id protocol.ID) bool {
	for _, g := range o.given {
		if g == (given{kind, id}) {
			return true
		}
	}
	return false
}

// Next implements sim.Workload.
func (o *orders) Next(client protocol.NodeID, k uint32) (protocol.Operation, time.Duration, bool) {
	w := o.run.workload
	actor := int32(client - w.first)
	key := func(label string) sim.Key {
		return sim.Key{Choice: sim.Work, Actor: actor, Peer: -1, Label: label, Index: k}
	}
	count, pace := w.operations, w.think
	if actor == 0 {
		count, pace = o.count, o.pace
		for ; k < uint32(o.flash); k++ {
			if op, after, ok := o.flashed(k); ok {
				return op, after, true
			}
		}
	}
	for ; k < count; k++ {
		server := o.Draw(key("server"), 1, int64(o.run.servers), 0)
		if server == 0 {
			continue
		}
		think := pace.Lo
		if pace.Hi > pace.Lo {
			think = time.Duration(o.Draw(key("think"), int64(pace.Lo), int64(pace.Hi), int64(pace.Lo)))
		}
		op := protocol.Operation{Seq: k, Kind: protocol.Read}
		if actor == 0 {
			op.Kind, op.Object = protocol.Write, o.ids[server-1]
			good := o.rate == million || o.Chance(key("good"), o.rate)
			op.Value = o.order(k, int(server-1), good, int(o.Draw(key("bad"), 0, 3, 0)))
		}
		return op, think, true
	}
	o.done = o.done || actor == 0
	return protocol.Operation{}, 0, false
}

// order makes the agent's k-th order: one that turns a server in or out, or one that
// the service must refuse.
func (o *orders) order(k uint32, server int, good bool, bad int) []byte {
	keys := o.keys.Keys(o.run.workload.first)
	a := membership.Admission{Member: o.members[server], Serial: uint64(k), Expiry: 1 << 30}
	if o.member[server] {
		a.Change = ring.Remove
	}
	signer := o.authority
	switch {
	case good && server > 3*o.f: // the service's own members stay
		o.member[server] = !o.member[server]
		o.given = append(o.given, given{a.Change, o.ids[server]})
	case bad == 0:
		signer = o.keys.Owner(1) // not the authority
	case bad == 1 && a.Change == ring.Add:
		signer = o.keys.Owner(2)
	default:
		a.Change = ring.Add // of a member, or of one without an order: see below
		if !o.member[server] {
			signer = o.keys.Owner(1)
		}
	}
	a = membership.SignAdmission(keys, signer, a)
	return a.Encode()
}
