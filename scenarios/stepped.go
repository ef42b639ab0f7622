package scenarios

import (
	"fmt"
	"slices"

	"turncoat/adversary"
	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/membership/view/herald"
	"turncoat/sim"
)

// steppedSystem is dBQS whose group changes by certified steps, with a herald in the place
// of the membership service: what the explorer explores. Its rules are listed with
// those of storage on a membership service.
var steppedSystem = &system{
	name: "dbqs-epochs", make: newStepped, decode: decodeEpochs, atomicity: "dbqs.atomicity", akin: []string{"dbqs"},
	situations: slices.Concat(dbqs.Situations(), dbqs.EpochSituations(), view.Situations()),
	kinds:      slices.Concat(dbqs.Kinds(), view.Kinds()), attendants: 1, registers: true,
}

// GroupSteps is what a scenario says of groups that change by certified steps.
type GroupSteps struct {
	Steps   Ints `yaml:"steps"`
	Overlap Ints `yaml:"overlap"` // members that stay at each step
}

// stepped is such a system in one run.
type stepped struct {
	*storage
	plan *herald.Plan
}

func newStepped(r *run) (subject, error) {
	s, err := newStorage(r)
	if err != nil {
		return nil, err
	}
	g := &r.spec.System.Groups
	shape := herald.Shape{Size: 3*r.f + 1, Epochs: r.int("system.groups.steps", g.Steps), Overlap: r.int("system.groups.overlap", g.Overlap)}
	if shape.Servers() != r.servers {
		return nil, fmt.Errorf("system.servers: %d servers, but groups of %d of which %d stay at each of %d steps have %d",
			r.servers, shape.Size, shape.Overlap, shape.Epochs, shape.Servers())
	}
	plan, err := herald.NewPlan(r.keys, shape)
	if err != nil {
		return nil, fmt.Errorf("system.groups: %w", err)
	}
	return &stepped{s.(*storage), plan}, nil
}

func (g *stepped) server(id protocol.NodeID, k *auth.Keys) protocol.Machine {
	v := view.New(g.plan.View, k, herald.Place(id))
	return dbqs.NewMember(g.config, k, &v)
}

func (g *stepped) client(_ protocol.NodeID, k *auth.Keys) protocol.Machine {
	return dbqs.NewEpochClient(g.config, k, g.owners, g.plan.View)
}

// attendant returns the herald.
func (g *stepped) attendant(*auth.Keys) func() protocol.Machine {
	return func() protocol.Machine { return herald.New(g.plan, g.servers+g.clients) }
}

func (g *stepped) bounds() (out []sim.Bound) {
	for e := range g.plan.Shape.Epochs + 1 {
		out = append(out, sim.Bound{Group: fmt.Sprintf("the group of epoch %d", e), Members: g.plan.Shape.Group(e), Most: g.f})
	}
	return out
}

func (g *stepped) observer(s checker.System) observer {
	s.Situations = steppedSystem.situations
	return checker.NewStepped(s, !g.lifts(dbqs.OneEpochPhase.String()))
}

func (*stepped) dialect() adversary.Dialect { return adversary.DBQS{} }

// recovers is false: a replica alone stores what it holds, and not its view.
func (*stepped) recovers() bool { return false }
