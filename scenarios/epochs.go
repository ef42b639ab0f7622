package scenarios

import (
	"slices"
	"time"

	"turncoat/adversary"
	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership"
	"turncoat/sim"
)

// epochsSystem is storage whose groups change: dBQS on the servers of a membership
// service. The first client is the authority's agent, who has servers added and
// removed; the others read and write.
var epochsSystem = &system{
	name: "epochs", make: newEpochs, decode: decodeEpochs, atomicity: "dbqs.atomicity", akin: []string{"membership", "dbqs"},
	situations: slices.Concat(epochsSituations(), mobileSituations), kinds: slices.Concat(dbqs.Kinds(), membership.Kinds()), rules: dbqsRules(true),
}

func epochsSituations() []string {
	return slices.Concat(dbqs.Situations(), dbqs.EpochSituations(), membership.Situations())
}

// decodeEpochs reads a message of either protocol.
func decodeEpochs(b []byte) (protocol.Message, error) {
	if len(b) > 0 && dbqs.Decodes(b[0]) {
		return dbqs.Decode(b)
	}
	return membership.Decode(b)
}

// estate is such a system in one run.
type estate struct {
	*community
	storage *dbqs.Config
}

func newEpochs(r *run) (subject, error) {
	c, err := newMembership(r)
	if err != nil {
		return nil, err
	}
	e := &estate{c.(*community), &dbqs.Config{F: r.f, Retry: r.retry, RetryMax: 8 * r.retry}}
	for _, rule := range dbqs.AllRules() {
		if r.lifts(rule.String()) {
			e.storage.Lifted = e.storage.Lifted.Lift(rule)
		}
	}
	e.underStorage()
	return e, nil
}

// underStorage draws how many orders the authority's agent gives, where storage's own
// clients do their operations besides, and keeps as many members active as a group needs.
func (c *community) underStorage() {
	c.config.Least = 3*c.f + 1
	p := &c.spec.System.Membership
	c.orders.count, c.orders.pace = uint32(c.int("system.membership.orders", p.Orders)), p.Pace
}

func (e *estate) server(id protocol.NodeID, k *auth.Keys) protocol.Machine {
	return newHost(e.community.server(id, k).(*membership.Server), e.storage, k)
}

// agent is the client that gives the authority's orders.
func (r *run) agent() protocol.NodeID { return protocol.NodeID(r.servers) }

func (e *estate) client(id protocol.NodeID, k *auth.Keys) protocol.Machine {
	if id == e.agent() {
		return e.community.client(id, k)
	}
	return dbqs.NewEpochClient(e.storage, k, e.owners, e.config.View)
}

func (e *estate) observer(s checker.System) observer {
	return checker.NewEpochs(s, checker.EpochsRun{
		MembershipRun: e.membershipRun(), Agent: e.agent(), Objects: e.workload.all(),
		Situations: epochsSituations(),
	})
}

func (e *estate) dialect() adversary.Dialect {
	return adversary.Epochs{Membership: adversary.Membership{Config: e.config, Key: e.keys.EpochKey}}
}

func (e *estate) traffic() sim.Workload { return agentWork{e.community} }

// agentWork gives the agent its orders and the other clients their operations.
type agentWork struct{ *community }

// Next implements sim.Workload.
func (w agentWork) Next(client protocol.NodeID, k uint32) (protocol.Operation, time.Duration, bool) {
	if client == w.agent() {
		return w.orders.Next(client, k)
	}
	return w.workload.Next(client, k)
}
