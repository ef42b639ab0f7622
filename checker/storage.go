package checker

import (
	"turncoat/protocol"
	"turncoat/protocol/dbqs"
)

// Storage watches a run of dBQS: its clients, and that what they wrote is held by
// enough replicas (dbqs.durability).
type Storage struct{ *Clients }

// NewStorage returns an observer of a run that has not begun.
func NewStorage(s System) *Storage {
	s.Situations = dbqs.Situations()
	return &Storage{NewClients(s)}
}

// Returned records the end of an operation and holds what must be true of it.
func (s *Storage) Returned(event uint64, at int64, client protocol.NodeID, r protocol.Result) {
	s.Clients.Returned(event, at, client, r)
	if f := s.flight(client); f.op.Kind == protocol.Write {
		s.durable(event, at, client, f)
	}
}

// durable holds dbqs.durability when a write returns: w correct members of the
// group hold the record or a newer one. Members that are down have the benefit
// of the doubt; their disks speak again when they are back.
func (s *Storage) durable(event uint64, at int64, client protocol.NodeID, f *flight) {
	c, ok := s.system.Machine(client).(*dbqs.Client)
	if !ok {
		return // a client in the adversary's hands is promised nothing
	}
	if holders := s.holders(f.op.Object, c.Written()); holders < s.system.F+1 {
		s.find("dbqs.durability", event, at, client, "client %d's write of %q returned while %d correct members held it, fewer than %d",
			s.number(client), f.op.Value, holders, s.system.F+1)
	}
}

func (s *Storage) holders(object protocol.ID, r *dbqs.Record) int {
	n := 0
	for _, id := range s.system.Group(object) {
		if !s.system.Correct(id) {
			continue
		}
		replica, up := s.system.Machine(id).(*dbqs.Replica)
		if !up || dbqs.Newer(r, replica.Holds(object)) <= 0 {
			n++
		}
	}
	return n
}
