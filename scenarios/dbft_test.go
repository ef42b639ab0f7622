package scenarios

import (
	"testing"

	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/sim"
)

// TestYardstick holds that one file, but for the line that names the protocol, gives the
// clients of each system the same operations.
func TestYardstick(t *testing.T) {
	var first []protocol.Operation
	for _, name := range []string{"epochs", "dbft", "dbqs"} {
		s := lookup(t, "yardstick")
		if err := Apply(s, []string{"system.protocol=" + name}); err != nil {
			t.Fatal(err)
		}
		rep, err := Run(s, Options{Seed: 5, Suite: auth.Ideal})
		if err != nil || rep.Outcome != checker.Pass {
			t.Fatalf("%s: %+v, %v", name, rep, err)
		}
		if moved := rep.Epochs > 0; moved == (name == "dbqs") {
			t.Errorf("%s: %d epochs have ended", name, rep.Epochs)
		}
		ops := asked(t, s)
		if first == nil {
			first = ops
		}
		if len(ops) == 0 || len(ops) != len(first) {
			t.Fatalf("%s: %d operations, not %d", name, len(ops), len(first))
		}
		for i := range ops {
			if ops[i].Kind != first[i].Kind || ops[i].Object != first[i].Object || string(ops[i].Value) != string(first[i].Value) {
				t.Errorf("%s: operation %d is %+v, not %+v", name, i, ops[i], first[i])
			}
		}
	}
}

// asked returns the operations of a scenario's storage clients.
func asked(t *testing.T, s *Spec) (ops []protocol.Operation) {
	r, err := build(s, Options{Suite: auth.Ideal}, sim.FromSeed(5, false))
	if err != nil {
		t.Fatal(err)
	}
	for c := 1; c < r.clients; c++ {
		for k := uint32(0); ; k++ {
			op, _, more := r.workload.Next(protocol.NodeID(r.servers+c), k)
			if !more {
				break
			}
			ops = append(ops, op)
		}
	}
	return ops
}

// TestLargerGroups runs dBFT with groups of seven and of ten.
func TestLargerGroups(t *testing.T) {
	for _, sets := range [][]string{
		{"system.f=2", "system.servers=14", "system.membership.members=12"},
		{"system.f=3", "system.servers=18", "system.membership.members=16"},
	} {
		s := lookup(t, "dbft-calm")
		if err := Apply(s, sets); err != nil {
			t.Fatal(err)
		}
		rep, err := Run(s, Options{Seed: 1, Suite: auth.Ideal})
		if err != nil || rep.Outcome != checker.Pass || rep.Reach["dbft.ended"] == 0 || rep.Operations.Pending > 0 {
			t.Errorf("%q: %+v, %v", sets, rep, err)
		}
	}
}
