package checker

import (
	"fmt"
	"math"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/membership"
	"turncoat/protocol/ring"
)

// What must go on happening to the membership once a run is calm.

// Epochs returns how many epochs have ended.
func (m *Membership) Epochs() uint64 { return uint64(len(m.epochs) - 1) }

// Liveness judges the operations, and whether epochs have gone on ending, members
// have followed, the dead were evicted and the living are in.
func (m *Membership) Liveness(now int64, idle bool) (Verdict, string) {
	if v, detail := m.Clients.Liveness(now, idle); v != Pass {
		return v, detail
	}
	if m.stalled != "" {
		return Stuck, m.stalled
	}
	last := m.at(m.latest())
	if took := time.Duration(now - max(last.begun, int64(m.system.Calm))); took > m.run.EpochLength+m.system.Bound {
		return Stuck, fmt.Sprintf("epoch %d had not ended at %v, begun at %v", m.latest(), time.Duration(now), time.Duration(last.begun))
	}
	if time.Duration(now) < m.system.Calm+m.system.Bound || last.config == nil {
		return Pass, ""
	}
	for i := range m.system.FirstClient {
		if detail := m.follows(now, i, last.config); detail != "" {
			return Stuck, detail
		}
	}
	return Pass, ""
}

// follows reports, at the end of a run that was calm for Bound, what is wrong with
// where a server stands.
func (m *Membership) follows(now int64, node protocol.NodeID, c *ring.Config) string {
	for p := range c.All() {
		if p.Node != node || p.Status == ring.Active && c.Active() <= m.run.Least && m.system.Machine(node) == nil {
			continue // who is needed stays, dead or not
		}
		s, up := m.system.Machine(node).(*membership.Server)
		switch {
		case m.run.Gone(node) && p.Status == ring.Active:
			return fmt.Sprintf("server %d is gone from the start and is active in epoch %d", node, c.Epoch())
		case !up && m.system.Machine(node) == nil && p.Status == ring.Active && time.Duration(now-m.lastAct[node]) > m.run.EpochLength+m.system.Bound:
			return fmt.Sprintf("server %d has been down since %v and is active in epoch %d", node, time.Duration(m.lastAct[node]), c.Epoch())
		case !up || !m.system.Correct(node):
			return ""
		}
		joined := m.memberSince(p.ID)
		for e := s.View().Epoch() + 1; e <= m.latest(); e++ {
			if begun := m.at(e).begun; time.Duration(now-max(begun, joined, int64(m.system.Calm))) > m.system.Bound {
				return fmt.Sprintf("server %d is in epoch %d at %v, and epoch %d began at %v", node, s.View().Epoch(), time.Duration(now), e, time.Duration(begun))
			}
		}
		if since := m.inactiveSince(p.ID); time.Duration(now-since) > m.run.EpochLength+m.system.Bound {
			return fmt.Sprintf("server %d answers and has been inactive since %v, in epoch %d at %v", node, time.Duration(since), c.Epoch(), time.Duration(now))
		}
	}
	return ""
}

// memberSince returns when the epoch began since which a member has been one. Whoever
// joins has all steps before it to take.
func (m *Membership) memberSince(id protocol.ID) int64 {
	since := int64(math.MaxInt64)
	for i := len(m.epochs) - 1; i >= 0; i-- {
		if c := m.epochs[i].config; c != nil && c.Lookup(id) == nil {
			break
		}
		since = m.epochs[i].begun
	}
	return since
}

// inactiveSince returns when the last row of epochs began in which a member is
// inactive, or when the run was calm if that is later; the end of time if it is active.
func (m *Membership) inactiveSince(id protocol.ID) int64 {
	since := int64(math.MaxInt64)
	for i := len(m.epochs) - 1; i >= 0; i-- {
		r := &m.epochs[i]
		if r.config == nil {
			break
		}
		if p := r.config.Lookup(id); p == nil || p.Status == ring.Active {
			break
		}
		since = max(r.begun, int64(m.system.Calm))
	}
	return since
}
