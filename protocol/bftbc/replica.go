package bftbc

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Replica holds objects and answers clients. All that it signs rests on state that
// is durable first, so that a crash makes it break no promise.
type Replica struct {
	config  *Config
	keys    *auth.Keys
	objects map[protocol.ID]*state // looked up only
	order   []protocol.ID          // of the objects, in order of arrival
	revoked []protocol.NodeID      // removed clients, ascending
}

// NewReplica returns a replica that holds nothing.
func NewReplica(c *Config, keys *auth.Keys) *Replica {
	return &Replica{config: c, keys: keys, objects: make(map[protocol.ID]*state)}
}

// Start implements protocol.Machine.
func (r *Replica) Start(env protocol.Env, disk protocol.Disk) {
	if len(disk) > 0 {
		env.Note(Recovered, uint64(len(disk)))
	}
	for _, d := range disk {
		switch v := d.Value.(type) {
		case *state:
			r.put(d.Key, v)
		case *Revoke:
			r.bar(v.Client)
		}
	}
}

// Timer implements protocol.Machine. A replica waits for nothing.
func (r *Replica) Timer(protocol.Env, protocol.TimerID) {}

// Deliver implements protocol.Machine.
func (r *Replica) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	switch m := m.(type) {
	case *ReadTS:
		r.reply(env, from, r.readTS(m.Header))
	case *ReadTSPrep:
		r.onReadTSPrep(env, from, m)
	case *Prepare:
		r.onPrepare(env, from, m)
	case *Write:
		r.onWrite(env, from, m)
	case *Read:
		r.reply(env, from, &ReadReply{Header: m.Header, Record: r.object(m.Object).record})
	case *Revoke:
		r.onRevoke(env, from, m)
	}
}

// admits reports whether a client that is not removed signed q.
func (r *Replica) admits(env protocol.Env, q request) bool {
	if _, removed := slices.BinarySearch(r.revoked, q.client()); removed {
		env.Note(Barred, uint64(q.client()))
		return false
	}
	return r.config.admits(q.client()) && r.config.signed(r.keys, q)
}

// vote signs a claim about a stamp.
func (r *Replica) vote(claim Claim, object protocol.ID, s Stamp) Vote {
	r.keys.Scratch = statement(r.keys.Scratch[:0], r.config.Epoch, claim, object, s)
	return Vote{claim, s, r.keys.Sign(r.keys.Scratch)}
}

// reply authenticates m for a client and sends it.
func (r *Replica) reply(env protocol.Env, to protocol.NodeID, m protocol.Message) {
	Authenticate(r.keys, to, m)
	env.Send(to, m)
}

// nothing is the state of every object before its first write.
var nothing = new(state)

// object returns the state of an object, not to be changed.
func (r *Replica) object(id protocol.ID) *state {
	if s := r.objects[id]; s != nil {
		return s
	}
	return nothing
}

// save makes a new state of an object durable.
func (r *Replica) save(env protocol.Env, id protocol.ID, s *state) {
	r.put(id, s)
	env.Store(id, s)
	env.Sync()
}

func (r *Replica) put(id protocol.ID, s *state) {
	if r.objects[id] == nil {
		r.order = append(r.order, id)
	}
	r.objects[id] = s
}

// Holds returns the record that the replica holds, for checkers.
func (r *Replica) Holds(object protocol.ID) *Record { return r.object(object).record }

// Pending returns the stamps that the replica has prepared for a client and does
// not know to be complete, for checkers.
func (r *Replica) Pending(object protocol.ID, client protocol.NodeID) []Stamp {
	var out []Stamp
	s := r.object(object)
	for _, list := range [][]entry{s.plist, s.fast} {
		if i, found := find(list, client); found && list[i].Stamp.Compare(s.written) > 0 {
			out = append(out, list[i].Stamp)
		}
	}
	return out
}

// Clone implements protocol.Machine.
func (r *Replica) Clone() protocol.Machine {
	c := NewReplica(r.config, r.keys)
	c.order, c.revoked = slices.Clone(r.order), slices.Clone(r.revoked)
	for _, id := range r.order {
		c.objects[id] = r.objects[id] // immutable
	}
	return c
}

// AppendState implements protocol.Machine.
func (r *Replica) AppendState(b []byte) []byte {
	ids := slices.Clone(r.order)
	slices.SortFunc(ids, protocol.ID.Compare)
	for _, id := range ids {
		b = r.objects[id].AppendTo(append(b, id[:]...))
	}
	return appendNodes(b, r.revoked)
}
