package scenarios

import (
	"turncoat/adversary"
	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
	"turncoat/sim"
)

// pbftSystem is PBFT with a service of registers.
var pbftSystem = &system{
	name: "pbft", make: newService, decode: pbft.Decode, atomicity: "pbft.atomicity",
	situations: append(pbft.Situations(), checker.ReachCommittedAtOne), kinds: pbft.Kinds(), rules: docs(pbft.Rules), registers: true, badClients: true,
}

// service is a PBFT service of registers in one run.
type service struct {
	*run
	config *pbft.Config
	codec  *pbft.Registers
}

// pbftConfig draws what a scenario says of PBFT.
func (r *run) pbftConfig() pbft.Config {
	p := &r.spec.System.PBFT
	return pbft.Config{
		K: uint64(r.int("system.pbft.checkpoint", p.Checkpoint)), L: uint64(r.int("system.pbft.log", p.Log)),
		Batch: r.int("system.pbft.batch", p.Batch), Window: r.int("system.pbft.window", p.Window),
		Signed: p.Signed, Tentative: p.Tentative, ReadOnly: p.ReadOnly, DigestReplies: p.DigestReplies,
		ViewTimeout:    r.span("system.pbft.view-timeout", p.ViewTimeout),
		StatusInterval: r.span("system.pbft.status", p.Status),
		ClientTimeout:  r.retry,
	}
}

func newService(r *run) (subject, error) {
	c := r.pbftConfig()
	for i := range r.servers {
		c.Members = append(c.Members, protocol.NodeID(i))
	}
	c.Lifted = pbft.Rules.Lifted(r.lifts)
	c = c.WithDefaults()
	return &service{run: r, config: &c, codec: pbft.NewRegisters()}, c.Check()
}

func (s *service) server(_ protocol.NodeID, k *auth.Keys) protocol.Machine {
	m, err := pbft.NewReplica(s.config, k, pbft.NewRegisters())
	if err != nil {
		panic(err) // the configuration was checked
	}
	return m
}

func (s *service) client(_ protocol.NodeID, k *auth.Keys) protocol.Machine {
	m, err := pbft.NewClient(s.config, k, s.codec)
	if err != nil {
		panic(err)
	}
	return m
}

func (s *service) bounds() []sim.Bound {
	return []sim.Bound{{Group: "the service", Members: s.config.Members, Most: s.config.F()}}
}

func (s *service) observer(c checker.System) observer {
	return checker.NewAgreement(c, s.codec, s.config.K)
}

func (s *service) dialect() adversary.Dialect { return adversary.PBFT{Config: s.config} }

// signed implements writes. A request is its client's whatever its MACs are worth: a
// replica may believe it on the word of others.
func (s *service) signed(client protocol.NodeID, m protocol.Message) (object protocol.ID, value []byte, stamp uint64, ok bool) {
	q, isRequest := m.(*pbft.Request)
	if !isRequest || q.Client != client {
		return protocol.ID{}, nil, 0, false
	}
	object, value, ok = s.codec.Written(q.Op)
	return object, value, q.Timestamp, ok
}

// recovers is false: a replica that forgot its votes is faulty.
func (*service) recovers() bool { return false }

// PBFT is what a scenario says of PBFT. What is zero has the protocol's default.
type PBFT struct {
	Checkpoint    Ints `yaml:"checkpoint"` // K
	Log           Ints `yaml:"log"`        // L
	Batch         Ints `yaml:"batch"`
	Window        Ints `yaml:"window"`
	Signed        bool `yaml:"signed"`
	Tentative     bool `yaml:"tentative"`
	ReadOnly      bool `yaml:"read-only"`
	DigestReplies bool `yaml:"digest-replies"`
	ViewTimeout   Span `yaml:"view-timeout"`
	Status        Span `yaml:"status"`
}
