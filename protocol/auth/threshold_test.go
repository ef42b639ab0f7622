package auth

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
)

// committee is a group with the shares and keys of all its members.
type committee struct {
	sharing *Sharing
	shares  []Share
	keys    []EpochKey
}

// failer is a testing.T or a rapid.T.
type failer interface {
	Fatal(...any)
	Fatalf(string, ...any)
}

// groupOf is a group of n nodes from first on, wrapping around the 12 of largeAuthorities.
func groupOf(epoch uint64, first, n int) Group {
	g := Group{Epoch: epoch}
	for i := range n {
		g.Members = append(g.Members, protocol.NodeID((first+i)%12))
	}
	return g
}

func largeAuthorities(t testing.TB) []*Authority {
	var all []*Authority
	for _, suite := range []Suite{Ideal, Real} {
		a, err := NewAuthority(suite, 7, 12)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

func found(t testing.TB, a *Authority, g Group) *committee {
	sharing, shares, err := a.NewThreshold(g)
	if err != nil {
		t.Fatal(err)
	}
	return &committee{sharing: sharing, shares: shares, keys: epochKeys(a, g)}
}

func epochKeys(a *Authority, g Group) (keys []EpochKey) {
	for _, m := range g.Members {
		key := a.EpochKey(m)
		key.Evolve(g.Epoch)
		keys = append(keys, key)
	}
	return keys
}

func (c *committee) partials(t testing.TB, k *Keys, msg []byte) (all []Partial) {
	for _, share := range c.shares {
		p, ok := k.PartialSign(share, msg)
		if !ok {
			t.Fatal("a share does not sign")
		}
		all = append(all, p)
	}
	return all
}

// dealings are those of the members at the given positions to the next group.
func (c *committee) dealings(t failer, k *Keys, next Group, positions []int) (all []*Dealing) {
	for _, p := range positions {
		d, ok := k.Deal(c.shares[p], c.sharing, next, c.keys[p])
		if !ok {
			t.Fatalf("member %d cannot deal", p)
		}
		all = append(all, d)
	}
	return all
}

// reshare moves the key to the next group with the dealings of these positions.
func (c *committee) reshare(t testing.TB, a *Authority, next Group, positions []int) *committee {
	dealings := c.dealings(t, a.Keys(0), next, positions)
	out := &committee{keys: epochKeys(a, next)}
	for i, key := range out.keys {
		share, sharing, err := a.Keys(next.Members[i]).NewShare(c.sharing, next, dealings, key)
		if err != nil {
			t.Fatal(err)
		}
		if out.sharing != nil && out.sharing.ID() != sharing.ID() {
			t.Fatal("two members have made different sharings of one set of dealings")
		}
		out.sharing, out.shares = sharing, append(out.shares, share)
	}
	return out
}

func TestAnyThresholdOfMembersSignsAndOneLessDoesNot(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		k, msg := a.Keys(0), []byte("epoch 8")
		c := found(t, a, groupOf(0, 0, 7))
		all := c.partials(t, k, msg)
		want, err := k.Combine(c.sharing, msg, all)
		if err != nil || !k.VerifyThreshold(c.sharing.Key(), msg, &want) {
			t.Fatalf("all members together do not sign: %v", err)
		}
		rapid.Check(t, func(t *rapid.T) {
			order := rapid.Permutation(all).Draw(t, "order")
			if sig, err := k.Combine(c.sharing, msg, order[:3]); err != nil || sig != want {
				t.Fatalf("three of seven: %v", err)
			}
			lonely := append(order[:2:2], order[0], order[1])
			if _, err := k.Combine(c.sharing, msg, lonely); err == nil {
				t.Fatal("two members, each counted twice, signed")
			}
		})
	}
}

func TestLiarsArePassedOver(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		k, msg := a.Keys(0), []byte("epoch 8")
		c := found(t, a, groupOf(0, 0, 4))
		all := c.partials(t, k, msg)
		elsewhere := c.partials(t, k, []byte("epoch 9"))
		lies := []Partial{
			{Index: 1, Sig: elsewhere[1].Sig}, {Index: 2, Sig: all[1].Sig}, {Index: -1, Sig: all[0].Sig},
			{Index: 4, Sig: all[0].Sig}, {Index: 3}, {Index: 0, Sig: ThresholdSignature{0xc0}},
		}
		for i := range lies {
			if k.VerifyPartial(c.sharing, msg, &lies[i]) {
				t.Fatalf("lie %d verifies", i)
			}
		}
		if _, err := k.Combine(c.sharing, msg, append(lies, all[3])); err == nil {
			t.Fatal("one honest member and liars signed")
		}
		sig, err := k.Combine(c.sharing, msg, append(lies, all[3], all[1]))
		if err != nil || !k.VerifyThreshold(c.sharing.Key(), msg, &sig) {
			t.Fatalf("liars kept two honest members from signing: %v", err)
		}
		for bit := range 8 * len(sig) {
			bent := sig
			bent[bit/8] ^= 1 << (bit % 8)
			if k.VerifyThreshold(c.sharing.Key(), msg, &bent) {
				t.Fatalf("bit %d of a threshold signature does not matter", bit)
			}
		}
		if k.VerifyThreshold(c.sharing.Key(), []byte("epoch 9"), &sig) || k.VerifyThreshold(GroupKey{1}, msg, &sig) {
			t.Fatal("a signature verifies for another message or key")
		}
	}
}

