package pbft

import "turncoat/protocol"

// Service is the deterministic state machine that is replicated.
type Service interface {
	// Execute applies op for a client and returns its result, which is not changed
	// afterwards. The state and the result are a function of the operations so
	// far. With readOnly it changes nothing, whatever op says.
	Execute(client protocol.NodeID, op []byte, readOnly bool) []byte

	// Snapshot returns the state as parts, equal for equal states. They are not
	// changed afterwards; a part that is unchanged since an earlier snapshot
	// should be the same slice, for then it is neither hashed nor sent again.
	// The digest of the state is made of the parts' digests.
	Snapshot() [][]byte

	// Restore replaces the state by that of a snapshot. It returns an error, and
	// changes nothing, if the parts are not one.
	Restore(parts [][]byte) error

	// Clone returns an independent copy.
	Clone() Service

	// AppendState appends a canonical encoding of the state.
	AppendState(b []byte) []byte
}
