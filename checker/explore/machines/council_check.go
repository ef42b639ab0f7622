package machines

import (
	"bytes"
	"errors"
	"slices"

	"turncoat/checker/explore"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// What must hold of the membership service's votes, and what of its states is one.

// councilRules are the rules that can be lifted.
var councilRules = view.EvictionVotes | view.EpochEndVotes | view.EpochInSignature

// Properties returns what is checked: that no status changes and no epoch ends unless some correct
// replica has said in that epoch that it should.
func (m *CouncilModel) Properties() []explore.Property[CouncilState] {
	out := []explore.Property[CouncilState]{
		{Name: "justified status", Kind: explore.Always, Holds: m.statusesJustified},
		{Name: "justified end", Kind: explore.Always, Holds: m.endsJustified},
		{Name: "a member is evicted", Kind: explore.Reach, Holds: func(s *CouncilState) bool { return m.inactive(s) > 0 }},
		{Name: "epochs end", Kind: explore.NoDeadlock, Holds: func(s *CouncilState) bool { return int(m.service(s).Epoch()) == m.Epochs }},
	}
	if m.Epochs > 1 {
		out = append(out, explore.Property[CouncilState]{Name: "a member comes back", Kind: explore.Reach, Holds: func(s *CouncilState) bool {
			return slices.ContainsFunc(m.service(s).Pending(), func(c ring.Change) bool { return c.Member.Status == ring.Active })
		}})
	}
	return out
}

// inactive returns how many members are.
func (m *CouncilModel) inactive(s *CouncilState) int {
	c := m.service(s).Config()
	return c.Len() - c.Active()
}

// stated reports whether a correct replica has, in an epoch.
func (s *CouncilState) stated(epoch int, bit uint8) bool {
	return slices.ContainsFunc(s.cast[epoch][1:], func(c uint8) bool { return c&bit != 0 })
}

// statusesJustified looks at what the service will do to its members when the epoch ends.
// What it has done, it was going to do in an earlier state.
func (m *CouncilModel) statusesJustified(s *CouncilState) bool {
	service := m.service(s)
	for _, c := range service.Pending() {
		bit := uint8(stateEvict) << (slices.Index(m.ids, c.Member.ID) - councilReplicas)
		if c.Member.Status == ring.Active {
			bit *= stateReactivate
		}
		if !s.stated(int(service.Epoch()), bit) {
			return false
		}
	}
	return true
}

// endsJustified looks at all epochs that are over.
func (m *CouncilModel) endsJustified(s *CouncilState) bool {
	for epoch := range int(m.service(s).Epoch()) {
		if !s.stated(epoch, stateEnd) {
			return false
		}
	}
	return true
}

// Reductions returns symmetry: nobody tells the correct replicas apart.
func (m *CouncilModel) Reductions() explore.Reduction { return explore.Symmetry }

// WhyNot says why no other kind is among them.
func (m *CouncilModel) WhyNot(explore.Reduction) string {
	return "in whatever order statements are made, each may be what the next operation rests on"
}

// Canonicalize puts the correct replicas in the order of what they have stated.
func (m *CouncilModel) Canonicalize(s *CouncilState, _ explore.Reduction) {
	var said [councilReplicas - 1][councilEpochs]byte
	for i := range said {
		for e := range councilEpochs {
			said[i][e] = s.cast[e][i+1]
		}
	}
	slices.SortFunc(said[:], func(a, b [councilEpochs]byte) int { return bytes.Compare(a[:], b[:]) })
	for i := range said {
		for e := range councilEpochs {
			s.cast[e][i+1] = said[i][e]
		}
	}
}

// Ample returns all steps.
func (m *CouncilModel) Ample(_ *CouncilState, steps []explore.Step[CouncilState], _ explore.Reduction) []explore.Step[CouncilState] {
	return steps
}

const councilAlone = "its steps are votes and operations handed to the membership service's state machine, which in the simulator come of probes, timers and PBFT, and the model leaves those out"

// Schedule implements explore.Scheduler: it says why there is no schedule.
func (m *CouncilModel) Schedule([]explore.Action) (*explore.Schedule, error) {
	return nil, errors.New(councilAlone)
}

// councilEntry is the model under the name by which people call it.
func councilEntry() explore.Entry {
	e := explore.Entry{
		Name: "end-epoch",
		Doc:  "the membership service's state machine as it runs: epochs end, members are evicted and come back, by votes",
		Params: []explore.Param{
			{Name: "epochs", Doc: "epochs that end", Default: 2, Min: 1, Max: councilEpochs},
			{Name: "members", Doc: "members besides the service's four replicas", Default: 1, Min: 1, Max: councilTargets},
		},
		Reduction: explore.All,
		Alone:     councilAlone,
		Build: func(v explore.Values, lifted []string) explore.Runner {
			c := Council{Epochs: v["epochs"], Members: v["members"], Lifted: view.Rules.Lifted(func(name string) bool { return slices.Contains(lifted, name) })}
			return explore.RunnerOf("end-epoch", explore.Model[CouncilState](c.Model()))
		},
	}
	for _, r := range view.Rules {
		if councilRules&r.Rule != 0 {
			e.Rules = append(e.Rules, r.Name)
		}
	}
	return e
}
