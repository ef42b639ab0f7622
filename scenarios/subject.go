package scenarios

import (
	"turncoat/adversary"
	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/sim"
)

// subject is a protocol under test in one run: how its nodes are made, and what
// must be true of them.
type subject interface {
	// server and client make the machine of a node, at each of its starts.
	server(id protocol.NodeID, k *auth.Keys) protocol.Machine
	client(id protocol.NodeID, k *auth.Keys) protocol.Machine

	// bounds returns the fault assumptions.
	bounds() []sim.Bound

	// dialect is what a liar must know of the protocol, in this run.
	dialect() adversary.Dialect

	// observer returns the protocol's invariants, to be attached to the run.
	observer(s checker.System) observer

	// recovers reports whether a server that crashed serves again from its disk.
	recovers() bool
}

// A subject may also have a method traffic() sim.Workload, if its clients do
// something else than read and write objects, a method forgetful() int, if of its
// servers some, the first so many, do not recover, and a method drift() int64, if its
// safety rests on clocks that drift by at most so many ppm.

// observer is what watches a run.
type observer interface {
	sim.Observer
	Base() *checker.Clients
	Findings() []checker.Finding
	Liveness(now int64, idle bool) (checker.Verdict, string)
}

// system is what scenarios know of a protocol before any run.
type system struct {
	name       string
	make       func(r *run) (subject, error) // draws its sizes
	decode     protocol.Decoder
	atomicity  string   // name of the property that the clients' history is judged by
	situations []string // that its machines note
	kinds      []string // of its messages
	rules      []RuleDoc
	akin       []string // the protocols whose strategies are of use here too

	attendants int  // nodes that are neither servers nor clients, such as an authority
	badClients bool // clients may be in the adversary's hands
	registers  bool // there are no content-hash objects
	durable    bool // a server that crashed serves again from its disk
}

// attended is a subject with attendants. attendant draws what the node needs and
// returns what makes its machine.
type attended interface {
	attendant(k *auth.Keys) func() protocol.Machine
}

// systems are the protocols that a scenario can test.
var systems = []*system{dbqsSystem, pbftSystem, membershipSystem, bftbcSystem, epochsSystem, steppedSystem, dbftSystem}

// systemOf returns the system of a name, nil if there is none.
func systemOf(name string) *system {
	for _, s := range systems {
		if s.name == name {
			return s
		}
	}
	return nil
}

func systemNames() []string {
	var names []string
	for _, s := range systems {
		names = append(names, s.name)
	}
	return names
}
