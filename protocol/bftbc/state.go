package bftbc

import (
	"cmp"
	"encoding/binary"
	"slices"

	"turncoat/protocol"
)

// state is what a replica holds of one object, and its durable form. One that was
// stored is immutable: a replica changes a copy.
type state struct {
	record  *Record // the value and Pcert
	plist   []entry // prepared and incomplete writes, ascending by client
	fast    []entry // optimised: the same for optimistic prepares; complete ones stay, for their Seq
	written Stamp   // the highest of which a write certificate was seen: write-ts
}

// entry is a write that this replica has prepared for a client.
type entry struct {
	Stamp Stamp
	Seq   uint64 // optimistic prepares: of the client's operation
}

// find returns the place of a client's entry in a list, and whether there is one.
func find(list []entry, client protocol.NodeID) (int, bool) {
	return slices.BinarySearchFunc(list, client, func(e entry, id protocol.NodeID) int { return cmp.Compare(e.Stamp.TS.Client, id) })
}

// highest returns the highest timestamp that the replica knows to be prepared.
func (s *state) highest() Timestamp {
	if r := s.record.stamp(); r.Compare(s.written) > 0 {
		return r.TS
	}
	return s.written.TS
}

// learn takes note that a write is complete, purges from the prepare list what it
// has overtaken, and returns how many entries left.
func (s *state) learn(complete Stamp) int {
	s.written = complete
	before := len(s.plist)
	s.plist = slices.DeleteFunc(s.plist, func(e entry) bool { return e.Stamp.Compare(complete) <= 0 })
	return before - len(s.plist)
}

// clone returns a copy that can be changed.
func (s *state) clone() *state {
	return &state{s.record, slices.Clone(s.plist), slices.Clone(s.fast), s.written}
}

// Kind implements protocol.Message: replicas store states.
func (*state) Kind() protocol.Kind { return "bftbc.state" }

// AppendTo implements protocol.Message.
func (s *state) AppendTo(b []byte) []byte {
	b = appendRecord(append(b, tagState), s.record)
	b = appendEntries(b, s.plist)
	b = appendEntries(b, s.fast)
	return appendStamp(b, s.written)
}

func appendEntries(b []byte, list []entry) []byte {
	b = binary.AppendUvarint(b, uint64(len(list)))
	for i := range list {
		b = binary.LittleEndian.AppendUint64(appendStamp(b, list[i].Stamp), list[i].Seq)
	}
	return b
}

func readState(w *protocol.Wire) *state {
	return &state{readRecord(w), readEntries(w), readEntries(w), readStamp(w)}
}

func readEntries(w *protocol.Wire) (list []entry) {
	for range w.Count(12 + 32 + 8) {
		list = append(list, entry{readStamp(w), w.Uint64()})
	}
	return list
}
