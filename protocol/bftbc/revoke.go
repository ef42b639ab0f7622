package bftbc

import (
	"encoding/binary"
	"slices"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// The removal of a client [O]: the admission authority signs a revocation and
// sends it to every server until all have acknowledged it. A replica that knows of
// it prepares nothing more for the client. What was prepared before may still be
// written by anyone: the lurking writes. A removal takes full effect when the last
// correct replica knows of it; until then, one that does not may still be shown a
// write certificate of the first lurking write and help to prepare another.

// onRevoke bars a client for good.
func (r *Replica) onRevoke(env protocol.Env, from protocol.NodeID, m *Revoke) {
	r.keys.Scratch = revocation(r.keys.Scratch[:0], r.config.Epoch, m.Client)
	if !r.keys.Verify(r.config.Admission, r.keys.Scratch, &m.Sig) {
		env.Note(Refused, uint64(m.Client))
		return
	}
	if r.bar(m.Client) {
		env.Note(Revoked, uint64(m.Client))
		env.Store(protocol.KeyOf("bftbc.revoked", uint64(m.Client)), m)
		env.Sync()
	}
	r.reply(env, from, &RevokeReply{Client: m.Client})
}

// bar adds a removed client and reports whether it was new.
func (r *Replica) bar(client protocol.NodeID) bool {
	i, found := slices.BinarySearch(r.revoked, client)
	if !found {
		r.revoked = slices.Insert(r.revoked, i, client)
	}
	return !found
}

// removed reports whether the replica knows a client to be removed.
func (r *Replica) removed(client protocol.NodeID) bool {
	_, found := slices.BinarySearch(r.revoked, client)
	return found
}

// revocation appends what the admission authority signs.
func revocation(b []byte, epoch uint64, client protocol.NodeID) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, "revoke in bftbc"...), epoch)
	return binary.LittleEndian.AppendUint32(b, uint32(client))
}

// Removal says when a client is to be removed, on the authority's clock from its
// start.
type Removal struct {
	Client protocol.NodeID
	After  time.Duration
}

// Admission is the authority that removes clients.
type Admission struct {
	config   *Config
	keys     *auth.Keys
	signer   *auth.Signer
	servers  []protocol.NodeID
	removals []Removal
	acked    []protocol.Bitset // by removal: servers that have acknowledged, by place
	retry    []time.Duration   // by removal; zero before it has begun
}

// NewAdmission returns an authority that will carry out removals.
func NewAdmission(c *Config, keys *auth.Keys, signer *auth.Signer, removals []Removal) *Admission {
	return &Admission{
		config: c, keys: keys, signer: signer, removals: removals, servers: c.Ring.Group(protocol.ID{}, c.Ring.Len()),
		acked: make([]protocol.Bitset, len(removals)), retry: make([]time.Duration, len(removals)),
	}
}

// Start implements protocol.Machine.
func (a *Admission) Start(env protocol.Env, _ protocol.Disk) {
	for i, r := range a.removals {
		env.SetTimer(protocol.TimerID(i), r.After)
	}
}

// Timer implements protocol.Machine: a removal begins, or is sent again. The client
// is told at first, as anyone would notice.
func (a *Admission) Timer(env protocol.Env, id protocol.TimerID) {
	client := a.removals[id].Client
	m := &Revoke{Client: client}
	a.keys.Scratch = revocation(a.keys.Scratch[:0], a.config.Epoch, client)
	m.Sig = a.keys.SignAs(a.signer, a.keys.Scratch)
	if a.retry[id] == 0 {
		a.retry[id] = a.config.Retry
		env.Send(client, m)
	}
	for i, server := range a.servers {
		if !a.acked[id].Has(i) {
			env.Send(server, m)
		}
	}
	env.SetTimer(id, a.retry[id])
	a.retry[id] = min(2*a.retry[id], a.config.RetryMax)
}

// Deliver implements protocol.Machine.
func (a *Admission) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	reply, ok := m.(*RevokeReply)
	place := slices.Index(a.servers, from)
	if !ok || place < 0 || !authentic(a.keys, from, reply) {
		return
	}
	for i, r := range a.removals {
		if r.Client == reply.Client && a.retry[i] > 0 && a.acked[i].Add(place) && a.acked[i].Len() == len(a.servers) {
			env.CancelTimer(protocol.TimerID(i))
			env.Note(Removed, uint64(r.Client))
		}
	}
}

// Clone implements protocol.Machine.
func (a *Admission) Clone() protocol.Machine {
	c := *a
	c.retry, c.acked = slices.Clone(a.retry), slices.Clone(a.acked)
	for i := range c.acked {
		c.acked[i] = a.acked[i].Clone()
	}
	return &c
}

// AppendState implements protocol.Machine.
func (a *Admission) AppendState(b []byte) []byte {
	for i := range a.removals {
		b = a.acked[i].AppendTo(binary.AppendUvarint(b, uint64(a.retry[i])))
	}
	return b
}

func appendNodes(b []byte, ids []protocol.NodeID) []byte {
	b = binary.AppendUvarint(b, uint64(len(ids)))
	for _, id := range ids {
		b = binary.AppendUvarint(b, uint64(uint32(id)))
	}
	return b
}
