package adversary

import (
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// quiet is a world that does nothing.
type quiet struct{}

func (quiet) Now() protocol.Time                       { return 0 }
func (quiet) Nonce() uint64                            { return 1 }
func (quiet) Send(protocol.NodeID, protocol.Message)   {}
func (quiet) SetTimer(protocol.TimerID, time.Duration) {}
func (quiet) CancelTimer(protocol.TimerID)             {}
func (quiet) Store(protocol.ID, protocol.Message)      {}
func (quiet) Sync()                                    {}
func (quiet) Return(protocol.Result)                   {}
func (quiet) Note(string, uint64)                      {}

func deliverReads(b *testing.B, machine protocol.Machine, authority *auth.Authority) {
	read := signToy(authority.Keys(alice), toyMessage{kind: toyRead, nonce: 1})
	machine.Start(quiet{}, nil)
	b.ReportAllocs()
	for b.Loop() {
		machine.Deliver(quiet{}, alice, read)
	}
}

// The cost of a message to a node under each strategy, beside the bare machine.
func BenchmarkDeliver(b *testing.B) {
	authority, err := auth.NewAuthority(auth.Ideal, 1, 6)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("bare", func(b *testing.B) { deliverReads(b, &toyReplica{keys: authority.Keys(liar)}, authority) })
	for _, spec := range Strategies() {
		if spec.SelfTest || spec.Protocol != "" {
			continue
		}
		b.Run(spec.Name, func(b *testing.B) {
			strategy, err := New(spec.Name)
			if err != nil {
				b.Fatal(err)
			}
			power := seeded(1)
			power.quiet = true
			deps := Deps{Keys: authority.Keys(liar), Role: "replica", Power: power, Decode: decodeToy, Dialect: toyDialect{}}
			deliverReads(b, Corrupt(&toyReplica{keys: authority.Keys(liar)}, deps, strategy), authority)
		})
	}
}
