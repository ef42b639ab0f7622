package adversary

import (
	"bytes"
	"testing"
)

// The k-th question of one accomplice is the k-th of another.
func TestAccomplicesAgreeDrawByDraw(t *testing.T) {
	cabal := NewCabal()
	ask := func(power Power) (answers []int) {
		p := &pact{power: power, cabal: cabal, topic: 1}
		for range 20 {
			answers = append(answers, p.Choose("a", 1000))
		}
		return answers
	}
	first, second := ask(seeded(1)), ask(seeded(2))
	distinct := 0
	for i := range first {
		if first[i] != second[i] {
			t.Fatalf("draw %d is %d for one and %d for the other", i, first[i], second[i])
		}
		if i > 0 && first[i] != first[i-1] {
			distinct++
		}
	}
	if distinct < 15 {
		t.Errorf("only %d of 19 draws differ from the one before: they are not drawn anew", distinct)
	}
}

func TestAnAccompliceWithFewerAlternatives(t *testing.T) {
	w := newTown(t)
	cabal := NewCabal()
	power := eager()
	old, young := w.corruptIn(cabal, 0, power, "stale every=1 keep=3"), w.corruptIn(cabal, 1, power, "stale every=1 keep=3")
	for i := range 4 {
		old.ask(alice, w.write(alice, uint64(i)))
	}
	question := w.read(bob)
	w.want("the oldest of three", old.ask(bob, question), "5 toy.value 0")
	w.want("the oldest of one", young.ask(bob, question), "5 toy.value 0")
}

func TestCabalForgetsOldExchangesOnly(t *testing.T) {
	cabal := NewCabal()
	lasting := &pact{power: eager(), cabal: cabal, topic: 1, lasting: true}
	if lasting.Choose("side", 2) != 1 {
		t.Fatal("the draw was not made")
	}
	for topic := range uint64(3 * maxRecent) {
		(&pact{power: eager(), cabal: cabal, topic: topic}).Choose("lie", 2)
	}
	if len(cabal.agreed) > maxRecent+1 || len(cabal.agreed) != len(cabal.recent)+1 {
		t.Errorf("%d agreements are remembered, %d of them in order", len(cabal.agreed), len(cabal.recent))
	}
	again := &pact{power: &dice{}, cabal: cabal, topic: 1, lasting: true}
	if again.Choose("side", 2) != 1 {
		t.Error("what was agreed for good is forgotten")
	}
}

func TestCabalClone(t *testing.T) {
	w := newTown(t)
	cabal := NewCabal()
	n := w.corruptIn(cabal, liar, eager(), "equivocate", "fabricate", "replay foreign=true")
	for range 10 {
		n.ask(alice, w.read(alice))
	}
	clone := cabal.Clone()
	state := cabal.AppendState(nil)
	if !bytes.Equal(state, clone.AppendState(nil)) {
		t.Fatal("a clone's state differs")
	}
	if len(clone.Members()) != 1 || len(clone.Seen()) != 10 {
		t.Errorf("the clone has %d members and has seen %d messages", len(clone.Members()), len(clone.Seen()))
	}
	n.ask(bob, w.read(bob))
	if bytes.Equal(state, cabal.AppendState(nil)) || !bytes.Equal(state, clone.AppendState(nil)) {
		t.Error("what the cabal learns is not in its state, or is in its clone's")
	}
}
