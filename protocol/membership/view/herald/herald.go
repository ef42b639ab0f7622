// Package herald stands in for the membership service where nobody asks how it
// works: a list of configurations, each certified, and one node that sends the step
// into each of them to everyone as soon as it starts. When a step arrives is the
// network's to say, to each node apart; a node that is told late lives in the past.
//
// It models what the nodes of package view see of a service that is correct: one
// configuration for each epoch, under the service's signature. Left out: how the
// service agrees on it, and when; members that are active or not, so that every
// member of a configuration is in every group of it; answers to whoever asks for steps or
// for freshness. Leases have no length here (view.Config.Lease): nodes act in the epoch
// that they know of.
package herald

import (
	"encoding/binary"
	"fmt"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// Shape is how the groups of a plan follow each other. At each step Overlap members
// stay: server 0 if any does, and of the others the youngest. The rest are replaced by servers
// that were never there, with the next numbers.
type Shape struct {
	Size    int // of each group
	Overlap int // members that two consecutive groups share, fewer than Size
	Epochs  int // steps
}

// Servers returns how many servers are a member at some time.
func (s Shape) Servers() int { return s.Size + s.Epochs*(s.Size-s.Overlap) }

// Group returns the servers of an epoch, ascending.
func (s Shape) Group(epoch int) (ids []protocol.NodeID) {
	beyond := s.Size + epoch*(s.Size-s.Overlap)
	for i := range s.Size {
		ids = append(ids, protocol.NodeID(beyond-s.Size+i))
	}
	if s.Overlap > 0 {
		ids[0] = 0
	}
	return ids
}

// Plan is the certified configurations of a run. It is immutable.
type Plan struct {
	Shape Shape
	View  *view.Config
	Steps []*view.Step
}

// NewPlan returns a plan whose certificates are signed with keys of the authority.
// The configurations are the same for all authorities.
func NewPlan(a *auth.Authority, s Shape) (*Plan, error) {
	if s.Size < 1 || s.Overlap < 0 || s.Overlap >= s.Size || s.Epochs < 1 || s.Servers() > 255 {
		return nil, fmt.Errorf("there are no groups of %d servers of which %d stay at each of %d steps", s.Size, s.Overlap, s.Epochs)
	}
	sharing, shares, err := a.NewThreshold(auth.Group{Members: s.Group(0)})
	if err != nil {
		return nil, err
	}
	config, err := ring.NewConfig(0, s.members(s.Group(0)), nil, nil, ring.Options{})
	if err != nil {
		return nil, err
	}
	p := &Plan{Shape: s, View: &view.Config{Service: sharing.Key(), Genesis: config}}
	for e := 1; e <= s.Epochs; e++ {
		delta := s.delta(e)
		if config, err = config.Apply(delta); err != nil {
			return nil, err
		}
		statement := view.EpochStatement{Epoch: config.Epoch(), Config: config.Digest()}
		signature, err := sign(a, sharing, shares, statement.Bytes())
		if err != nil {
			return nil, err
		}
		p.Steps = append(p.Steps, &view.Step{Delta: delta, Certificate: view.EpochCertificate{EpochStatement: statement, Signature: signature}})
	}
	return p, nil
}

// Place returns the place of a server on the ring.
func Place(server protocol.NodeID) protocol.ID { return protocol.ID{byte(server + 1)} }

func (s Shape) members(ids []protocol.NodeID) (out []ring.Member) {
	for _, id := range ids {
		out = append(out, ring.Member{ID: Place(id), Node: id})
	}
	return out
}

// delta returns the step into an epoch.
func (s Shape) delta(epoch int) *ring.Delta {
	old, next := s.Group(epoch-1), s.Group(epoch)
	without := func(ids, others []protocol.NodeID) []ring.Member {
		return s.members(slices.DeleteFunc(slices.Clone(ids), func(id protocol.NodeID) bool { return slices.Contains(others, id) }))
	}
	var changes []ring.Change
	for _, m := range without(old, next) {
		changes = append(changes, ring.Change{Kind: ring.Remove, Member: m})
	}
	for _, m := range without(next, old) {
		changes = append(changes, ring.Change{Kind: ring.Add, Member: m})
	}
	return ring.NewDelta(uint64(epoch-1), changes)
}

func sign(a *auth.Authority, sharing *auth.Sharing, shares []auth.Share, msg []byte) (sig auth.ThresholdSignature, err error) {
	var partials []auth.Partial
	k := a.Keys(0)
	for _, share := range shares[:sharing.Group().Threshold()] {
		partial, ok := k.PartialSign(share, msg)
		if !ok {
			return sig, fmt.Errorf("a share of the service's key does not sign")
		}
		partials = append(partials, partial)
	}
	return k.Combine(sharing, msg, partials)
}

// Herald is the node that tells everyone of every step.
type Herald struct {
	plan  *Plan
	nodes int // that are told: the first so many
}

// New returns the herald of a plan for the nodes below the given number.
func New(p *Plan, nodes int) *Herald { return &Herald{p, nodes} }

// Start implements protocol.Machine.
func (h *Herald) Start(env protocol.Env, _ protocol.Disk) {
	for to := range h.nodes {
		for _, s := range h.plan.Steps {
			env.Send(protocol.NodeID(to), s)
		}
	}
}

// Deliver implements protocol.Machine: the herald answers nobody.
func (*Herald) Deliver(protocol.Env, protocol.NodeID, protocol.Message) {}

// Timer implements protocol.Machine.
func (*Herald) Timer(protocol.Env, protocol.TimerID) {}

// Clone implements protocol.Machine: a herald has no state.
func (h *Herald) Clone() protocol.Machine { return h }

// AppendState implements protocol.Machine.
func (h *Herald) AppendState(b []byte) []byte { return binary.AppendUvarint(b, uint64(h.nodes)) }
