package adversary

import (
	"testing"
)

func TestSilentDropsItsKinds(t *testing.T) {
	w := newTown(t)
	power := eager()
	n := w.corrupt(power, "silent kinds=ack")
	w.want("write", n.ask(alice, w.write(alice, 3)), "0 toy.audit 3")
	w.want("read", n.ask(alice, w.read(alice)), "4 toy.value 3")
	w.want("lies", power.takeLies(), "silent/replica/ack")
}

func TestSilentForGoodCostsOneDecision(t *testing.T) {
	w := newTown(t)
	drawn := 0
	power := &dice{chance: func(string, int) bool { drawn++; return true }}
	n := w.corrupt(power, "silent")
	for range 5 {
		w.want("read", n.ask(alice, w.read(alice)))
	}
	if drawn != 1 {
		t.Errorf("a dead node cost %d decisions", drawn)
	}
}

func TestFabricateIsSignedByTheLiar(t *testing.T) {
	w := newTown(t)
	power := eager()
	n := w.corrupt(power, "fabricate rate=1000000")
	w.want("read", n.ask(alice, w.read(alice)), "4 toy.value 999")
	w.want("lies", power.takeLies(), "fabricate/replica/value")

	n.machine.Deliver(n, alice, w.read(alice))
	lie := n.sent[0].Message.(*toyMessage)
	if lie.author != liar || !lie.authentic(w.authority.Keys(alice)) {
		t.Error("a fabricated message does not bear the liar's own signature")
	}
}

func TestALieEqualToTheTruthIsNotCounted(t *testing.T) {
	w := newTown(t)
	power := &dice{chance: func(string, int) bool { return true }} // fabricates, and adds nothing
	n := w.corrupt(power, "fabricate")
	w.want("read", n.ask(alice, w.read(alice)), "4 toy.value 0")
	w.want("lies", power.takeLies())
}

func TestReplaySendsItsOldMessagesAgain(t *testing.T) {
	w := newTown(t)
	power := eager()
	n := w.corrupt(power, "replay keep=2")
	w.want("first", n.ask(alice, w.write(alice, 1)), "0 toy.audit 1", "4 toy.ack 1")
	w.want("nothing old yet", power.takeLies())
	w.want("instead, to another", n.ask(bob, w.read(bob)), "5 toy.ack 1")
	w.want("lies", power.takeLies(), "replay/replica/ack")

	power.choose = func(string, int) int { return 0 }
	w.want("besides, to the same", n.ask(bob, w.read(bob)), "5 toy.value 1", "4 toy.ack 1")
	w.want("lies", power.takeLies(), "replay/replica/ack")
}

func TestReplayForgets(t *testing.T) {
	w := newTown(t)
	power := &dice{}
	n := w.corrupt(power, "replay keep=2")
	for i := range 5 {
		n.ask(alice, w.write(alice, uint64(i)))
	}
	power.chance = func(string, int) bool { return true }
	power.choose = func(label string, n int) int {
		if label == "replay.which" && n != 2 {
			t.Errorf("it remembers %d messages", n)
		}
		return 0
	}
	w.want("the older of two", n.ask(alice, w.read(alice)), "4 toy.value 4", "4 toy.ack 3")
}

func TestReplayRelaysWhatAccompliceWasSent(t *testing.T) {
	w := newTown(t)
	cabal := NewCabal()
	power := eager()
	power.chance = func(string, int) bool { return false }
	other := w.corruptIn(cabal, 1, power, "replay foreign=true")
	other.ask(alice, w.write(alice, 8))

	power = eager()
	power.choose = func(label string, n int) int {
		if label == "replay.which" {
			return 0
		}
		return n - 1
	}
	n := w.corruptIn(cabal, liar, power, "replay foreign=true")
	w.want("relayed", n.ask(bob, w.read(bob)), "5 toy.write 8")
}
