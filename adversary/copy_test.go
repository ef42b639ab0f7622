package adversary

import (
	"testing"
	"time"

	"turncoat/protocol"
)

// Both forks of a client are in the same state when the operation comes, and have
// timers of their own: they say the same, and none of it is a lie.
func TestForksThatAgreeDoNotLie(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{"equivocate.split": 1})
	client := CorruptClient(&toyClient{keys: w.authority.Keys(alice), replicas: 2}, w.deps(alice, power), w.strategies("equivocate")...)
	n := newStage(client)
	client.Deliver(n, 1, w.message(1, toyAck, 1))
	power.choose = func(string, int) int { return 1 }
	client.Deliver(n, 0, w.message(0, toyAck, 1)) // node 1 is on one side and node 0 on the other
	power.choose = nil

	client.Invoke(n, protocol.Operation{Kind: protocol.Read})
	n.wait(20 * time.Millisecond)
	w.want("sent three times", sorted(n.take()), "0 toy.read 0", "1 toy.read 0")
	w.want("lies", power.takeLies())

	w.nonce = n.nonces - 1
	client.Deliver(n, 1, w.message(1, toyValue, 1))
	n.take()
	n.wait(10 * time.Millisecond)
	w.want("one fork still asks", n.take(), "0 toy.read 0")
	w.want("which the honest copy would not", power.takeLies(), "equivocate/client/read")
	if len(n.returns) != 1 {
		t.Errorf("%d results", len(n.returns))
	}
	client.Invoke(n, protocol.Operation{Seq: 1, Kind: protocol.Read}) // the fork is busy and misses it
	w.want("the other asks", n.take(), "1 toy.read 0")
}

// A client that splits in the middle of an operation has two forks in the middle of it.
func TestAForkInheritsTimersAndOperation(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{})
	client := CorruptClient(&toyClient{keys: w.authority.Keys(alice), replicas: 2}, w.deps(alice, power), w.strategies("equivocate")...)
	n := newStage(client)
	client.Invoke(n, protocol.Operation{Kind: protocol.Read})
	n.wait(5 * time.Millisecond)
	power.chance = func(string, int) bool { return true }
	w.nonce = 1 << 20
	client.Deliver(n, 1, w.message(1, toyAck, 1)) // an answer to nothing, after which they are two
	power.choose = func(string, int) int { return 1 }
	client.Deliver(n, 0, w.message(0, toyAck, 1))
	power.chance, power.choose = nil, nil
	n.take()
	n.wait(5 * time.Millisecond)
	w.want("both ask again in time", sorted(n.take()), "0 toy.read 0", "1 toy.read 0")
	w.want("lies", power.takeLies())

	w.nonce = n.nonces - 1
	client.Deliver(n, 1, w.message(1, toyValue, 1))
	client.Invoke(n, protocol.Operation{Seq: 1, Kind: protocol.Read}) // panics in a fork that is not known to be busy
	w.want("one of them is still busy", n.take(), "1 toy.read 0")
}

func TestAForkOfAnIdleClientIsIdle(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{"equivocate.split": 1})
	power.chance = nil
	client := CorruptClient(&toyClient{keys: w.authority.Keys(alice), replicas: 2}, w.deps(alice, power), w.strategies("equivocate")...)
	n := newStage(client)
	client.Invoke(n, protocol.Operation{Kind: protocol.Read})
	w.nonce = n.nonces - 1
	client.Deliver(n, 1, w.message(1, toyValue, 1))
	power.chance = func(string, int) bool { return true }
	power.choose = func(string, int) int { return 1 }
	client.Deliver(n, 0, w.message(0, toyAck, 1))
	n.take()
	n.wait(30 * time.Millisecond)
	w.want("its timer was cancelled", n.take())
	client.Invoke(n, protocol.Operation{Seq: 1, Kind: protocol.Read})
	w.want("it takes the next operation", n.take(), "0 toy.read 0", "1 toy.read 0")
}

// foreignTimers counts the armed timers that are not the honest copy's.
func (s *stage) foreignTimers() int {
	count := 0
	for _, a := range s.timers {
		if owner, _, _ := splitTimer(a.id); owner >= 0 {
			count++
		}
	}
	return count
}

