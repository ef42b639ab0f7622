package checker

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// Membership watches a run of the membership service: that all correct nodes hold
// one configuration in each epoch and never go back, that epochs end and members
// are evicted only for a reason that a correct replica has seen, and that clients
// act only in epochs that were current a lease ago. It judges by the nodes' states
// and not by their messages. What a storage system would do with the epochs is not
// its concern.
type Membership struct {
	*Clients

	run      MembershipRun
	seen     []uint64           // by node: the epoch that it was last in
	life     []protocol.Machine // by node: the incarnation that was in it
	entered  [][]entry          // by node: its last entries
	epochs   []epoch            // from genesis on
	lastAct  []int64            // by node: when it last took a step
	public   *auth.Keys         // to hash with: nobody's
	foretold int                // moves in a row whose outcome was public
	leaked   bool               // key-secrecy was found broken
	plunder  plunder
	stalled  string // the first epoch that took too long to end
}

// entry is when a node entered an epoch.
type entry struct {
	epoch uint64
	at    int64
}

// MembershipRun is what Membership must know of a run besides System.
type MembershipRun struct {
	Genesis     *ring.Config
	Lease       time.Duration // T_f
	Drift       int64         // ppm; no correct clock drifts more
	EpochLength time.Duration
	Sync        time.Duration                           // how long a node's disk may take; what it entered so shortly before a crash, nobody has seen
	Accept      int                                     // misses that a correct prober must have seen
	Least       int                                     // active members that no eviction may go below
	Gone        func(protocol.NodeID) bool              // whether a server is there in name only, from the start
	Ordered     func(ring.ChangeKind, protocol.ID) bool // whether the authority has ordered a change
}

// epoch is what is known of one epoch.
type epoch struct {
	begun    int64 // when the first correct replica executed its beginning, or node entered it
	config   *ring.Config
	form     [32]byte // hash of all that the configuration says, statuses included
	first    protocol.NodeID
	named    bool // statement is known
	state    view.EpochStatement
	ending   bool          // a correct replica has voted to end it
	reasoned []protocol.ID // changes of status that were seen to have a reason
	over     bool          // its end was looked at
	changes  int           // pending changes that were looked at
}

// NewMembership returns an observer of a run whose servers are the nodes below
// s.FirstClient.
func NewMembership(s System, run MembershipRun) *Membership {
	s.Situations = membership.Situations()
	n := int(s.FirstClient) + s.Clients
	m := &Membership{Clients: NewClients(s), run: run, seen: make([]uint64, n), lastAct: make([]int64, n),
		life: make([]protocol.Machine, n), entered: make([][]entry, n)}
	for i := range m.seen {
		m.seen[i] = run.Genesis.Epoch()
	}
	m.public = &auth.Keys{Meter: new(protocol.Meter)}
	m.epochs = []epoch{{config: run.Genesis, form: formOf(run.Genesis), first: protocol.None}}
	return m
}

// formOf hashes all that a configuration says. It does not rely on the
// configuration's own digest.
func formOf(c *ring.Config) [32]byte { return sha256.Sum256(c.AppendTo(nil)) }

// maxEntries is how many entries are kept of a node, as many as it may take from
// one answer and more.
const maxEntries = 32

// at returns the record of an epoch, a new one if nothing was known of it.
func (m *Membership) at(e uint64) *epoch {
	first := m.run.Genesis.Epoch()
	for uint64(len(m.epochs)) <= e-first {
		m.epochs = append(m.epochs, epoch{first: protocol.None})
	}
	return &m.epochs[e-first]
}

// latest returns the last epoch that began.
func (m *Membership) latest() uint64 { return m.run.Genesis.Epoch() + uint64(len(m.epochs)) - 1 }

// Invoked records the beginning of an operation.
func (m *Membership) Invoked(_ uint64, at int64, client protocol.NodeID, op protocol.Operation) {
	*m.flight(client) = flight{op: op, at: at, open: true}
}

