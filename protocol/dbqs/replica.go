package dbqs

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
)

// Replica holds objects and answers clients. It acknowledges a write once the
// record, or a newer one, is durable.
type Replica struct {
	config  *Config
	keys    *auth.Keys
	records map[protocol.ID]*Record // looked up only
	values  map[protocol.ID]*Put    // content-hash objects; looked up only

	registers, contents []protocol.ID // the keys of the two, in order of arrival

	*member // nil in a static system
}

// contentKey returns the disk key of a content-hash object. It is not the
// object's id: the value that is an owner's public key has the id of the owner's
// register, and whoever put it would overwrite that.
func contentKey(object protocol.ID) protocol.ID {
	return protocol.ID(digest(append([]byte("dbqs content"), object[:]...)))
}

// NewReplica returns a replica that holds nothing.
func NewReplica(c *Config, keys *auth.Keys) *Replica {
	return &Replica{config: c, keys: keys, records: make(map[protocol.ID]*Record), values: make(map[protocol.ID]*Put)}
}

// Start implements protocol.Machine.
func (r *Replica) Start(env protocol.Env, disk protocol.Disk) {
	if len(disk) > 0 {
		env.Note(Recovered, uint64(len(disk)))
	}
	for _, d := range disk {
		switch v := d.Value.(type) {
		case *Record:
			r.records[d.Key] = v
			r.registers = append(r.registers, d.Key)
		case *Put:
			r.values[v.Object] = v
			r.contents = append(r.contents, v.Object)
		}
	}
	if r.member != nil {
		r.rejoin(env, disk)
	}
}

// Deliver implements protocol.Machine.
func (r *Replica) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	if r.member != nil && (r.onTransfer(env, from, m) || !r.admit(env, from, m)) {
		return
	}
	switch m := m.(type) {
	case *ReadTS:
		r.onReadTS(env, from, m)
	case *Read:
		r.reply(env, from, &ReadReply{Header: m.Header, Record: r.records[m.Object]})
	case *Write:
		r.onWrite(env, from, m)
	case *Put:
		r.onPut(env, from, m)
	case *Get:
		r.onGet(env, from, m)
	}
}

func (r *Replica) onReadTS(env protocol.Env, from protocol.NodeID, m *ReadTS) {
	reply := &ReadTSReply{Header: m.Header}
	if rec := r.records[m.Object]; rec != nil {
		reply.Stamp = &Stamp{rec.Public, rec.TS, r.keys.Digest(rec.Value), rec.Sig}
	}
	r.reply(env, from, reply)
}

// onWrite stores the record iff it is newer, and acknowledges in any case.
func (r *Replica) onWrite(env protocol.Env, from protocol.NodeID, m *Write) {
	old := r.records[m.Object]
	if m.Record == nil {
		return
	}
	if !same(old, m.Record) && !r.config.validRecord(r.keys, m.Object, m.Record) {
		env.Note(Refused, m.Record.TS.Counter)
		return
	}
	switch order := r.config.Lifted.compare(m.Record, old); {
	case order < 0:
		env.Note(Superseded, old.TS.Counter)
	case order > 0:
		r.hold(env, m.Object, m.Record)
	}
	r.reply(env, from, &WriteReply{Header: m.Header, Sig: m.Record.Sig})
}

// hold stores a record in place of an older one.
func (r *Replica) hold(env protocol.Env, object protocol.ID, rec *Record) {
	if r.records[object] == nil {
		r.registers = append(r.registers, object)
	}
	r.records[object] = rec
	env.Store(object, rec)
	env.Sync()
}

// holdContent stores a content-hash object that the replica has not.
func (r *Replica) holdContent(env protocol.Env, object protocol.ID, value []byte) {
	if r.values[object] != nil {
		return
	}
	r.contents = append(r.contents, object)
	r.values[object] = &Put{Header{Object: object}, value}
	env.Store(contentKey(object), r.values[object])
	env.Sync()
}

func (r *Replica) onPut(env protocol.Env, from protocol.NodeID, m *Put) {
	if protocol.ID(r.keys.Digest(m.Value)) != m.Object {
		return
	}
	r.holdContent(env, m.Object, m.Value)
	r.reply(env, from, &PutReply{Header: m.Header})
}

func (r *Replica) onGet(env protocol.Env, from protocol.NodeID, m *Get) {
	reply := &GetReply{Header: m.Header}
	if c := r.values[m.Object]; c != nil {
		reply.Found, reply.Value = true, c.Value
	}
	r.reply(env, from, reply)
}

// reply authenticates m for the client and sends it.
func (r *Replica) reply(env protocol.Env, to protocol.NodeID, m Reply) {
	Authenticate(r.keys, to, m)
	env.Send(to, m)
}

// Holds returns the record that the replica holds, for checkers.
func (r *Replica) Holds(object protocol.ID) *Record { return r.records[object] }

// Clone implements protocol.Machine.
func (r *Replica) Clone() protocol.Machine {
	if r.member == nil {
		return r.CloneWith(nil)
	}
	v := r.view.Clone()
	return r.CloneWith(&v)
}

// CloneWith is Clone for a replica whose view another owns: v is the copy's.
func (r *Replica) CloneWith(v *view.View) *Replica {
	c := NewReplica(r.config, r.keys)
	c.registers, c.contents = slices.Clone(r.registers), slices.Clone(r.contents)
	for _, id := range r.registers {
		c.records[id] = r.records[id]
	}
	for _, id := range r.contents {
		c.values[id] = r.values[id]
	}
	if r.member != nil {
		c.member = r.member.clone(v)
	}
	return c
}

// AppendState implements protocol.Machine.
func (r *Replica) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(r.registers)))
	for _, id := range sorted(r.registers) {
		b = appendRecord(append(b, id[:]...), r.records[id])
	}
	for _, id := range sorted(r.contents) {
		b = append(b, id[:]...) // the id fixes the value
	}
	if r.member != nil {
		b = r.appendState(b)
	}
	return b
}

func sorted(ids []protocol.ID) []protocol.ID {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, protocol.ID.Compare)
	return ids
}
