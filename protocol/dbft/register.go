package dbft

import (
	"encoding/binary"
	"fmt"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
)

// This file models the service that a group replicates: one object, which is read and
// written whole, and the operation that ends the epoch. That carries the certificate
// of the next epoch, which proves itself: whoever submits it, and nobody can before the
// membership service has ended the epoch.

// register is the object. It implements pbft.Service and pbft.Ending.
type register struct {
	keys    *auth.Keys
	service auth.GroupKey // of the membership
	epoch   uint64        // of the group
	lasting bool          // the group goes on after its end; only with that rule lifted

	next    uint64 // the epoch that the last ending operation began; 0 if there was none
	written bool
	value   []byte
	part    []byte // the state's encoding, nil when it has changed since
}

// The operations: a byte, and the value or the certificate.
const (
	opRead byte = iota
	opWrite
	opEnd
)

// The results that carry no value. They are never written to.
var (
	resultNone = []byte{0}
	resultDone = []byte{1}
)

// Ended implements pbft.Ending.
func (s *register) Ended() bool { return s.next > s.epoch && !s.lasting }

// Execute implements pbft.Service: the result of a read is 1 and the value, or 0; that
// of anything that took effect is 1.
func (s *register) Execute(_ protocol.NodeID, op []byte, readOnly bool) []byte {
	if len(op) == 0 {
		return resultNone
	}
	switch {
	case op[0] == opRead && s.written:
		return append([]byte{1}, s.value...)
	case op[0] == opWrite && !readOnly:
		s.written, s.value, s.part = true, op[1:], nil
		return resultDone
	case op[0] == opEnd && !readOnly && s.proved(op[1:]):
		s.next, s.part = s.epoch+1, nil
		return resultDone
	}
	return resultNone
}

// Value returns what was written last, and whether anything was; for reading only.
func (s *register) Value() (value []byte, written bool) { return s.value, s.written }

// proved reports whether bytes are the certificate of the next epoch.
func (s *register) proved(b []byte) bool {
	w := protocol.NewWire(b)
	c := view.ReadEpochCertificate(w)
	return w.Done() == nil && c.Epoch == s.epoch+1 && c.Verify(s.keys, s.service)
}

// Snapshot implements pbft.Service. The state is one part.
func (s *register) Snapshot() [][]byte {
	if s.part == nil {
		s.part = encodeState(s.next, s.written, s.value)
	}
	return [][]byte{s.part}
}

func encodeState(next uint64, written bool, value []byte) []byte {
	return append(protocol.AppendBool(binary.LittleEndian.AppendUint64(nil, next), written), value...)
}

// StateOf returns a state in which a value was written and no client was answered, at the
// end of an epoch; for adversaries.
func StateOf(epoch uint64, value []byte) pbft.State {
	return pbft.State{Service: [][]byte{encodeState(epoch+1, true, value)}}
}

// Restore implements pbft.Service.
func (s *register) Restore(parts [][]byte) error {
	if len(parts) != 1 || len(parts[0]) < 9 || parts[0][8] > 1 || parts[0][8] == 0 && len(parts[0]) > 9 {
		return fmt.Errorf("dbft: this is not the state of an object: %w", protocol.ErrWire)
	}
	s.part = parts[0]
	s.next, s.written, s.value = binary.LittleEndian.Uint64(s.part), s.part[8] == 1, s.part[9:]
	return nil
}

// Clone implements pbft.Service.
func (s *register) Clone() pbft.Service {
	c := *s
	return &c
}

// AppendState implements pbft.Service.
func (s *register) AppendState(b []byte) []byte {
	return protocol.AppendBytes(binary.LittleEndian.AppendUint64(b, s.epoch), s.Snapshot()[0])
}

// encode returns the request for an operation, and whether it changes nothing. Get and
// Put are as Read and Write.
func encode(op protocol.Operation) (request []byte, readOnly bool) {
	if !op.Kind.Changes() {
		return []byte{opRead}, true
	}
	return append([]byte{opWrite}, op.Value...), false
}

// decode returns the result of an operation from the service's.
func decode(op protocol.Operation, result []byte) protocol.Result {
	r := protocol.Result{Seq: op.Seq}
	if !op.Kind.Changes() && len(result) > 0 && result[0] == 1 {
		r.Found, r.Value = true, result[1:]
	}
	return r
}
