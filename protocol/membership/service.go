package membership

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
	"turncoat/protocol/ring"
)

// This file models the state machine of the service. It changes by operations
// alone, and what it decides is a function of them: it has no clock and asks nobody.
// What its replica must do about an execution, such as sign the new epoch, it
// says in events, which are no part of the state.

// Service is the replicated state. It implements pbft.Service.
type Service struct {
	cfg  *Config
	keys *auth.Keys // to verify with

	config   *ring.Config  // of the epoch
	pending  []ring.Change // for the next, in the order of the members' ids, one for each
	used     []usedOrder   // admissions that were carried out and have not expired, ascending
	sharing  *auth.Sharing // of the service's key, in the present group
	boundary *Boundary     // how the epoch began; nil in the first of a group
	closing  *closing      // how the next will begin, while the service moves

	parts  [][]byte // the snapshot; parts that have changed since are nil
	events []event
}

// usedOrder remembers an admission, so that nobody can bring it again after the
// member has left, or come back.
type usedOrder struct {
	digest auth.Digest
	expiry uint64
}

// Boundary is how an epoch began, for the service to sign and everyone to follow.
type Boundary struct {
	Delta     *ring.Delta
	Statement view.EpochStatement
	Handover  []byte // for the next group
}

// event is something for the replica to do after an execution.
type event struct {
	root   auth.Digest     // vouch for the epoch after the nonces under it were drawn
	epoch  uint64          // in which the operation executed
	client protocol.NodeID // who gathered them
}

// NewService returns the service in the genesis configuration, executing at the
// replica that keys belong to.
func NewService(cfg *Config, keys *auth.Keys) *Service {
	return newService(cfg, keys, cfg.View.Genesis, nil, cfg.Sharing)
}

// newService returns the service as a group finds it.
func newService(cfg *Config, keys *auth.Keys, in *ring.Config, used []usedOrder, sharing *auth.Sharing) *Service {
	return &Service{cfg: cfg, keys: keys, config: in, used: used, sharing: sharing, parts: make([][]byte, numParts)}
}

// Epoch returns the epoch that the last execution left the service in.
func (s *Service) Epoch() uint64 { return s.config.Epoch() }

// Config returns the configuration of that epoch.
func (s *Service) Config() *ring.Config { return s.config }

// Pending returns the changes for the next epoch, in the order of ids. The caller
// does not write to them.
func (s *Service) Pending() []ring.Change { return s.pending }

// Boundary returns how the epoch began, nil in the genesis epoch.
func (s *Service) Boundary() *Boundary { return s.boundary }

// Execute applies an operation. The result is one byte, an Outcome.
func (s *Service) Execute(client protocol.NodeID, op []byte, readOnly bool) []byte {
	o, err := decodeOperation(op)
	outcome := Malformed
	if err == nil && !readOnly {
		switch o.tag {
		case opAdmit:
			outcome = s.admit(&o.admit)
		case opStatus:
			outcome = s.setStatus(&o)
		case opEnd:
			outcome = s.endEpoch(&o)
		case opDeal:
			outcome = s.deal(&o)
		case opAccuse:
			outcome = s.accuse(&o)
		case opFresh:
			outcome = Done
			s.events = append(s.events, event{root: o.root, epoch: s.Epoch(), client: client})
		}
	}
	return []byte{byte(outcome)}
}

// admit adds or removes a member on the authority's word.
func (s *Service) admit(a *Admission) Outcome {
	text := a.text()
	if !s.keys.Verify(s.cfg.Authority, text, &a.Sig) {
		return Foreign
	}
	if s.closing != nil {
		return Closing
	}
	if a.Expiry < s.Epoch() {
		return Expired
	}
	order := usedOrder{s.keys.Digest(text), a.Expiry}
	at, again := slices.BinarySearchFunc(s.used, order.digest, func(u usedOrder, d auth.Digest) int { return slices.Compare(u.digest[:], d[:]) })
	if again {
		return Used
	}
	outcome := s.change(ring.Change{Kind: a.Change, Member: a.Member})
	if outcome == Done {
		s.used = slices.Insert(s.used, at, order)
	}
	return outcome
}

// setStatus evicts or reactivates a member on the word of f+1 replicas.
func (s *Service) setStatus(o *operation) Outcome {
	if outcome := s.supported(o, o.kind); outcome != Done {
		return outcome
	}
	status := ring.Inactive
	if o.kind == VoteReactivate {
		status = ring.Active
	}
	return s.change(ring.Change{Kind: ring.SetStatus, Member: ring.Member{ID: o.target, Status: status}})
}

