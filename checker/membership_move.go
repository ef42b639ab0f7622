package checker

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// What must be true of the service's moves: nobody can foretell where it goes, and
// who has left its group can no longer sign.

// secret holds membership.key-secrecy: who runs no replica holds no share, and who
// runs one holds none of another group. Otherwise whoever breaks in at one after
// another of those that have left holds f+1 shares of one sharing in the end.
func (m *Membership) secret(event uint64, at int64, node protocol.NodeID, s *membership.Server) {
	sharing, held := s.Share()
	if !held || m.leaked {
		return
	}
	if of := s.Sharing(); of == nil || of.ID() != sharing {
		m.leaked = true
		m.find("membership.key-secrecy", event, at, node, "server %d still holds its share of a group that it has left, in epoch %d", node, s.View().Epoch())
	}
}

// maxForetold is how many moves in a row may turn out as public data would have it:
// with groups of 4 out of 8 members the chance is 1 in 1,680 for each.
const maxForetold = 2

// drawn holds membership.unpredictable-move: the service's groups do not follow from
// who the members are.
func (m *Membership) drawn(event uint64, at int64, node protocol.NodeID, c *ring.Config) {
	before := m.at(c.Epoch() - 1).config
	if before == nil || slices.Equal(before.Service(), c.Service()) {
		return // it stayed, or that is not known
	}
	if !slices.Equal(view.Draw(m.public, c, view.PublicDraw(c.Epoch()), len(c.Service())), c.Service()) {
		m.foretold = 0
		return
	}
	if m.foretold++; m.foretold > maxForetold {
		m.find("membership.unpredictable-move", event, at, node, "the service's group of epoch %d follows from the members, and so did %d before it", c.Epoch(), maxForetold)
	}
}
