package auth

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
)

// move is one resharing as a liar might spoil it, the same under both suites.
type move struct {
	old, next Group
	dealers   []int // positions in the old group, as many as are needed
	spoil     string
	at, bit   int  // what of it is spoilt
	signed    bool // the liar is the dealer, and signs what it has made of the dealing
}

var spoils = []string{"nothing", "value", "head", "constant term", "another term", "signature", "dealer", "too few terms", "too few values"}

func drawMove(t *rapid.T) move {
	n := rapid.SampledFrom([]int{1, 4, 5, 7}).Draw(t, "old size")
	m := move{
		old:    groupOf(3, rapid.IntRange(0, 11).Draw(t, "old"), n),
		next:   groupOf(4, rapid.IntRange(0, 11).Draw(t, "next"), rapid.SampledFrom([]int{1, 4, 7}).Draw(t, "next size")),
		spoil:  rapid.SampledFrom(spoils).Draw(t, "spoil"),
		at:     rapid.IntRange(0, 6).Draw(t, "at"),
		bit:    rapid.IntRange(0, 7).Draw(t, "bit"),
		signed: rapid.Bool().Draw(t, "signed"),
	}
	positions := make([]int, n)
	for i := range positions {
		positions[i] = i
	}
	m.dealers = rapid.Permutation(positions).Draw(t, "dealers")[:m.old.Threshold()]
	return m
}

// apply spoils d and reports whether it changed anything.
func (m move) apply(d *Dealing) bool {
	mask := byte(1) << m.bit
	switch m.spoil {
	case "nothing":
		return false
	case "value":
		d.Sealed[m.at%len(d.Sealed)][m.at] ^= mask
	case "head":
		d.Head[m.at] ^= mask
	case "constant term":
		d.Commitments[0][m.at] ^= mask
	case "another term":
		d.Commitments[len(d.Commitments)-1][m.at] ^= mask
	case "signature":
		d.Signature[20*m.at] ^= mask
	case "dealer":
		d.Dealer += m.at - 3
		return m.at != 3
	case "too few terms":
		d.Commitments = d.Commitments[1:]
	case "too few values":
		d.Sealed = d.Sealed[1:]
	}
	return true
}

// outcome is what the rest of a system sees of a move.
type outcome struct {
	Spoilt, Signs bool
	Shares        int // new members that have a share in the end
	Accused       int // new members whose accusation everybody believes
}

func (m move) run(t *rapid.T, a *Authority) outcome {
	sharing, shares, err := a.NewThreshold(m.old)
	if err != nil {
		t.Fatal(err)
	}
	c := &committee{sharing: sharing, shares: shares, keys: epochKeys(a, m.old)}
	k := a.Keys(0)
	dealings := c.dealings(t, k, m.next, m.dealers)
	var out outcome
	liar := dealings[0].Dealer
	out.Spoilt = m.apply(dealings[0])
	if m.signed && m.spoil != "signature" {
		dealings[0].Signature, _ = k.SignEpoch(c.keys[liar], m.next.Epoch, dealings[0].Statement(sharing, m.next))
	}
	var partials []Partial
	msg := []byte("epoch 4")
	var made *Sharing
	for _, key := range epochKeys(a, m.next) {
		if share, s, err := k.NewShare(sharing, m.next, dealings, key); err == nil {
			p, _ := k.PartialSign(share, msg)
			made, partials = s, append(partials, p)
			out.Shares++
		}
		if acc, ok := k.Accuse(sharing, m.next, dealings[0], key); ok && k.VerifyAccusation(sharing, m.next, dealings[0], acc) {
			out.Accused++
		}
	}
	if made != nil {
		_, err := k.Combine(made, msg, partials)
		out.Signs = err == nil && made.Key() == sharing.Key()
	}
	return out
}

func TestSuitesAgreeOnEveryMove(t *testing.T) {
	all := largeAuthorities(t)
	rapid.Check(t, func(t *rapid.T) {
		m := drawMove(t)
		ideal, real := m.run(t, all[0]), m.run(t, all[1])
		if m.signed && (m.spoil == "head" || m.spoil == "another term") {
			// What is still a point of the curve goes through to the recipients of the
			// real suite; the ideal one has no points. No share comes of it in either.
			ideal.Accused, real.Accused = 0, 0
		}
		if ideal != real {
			t.Fatalf("ideal says %+v, real says %+v", ideal, real)
		}
		n := len(m.next.Members)
		want := outcome{Spoilt: ideal.Spoilt, Signs: true, Shares: n}
		if ideal.Spoilt {
			want = outcome{Spoilt: true}
		}
		if m.spoil == "value" && m.signed {
			want = outcome{Spoilt: true, Shares: n - 1, Accused: 1, Signs: n-1 >= m.next.Threshold()}
		}
		if ideal != want {
			t.Fatalf("both say %+v, want %+v", ideal, want)
		}
	})
}

func TestMeterCountsSharesAlikeInBothSuites(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		c, next := found(t, a, groupOf(0, 0, 4)), groupOf(1, 4, 4)
		k := a.Keys(0)
		want := protocol.Meter{}
		counts := func(what string, shares uint64) {
			if want.Shares += shares; k.Meter.Shares != want.Shares {
				t.Fatalf("%s: %d shares are counted, want %d", what, k.Meter.Shares, want.Shares)
			}
		}
		all := c.partials(t, k, []byte("msg"))
		counts("four partials", 4)
		sig, _ := k.Combine(c.sharing, []byte("msg"), slices.Clone(all))
		counts("two combined", 2)
		k.VerifyThreshold(c.sharing.Key(), []byte("msg"), &sig)
		k.VerifyThreshold(c.sharing.Key(), []byte("msg"), &sig)
		counts("one signature checked twice", 2)
		d := c.dealings(t, k, next, []int{0})
		counts("a dealing to four", 4)
		k.VerifyDealing(c.sharing, next, d[0])
		k.Accuse(c.sharing, next, d[0], epochKeys(a, next)[0])
		counts("a dealing checked and opened", 2)
	}
}
