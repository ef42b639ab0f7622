package checker

import (
	"testing"

	"turncoat/protocol"
	"turncoat/protocol/pbft"
)

// What a client of a replicated service reads, some client has asked to write: nobody
// signs values there, so that it is the service's validity which is at stake.
func TestServiceInventsNothing(t *testing.T) {
	a := NewAgreement(System{FirstClient: 4, Clients: 2, Correct: func(protocol.NodeID) bool { return true }}, pbft.NewRegisters(), 8)
	read := protocol.Operation{Kind: protocol.Read, Object: protocol.ID{1}}
	a.Invoked(1, 0, 4, protocol.Operation{Kind: protocol.Write, Object: protocol.ID{1}, Value: []byte("a")})
	a.Invoked(2, 0, 5, read)
	a.Returned(3, 0, 5, protocol.Result{Found: true, Value: []byte("a")})
	if found := a.Findings(); len(found) > 0 {
		t.Fatalf("a read of what is being written: %+v", found)
	}
	a.Invoked(4, 0, 5, read)
	a.Returned(5, 0, 5, protocol.Result{Found: true, Value: []byte("b")})
	if found := a.Findings(); len(found) != 1 || found[0].Property != "pbft.validity" {
		t.Errorf("a read of what nobody asked to write: %+v, want one of pbft.validity", found)
	}
}
