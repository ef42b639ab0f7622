package membership

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/ring"
)

// The floor: no change is taken that would leave fewer active members than the
// groups of the storage above need [O]. What a silent member costs a group is within
// its fault bound; a group that is short of members is not, and once fewer than a
// quorum are left, whoever comes next has nobody to fetch its objects from. Two
// replicas of the service that were each cut off from all others for a while have
// each missed everyone, and with f+1 votes evict everyone when they are back.

// floored reports whether a change takes an active member away that is needed.
func (s *Service) floored(c *ring.Change) bool {
	takes := c.Kind == ring.Remove || c.Kind == ring.SetStatus && c.Member.Status == ring.Inactive
	near := s.config.Active()-len(s.pending) <= s.cfg.Least // else no count of the pending changes comes near it
	return takes && near && s.willBeActive(c.Member.ID) && s.nextActive() <= s.cfg.Least
}

// willBeActive reports whether a member is active in the next epoch as far as is known.
func (s *Service) willBeActive(id protocol.ID) bool {
	i, waits := slices.BinarySearchFunc(s.pending, id, func(p ring.Change, id protocol.ID) int { return p.Member.ID.Compare(id) })
	if waits {
		return adds(&s.pending[i])
	}
	m := s.config.Lookup(id)
	return m != nil && m.Status == ring.Active
}

// nextActive returns how many members will be active in the next epoch.
func (s *Service) nextActive() int {
	n := s.config.Active()
	for i := range s.pending {
		p := &s.pending[i]
		m := s.config.Lookup(p.Member.ID)
		was := m != nil && m.Status == ring.Active
		switch is := adds(p); {
		case is && !was:
			n++
		case was && !is:
			n--
		}
	}
	return n
}

// adds reports whether a change makes a member active.
func adds(c *ring.Change) bool {
	return c.Kind == ring.Add || c.Kind == ring.SetStatus && c.Member.Status == ring.Active
}
