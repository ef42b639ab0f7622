package pbft

import (
	"bytes"
	"fmt"
	"slices"

	"turncoat/protocol"
)

// Registers is a service of registers, one for each object: reads and writes of
// whole values. Its parts are buckets of objects by the first bits of their id, so
// that a checkpoint hashes, and a transfer sends, only the buckets that changed.
// It is also the Codec of its clients.
type Registers struct {
	buckets [numBuckets]bucket
}

const numBuckets = 16

type bucket struct {
	entries []register // ascending by object
	part    []byte     // the bucket's encoding, nil when it has changed since
}

type register struct {
	object protocol.ID
	value  []byte
}

// The operations: a byte, the object's id and, for a write, the value.
const (
	opRead byte = iota
	opWrite
)

// The results that carry no value. They are never written to.
var (
	resultNone = []byte{0}
	resultDone = []byte{1}
)

// emptyBucket encodes every empty bucket, so that it is hashed once.
var emptyBucket = []byte{0}

// NewRegisters returns the service with no object written.
func NewRegisters() *Registers { return &Registers{} }

// Encode returns the request of a Read or Write; Get and Put count as these.
func (*Registers) Encode(op protocol.Operation) (request []byte, readOnly bool) {
	request = make([]byte, 0, 1+len(op.Object)+len(op.Value))
	if !op.Kind.Changes() {
		return append(append(request, opRead), op.Object[:]...), true
	}
	return append(append(append(request, opWrite), op.Object[:]...), op.Value...), false
}

// Written returns what a request writes and where, false if it writes nothing.
func (*Registers) Written(request []byte) (object protocol.ID, value []byte, ok bool) {
	if len(request) < 33 || request[0] != opWrite {
		return protocol.ID{}, nil, false
	}
	return protocol.ID(request[1:33]), request[33:], true
}

// Decode returns the result of a Read or Write.
func (*Registers) Decode(op protocol.Operation, result []byte) protocol.Result {
	r := protocol.Result{Seq: op.Seq}
	if !op.Kind.Changes() && len(result) > 0 && result[0] == 1 {
		r.Found, r.Value = true, result[1:]
	}
	return r
}

// Execute applies a read, whose result is 1 and the value or 0, or a write, whose
// result is 1. What is neither, or a write where nothing may change, has result 0.
func (s *Registers) Execute(_ protocol.NodeID, op []byte, readOnly bool) []byte {
	if len(op) < 33 {
		return resultNone
	}
	object := protocol.ID(op[1:33])
	b := &s.buckets[object[0]>>4]
	i, found := b.search(object)
	switch {
	case op[0] == opRead && found:
		return append([]byte{1}, b.entries[i].value...)
	case op[0] == opWrite && !readOnly:
		if !found {
			b.entries = slices.Insert(b.entries, i, register{object: object})
		}
		b.entries[i].value, b.part = op[33:], nil
		return resultDone
	}
	return resultNone
}

func (b *bucket) search(object protocol.ID) (int, bool) {
	lo, hi := 0, len(b.entries)
	for lo < hi {
		mid := (lo + hi) / 2
		switch bytes.Compare(b.entries[mid].object[:], object[:]) {
		case 0:
			return mid, true
		case -1:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return lo, false
}

// Snapshot returns one part for each bucket.
func (s *Registers) Snapshot() [][]byte {
	parts := make([][]byte, numBuckets)
	for i := range s.buckets {
		parts[i] = s.buckets[i].encoded()
	}
	return parts
}

func (b *bucket) encoded() []byte {
	if len(b.entries) == 0 {
		return emptyBucket
	}
	if b.part == nil {
		b.part = appendCount(nil, len(b.entries))
		for i := range b.entries {
			b.part = protocol.AppendBytes(append(b.part, b.entries[i].object[:]...), b.entries[i].value)
		}
	}
	return b.part
}

// Restore replaces the state.
func (s *Registers) Restore(parts [][]byte) error {
	if len(parts) != numBuckets {
		return fmt.Errorf("pbft: a snapshot of registers has %d parts, not %d", numBuckets, len(parts))
	}
	var restored [numBuckets]bucket
	for i, p := range parts {
		b := &restored[i]
		b.part = p
		w := protocol.NewWire(p)
		for range w.Count(32 + 1) {
			b.entries = append(b.entries, register{w.ID(), w.Bytes()})
		}
		ordered := slices.IsSortedFunc(b.entries, func(x, y register) int { return x.object.Compare(y.object) })
		if w.Done() != nil || !ordered {
			return fmt.Errorf("pbft: part %d of a snapshot of registers: %w", i, protocol.ErrWire)
		}
	}
	s.buckets = restored
	return nil
}

// Clone returns an independent copy.
func (s *Registers) Clone() Service {
	c := *s
	for i := range c.buckets {
		c.buckets[i].entries = slices.Clone(c.buckets[i].entries)
	}
	return &c
}

// AppendState appends the state.
func (s *Registers) AppendState(b []byte) []byte {
	for i := range s.buckets {
		b = append(b, s.buckets[i].encoded()...)
	}
	return b
}