// supported verifies that f+1 of those who probe, or of the replicas, have signed in this
// epoch what an operation says. The statements are checked here, where every replica checks the same, and
// not when they are gathered: whoever gathers them may lie.
func (s *Service) supported(o *operation, kind VoteKind) Outcome {
	if s.closing != nil {
		return Closing
	}
	if o.epoch != s.Epoch() && s.cfg.enforced(view.EpochInSignature) {
		return WrongEpoch
	}
	probers, weak := s.cfg.probers(s.keys, s.config, kind, o.target)
	if s.cfg.witnessed(s.keys, s.Epoch(), probers, weak, kind, o.target, o.evidence) {
		return Done
	}
	return Unsupported
}

// change enters a change among those for the next epoch. One that undoes another
// takes it away; a removal overrides a change of status.
func (s *Service) change(c ring.Change) Outcome {
	id := c.Member.ID
	member := s.config.Lookup(id)
	i, waits := slices.BinarySearchFunc(s.pending, id, func(p ring.Change, id protocol.ID) int { return p.Member.ID.Compare(id) })
	switch {
	case c.Kind == ring.Add && (member != nil || waits):
		return Duplicate
	case c.Kind == ring.Add:
		s.pending = slices.Insert(s.pending, i, c)
	case waits && s.pending[i].Kind == ring.Add && c.Kind == ring.Remove && s.floored(&c):
		return Needed
	case waits && s.pending[i].Kind == ring.Add && c.Kind == ring.Remove:
		s.pending = slices.Delete(s.pending, i, i+1)
	case member == nil:
		return Unknown
	case c.Kind == ring.Remove && replicaOf(s.config, id) >= 0:
		return Serving
	case waits && s.pending[i].Kind == ring.Remove:
		return Duplicate
	case s.floored(&c):
		return Needed
	case c.Kind == ring.Remove && waits:
		s.pending[i] = c
	case c.Kind == ring.Remove:
		s.pending = slices.Insert(s.pending, i, c)
	default:
		return s.changeStatus(i, waits, member, c)
	}
	s.parts[0] = nil
	return Done
}

func (s *Service) changeStatus(i int, waits bool, member *ring.Member, c ring.Change) Outcome {
	switch {
	case waits && s.pending[i].Member.Status == c.Member.Status, !waits && member.Status == c.Member.Status:
		return Duplicate
	case waits:
		s.pending = slices.Delete(s.pending, i, i+1) // back to what the member is
	default:
		s.pending = slices.Insert(s.pending, i, c)
	}
	s.parts[0] = nil
	return Done
}

// endEpoch fixes the configuration of the next epoch: this one's, and the pending
// changes.
func (s *Service) endEpoch(o *operation) Outcome {
	if outcome := s.supported(o, VoteEnd); outcome != Done {
		return outcome
	}
	delta := ring.NewDelta(s.Epoch(), s.pending)
	next, err := s.cfg.View.Versions.Apply(s.config, delta)
	if err != nil {
		panic("membership: the service let a change in that is none: " + err.Error())
	}
	if s.cfg.moves(s.Epoch()) {
		s.close(delta, next)
	} else {
		s.begin(delta, next, s.sharing, nil)
	}
	return Done
}

// begin enters the next epoch. The handover holds the sharing of the group that ends
// and how it is dealt to the next, if it does.
func (s *Service) begin(delta *ring.Delta, next *ring.Config, sharing *auth.Sharing, dealings []*auth.Dealing) {
	s.keys.Meter.Digests += uint64(next.Digests())
	for i := range delta.Changes {
		s.parts[partOf(delta.Changes[i].Member.ID)] = nil
	}
	s.config, s.pending, s.parts[0] = next, nil, nil
	s.used = slices.DeleteFunc(s.used, func(u usedOrder) bool { return u.expiry < next.Epoch() })
	form := (&handover{s.used, sharing, dealings}).appendTo(nil)
	st := view.EpochStatement{Epoch: next.Epoch(), Config: next.Digest(), State: stateDigest(s.keys, next, form)}
	s.boundary = &Boundary{delta, st, form}
}

func appendUsed(b []byte, used []usedOrder) []byte {
	b = binary.AppendUvarint(b, uint64(len(used)))
	for i := range used {
		b = append(b, used[i].digest[:]...)
		b = binary.LittleEndian.AppendUint64(b, used[i].expiry)
	}
	return b
}

// takeEvents returns what is to be done about the executions since the last call.
func (s *Service) takeEvents() []event {
	events := s.events
	s.events = nil
	return events
}

// Clone returns an independent copy.
func (s *Service) Clone() pbft.Service {
	c := *s
	c.pending, c.used = slices.Clone(s.pending), slices.Clone(s.used)
	c.closing = s.closing.clone()
	c.parts, c.events = slices.Clone(s.parts), slices.Clone(s.events)
	return &c
}
