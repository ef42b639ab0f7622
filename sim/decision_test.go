package sim

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestChoicesAreWrittenAndRead(t *testing.T) {
	for c := Lie; c <= Size; c++ {
		if back, err := ParseChoice(c.String()); err != nil || back != c {
			t.Errorf("%v came back as %v, %v", c, back, err)
		}
	}
	for _, s := range []string{"", "unknown", "Loss", "delays"} {
		if _, err := ParseChoice(s); err == nil || !strings.Contains(err.Error(), "lie, fault, loss") {
			t.Errorf("%q: %v", s, err)
		}
	}
	if Choice(0).String() != "unknown" || Choice(99).String() != "unknown" {
		t.Error("a number that is no choice has a name")
	}
}

func anyKey(t *rapid.T) Key {
	return Key{
		Choice: Choice(rapid.IntRange(int(Lie), int(Size)).Draw(t, "choice")),
		Actor:  rapid.Int32Range(-1, 3).Draw(t, "actor"), Peer: rapid.Int32Range(-1, 3).Draw(t, "peer"),
		Index: rapid.Uint32Range(0, 3).Draw(t, "index"), Label: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "label"),
	}
}

// Two keys are written alike only if they are one key, and the order is total.
func TestKeysAreToldApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k, l, m := anyKey(t), anyKey(t), anyKey(t)
		if same := k == l; same != (k.Compare(l) == 0) || same != (k.String() == l.String()) {
			t.Fatalf("%v and %v: compare %d", k, l, k.Compare(l))
		}
		if k.Compare(l) != -l.Compare(k) {
			t.Fatalf("%v and %v are each before the other", k, l)
		}
		keys := []Key{k, l, m}
		slices.SortFunc(keys, Key.Compare)
		if keys[0].Compare(keys[2]) > 0 {
			t.Fatalf("%v is no order", keys)
		}
	})
	k := Key{Choice: Delay, Actor: 3, Peer: 1, Index: 7}
	if k.String() != "delay 3->1 #7" {
		t.Errorf("a delay is written %q", k)
	}
	k = Key{Choice: Lie, Actor: 2, Peer: -1, Label: "stale.read-reply"}
	if k.String() != "lie 2 stale.read-reply #0" {
		t.Errorf("a lie is written %q", k)
	}
}

// A drawn value lies in its range and comes back from a list; what a list leaves
// out is calm, in the range or not.
func TestDrawAndChance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		k := anyKey(t)
		lo := rapid.Int64Range(-5, 5).Draw(t, "lo")
		hi := lo + rapid.Int64Range(0, 5).Draw(t, "more")
		calm := rapid.Int64Range(-7, 12).Draw(t, "calm")
		ppm := uint32(rapid.IntRange(0, million).Draw(t, "ppm"))
		d := FromSeed(seed, true)
		v, yes := d.Draw(k, lo, hi, calm), d.Chance(k, ppm)
		if v < lo || v > hi {
			t.Fatalf("drew %d of %d..%d", v, lo, hi)
		}
		if ppm == 0 && yes || ppm == million && !yes {
			t.Fatalf("%v with %d parts per million", yes, ppm)
		}
		if len(d.Kept()) > 0 && d.Kept()[0].Choice == k.Choice && v != calm && !yes {
			if back := FromList(seed+1, d.Kept()).Draw(k, lo, hi, calm); back != v {
				t.Fatalf("drew %d, the list says %d", v, back)
			}
		}
		calmly := FromList(seed, nil)
		if got := calmly.Draw(k, lo, hi, calm); got != calm || calmly.Chance(k, ppm) || len(calmly.Kept()) != 0 {
			t.Fatalf("an empty list decides %d, want %d", got, calm)
		}
		listed := rapid.Int64().Draw(t, "listed")
		got := FromList(seed, []Decision{{k, calm}, {k, listed}}).Draw(k, lo, hi, calm)
		if want := min(max(listed, lo), hi); listed != calm && got != want {
			t.Fatalf("a listed %d of %d..%d is %d, want %d", listed, lo, hi, got, want)
		}
	})
}

// Words are addressed: one more draw of one name does not move those of another.
func TestOneDrawMoreMovesNoOther(t *testing.T) {
	k := Key{Choice: Work, Actor: 1, Peer: -1, Label: "think", Index: 4}
	alone := FromSeed(9, false).Draw(k, 0, 1<<40, 0)
	d := FromSeed(9, false)
	for i := range uint32(10) {
		d.Draw(Key{Choice: Work, Actor: 1, Peer: -1, Label: "object", Index: i}, 0, 9, 0)
	}
	if d.Draw(k, 0, 1<<40, 0) != alone || d.Seed() != 9 {
		t.Error("a draw depends on draws of another name")
	}
}
