package scenarios

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbft"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
)

// tenant is the storage part of a server.
type tenant[R any] interface {
	protocol.Machine
	Follow(protocol.Env)
	Settled(x protocol.ID, epoch uint64) bool
	CloneWith(*view.View) R
}

// host is a server of a system whose groups change: a member of the membership
// service, and a storage replica beside it that follows the epochs by the member's
// view. The two know nothing of each other.
type host[R tenant[R]] struct {
	server  *membership.Server
	replica R
	speaks  func(protocol.Message) bool // whether a message is for the replica
	times   func(protocol.TimerID) bool // whether a timer is the replica's
}

func newHost(server *membership.Server, config *dbqs.Config, k *auth.Keys) *host[*dbqs.Replica] {
	return &host[*dbqs.Replica]{server, dbqs.NewMember(config, k, server.View()), dbqs.Speaks, dbqs.IsTimer}
}

func newGroupHost(server *membership.Server, config *dbft.Config, k *auth.Keys) *host[*dbft.Replica] {
	return &host[*dbft.Replica]{server, dbft.NewReplica(config, k, server.View()), dbft.Speaks, dbft.IsTimer}
}

// Server returns the member, for checkers.
func (h *host[R]) Server() *membership.Server { return h.server }

// Replica returns the storage replica, for checkers.
func (h *host[R]) Replica() R { return h.replica }

// settled reports whether the storage replica has what it gained of an object up to an epoch.
func (h *host[R]) settled(x protocol.ID, epoch uint64) bool { return h.replica.Settled(x, epoch) }

// doubt tells the storage replica that it was put right in an epoch, if it can recover.
func (h *host[R]) doubt(epoch uint64) {
	if r, ok := any(h.replica).(interface{ Doubt(epoch uint64) }); ok {
		r.Doubt(epoch)
	}
}

// lose makes the storage replica lose its objects, if it can recover from that.
func (h *host[R]) lose() {
	if r, ok := any(h.replica).(interface{ Lose() }); ok {
		r.Lose()
	}
}

// Start implements protocol.Machine.
func (h *host[R]) Start(env protocol.Env, disk protocol.Disk) {
	h.server.Start(env, disk)
	h.replica.Start(env, disk)
}

// Deliver implements protocol.Machine.
func (h *host[R]) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	if h.speaks(m) {
		h.replica.Deliver(env, from, m)
		return
	}
	h.server.Deliver(env, from, m)
	h.replica.Follow(env)
}

// Timer implements protocol.Machine.
func (h *host[R]) Timer(env protocol.Env, id protocol.TimerID) {
	if h.times(id) {
		h.replica.Timer(env, id)
		return
	}
	h.server.Timer(env, id)
	h.replica.Follow(env)
}

// Clone implements protocol.Machine.
func (h *host[R]) Clone() protocol.Machine {
	c := *h
	c.server = h.server.Clone().(*membership.Server)
	c.replica = h.replica.CloneWith(c.server.View())
	return &c
}

// AppendState implements protocol.Machine.
func (h *host[R]) AppendState(b []byte) []byte {
	return h.replica.AppendState(protocol.AppendBytes(b, h.server.AppendState(nil)))
}
