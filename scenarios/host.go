package scenarios

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership"
)

// host is a server of a system whose groups change: a member of the membership
// service, and a storage replica beside it that follows the epochs by the member's
// view. The two know nothing of each other.
type host struct {
	server  *membership.Server
	replica *dbqs.Replica
}

func newHost(server *membership.Server, config *dbqs.Config, k *auth.Keys) *host {
	return &host{server, dbqs.NewMember(config, k, server.View())}
}

// Server returns the member, for checkers.
func (h *host) Server() *membership.Server { return h.server }

// Replica returns the storage replica, for checkers.
func (h *host) Replica() *dbqs.Replica { return h.replica }

// Start implements protocol.Machine.
func (h *host) Start(env protocol.Env, disk protocol.Disk) {
	h.server.Start(env, disk)
	h.replica.Start(env, disk)
}

// Deliver implements protocol.Machine.
func (h *host) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	if dbqs.Speaks(m) {
		h.replica.Deliver(env, from, m)
		return
	}
	h.server.Deliver(env, from, m)
	h.replica.Follow(env)
}

// Timer implements protocol.Machine.
func (h *host) Timer(env protocol.Env, id protocol.TimerID) {
	if dbqs.IsTimer(id) {
		h.replica.Timer(env, id)
		return
	}
	h.server.Timer(env, id)
	h.replica.Follow(env)
}

// Clone implements protocol.Machine.
func (h *host) Clone() protocol.Machine {
	s := h.server.Clone().(*membership.Server)
	return &host{s, h.replica.CloneWith(s.View())}
}

// AppendState implements protocol.Machine.
func (h *host) AppendState(b []byte) []byte {
	return h.replica.AppendState(protocol.AppendBytes(b, h.server.AppendState(nil)))
}