// Returned records its end, and holds membership.freshness for a client that acted.
func (m *Membership) Returned(event uint64, at int64, client protocol.NodeID, r protocol.Result) {
	f := m.flight(client)
	f.open = false
	m.timed(f, at)
	if f.op.Kind.Changes() || len(r.Value) != 8 {
		return
	}
	m.acted(event, at, client, binary.LittleEndian.Uint64(r.Value))
}

// acted holds membership.freshness for a client that has acted in an epoch.
func (m *Membership) acted(event uint64, at int64, client protocol.NodeID, e uint64) {
	if e >= m.latest() {
		return
	}
	ended := m.at(e + 1).begun
	late := time.Duration(at-ended) - m.run.Lease - m.run.Lease*time.Duration(2*m.run.Drift)/1_000_000
	if late > 0 {
		m.find("membership.freshness", event, at, client, "client %d acted in epoch %d at %v, %v after its end, %v beyond the lease",
			m.number(client), e, time.Duration(at), time.Duration(at-ended), late)
	}
}

// Stepped looks at what a node's input has changed.
func (m *Membership) Stepped(event uint64, at int64, node protocol.NodeID, machine protocol.Machine) {
	crashed := m.lastAct[node]
	if m.lastAct[node] = at; !m.system.Correct(node) {
		return
	}
	if m.life[node] != machine {
		m.life[node] = machine
		m.restarted(node, crashed)
	}
	switch s := machine.(type) {
	case *membership.Server:
		if service := s.Service(); service != nil {
			m.executed(event, at, node, s, service)
		}
		m.moved(event, at, node, s.View())
		m.secret(event, at, node, s)
	case interface{ View() *view.View }: // a client
		m.moved(event, at, node, s.View())
	}
}

// restarted forgives a node that came back the epochs that it had entered and not
// stored: their effects were held back.
func (m *Membership) restarted(node protocol.NodeID, crashed int64) {
	for i := len(m.entered[node]) - 1; i >= 0 && m.entered[node][i].at+int64(m.run.Sync) >= crashed; i-- {
		m.seen[node] = m.entered[node][i].epoch - 1
	}
	m.entered[node] = nil
}

// moved holds membership.monotone and membership.one-configuration.
func (m *Membership) moved(event uint64, at int64, node protocol.NodeID, v *view.View) {
	e, was := v.Epoch(), m.seen[node]
	if e < was {
		m.find("membership.monotone", event, at, node, "node %d went back from epoch %d to %d", node, was, e)
	}
	for next := was + 1; next <= e; next++ {
		m.begin(at, next)
		m.ended(event, at, node, next-1, v.Step(next-1).Delta.Changes)
		m.configured(event, at, node, v.ConfigAt(next), v.Certificate(next))
		m.entered[node] = append(m.entered[node][max(0, len(m.entered[node])-maxEntries):], entry{next, at})
	}
	m.seen[node] = e
}

func (m *Membership) configured(event uint64, at int64, node protocol.NodeID, c *ring.Config, cert *view.EpochCertificate) {
	r := m.at(c.Epoch())
	if r.config == nil {
		r.config, r.form, r.first = c, formOf(c), node
		m.drawn(event, at, node, c)
	} else if r.config != c && formOf(c) != r.form {
		m.find("membership.one-configuration", event, at, node, "nodes %d and %d are in epoch %d with different configurations", r.first, node, c.Epoch())
	}
	if !r.named {
		r.named, r.state = true, cert.EpochStatement
	} else if r.state != cert.EpochStatement {
		m.find("membership.one-configuration", event, at, node, "two different certificates of epoch %d are in use", c.Epoch())
	}
}

