package adversary

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// MembershipThief goes through the secrets of the servers that it comes to, one after
// the other, members and former members of the service's group. It takes shares of the
// service's key, remembers every handover, and tries the keys that a server still has on
// what was once sealed to it. The public key never changes: whoever has f+1 shares of
// one sharing, however old, signs for the service today. The thief then makes a step to a
// configuration of its own, tells it to everyone, and the service never hears of it.
//
// Left out: signing old statements again with stolen keys. They count in no epoch but
// their own, see membership.epoch-in-signature.
type MembershipThief struct {
	told uint64 // 1 + the epoch that it last forged a step out of
}

// hoard is what a thief and its accomplices have got hold of.
type hoard struct {
	shares    []stolen
	handovers []*membership.Handover // ascending
}

// stolen is a share, and the sharing that it belongs to.
type stolen struct {
	share auth.Share
	of    *auth.Sharing
}

// keep adds a share that is new.
func (h *hoard) keep(share auth.Share, of *auth.Sharing) {
	id, index, held := share.Held()
	if !held || of == nil || of.ID() != id {
		return
	}
	for _, s := range h.shares {
		if other, i, _ := s.share.Held(); other == id && i == index {
			return
		}
	}
	h.shares = append(h.shares, stolen{share, of})
}

// record adds a handover that is new.
func (h *hoard) record(m *membership.Handover) {
	i, known := slices.BinarySearchFunc(h.handovers, m.Epoch, func(o *membership.Handover, epoch uint64) int { return int(o.Epoch) - int(epoch) })
	if !known {
		h.handovers = slices.Insert(h.handovers, i, m)
	}
}

// enough returns the shares of a sharing of which there are enough to sign.
func (h *hoard) enough() (of *auth.Sharing, shares []auth.Share) {
	for _, s := range h.shares {
		shares = shares[:0]
		for _, o := range h.shares {
			if o.of.ID() == s.of.ID() {
				shares = append(shares, o.share)
			}
		}
		if len(shares) >= s.of.Group().Threshold() {
			return s.of, shares
		}
	}
	return nil, nil
}

func (h *hoard) clone() hoard { return hoard{slices.Clone(h.shares), slices.Clone(h.handovers)} }

func (h *hoard) appendTo(b []byte) []byte {
	for _, s := range h.shares {
		b = s.share.AppendTo(b)
	}
	for _, m := range h.handovers {
		b = m.AppendTo(b)
	}
	return b
}

// Name returns "membership-thief".
func (*MembershipThief) Name() string { return "membership-thief" }

// In does nothing.
func (*MembershipThief) In(*Step) {}

// Out takes what there is, and tells everyone what it can sign. The truth passes: a thief
// would rather not be noticed.
func (t *MembershipThief) Out(s *Step, out []Sent) []Sent {
	server := memberOf(s.Honest())
	if server == nil || s.Cabal() == nil {
		return out
	}
	h := &s.Cabal().hoard
	secrets, of := server.Loot()
	h.keep(secrets.Share, of)
	for _, m := range server.Handovers() {
		h.record(m)
	}
	for _, m := range h.handovers {
		if share, of, opens := server.Opens(m); opens {
			h.keep(share, of)
		}
	}
	now := server.View().Config()
	if t.told == now.Epoch()+1 {
		return out
	}
	of, shares := h.enough()
	if of == nil {
		return out
	}
	t.told = now.Epoch() + 1
	if step := forgedStep(s, of, shares, now); step != nil {
		for m := range now.All() {
			if m.Node != s.Self() {
				out = append(out, s.late(Sent{To: m.Node, Message: step, By: t.Name()}))
			}
		}
	}
	return out
}

// memberOf returns the membership's part of a server, nil of anything else.
func memberOf(machine protocol.Machine) *membership.Server {
	if h, both := machine.(interface{ Server() *membership.Server }); both {
		return h.Server()
	}
	s, _ := machine.(*membership.Server)
	return s
}

// forgedStep makes a step out of an epoch that silences one member, under the
// service's signature. Which one is drawn; in the calm case nobody, and there is no step.
func forgedStep(s *Step, of *auth.Sharing, shares []auth.Share, now *ring.Config) *view.Step {
	victim := s.Power().Choose("membership-thief.victim", now.Len()+1)
	if victim == 0 {
		return nil
	}
	m := *now.At(victim - 1)
	m.Status = ring.Active + ring.Inactive - m.Status
	delta := ring.NewDelta(now.Epoch(), []ring.Change{{Kind: ring.SetStatus, Member: ring.Member{ID: m.ID, Status: m.Status}}})
	next, err := now.Apply(delta)
	if err != nil {
		return nil // the group would lose a member that it cannot do without
	}
	statement := view.EpochStatement{Epoch: next.Epoch(), Config: next.Digest()}
	var parts []auth.Partial
	for _, share := range shares {
		if part, held := s.Keys().PartialSign(share, statement.Bytes()); held {
			parts = append(parts, part)
		}
	}
	sig, err := s.Keys().Combine(of, statement.Bytes(), parts)
	if err != nil {
		return nil
	}
	return &view.Step{Delta: delta, Certificate: view.EpochCertificate{EpochStatement: statement, Signature: sig}}
}

// Clone returns an independent copy.
func (t *MembershipThief) Clone() Strategy { c := *t; return &c }

// AppendState appends what it has told.
func (t *MembershipThief) AppendState(b []byte) []byte {
	return append(b, byte(t.told), byte(t.told>>8))
}
