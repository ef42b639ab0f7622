package adversary

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"turncoat/protocol"
)

// everything is each strategy against a protocol, in an order in which each has
// something to act on.
var everything = []string{
	"crash-restart", "twins split=false", "equivocate heal=20000", "stale every=2", "fabricate",
	"replay foreign=true", "garble", "slow", "reorder", "silent rate=100000",
}

// generalNames returns the strategies that can be used against the toy protocol.
func generalNames() (names []string) {
	for _, spec := range Strategies() {
		if spec.Protocol == "" {
			names = append(names, spec.Name)
		}
	}
	return names
}

// play gives a machine n random inputs, the same for the same draws.
func (w *town) play(t *rapid.T, s *stage, n int) {
	w.nonce = uint64(len(s.trace)) << 8
	for range n {
		peer := rapid.SampledFrom([]protocol.NodeID{1, 2, alice, bob}).Draw(t, "peer")
		switch rapid.IntRange(0, 3).Draw(t, "input") {
		case 0:
			s.machine.Deliver(s, peer, w.read(peer))
		case 1, 2:
			s.machine.Deliver(s, peer, w.write(peer, rapid.Uint64Range(0, 9).Draw(t, "value")))
		case 3:
			s.wait(time.Duration(rapid.IntRange(0, 40).Draw(t, "ms")) * time.Millisecond)
		}
	}
}

func TestCalmIsHonest(t *testing.T) {
	w := newTown(t)
	rapid.Check(t, func(r *rapid.T) {
		names := rapid.SliceOfDistinct(rapid.SampledFrom(append(generalNames(), everything...)), rapid.ID[string]).Draw(r, "strategies")
		power := &dice{}
		bare := newStage(&toyReplica{keys: w.authority.Keys(liar)})
		deps := w.deps(liar, power)
		if rapid.Bool().Draw(r, "cabal") {
			deps.Cabal = NewCabal()
		}
		corrupt := newStage(Corrupt(&toyReplica{keys: w.authority.Keys(liar)}, deps, w.strategies(names...)...))
		for range rapid.IntRange(1, 30).Draw(r, "inputs") {
			from := len(bare.trace)
			m := w.message(alice, rapid.SampledFrom([]byte{toyRead, toyWrite}).Draw(r, "kind"), rapid.Uint64().Draw(r, "value"))
			for _, s := range []*stage{bare, corrupt} {
				s.machine.Deliver(s, alice, m)
				s.wait(7 * time.Millisecond)
			}
			if !slices.Equal(bare.trace[from:], corrupt.trace[from:]) {
				r.Fatalf("calm effects differ:\n%s\nhonest ones are\n%s", strings.Join(corrupt.trace[from:], "\n"), strings.Join(bare.trace[from:], "\n"))
			}
		}
		if len(power.lies) > 0 {
			r.Fatalf("calm lies: %q", power.lies)
		}
	})
}

func TestACloneGoesItsOwnWay(t *testing.T) {
	w := newTown(t)
	rapid.Check(t, func(r *rapid.T) {
		seed := rapid.Uint64().Draw(r, "seed")
		cabal := NewCabal()
		one := w.corruptIn(cabal, liar, seeded(seed), everything...)
		w.play(r, one, rapid.IntRange(0, 40).Draw(r, "before"))

		other := *one
		clone := one.machine.Clone().(*Node)
		clone.Rebind(seeded(seed+1), cabal.Clone())
		other.machine, other.timers, other.sent, other.trace = clone, slices.Clone(one.timers), nil, nil
		before := one.machine.AppendState(nil)
		if !bytes.Equal(before, clone.AppendState(nil)) {
			r.Fatal("a clone's state differs")
		}
		w.play(r, &other, 20)
		if !bytes.Equal(before, one.machine.AppendState(nil)) {
			r.Fatal("an input to the clone changed the original")
		}
	})
}