// begin notes when an epoch began. The service's own replicas are first, if all is
// well.
func (m *Membership) begin(at int64, e uint64) {
	if e <= m.latest() {
		return
	}
	if last := m.at(m.latest()); m.stalled == "" {
		if took := time.Duration(at - max(last.begun, int64(m.system.Calm))); took > m.run.EpochLength+m.system.Bound {
			m.stalled = fmt.Sprintf("epoch %d took %v to end, %v after the last fault", m.latest(), time.Duration(at-last.begun), took)
		}
	}
	m.at(e).begun = at
}

// executed looks at what a replica of the service has executed: votes first, then
// changes, then ends of epochs.
func (m *Membership) executed(event uint64, at int64, node protocol.NodeID, s *membership.Server, service *membership.Service) {
	if own := s.View().Epoch(); own <= m.latest() && s.Ending() {
		m.at(own).ending = true
	}
	e := service.Epoch()
	if b := service.Boundary(); e > m.latest() && b != nil {
		m.begin(at, e)
		m.plunder.record(b)
		m.ended(event, at, node, e-1, b.Delta.Changes)
	}
	if e != m.latest() {
		return
	}
	if r := m.at(e); r.changes != len(service.Pending()) {
		r.changes = len(service.Pending())
		m.reasons(event, at, node, e, service.Pending())
	}
}

// ended holds that an epoch ended because a correct replica wanted it to.
func (m *Membership) ended(event uint64, at int64, node protocol.NodeID, e uint64, changes []ring.Change) {
	r := m.at(e)
	if r.over {
		return
	}
	r.over = true
	if !r.ending {
		m.find("membership.justified-end", event, at, node, "epoch %d ended, and no correct replica had voted for it", e)
	}
	m.reasons(event, at, node, e, changes)
	for i := range changes {
		if c := &changes[i]; c.Kind != ring.SetStatus && !m.run.Ordered(c.Kind, c.Member.ID) {
			m.find("membership.authorised", event, at, node, "%v joins or leaves in epoch %d, and the authority never said so", c.Member.ID, e+1)
		}
	}
}

// reasons holds membership.justified-eviction for changes of status that the service
// has decided on in an epoch, and its counterpart for returns.
func (m *Membership) reasons(event uint64, at int64, node protocol.NodeID, e uint64, changes []ring.Change) {
	r := m.at(e)
	for i := range changes {
		c := &changes[i]
		if c.Kind != ring.SetStatus || containsID(r.reasoned, c.Member.ID) {
			continue
		}
		r.reasoned = append(r.reasoned, c.Member.ID)
		if c.Member.Status == ring.Inactive {
			m.missed(event, at, node, e, c.Member.ID)
		} else {
			m.recovered(event, at, node, e, c.Member.ID)
		}
	}
}

func containsID(ids []protocol.ID, id protocol.ID) bool {
	for i := range ids {
		if ids[i] == id {
			return true
		}
	}
	return false
}

// missed holds that some correct prober has missed a member that is to be inactive.
func (m *Membership) missed(event uint64, at int64, node protocol.NodeID, e uint64, id protocol.ID) {
	for i := range m.system.FirstClient {
		if s, ok := m.system.Machine(i).(*membership.Server); ok && m.system.Correct(i) && s.Missed(id) >= m.run.Accept {
			return
		}
	}
	m.find("membership.justified-eviction", event, at, node, "%v is evicted in epoch %d, and no correct replica has missed it %d times in a row", id, e, m.run.Accept)
}

// recovered holds that a correct member that is taken back is in the epoch in which
// that is decided.
func (m *Membership) recovered(event uint64, at int64, node protocol.NodeID, e uint64, id protocol.ID) {
	for i := range m.system.FirstClient {
		s, ok := m.system.Machine(i).(*membership.Server)
		if ok && m.system.Correct(i) && s.View().Self() == id && s.View().Epoch() < e {
			m.find("membership.recovered", event, at, node, "node %d is taken back in epoch %d and is itself in epoch %d", i, e, s.View().Epoch())
		}
	}
}
