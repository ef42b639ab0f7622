package scenarios

import (
	"fmt"
	"slices"
	"time"

	"turncoat/adversary"
	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbft"
	"turncoat/protocol/membership"
	"turncoat/protocol/pbft"
	"turncoat/sim"
)

// dbftSystem is the same storage as that of epochs, by an instance of PBFT for each
// object, on the servers of the same membership service. The first client is the
// authority's agent.
var dbftSystem = &system{
	name: "dbft", make: newGroups, decode: decodeGroups, atomicity: "dbft.atomicity",
	situations: slices.Concat(dbft.Situations(), membership.Situations(), mobileSituations),
	kinds:      slices.Concat(dbft.Kinds(), membership.Kinds()), rules: docs(dbft.Rules),
}

// decodeGroups reads a message of either protocol.
func decodeGroups(b []byte) (protocol.Message, error) {
	if len(b) > 0 && dbft.Decodes(b[0]) {
		return dbft.Decode(b)
	}
	return membership.Decode(b)
}

// groups is such a system in one run.
type groups struct {
	*community
	storage *dbft.Config
}

func newGroups(r *run) (subject, error) {
	c, err := newMembership(r)
	if err != nil {
		return nil, err
	}
	g := &groups{community: c.(*community)}
	g.storage = &dbft.Config{F: r.f, Objects: r.workload.all(), PBFT: r.replication(), View: g.config.View, Retry: r.retry, Groups: dbft.NewGroups()}
	slices.SortFunc(g.storage.Objects, protocol.ID.Compare)
	g.storage.Lifted = dbft.Rules.Lifted(r.lifts)
	g.underStorage()
	return g, g.storage.Check()
}

// replication draws the configuration of each group's PBFT. The groups are many and
// small: what is not given is shorter than a service's.
func (r *run) replication() pbft.Config {
	p := &r.spec.System.PBFT
	c := r.pbftConfig()
	if p.Checkpoint.Hi == 0 {
		c.K, c.L = 16, 32
	}
	if p.ViewTimeout.Hi == 0 {
		c.ViewTimeout = 300 * time.Millisecond
	}
	if p.Status.Hi == 0 {
		c.StatusInterval = 100 * time.Millisecond
	}
	return c.WithDefaults()
}

func (g *groups) server(id protocol.NodeID, k *auth.Keys) protocol.Machine {
	return newGroupHost(g.community.server(id, k).(*membership.Server), g.storage, k)
}

func (g *groups) client(id protocol.NodeID, k *auth.Keys) protocol.Machine {
	if id == g.agent() {
		return g.community.client(id, k)
	}
	return dbft.NewClient(g.storage, k)
}

func (g *groups) observer(s checker.System) observer {
	return checker.NewGroups(s, checker.EpochsRun{
		MembershipRun: g.membershipRun(), Agent: g.agent(), Objects: g.storage.Objects, Situations: dbftSystem.situations,
	})
}

func (g *groups) dialect() adversary.Dialect {
	return adversary.DBFT{Membership: adversary.Membership{Config: g.config, Key: g.keys.EpochKey}, Storage: g.storage}
}

func (g *groups) traffic() sim.Workload { return agentWork{g.community} }

// forgetful is all of them: a replica of PBFT that comes back has forgotten its votes.
func (g *groups) forgetful() int { return g.servers }

// checkGroups reports what a scenario of dBFT cannot ask for.
func (v *validator) checkGroups() {
	p := &v.spec.System.PBFT
	v.require(!p.ReadOnly, "system.pbft.read-only", "a group that is handed over orders its reads too: a weak quorum of it may have ended while a quorum answers")
	v.require(p.Checkpoint.Hi == 0 || p.Log.Hi == 0 || p.Log.Lo >= 2*p.Checkpoint.Hi, "system.pbft.log", "%s", fmt.Sprintf("a log holds two checkpoints, of %d each", p.Checkpoint.Hi))
}
