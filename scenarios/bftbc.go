package scenarios

import (
	"fmt"
	"slices"
	"time"

	"turncoat/adversary"
	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/bftbc"
	"turncoat/sim"
)

// bftbcSystem is quorum storage with Byzantine clients. Its attendant is the
// authority that removes them.
var bftbcSystem = &system{
	name: "bftbc", make: newQuorums, decode: bftbc.Decode, atomicity: "dbqs.atomicity",
	situations: checker.ClientFaultSituations(), kinds: bftbc.Kinds(), rules: docs(bftbc.Rules), attendants: 1, badClients: true, registers: true, durable: true,
}

// BFTBC is what a scenario says of quorum storage with Byzantine clients.
type BFTBC struct {
	Variants []string `yaml:"variants"` // base, optimised, strong; each run draws one
	Removal  Span     `yaml:"removal"`  // when each bad client is removed; 0: never
}

// admissionKey numbers the authority's key among the owners'.
const admissionKey = 1 << 20

// quorums is quorum storage with Byzantine clients in one run.
type quorums struct {
	*run
	config    *bftbc.Config
	authority *auth.Signer
}

func newQuorums(r *run) (subject, error) {
	q := &quorums{run: r, authority: r.keys.Owner(admissionKey)}
	q.config = &bftbc.Config{F: r.f, Ring: r.ring(r.servers), Admission: q.authority.Public, Retry: r.retry, RetryMax: 8 * r.retry}
	for i := range r.clients {
		q.config.Clients = append(q.config.Clients, protocol.NodeID(r.servers+i))
	}
	variants := r.spec.System.BFTBC.Variants
	drawn := variants[r.between("system.bftbc.variant", 0, 0, int64(len(variants)-1))]
	q.config.Variant = bftbc.Variant(slices.Index(bftbc.Variants(), drawn))
	q.config.Lifted = bftbc.Rules.Lifted(r.lifts)
	return q, nil
}

func (q *quorums) server(_ protocol.NodeID, k *auth.Keys) protocol.Machine {
	return bftbc.NewReplica(q.config, k)
}

func (q *quorums) client(_ protocol.NodeID, k *auth.Keys) protocol.Machine {
	return bftbc.NewClient(q.config, k)
}

func (*quorums) dialect() adversary.Dialect { return adversary.BFTBC{} }

// attendant returns the authority, with the removals drawn.
func (q *quorums) attendant(k *auth.Keys) func() protocol.Machine {
	var removals []bftbc.Removal
	for i, client := range q.bad {
		span := q.spec.System.BFTBC.Removal
		if after := q.between("system.bftbc.removal", i, int64(span.Lo), int64(span.Hi)); after > 0 {
			removals = append(removals, bftbc.Removal{Client: client, After: time.Duration(after)})
		}
	}
	return func() protocol.Machine { return bftbc.NewAdmission(q.config, k, q.authority, removals) }
}

func (q *quorums) bounds() []sim.Bound {
	var out []sim.Bound
	for _, x := range q.workload.registers {
		out = append(out, sim.Bound{Group: fmt.Sprintf("the group of %v", x), Members: q.config.Group(x), Most: q.f})
	}
	return out
}

func (q *quorums) observer(c checker.System) observer {
	c.Group = q.config.Group
	return checker.NewClientFaults(c, q.config, q.keys.Keys(0), q.workload.registers)
}

func (*quorums) recovers() bool { return true }
