package adversary

import (
	"math/bits"
	"testing"
	"time"

	"turncoat/protocol"
)

// on answers only the named choices with values; the rest is calm.
func on(values map[string]int) *dice {
	return &dice{
		chance: func(label string, _ int) bool { return values[label] > 0 },
		choose: func(label string, _ int) int { return values[label] },
	}
}

func TestStaleAnswersFromItsPast(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{"stale.value": 1, "stale.age": 1})
	n := w.corrupt(power, "stale every=1 keep=3")
	n.ask(alice, w.write(alice, 1))
	n.ask(alice, w.write(alice, 2))
	n.ask(alice, w.write(alice, 3))
	w.want("two writes ago", n.ask(bob, w.read(bob)), "5 toy.value 2")
	w.want("lies", power.takeLies(), "stale/replica/value")
	power.choose = func(_ string, n int) int { return n - 1 }
	w.want("the oldest is never forgotten", n.ask(bob, w.read(bob)), "5 toy.value 0")
	w.want("it acknowledges what it will deny", n.ask(bob, w.write(bob, 4)), "0 toy.audit 4", "5 toy.ack 4")
}

func TestAccomplicesTellOneLie(t *testing.T) {
	for _, how := range []string{"stale every=1", "fabricate", "twins split=false"} {
		w := newTown(t)
		cabal := NewCabal()
		first, second := seeded(1), seeded(2)
		a, b := w.corruptIn(cabal, 0, first, how), w.corruptIn(cabal, 1, second, how)
		same, lies := 0, 0
		for i := range 200 {
			for _, m := range []protocol.Message{w.write(alice, uint64(i)), w.read(bob)} {
				from := m.(*toyMessage).author
				answerA, answerB := lastValue(a.ask(from, m)), lastValue(b.ask(from, m))
				if answerA == answerB {
					same++
				}
			}
			lies += len(first.takeLies())
		}
		if same != 400 || lies == 0 {
			t.Errorf("%s: %d of 400 answers agree, %d lies", how, same, lies)
		}
	}
}

// lastValue returns what an answer says, without whom it tells so.
func lastValue(lines []string) string {
	if len(lines) == 0 {
		return "nothing"
	}
	return lines[len(lines)-1]
}

func TestSlowHolds(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{"slow.value": 1, "slow.by": 7})
	n := w.corrupt(power, "slow delay=80ms")
	w.want("held", n.ask(alice, w.read(alice)))
	power.choose = func(string, int) int { return 0 }
	w.want("held, for less", n.ask(bob, w.read(bob)))
	w.want("lies", power.takeLies(), "slow/replica/value", "slow/replica/value")
	n.wait(9 * time.Millisecond)
	w.want("still held", n.take())
	n.wait(time.Millisecond)
	w.want("the shorter", n.take(), "5 toy.value 0")
	n.wait(69 * time.Millisecond)
	w.want("still held", n.take())
	n.wait(time.Millisecond)
	w.want("the longer", n.take(), "4 toy.value 0")
	w.want("a late truth is no second lie", power.takeLies())
}

func TestSlowLetsGoInTheOrderOfDelays(t *testing.T) {
	w := newTown(t)
	power := on(nil)
	power.chance = func(string, int) bool { return true }
	n := w.corrupt(power, "slow delay=80ms")
	for _, part := range []int{3, 0, 7, 1} {
		power.choose = func(string, int) int { return part }
		n.ask(alice, w.write(alice, uint64(part)))
	}
	n.wait(80 * time.Millisecond)
	w.want("all", n.take(), "4 toy.ack 0", "4 toy.ack 1", "4 toy.ack 3", "4 toy.ack 7")
}

// Where no time passes, only the expiry of timers orders what happens.
func TestSlowWithoutTime(t *testing.T) {
	w := newTown(t)
	n := w.corrupt(eager(), "slow delay=80ms")
	n.ask(alice, w.read(alice))
	n.ask(bob, w.read(bob))
	n.machine.Timer(n, timerOf(0, 0, 0))
	w.want("one", n.take(), "4 toy.value 0")
	n.machine.Timer(n, timerOf(0, 0, 0))
	w.want("the other", n.take(), "5 toy.value 0")
}

func TestALieAboutALateTruthIsNoneWhenEqual(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{"slow.value": 1, "fabricate.value": 1})
	n := w.corrupt(power, "slow delay=80ms", "fabricate")
	n.ask(alice, w.read(alice))
	w.want("lies", power.takeLies(), "slow/replica/value")
	n.wait(80 * time.Millisecond)
	w.want("fabricated as it was", n.take(), "4 toy.value 0")
	w.want("lies", power.takeLies())
}

