package pbft

import (
	"testing"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/storytest"
)

// lastWrite is a service of registers that ends with the third operation.
type lastWrite struct {
	Registers
	count int
}

func (s *lastWrite) Ended() bool { return s.count >= 3 }

func (s *lastWrite) Execute(c protocol.NodeID, op []byte, readOnly bool) []byte {
	s.count++
	return s.Registers.Execute(c, op, readOnly)
}

// A group ends with an operation. All its replicas hand over one state, with what
// executed and no more, and a new group goes on from it: it answers what the old one did, and
// executes nothing twice.
func TestHandover(t *testing.T) {
	cfg := Config{Members: members(4), K: 2, Batch: 2}.WithDefaults()
	old := newNetwork(cfg, auth.Ideal, 4)
	for _, r := range old.replicas {
		r.service = &lastWrite{}
	}
	for c := range 4 {
		old.clients[c].Invoke(old.env(4+c), protocol.Operation{Kind: protocol.Write, Value: []byte{byte('a' + c)}})
	}
	old.run(storytest.Everything)
	if len(old.results) != 3 {
		t.Fatalf("%d operations were answered, not the 3 until the end: %v", len(old.results), old.results)
	}
	state, ok := old.replicas[0].State()
	for _, r := range old.replicas[1:] {
		other, _ := r.State()
		if !ok || state.Digest(old.keys[0]) != other.Digest(old.keys[0]) {
			t.Fatalf("replicas 0 and %d hand over different states", r.self)
		}
	}
	next := newNetwork(cfg, auth.Ideal, 4)
	for _, r := range next.replicas {
		if err := r.Inherit(state); err != nil {
			t.Fatal(err)
		}
	}
	for _, req := range old.requests {
		for i := range next.replicas {
			next.Put(req.Client, protocol.NodeID(i), req)
		}
		next.learn(req, "")
	}
	next.run(func(e envelope) bool { return e.To < 4 })
	if d, _, applied, _ := next.replicas[0].Executed(1); next.name(d) != "r4" || !applied[0] || next.replicas[0].LastExecuted() != 1 {
		t.Errorf("the new group executed %s and %d numbers in all; only r4 was left to do", next.name(d), next.replicas[0].LastExecuted())
	}
	if answered := storytest.Summary(next.Flight); answered != "16 reply" {
		t.Errorf("the clients were sent %s, not the last reply of each from each", answered)
	}
	if err := next.replicas[0].Inherit(state); err == nil {
		t.Error("a replica that has begun inherited a state")
	}
	if err := newNetwork(cfg, auth.Ideal, 1).replicas[0].Inherit(State{Service: [][]byte{{1}}}); err == nil {
		t.Error("a state that is none was inherited")
	}
}