func TestErasedShareIsGoneForItsHolderOnly(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		c := found(t, a, groupOf(0, 0, 4))
		kept := c.shares[1]
		c.shares[1].Erase()
		if _, ok := a.Keys(1).PartialSign(c.shares[1], nil); ok {
			t.Fatal("an erased share signed")
		}
		if _, ok := a.Keys(1).Deal(c.shares[1], c.sharing, groupOf(1, 4, 4), c.keys[1]); ok {
			t.Fatal("an erased share was dealt")
		}
		if _, ok := a.Keys(1).PartialSign(kept, nil); !ok {
			t.Fatal("erasing one copy of a share erased another machine's")
		}
		if string(kept.AppendTo(nil)) == string(c.shares[1].AppendTo(nil)) {
			t.Fatal("an erased share looks like a held one")
		}
	}
}

// What a liar writes into a sharing does not make a signature of fewer members.
func TestMadeUpSharing(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		k, msg := a.Keys(0), []byte("epoch 8")
		c := found(t, a, groupOf(0, 0, 4))
		p, _ := k.PartialSign(c.shares[0], msg)
		lie := newSharing(c.sharing.key, groupOf(0, 0, 1), c.sharing.public[:1])
		if _, err := k.Combine(lie, msg, []Partial{p}); err == nil {
			t.Fatal("one member signed under a sharing that it made up")
		}
		if _, ok := k.Deal(c.shares[0], lie, groupOf(1, 0, 1), c.keys[0]); ok {
			t.Fatal("a share was dealt out of a sharing that it is not of")
		}
	}
	if _, _, err := largeAuthorities(t)[0].NewThreshold(Group{Members: []protocol.NodeID{1, 1}}); err == nil {
		t.Fatal("a member twice in a group")
	}
}

func TestThresholdWireForms(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		c := found(t, a, groupOf(3, 0, 4))
		w := protocol.NewWire(c.sharing.AppendTo(nil))
		if back := ReadSharing(w); w.Done() != nil || back.ID() != c.sharing.ID() {
			t.Fatal("a sharing does not read back")
		}
		d := c.dealings(t, a.Keys(0), groupOf(4, 4, 7), []int{2})[0]
		w = protocol.NewWire(d.AppendTo(nil))
		if back := ReadDealing(w); w.Done() != nil || string(back.AppendTo(nil)) != string(d.AppendTo(nil)) {
			t.Fatal("a dealing does not read back")
		}
		if n := len(d.AppendTo(nil)); n != 1+48+1+3*96+1+7*32+160 {
			t.Fatalf("a dealing to seven has %d bytes", n)
		}
		acc := &Accusation{Recipient: 2, Proof: [112]byte{1, 2}}
		w = protocol.NewWire(acc.AppendTo(nil))
		if back := ReadAccusation(w); w.Done() != nil || *back != *acc {
			t.Fatal("an accusation does not read back")
		}
	}
}

func FuzzReadThreshold(f *testing.F) {
	a := largeAuthorities(f)[1]
	c := found(f, a, groupOf(0, 0, 4))
	next := groupOf(1, 4, 4)
	d := c.dealings(f, a.Keys(0), next, []int{0})[0]
	f.Add(d.AppendTo(nil))
	f.Add(c.sharing.AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		k := a.Keys(1)
		w := protocol.NewWire(b)
		if got := ReadDealing(w); w.Done() == nil && k.VerifyDealing(c.sharing, next, got) && string(b) != string(d.AppendTo(nil)) {
			t.Fatal("a dealing that nobody dealt verifies")
		}
		w = protocol.NewWire(b)
		if s := ReadSharing(w); w.Done() == nil && string(s.AppendTo(nil)) != string(b) {
			t.Fatal("two wire forms of one sharing")
		}
	})
}

// The real suite's figures: one partial, its check, a combination, the check of a
// signature that was not seen before, and one whole resharing for all its members.
func BenchmarkThreshold(b *testing.B) {
	for i, a := range largeAuthorities(b) {
		suite, k, epoch := []Suite{Ideal, Real}[i], a.Keys(0), uint64(0)
		c := found(b, a, groupOf(0, 0, 4))
		r := rand.New(rand.NewPCG(1, 2))
		fresh := func() []byte { return fmt.Appendf(nil, "epoch %d", r.Uint64()) }
		b.Run("partial/"+string(suite), func(b *testing.B) {
			for b.Loop() {
				k.PartialSign(c.shares[0], fresh())
			}
		})
		b.Run("sign-2-of-4/"+string(suite), func(b *testing.B) {
			for b.Loop() {
				msg := fresh()
				if _, err := k.Combine(c.sharing, msg, c.partials(b, k, msg)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("verify-seen/"+string(suite), func(b *testing.B) {
			msg := fresh()
			sig, _ := k.Combine(c.sharing, msg, c.partials(b, k, msg))
			for b.Loop() {
				k.VerifyThreshold(c.sharing.Key(), msg, &sig)
			}
		})
		for _, n := range []int{4, 10} {
			b.Run(fmt.Sprintf("reshare-%d/%s", n, suite), func(b *testing.B) {
				c, positions := found(b, a, groupOf(0, 0, n)), make([]int, (n-1)/3+1)
				for j := range positions {
					positions[j] = j
				}
				for b.Loop() {
					epoch++
					c = c.reshare(b, a, groupOf(epoch, int(epoch%12), n), positions)
				}
			})
		}
	}
}
