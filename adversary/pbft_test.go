package adversary

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
)

// service is four replicas of PBFT and two clients on a network that delivers at
// once, in order of sending; a message is lost now and then if it is to be lossy.
type service struct {
	cfg    pbft.Config
	keys   []*auth.Keys
	nodes  []*stage
	lossy  bool
	posted int
}

// newService starts a service in which one node is wrapped.
func newService(t *testing.T, liar int, wrap func(protocol.Machine, Deps) protocol.Machine, power Power) *service {
	authority, err := auth.NewAuthority(auth.Ideal, 1, 6)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{cfg: pbft.Config{K: 4, ViewTimeout: 60 * time.Millisecond, StatusInterval: 20 * time.Millisecond, ClientTimeout: 50 * time.Millisecond}}
	for i := range 4 {
		s.cfg.Members = append(s.cfg.Members, protocol.NodeID(i))
	}
	s.cfg = s.cfg.WithDefaults()
	for i := range 6 {
		k := authority.Keys(protocol.NodeID(i))
		s.keys = append(s.keys, k)
		m, role := s.machine(t, i, k), "replica"
		if i >= 4 {
			role = "client"
		}
		if i == liar {
			m = wrap(m, Deps{Keys: k, Role: role, Power: power, Decode: pbft.Decode, Dialect: PBFT{&s.cfg}})
		}
		s.nodes = append(s.nodes, newStage(m))
	}
	return s
}

func (s *service) machine(t *testing.T, i int, k *auth.Keys) protocol.Machine {
	var m protocol.Machine
	var err error
	if i < 4 {
		m, err = pbft.NewReplica(&s.cfg, k, pbft.NewRegisters())
	} else {
		m, err = pbft.NewClient(&s.cfg, k, pbft.NewRegisters())
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// run lets the clients write for so many milliseconds, each again once it is done.
func (s *service) run(milliseconds int) {
	for range milliseconds {
		for c := 4; c < 6; c++ {
			n := s.nodes[c]
			if done := len(n.returns); int(n.nonces) == done { // nonces count the operations begun: PBFT draws none
				n.nonces++
				n.machine.(protocol.Client).Invoke(n, protocol.Operation{Seq: uint32(done), Kind: protocol.Write, Value: fmt.Appendf(nil, "%d.%d", c, done)})
			}
		}
		for s.deliver() {
		}
		for _, n := range s.nodes {
			n.wait(time.Millisecond)
		}
	}
}

// deliver hands over what was sent and reports whether there was anything.
func (s *service) deliver() bool {
	any := false
	for i, n := range s.nodes {
		sent := n.sent
		n.sent = nil
		for _, m := range sent {
			any = true
			if s.posted++; !s.lossy || s.posted%7 > 0 {
				to := s.nodes[m.To]
				to.machine.Deliver(to, protocol.NodeID(i), m.Message)
			}
		}
	}
	return any
}

// pbftStrategies are all that can be used against PBFT, in settings that have
// something to do.
func pbftStrategies() []string {
	return []string{"pbft-gap", "pbft-mac", "pbft-mac primary=true", "pbft-order", "pbft-order echo=true", "pbft-say", "pbft-stall",
		"pbft-stall client=false", "pbft-view-change", "fabricate", "slow steps=1 kinds=pre-prepare,prepare delay=40ms"}
}

func TestEveryPBFTStrategyIsTried(t *testing.T) {
	for _, spec := range Strategies() {
		tried := slices.ContainsFunc(pbftStrategies(), func(text string) bool { return strings.Fields(text)[0] == spec.Name })
		if spec.Protocol == "pbft" && !tried {
			t.Errorf("no test here tries %s", spec.Name)
		}
	}
}

func TestCalmIsHonestInPBFT(t *testing.T) {
	w := newTown(t)
	for _, text := range pbftStrategies() {
		power := &dice{}
		bare := newService(t, 0, func(m protocol.Machine, _ Deps) protocol.Machine { return m }, power)
		calm := newService(t, 0, func(m protocol.Machine, d Deps) protocol.Machine { return Corrupt(m, d, w.strategies(text)...) }, power)
		bare.lossy, calm.lossy = true, true
		bare.run(500)
		calm.run(500)
		if !slices.Equal(bare.nodes[0].trace, calm.nodes[0].trace) || len(power.lies) > 0 {
			t.Errorf("%s: calm effects differ from honest ones, or count as lies: %q", text, power.lies)
		}
		if len(bare.nodes[4].returns) < 5 {
			t.Fatalf("only %d operations have returned", len(bare.nodes[4].returns))
		}
	}
}

// Each strategy lies as primary and as backup, and the others get on with it.
func TestPBFTStrategiesLieInBothRoles(t *testing.T) {
	w := newTown(t)
	for _, text := range pbftStrategies() {
		power := seeded(3)
		for node := range 2 { // the primary of view 0, and a backup in it
			s := newService(t, node, func(m protocol.Machine, d Deps) protocol.Machine {
				return Corrupt(m, d, w.strategies(text+" rate=600000")...)
			}, power)
			s.lossy = true
			s.run(1500)
			if done := len(s.nodes[4].returns) + len(s.nodes[5].returns); done < 10 {
				t.Errorf("%s at node %d: only %d operations have returned", text, node, done)
			}
		}
		name := strings.Fields(text)[0]
		lies := sorted(power.takeLies())
		for _, role := range []string{"primary", "backup"} {
			if !slices.ContainsFunc(lies, func(l string) bool { return strings.HasPrefix(l, name+"/"+role+"/") }) {
				t.Errorf("%s: no lie as %s among %q", text, role, lies)
			}
		}
	}
}

// A client's authenticator that some replicas cannot verify is its own lie.
func TestPBFTClientLies(t *testing.T) {
	w := newTown(t)
	for _, text := range []string{"pbft-mac rate=600000", "fabricate rate=600000"} {
		power := seeded(3)
		s := newService(t, 4, func(m protocol.Machine, d Deps) protocol.Machine {
			return CorruptClient(m.(protocol.Client), d, w.strategies(text)...)
		}, power)
		s.run(600)
		w.want(text, sorted(power.takeLies()), strings.Fields(text)[0]+"/client/request")
		if len(s.nodes[5].returns) < 10 {
			t.Errorf("%s: the other client has had only %d operations returned", text, len(s.nodes[5].returns))
		}
	}
}

func TestAPBFTLiarsCloneIsItsEqual(t *testing.T) {
	w := newTown(t)
	for _, text := range pbftStrategies() {
		s := newService(t, 0, func(m protocol.Machine, d Deps) protocol.Machine {
			return Corrupt(m, d, w.strategies(text+" rate=600000")...)
		}, seeded(3))
		s.lossy = true
		s.run(300)
		one := s.nodes[0].machine
		clone := one.Clone()
		before := one.AppendState(nil)
		if !bytes.Equal(before, clone.AppendState(nil)) {
			t.Errorf("%s: a clone's state differs", text)
		}
		s.nodes[0].machine = clone
		s.run(100)
		if !bytes.Equal(before, one.AppendState(nil)) {
			t.Errorf("%s: what happened to the clone changed the original", text)
		}
	}
}
