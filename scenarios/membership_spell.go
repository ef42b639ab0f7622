package scenarios

import (
	"fmt"
	"slices"
	"time"

	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
	"turncoat/sim"
)

// The windows of vulnerability as a mobile adversary minds them: when the last correct
// server has left an epoch, and until when a spell counts.

// mobileEpoch is what the adversary knows of an epoch.
type mobileEpoch struct {
	config *ring.Config
	group  []protocol.NodeID // that runs the service
	since  time.Duration     // when it began
	left   time.Duration     // when every correct server had left it; 0: not yet
}

// inhabited is a subject that a mobile adversary can move through.
type inhabited interface {
	house() *community

	// settled reports whether a server is in an epoch, or a later one, and has what it
	// gained on entering it, of its objects too.
	settled(machine protocol.Machine, epoch uint64) bool
}

// house returns the membership that the servers belong to.
func (c *community) house() *community { return c }

func (c *community) settled(machine protocol.Machine, epoch uint64) bool {
	if s, plain := machine.(*membership.Server); plain {
		return s.View().Epoch() >= epoch
	}
	h, up := machine.(interface {
		Server() *membership.Server
		settled(protocol.ID, uint64) bool
	})
	if !up || h.Server().View().Epoch() < epoch {
		return false
	}
	return !slices.ContainsFunc(c.workload.all(), func(x protocol.ID) bool { return !h.settled(x, epoch) })
}

// enter notes the next epoch.
func (m *mobile) enter(now time.Duration, c *ring.Config) {
	e := mobileEpoch{config: c, since: now}
	for _, id := range c.Service() {
		e.group = append(e.group, c.Lookup(id).Node)
	}
	m.epochs = append(m.epochs, e)
}

// latest returns the last epoch.
func (m *mobile) latest() uint64 { return uint64(len(m.epochs)) - 1 }

// follow keeps up with the epochs.
func (m *mobile) follow(now time.Duration, node protocol.NodeID, machine protocol.Machine) {
	v := viewOf(machine)
	if v == nil || m.faulty(node) || m.liars[node] != "" {
		return
	}
	for v.Epoch() > m.latest() {
		m.enter(now, v.ConfigAt(m.latest()+1))
	}
	m.close(now)
}

// viewOf returns the view of a server; nil if the machine is none, or down.
func viewOf(machine protocol.Machine) *view.View {
	switch s := machine.(type) {
	case *membership.Server:
		return s.View()
	case interface{ Server() *membership.Server }:
		return s.Server().View()
	}
	return nil
}

// close ends the windows that nothing keeps open any more.
func (m *mobile) close(now time.Duration) {
	for e := range m.latest() {
		if m.epochs[e].left == 0 && m.everyone(e) {
			m.epochs[e].left = now
		}
	}
	for i := range m.spells[:m.begun] {
		if s := &m.spells[i]; s.to > 0 && !s.over && m.closed(s, now) {
			s.over = true
		}
	}
}

// everyone reports whether every correct member has left an epoch, and has what it
// gained on entering the next. One that is down, or away, keeps the windows open.
func (m *mobile) everyone(epoch uint64) bool {
	s := m.subject.(inhabited)
	for i, id := range s.house().ids {
		node := protocol.NodeID(i)
		member := m.epochs[epoch].config.Lookup(id) != nil || m.epochs[epoch+1].config.Lookup(id) != nil
		if member && m.correct(node) && !s.settled(honest(m.world.Machine(node)), epoch+1) {
			return false
		}
	}
	return true
}

// closed reports whether the windows are closed in which a spell fell, and the server
// itself has recovered.
func (m *mobile) closed(s *spell, now time.Duration) bool {
	if !m.past(s.last, now) {
		return false
	}
	in := m.subject.(inhabited)
	if m.epochs[s.last+1].config.Lookup(in.house().ids[s.node]) != nil && !in.settled(honest(m.world.Machine(s.node)), s.last+1) {
		return false
	}
	c := in.house().config
	for e := s.first; e <= s.last+1; e++ {
		if !slices.Contains(m.epochs[e].group, s.node) {
			continue
		}
		if last, moves := lastOf(c, e); !moves || last >= m.latest() || m.epochs[last].left == 0 {
			return false
		}
	}
	return true
}

// past reports whether all correct servers have left an epoch and have what they gained
// with the next, no lease for it can last, and the windows of its groups, by the account of
// who judges them, are closed.
func (m *mobile) past(epoch uint64, now time.Duration) bool {
	if o, ok := m.observer.(interface {
		Closed(at int64, epoch uint64) (time.Duration, bool)
	}); ok {
		if to, closed := o.Closed(int64(now), epoch); !closed || now <= to {
			return false
		}
	}
	c := m.subject.(inhabited).house().config
	lease := c.View.Lease + c.View.Lease*time.Duration(2*m.drift)/million
	return epoch < m.latest() && m.epochs[epoch].left > 0 && now >= m.epochs[epoch+1].since+lease
}

// lastOf returns the last epoch of the group that runs the service in an epoch, and
// false if the service never moves.
func lastOf(c *membership.Config, epoch uint64) (uint64, bool) {
	if c.MoveEvery == 0 {
		return 0, false
	}
	return epoch - epoch%c.MoveEvery + c.MoveEvery - 1, true
}

// forEver is when a spell ends that lasts at the end of the run.
const forEver = time.Duration(1 << 62)

// assumed returns the bounds of the windows that the adversary moves through: those of
// the service's groups, then those of storage.
func (m *mobile) assumed(windows []checker.Window, others []sim.Corruption) (out []Assumed) {
	c := m.subject.(inhabited).house().config
	for e, d := range m.epochs {
		if first := uint64(e); c.Instance(first) == first {
			w := checker.Window{Epoch: first, Members: d.group, From: m.epochs[max(e-1, 0)].since, To: forEver}
			if last, moves := lastOf(c, first); moves && last < m.latest() && m.epochs[last].left > 0 {
				w.To = m.epochs[last].left
			}
			out = append(out, m.during(fmt.Sprintf("the membership service's group of epoch %d", first), &w, others))
		}
	}
	for i := range windows {
		out = append(out, m.during(windowName(&windows[i]), &windows[i], others))
	}
	return out
}

// during returns a bound with those whom the adversary held in its window.
func (m *mobile) during(group string, w *checker.Window, others []sim.Corruption) Assumed {
	a := window(group, w, m.f, others)
	for _, s := range m.spells[:m.begun] {
		if s.to == 0 {
			s.to = forEver
		}
		if s.node != protocol.None && s.from <= w.To && s.to >= w.From {
			a.add(s.node, s.from)
		}
	}
	return a
}