func TestReorderSendsInAnotherOrder(t *testing.T) {
	w := newTown(t)
	power := eager()
	n := w.corrupt(power, "reorder window=3 wait=5ms")
	w.want("gathered", n.ask(alice, w.write(alice, 1)), "0 toy.audit 1")
	w.want("gathered", n.ask(alice, w.write(alice, 2)), "0 toy.audit 2")
	w.want("enough", n.ask(alice, w.write(alice, 3)), "0 toy.audit 3", "4 toy.ack 3", "4 toy.ack 2", "4 toy.ack 1")
	if count := n.foreignTimers(); count != 0 {
		t.Errorf("%d timers are armed with nothing gathered", count)
	}
	w.want("gathered", n.ask(alice, w.read(alice)))
	n.wait(5 * time.Millisecond)
	w.want("long enough", n.take(), "4 toy.value 3")
	w.want("lies", power.takeLies(), "reorder/replica/ack", "reorder/replica/ack", "reorder/replica/value")
}

func TestGarbleBreaksSignatureOrForm(t *testing.T) {
	w := newTown(t)
	power := seeded(3)
	n, bare := w.corrupt(power, "garble rate=1000000"), newStage(&toyReplica{keys: w.authority.Keys(liar)})
	for range 500 {
		read := w.read(alice)
		n.machine.Deliver(n, alice, read)
		bare.machine.Deliver(bare, alice, read)
	}
	decoded, undecoded := 0, 0
	var flips [maxFlips + 1]int
	for i, s := range n.sent {
		switch m := s.Message.(type) {
		case *Garbled:
			if _, err := decodeToy(m.Bytes); err == nil || m.Was != "toy.value" {
				t.Fatalf("a message that decodes (%v) was sent as Garbled of %s", err, m.Was)
			}
			undecoded++
		case *toyMessage:
			if !m.authentic(w.authority.Keys(alice)) {
				decoded++
			}
		}
		flips[distance(s.Message.AppendTo(nil), bare.sent[i].Message.AppendTo(nil))]++
	}
	if decoded+undecoded+flips[0] != 500 || decoded == 0 || undecoded == 0 {
		t.Errorf("%d garbled messages decode, %d do not, %d are as they were", decoded, undecoded, flips[0])
	}
	if flips[1] < 100 || flips[2] < 100 || flips[3] < 100 {
		t.Errorf("messages by flipped bits: %d", flips)
	}
	lies := power.takeLies()
	if len(lies) != 500-flips[0] {
		t.Errorf("%d lies, and %d messages that are as they were", len(lies), flips[0])
	}
	w.want("lies", sorted(lies), "garble/replica/value")
}

// distance counts the bits in which a and b, equally long, differ.
func distance(a, b []byte) int {
	n := 0
	for i := range a {
		n += bits.OnesCount8(a[i] ^ b[i])
	}
	return n
}

func TestCrashRestartForgets(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{})
	n := w.corrupt(power, "crash-restart spell=40ms")
	n.ask(alice, w.write(alice, 7))
	power.chance = func(string, int) bool { return true }
	w.want("mute", n.ask(alice, w.read(alice)))
	power.chance = nil
	w.want("still mute", n.ask(alice, w.read(alice)))
	n.wait(10 * time.Millisecond)
	w.want("back, with nothing", n.ask(alice, w.read(alice)), "4 toy.value 0")
	w.want("lies", power.takeLies(), "crash-restart/replica/value", "crash-restart/replica/value", "crash-restart/replica/value")
	w.want("it learns", n.ask(alice, w.write(alice, 8)), "0 toy.audit 8", "4 toy.ack 8")
	w.want("now it is right again", n.ask(alice, w.read(alice)), "4 toy.value 8")
	w.want("lies", power.takeLies())
}

func TestCrashRestartCanRemember(t *testing.T) {
	w := newTown(t)
	power := eager()
	n := w.corrupt(power, "crash-restart spell=40ms forget=false")
	n.ask(alice, w.write(alice, 7))
	power.chance = nil
	n.wait(40 * time.Millisecond)
	w.want("back, as if never away", n.ask(alice, w.read(alice)), "4 toy.value 7")
}

// sides puts bob on the other side than all others.
func sides(w *town, n *stage, power *dice, label string) {
	n.ask(alice, w.write(alice, 1))
	power.chance = func(string, int) bool { return true }
	power.choose = func(l string, n int) int {
		if l == label {
			return 1
		}
		return 0
	}
	n.ask(bob, w.read(bob))
	power.choose, power.chance = nil, nil
	power.takeLies()
}