func TestDroppedCopiesLeaveNoTimers(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{"crash-restart.crash": 1})
	n := w.corrupt(power, "crash-restart spell=4ms")
	for range 3 {
		n.ask(alice, w.read(alice))
		if count := n.foreignTimers(); count != 1 {
			t.Errorf("crashed, with %d timers armed: want that of the spell", count)
		}
		n.wait(4 * time.Millisecond)
		if count := n.foreignTimers(); count != 1 {
			t.Errorf("restarted, with %d timers armed: want that of the new machine", count)
		}
	}
}

func TestForksOfAnEarlierSplitLeaveNoTimers(t *testing.T) {
	w := newTown(t)
	cabal := NewCabal()
	leads, follows := on(nil), &dice{}
	a, b := w.corruptIn(cabal, 0, leads, "equivocate heal=1"), w.corruptIn(cabal, 1, follows, "equivocate heal=1")
	sides(w, a, leads, "equivocate.side")
	b.ask(bob, w.read(bob))
	if count := b.foreignTimers(); count != 2 {
		t.Fatalf("split, with %d timers armed: want one of each fork", count)
	}
	leads.chance = func(string, int) bool { return true }
	a.ask(alice, w.read(alice)) // heals
	if count := a.foreignTimers(); count != 0 {
		t.Errorf("healed, with %d timers armed", count)
	}
	a.ask(alice, w.read(alice)) // splits again, and the other with it
	b.ask(alice, w.read(alice))
	if count := b.foreignTimers(); count != 1 {
		t.Errorf("split again, with %d timers armed: want that of the second fork, the first is still the honest copy", count)
	}
}

// oneShot is a replica that does not arm its timer again.
type oneShot struct{ *toyReplica }

func (o oneShot) Timer(protocol.Env, protocol.TimerID) {}

func (o oneShot) Clone() protocol.Machine { return oneShot{o.toyReplica.Clone().(*toyReplica)} }

func TestAnExpiredTimerIsNotInherited(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{"equivocate.split": 1})
	n := newStage(Corrupt(oneShot{&toyReplica{keys: w.authority.Keys(liar)}}, w.deps(liar, power), w.strategies("equivocate")...))
	n.wait(30 * time.Millisecond)
	n.ask(alice, w.read(alice))
	if count := n.foreignTimers(); count != 0 {
		t.Errorf("a fork has %d timers of an honest copy that has none", count)
	}
}

func TestWhatACopyTellsItselfReturnsToItAlone(t *testing.T) {
	w := newTown(t)
	n := w.corrupt(on(map[string]int{"twins.route": 1}), "twins split=false")
	w.want("it leaves no trace outside", n.ask(bob, w.write(bob, 1)), "0 toy.audit 1", "5 toy.ack 1")
	audit := w.message(liar, toyAudit, 1)
	n.machine.Deliver(n, liar, audit) // the honest copy's own
	n.wait(0)
	node := n.machine.(*Node)
	twin := node.strategies[0].(*Twins).minds.copies[1].machine.(*toyReplica)
	if honest := node.honest.(*toyReplica); honest.audited != 1 || twin.audited != 1 {
		t.Errorf("the honest copy has heard itself %d times and the twin %d times, want once each", honest.audited, twin.audited)
	}
}

// greeter is a replica that greets two clients as it starts.
type greeter struct{ *toyReplica }

func (g greeter) Start(env protocol.Env, disk protocol.Disk) {
	for _, client := range []protocol.NodeID{alice, bob} {
		env.Send(client, signToy(g.keys, toyMessage{kind: toyAck, value: g.value}))
	}
}

func (g greeter) Clone() protocol.Machine { return greeter{g.toyReplica.Clone().(*toyReplica)} }

func TestATwinStartsLikeAnyMachine(t *testing.T) {
	w := newTown(t)
	power := &dice{}
	n := newStage(Corrupt(greeter{&toyReplica{keys: w.authority.Keys(liar)}}, w.deps(liar, power), w.strategies("twins")...))
	w.want("the first greets its peers", n.take(), "4 toy.ack 0", "5 toy.ack 0")

	power.choose = func(string, int) int { return 1 }
	n = newStage(Corrupt(greeter{&toyReplica{keys: w.authority.Keys(liar)}}, w.deps(liar, power), w.strategies("twins")...))
	w.want("nobody speaks with the first", n.take())
	w.want("the second greets its peers when it is born", n.ask(bob, w.read(bob)), "4 toy.ack 0", "5 toy.ack 0", "5 toy.value 0")
}