func TestOneFutureForEqualStates(t *testing.T) {
	w := newTown(t)
	rapid.Check(t, func(r *rapid.T) {
		seed := rapid.Uint64().Draw(r, "seed")
		cabal := NewCabal()
		one := w.corruptIn(cabal, liar, seeded(seed), everything...)
		w.play(r, one, rapid.IntRange(0, 40).Draw(r, "before"))

		other := *one
		clone := one.machine.Clone().(*Node)
		other.machine, other.timers = clone, slices.Clone(one.timers)
		clone.Rebind(seeded(9), cabal.Clone())
		one.machine.(*Node).Rebind(seeded(9), cabal)
		from := len(one.trace)
		other.trace = slices.Clone(one.trace)
		for range rapid.IntRange(1, 20).Draw(r, "after") {
			m := w.write(bob, rapid.Uint64Range(0, 9).Draw(r, "value"))
			for _, s := range []*stage{one, &other} {
				s.machine.Deliver(s, bob, m)
				s.wait(15 * time.Millisecond)
			}
		}
		if !slices.Equal(one.trace[from:], other.trace[from:]) {
			r.Fatalf("the future of a clone differs:\n%s\nand\n%s", strings.Join(one.trace[from:], "\n"), strings.Join(other.trace[from:], "\n"))
		}
		if !bytes.Equal(one.machine.AppendState(nil), clone.AppendState(nil)) {
			r.Fatal("the states of one future differ")
		}
	})
}

func TestEveryKindOfLieIsDrawn(t *testing.T) {
	for _, spec := range Strategies() {
		if spec.SelfTest || spec.Client || spec.Protocol != "" {
			continue
		}
		w := newTown(t)
		power := seeded(5)
		n := w.corrupt(power, spec.Name+map[string]string{"silent": " rate=500000"}[spec.Name])
		for i := range 600 {
			peer := []protocol.NodeID{1, 2, alice, bob}[i*7%4]
			n.ask(peer, w.read(peer))
			n.ask(peer, w.write(peer, uint64(i)))
			n.wait(time.Millisecond)
		}
		want := []string{spec.Name + "/replica/ack", spec.Name + "/replica/value"}
		if spec.Name == "stale" || spec.Name == "equivocate" || spec.Name == "twins" {
			want = want[1:] // any state acknowledges a write in the same words
		}
		w.want(spec.Name, sorted(power.takeLies()), want...)
	}
}

func TestStrategiesCompose(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{"stale.value": 1, "fabricate.value": 1, "toy.value": 5, "slow.value": 1})
	n := w.corrupt(power, "stale", "fabricate", "slow delay=80ms")
	n.ask(alice, w.write(alice, 40))
	w.want("held", n.ask(alice, w.read(alice)))
	n.wait(10 * time.Millisecond)
	w.want("an old answer, altered, late", n.take(), "4 toy.value 5")
	w.want("the last hand on the content is named", power.takeLies(), "fabricate/replica/value")
}

func TestCorruptClient(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{"fabricate.write": 1, "toy.value": 5})
	client := CorruptClient(&toyClient{keys: w.authority.Keys(alice), replicas: 2}, w.deps(alice, power), w.strategies("twins", "fabricate")...)
	n := newStage(client)
	client.Invoke(n, protocol.Operation{Kind: protocol.Write, Value: bytesOf(1)})
	w.want("an altered write", n.take(), "0 toy.write 6", "1 toy.write 6")
	w.want("lies", power.takeLies(), "fabricate/client/write", "fabricate/client/write")
	request := n.nonces
	w.nonce = request - 1
	client.Deliver(n, 1, w.message(1, toyAck, 1))
	if len(n.returns) != 1 {
		t.Fatalf("the client has returned %d times", len(n.returns))
	}
	var copy protocol.Machine = client.Clone()
	copy.(protocol.Client).Invoke(n, protocol.Operation{Seq: 1, Kind: protocol.Read})
	w.want("a clone is a client", n.take(), "0 toy.read 0", "1 toy.read 0")
}

func TestNodeStartsFromItsDisk(t *testing.T) {
	w := newTown(t)
	node := Corrupt(&toyReplica{keys: w.authority.Keys(liar)}, w.deps(liar, on(map[string]int{"twins.route": 1})), w.strategies("twins")...)
	n := &stage{machine: node}
	node.Start(n, protocol.Disk{{Key: protocol.KeyOf("value", 0), Value: w.write(alice, 9)}})
	w.want("so does a twin", n.ask(bob, w.read(bob)), "5 toy.value 9")
}