func TestEquivocateTellsTwoStories(t *testing.T) {
	w := newTown(t)
	power := on(nil)
	n := w.corrupt(power, "equivocate")
	sides(w, n, power, "equivocate.side")
	w.want("alice writes", n.ask(alice, w.write(alice, 2)), "0 toy.audit 2", "4 toy.ack 2")
	w.want("bob does not see it", n.ask(bob, w.read(bob)), "5 toy.value 1")
	w.want("bob writes", n.ask(bob, w.write(bob, 3)), "0 toy.audit 3", "5 toy.ack 3")
	w.want("alice does not see it", n.ask(alice, w.read(alice)), "4 toy.value 2")
	w.want("bob does", n.ask(bob, w.read(bob)), "5 toy.value 3")
	w.want("lies", power.takeLies(), "equivocate/replica/value", "equivocate/replica/value")
}

func TestEquivocateInformedAndHealed(t *testing.T) {
	w := newTown(t)
	power := on(nil)
	n := w.corrupt(power, "equivocate informed=true heal=1")
	n.ask(alice, w.write(alice, 1))
	power.chance = func(label string, _ int) bool { return label == "equivocate.split" }
	power.choose = func(string, int) int { return 1 }
	w.want("bob is on the second side", n.ask(bob, w.read(bob)), "5 toy.value 1")
	power.choose = nil
	n.ask(bob, w.write(bob, 3))
	w.want("the first side hears bob", n.ask(alice, w.read(alice)), "4 toy.value 3")
	n.ask(alice, w.write(alice, 4))
	w.want("bob does not hear the first", n.ask(bob, w.read(bob)), "5 toy.value 3")
	power.chance = func(label string, _ int) bool { return label == "equivocate.heal" }
	w.want("healed", n.ask(bob, w.read(bob)), "5 toy.value 4")
}

func TestAccomplicesSplitTogether(t *testing.T) {
	w := newTown(t)
	cabal := NewCabal()
	power := on(nil)
	a, b := w.corruptIn(cabal, 0, power, "equivocate"), w.corruptIn(cabal, 1, &dice{}, "equivocate")
	sides(w, a, power, "equivocate.side")
	b.ask(alice, w.write(alice, 5))
	w.want("b, which draws nothing itself, tells bob the other story too", b.ask(bob, w.read(bob)), "5 toy.value 0")
}

func TestTwinsAreIndistinguishableBySignature(t *testing.T) {
	w := newTown(t)
	power := on(nil)
	n := w.corrupt(power, "twins")
	sides(w, n, power, "twins.route")
	n.ask(alice, w.write(alice, 2))
	n.take()
	question := w.read(alice)
	n.machine.Deliver(n, alice, question)
	n.machine.Deliver(n, bob, question)
	one, other := n.sent[0].Message.(*toyMessage), n.sent[1].Message.(*toyMessage)
	if one.value != 2 || other.value != 0 || one.nonce != other.nonce {
		t.Fatalf("the twins answer %+v and %+v, want 2 of the first and 0 of the second", one, other)
	}
	for _, m := range []*toyMessage{one, other} {
		if m.author != liar || !m.authentic(w.authority.Keys(alice)) {
			t.Errorf("the answer %d is not signed by the twins' identity", m.value)
		}
	}
	w.want("lies", power.takeLies(), "twins/replica/value")
}

func TestTwinsMayAllAnswer(t *testing.T) {
	w := newTown(t)
	power := on(nil)
	n := w.corrupt(power, "twins copies=3 split=false")
	n.ask(alice, w.write(alice, 1))
	power.choose = func(_ string, n int) int { return n - 1 }
	w.want("all of them", n.ask(alice, w.read(alice)), "4 toy.value 1", "4 toy.value 0", "4 toy.value 0")
	n.ask(alice, w.write(alice, 2))
	power.takeLies()
	w.want("of one mind", n.ask(alice, w.read(alice)), "4 toy.value 2", "4 toy.value 2", "4 toy.value 2")
	w.want("none of which is a lie", power.takeLies())
}

func TestFloodNeverLetsTheInstantEnd(t *testing.T) {
	w := newTown(t)
	n := w.corrupt(eager(), "flood")
	n.machine.Deliver(n, alice, w.read(alice))
	for range 1000 {
		flood := n.sent[len(n.sent)-1]
		if flood.To != liar {
			t.Fatalf("the flood ended with a message to %d", flood.To)
		}
		n.machine.Deliver(n, liar, flood.Message)
	}
}

// moving is a world whose clock moves during an input, as it never does.
type moving struct {
	*stage
	reads int
}

func (m *moving) Now() protocol.Time {
	if m.reads++; m.reads > 1_000_000 {
		return 1
	}
	return 0
}

func TestSpinWaitsForAClockThatStands(t *testing.T) {
	w := newTown(t)
	n := w.corrupt(eager(), "spin")
	world := &moving{stage: n}
	n.machine.Deliver(world, alice, w.read(alice))
	if world.reads < 1_000_000 {
		t.Errorf("spin gave up after %d looks at the clock", world.reads)
	}
}
