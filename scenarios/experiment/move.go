package experiment

import (
	"turncoat/protocol"
	"turncoat/scenarios"
)

// move tells how long each stage of the service's move takes. The stages of the step
// out of epoch e, each ended by the first server of which it is true:
//
//	agreement    from the first vote to end e to the execution of that end
//	resharing    until the dealings are agreed, and with them the next group
//	certificate  until the certificate of e+1 is made, by the old group
//	new group    until a quorum of the next group's servers run a replica, with a share
type move struct {
	quiet
	steps []moveStep // by the epoch that is left
	seats map[protocol.NodeID]uint64
}

// moveStep holds when each thing was first true, in virtual time; 0: not yet.
type moveStep struct {
	voted, ended, agreed, certified, seated int64
	ready                                   protocol.Bitset
}

// moveColumns is how many stages there are.
const moveColumns = 4

func newMove(frame) gauge { return &move{seats: make(map[protocol.NodeID]uint64)} }

// Stepped implements sim.Stepper.
func (g *move) Stepped(_ uint64, at int64, node protocol.NodeID, m protocol.Machine) {
	s := serverOf(m)
	if s == nil {
		return
	}
	if epoch := s.View().Epoch(); epoch > 0 {
		first(&g.step(epoch-1).certified, at)
	}
	service := s.Service()
	if service == nil {
		return
	}
	if s.Ending() {
		first(&g.step(s.View().Epoch()).voted, at)
	}
	epoch := service.Epoch()
	if service.Closing() {
		first(&g.step(epoch).ended, at)
	}
	if epoch == 0 {
		return
	}
	before := g.step(epoch - 1)
	first(&before.agreed, at)
	if sharing, held := s.Share(); held && s.Sharing().ID() == sharing && s.Sharing().Group().Epoch == epoch {
		before.ready.Add(int(node))
		if n := len(service.Config().Service()); before.ready.Len() > 2*((n-1)/3) {
			first(&before.seated, at)
		}
	}
}

func first(t *int64, at int64) {
	if *t == 0 {
		*t = at
	}
}

func (g *move) step(epoch uint64) *moveStep {
	for uint64(len(g.steps)) <= epoch {
		g.steps = append(g.steps, moveStep{})
	}
	return &g.steps[epoch]
}

func (g *move) columns(*scenarios.Report) [][]float64 {
	out := make([][]float64, moveColumns)
	for i := range g.steps {
		s := &g.steps[i]
		times := [moveColumns + 1]int64{s.voted, s.ended, s.agreed, s.certified, s.seated}
		if s.voted == 0 || s.ended == 0 || s.agreed == 0 || s.certified == 0 || s.seated == 0 {
			continue // the run was over, or the service overtaken
		}
		for k := range out {
			out[k] = append(out[k], milliseconds(times[k+1]-times[k]))
		}
	}
	return out
}
