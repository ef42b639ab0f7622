package auth

import (
	"testing"

	"pgregory.net/rapid"
)

func TestPublicKeySurvivesTwentyMoves(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		k, msg := a.Keys(0), []byte("one key for ever")
		c := found(t, a, groupOf(0, 0, 4))
		key := c.sharing.Key()
		var before *committee
		var want ThresholdSignature
		for epoch := uint64(1); epoch <= 20; epoch++ {
			before = c
			n := []int{4, 7, 7, 4, 10}[epoch%5]
			f := before.sharing.Group().Threshold()
			positions := []int{len(before.shares) - 1}
			for len(positions) < f {
				positions = append(positions, len(positions)-1)
			}
			c = before.reshare(t, a, groupOf(epoch, int(epoch)*3, n), positions)
			if c.sharing.Key() != key {
				t.Fatalf("the public key changed in epoch %d", epoch)
			}
			all := c.partials(t, k, msg)
			sig, err := k.Combine(c.sharing, msg, all[len(all)-c.sharing.Group().Threshold():])
			if err != nil || !k.VerifyThreshold(key, msg, &sig) {
				t.Fatalf("epoch %d does not sign: %v", epoch, err)
			}
			if epoch > 1 && sig != want {
				t.Fatal("a signature depends on who made it")
			}
			want = sig
			mustNotMix(t, k, before, c, msg)
		}
	}
}

// mustNotMix joins one share less than needed of one sharing with all of another.
func mustNotMix(t *testing.T, k *Keys, old, next *committee, msg []byte) {
	mixed := old.partials(t, k, msg)[:old.sharing.Group().Threshold()-1]
	for _, p := range next.partials(t, k, msg) {
		if p.Index >= len(mixed) && p.Index < len(old.shares) {
			mixed = append(mixed, p)
		}
	}
	if _, err := k.Combine(old.sharing, msg, mixed); err == nil {
		t.Fatal("shares of two sharings combined")
	}
}

func TestAnotherSetOfDealingsIsAnotherSharing(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		k, msg := a.Keys(0), []byte("epoch 1")
		c := found(t, a, groupOf(0, 0, 4))
		one, two := c.reshare(t, a, groupOf(1, 4, 4), []int{0, 1}), c.reshare(t, a, groupOf(1, 4, 4), []int{3, 1})
		again := c.reshare(t, a, groupOf(1, 4, 4), []int{1, 0})
		if one.sharing.ID() == two.sharing.ID() || one.sharing.ID() != again.sharing.ID() {
			t.Fatal("a sharing is not a function of the set of dealings")
		}
		mustNotMix(t, k, one, two, msg)
	}
}

func TestNewSharingIsStrict(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		k := a.Keys(0)
		c := found(t, a, groupOf(0, 0, 4))
		next := groupOf(1, 4, 4)
		d := c.dealings(t, k, next, []int{0, 1, 2})
		stranger := c.dealings(t, k, groupOf(1, 5, 4), []int{1})[0]
		unsigned := *d[1]
		unsigned.Signature[0] ^= 1
		for name, dealings := range map[string][]*Dealing{
			"too few": d[:1], "too many": d, "one dealer twice": {d[0], d[0]},
			"for another group": {d[0], stranger}, "unsigned": {d[0], &unsigned},
		} {
			if _, err := k.NewSharing(c.sharing, next, dealings); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		outsider := a.EpochKey(0)
		if _, _, err := k.NewShare(c.sharing, next, d[:2], outsider); err == nil {
			t.Error("an outsider was given a share")
		}
	}
}

// A dealer that deals something else than its share, consistently, cheats nobody
// in particular: everybody sees that the commitments do not continue its share.
func TestDealingOfAnotherSecretIsRefusedByAll(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		k := a.Keys(0)
		c := found(t, a, groupOf(0, 0, 4))
		next := groupOf(1, 4, 4)
		other := *c.shares[1].held
		other.index = 0
		d := a.scheme.deal(&other, c.sharing, next)
		d.Commitments[0] = c.sharing.public[1]
		d.Signature, _ = k.SignEpoch(c.keys[0], 1, d.Statement(c.sharing, next))
		if k.VerifyDealing(c.sharing, next, d) {
			t.Fatal("a dealing of another secret verifies")
		}
	}
}

// bend alters a value sealed in a dealing and signs the whole again, as a faulty
// dealer would.
func (c *committee) bend(t testing.TB, k *Keys, next Group, d *Dealing, recipient int) *Dealing {
	bent := *d
	bent.Sealed = append([][32]byte(nil), d.Sealed...)
	bent.Sealed[recipient][31] ^= 1
	var ok bool
	if bent.Signature, ok = k.SignEpoch(c.keys[d.Dealer], next.Epoch, bent.Statement(c.sharing, next)); !ok {
		t.Fatal("the dealer cannot sign")
	}
	return &bent
}

