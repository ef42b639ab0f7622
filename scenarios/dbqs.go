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

// dbqsSystem is static dBQS.
var dbqsSystem = &system{
	name: "dbqs", make: newStorage, decode: dbqs.Decode, atomicity: "dbqs.atomicity",
	situations: dbqs.Situations(), kinds: dbqs.Kinds(), rules: dbqsRules(false), durable: true,
}

// dbqsRules returns the rules that have a meaning without epochs, or only with them.
func dbqsRules(epochs bool) []RuleDoc {
	var out []RuleDoc
	for _, r := range dbqs.AllRules() {
		if r.OfEpochs() == epochs {
			out = append(out, RuleDoc{r.String(), r.Doc()})
		}
	}
	return out
}

// storage is static dBQS in one run.
type storage struct {
	*run
	config *dbqs.Config
}

// ring places the first n servers at random.
func (r *run) ring(n int) *ring.Ring {
	var members []ring.Member
	for i := range n {
		var id protocol.ID
		h := xxh3.Hash128Seed(fmt.Appendf(nil, "server %d", i), r.Seed())
		binary.BigEndian.PutUint64(id[:], h.Hi)
		binary.BigEndian.PutUint64(id[8:], h.Lo)
		members = append(members, ring.Member{ID: id, Node: protocol.NodeID(i)})
	}
	return ring.New(members)
}

// newStorage sets up static dBQS. Of a scenario for a system that moves, what it can
// have in common with that stays: the servers are those that would be members at the
// beginning, and the first client is the agent, who finds nobody to give orders to.
func newStorage(r *run) (subject, error) {
	n := r.servers
	if p := &r.spec.System.Membership; p.Members.Hi > 0 {
		n = max(3*r.f+1, min(r.int("system.membership.members", p.Members), r.servers))
	}
	s := &storage{run: r, config: &dbqs.Config{F: r.f, Ring: r.ring(n), Retry: r.retry, RetryMax: 8 * r.retry}}
	for _, rule := range dbqs.AllRules() {
		if r.lifts(rule.String()) {
			s.config.Lifted = s.config.Lifted.Lift(rule)
		}
	}
	return s, nil
}

func (s *storage) server(_ protocol.NodeID, k *auth.Keys) protocol.Machine {
	return dbqs.NewReplica(s.config, k)
}

func (s *storage) client(_ protocol.NodeID, k *auth.Keys) protocol.Machine {
	return dbqs.NewClient(s.config, k, s.owners)
}

func (s *storage) traffic() sim.Workload {
	if s.spec.System.Membership.Orders.Hi > 0 {
		return idleAgent{s.workload}
	}
	return s.workload
}

// idleAgent gives the first client nothing to do.
type idleAgent struct{ *workload }

// Next implements sim.Workload.
func (w idleAgent) Next(client protocol.NodeID, k uint32) (protocol.Operation, time.Duration, bool) {
	if client == w.first {
		return protocol.Operation{}, 0, false
	}
	return w.workload.Next(client, k)
}

func (s *storage) group(x protocol.ID) []protocol.NodeID { return s.config.Ring.Group(x, 3*s.f+1) }

func (s *storage) bounds() []sim.Bound {
	var out []sim.Bound
	for _, objects := range [][]protocol.ID{s.workload.registers, s.workload.contentIDs} {
		for _, x := range objects {
			out = append(out, sim.Bound{Group: fmt.Sprintf("the group of %v", x), Members: s.group(x), Most: s.f})
		}
	}
	return out
}

func (s *storage) observer(c checker.System) observer {
	c.Group = s.group
	return checker.NewStorage(c)
}

func (*storage) dialect() adversary.Dialect { return adversary.DBQS{} }

func (*storage) recovers() bool { return true }
