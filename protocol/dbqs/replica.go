package dbqs

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Replica holds objects and answers clients. It acknowledges a write once the
// record, or a newer one, is durable.
type Replica struct {
	config  *Config
	keys    *auth.Keys
	records map[protocol.ID]*Record // looked up only
	values  map[protocol.ID]*Put    // content-hash objects; looked up only

	registers, contents []protocol.ID // the keys of the two, in order of arrival
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
}

// Timer implements protocol.Machine. A replica waits for nothing.
func (r *Replica) Timer(protocol.Env, protocol.TimerID) {}

// Deliver implements protocol.Machine.
func (r *Replica) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
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
		if old == nil {
			r.registers = append(r.registers, m.Object)
		}
		r.records[m.Object] = m.Record
		env.Store(m.Object, m.Record)
		env.Sync()
	}
	r.reply(env, from, &WriteReply{Header: m.Header, Sig: m.Record.Sig})
}

func (r *Replica) onPut(env protocol.Env, from protocol.NodeID, m *Put) {
	if protocol.ID(r.keys.Digest(m.Value)) != m.Object {
		return
	}
	if r.values[m.Object] == nil {
		r.contents = append(r.contents, m.Object)
		r.values[m.Object] = &Put{Header{Object: m.Object}, m.Value}
		env.Store(contentKey(m.Object), r.values[m.Object])
		env.Sync()
	}
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
	c := NewReplica(r.config, r.keys)
	c.registers, c.contents = slices.Clone(r.registers), slices.Clone(r.contents)
	for _, id := range r.registers {
		c.records[id] = r.records[id]
	}
	for _, id := range r.contents {
		c.values[id] = r.values[id]
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
	return b
}

func sorted(ids []protocol.ID) []protocol.ID {
	ids = slices.Clone(ids)
	slices.SortFunc(ids, protocol.ID.Compare)
	return ids
}