func TestBadDealingIsAccusedByExactlyTheCheated(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		c := found(t, a, groupOf(0, 0, 4))
		next := groupOf(1, 4, 7)
		keys := epochKeys(a, next)
		honest := c.dealings(t, a.Keys(0), next, []int{2, 3})
		for cheated := range next.Members {
			bad := c.bend(t, a.Keys(2), next, honest[0], cheated)
			if !a.Keys(0).VerifyDealing(c.sharing, next, bad) {
				t.Fatal("what one member alone can see was seen by all")
			}
			for i := range next.Members {
				accusation, bad2 := a.Keys(next.Members[i]).Accuse(c.sharing, next, bad, keys[i])
				if bad2 != (i == cheated) {
					t.Fatalf("member %d accuses: %v, member %d was cheated", i, bad2, cheated)
				}
				if !bad2 {
					continue
				}
				for everybody := range 12 {
					if k := a.Keys(groupOf(0, everybody, 1).Members[0]); !k.VerifyAccusation(c.sharing, next, bad, accusation) {
						t.Fatalf("node %d does not believe a good accusation", everybody)
					}
				}
				hearsay := *accusation
				hearsay.Proof[100] ^= 1
				if a.Keys(0).VerifyAccusation(c.sharing, next, bad, &hearsay) {
					t.Fatal("an accusation without its proof was believed")
				}
				if a.Keys(0).VerifyAccusation(c.sharing, next, honest[0], accusation) || a.Keys(0).VerifyAccusation(c.sharing, next, honest[1], accusation) {
					t.Fatal("an accusation was turned against an honest dealing")
				}
			}
			if _, _, err := a.Keys(0).NewShare(c.sharing, next, []*Dealing{bad, honest[1]}, keys[cheated]); err == nil {
				t.Fatal("a cheated member made a share")
			}
		}
	}
}

func TestHonestDealerCannotBeFramed(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		c := found(t, a, groupOf(0, 0, 4))
		next := groupOf(1, 4, 4)
		keys := epochKeys(a, next)
		d := c.dealings(t, a.Keys(0), next, []int{0})[0]
		bad := c.bend(t, a.Keys(0), next, d, 1)
		genuine, _ := a.Keys(next.Members[1]).Accuse(c.sharing, next, bad, keys[1])
		rapid.Check(t, func(t *rapid.T) {
			k := a.Keys(next.Members[1])
			framed, lie := *d, *genuine
			lie.Recipient = rapid.IntRange(-1, 4).Draw(t, "recipient")
			if rapid.Bool().Draw(t, "other proof") {
				copy(lie.Proof[:], rapid.SliceOfN(rapid.Byte(), 0, 112).Draw(t, "proof"))
			}
			if rapid.Bool().Draw(t, "other values") {
				framed.Sealed = append([][32]byte(nil), d.Sealed...)
				framed.Sealed[rapid.IntRange(0, 3).Draw(t, "which")][0] ^= 1
			}
			if k.VerifyAccusation(c.sharing, next, &framed, &lie) {
				t.Fatal("an honest dealer was framed")
			}
		})
		for i, key := range keys {
			if _, accused := a.Keys(next.Members[i]).Accuse(c.sharing, next, d, key); accused {
				t.Fatal("an honest dealing was accused")
			}
		}
	}
}

// A false accuser must show another opening than the one that was sealed.
func TestAccuserCannotLieAboutTheOpening(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		c := found(t, a, groupOf(0, 0, 4))
		next := groupOf(1, 4, 4)
		keys := epochKeys(a, next)
		d := c.dealings(t, a.Keys(0), next, []int{0, 1})
		k := a.Keys(next.Members[1])
		forced := &Accusation{Recipient: 1, Proof: a.scheme.accuse(keys[1], c.sharing, next, d[0], 1)}
		if k.VerifyAccusation(c.sharing, next, d[0], forced) {
			t.Fatal("the right opening of a good value passed for an accusation")
		}
		other := &Accusation{Recipient: 1, Proof: a.scheme.accuse(keys[1], c.sharing, next, d[1], 1)}
		if k.VerifyAccusation(c.sharing, next, d[0], other) {
			t.Fatal("the opening of another dealing passed for an accusation")
		}
	}
}

// Who breaks into a member after its epoch learns nothing from recorded dealings.
func TestRecordedDealingOpensForNobodyLater(t *testing.T) {
	for _, a := range largeAuthorities(t) {
		c := found(t, a, groupOf(0, 0, 4))
		next := groupOf(1, 4, 4)
		d := c.dealings(t, a.Keys(0), next, []int{0, 1})
		stolen := a.EpochKey(next.Members[2])
		stolen.Evolve(2)
		if _, _, err := a.Keys(next.Members[2]).NewShare(c.sharing, next, d, stolen); err == nil {
			t.Fatal("a key of epoch 2 opened a dealing of epoch 1")
		}
		if _, accused := a.Keys(next.Members[2]).Accuse(c.sharing, next, d[0], stolen); accused {
			t.Fatal("a key of epoch 2 accused a dealing of epoch 1")
		}
	}
}
