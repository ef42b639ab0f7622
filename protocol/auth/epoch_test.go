package auth

import (
	"encoding/binary"
	"testing"

	"pgregory.net/rapid"
)

func TestEpochSignatureBindsKeyEpochMessageAndBits(t *testing.T) {
	for _, a := range authorities(t) {
		k, msg := a.Keys(1), []byte("pong")
		sig, ok := k.SignEpoch(a.EpochKey(1), 3, msg)
		pub, _ := k.EpochPublic(1)
		other, _ := k.EpochPublic(2)
		ordinary, _ := k.Public(1)
		if !ok || !k.VerifyEpoch(pub, 3, msg, &sig) {
			t.Fatal("a good signature was refused")
		}
		if k.VerifyEpoch(pub, 4, msg, &sig) || k.VerifyEpoch(pub, 2, msg, &sig) {
			t.Fatal("a signature was relabelled into another epoch")
		}
		if k.VerifyEpoch(other, 3, msg, &sig) || k.VerifyEpoch(ordinary, 3, msg, &sig) || k.VerifyEpoch(pub, 3, []byte("ping"), &sig) {
			t.Fatal("a signature verifies for another key or message")
		}
		for bit := range 8 * len(sig) {
			bent := sig
			bent[bit/8] ^= 1 << (bit % 8)
			if k.VerifyEpoch(pub, 3, msg, &bent) {
				t.Fatalf("bit %d of a signature does not matter", bit)
			}
		}
		if _, known := k.EpochPublic(4); known {
			t.Fatal("a node that does not exist has a key")
		}
	}
}

// The thief has all that a node holds at the theft: its Keys and its evolved key.
func TestThiefSignsNothingForThePast(t *testing.T) {
	for _, a := range authorities(t) {
		rapid.Check(t, func(t *rapid.T) {
			k, msg := a.Keys(2), []byte("I was there")
			pub, _ := k.EpochPublic(2)
			key := a.EpochKey(2)
			var first uint64
			for range rapid.IntRange(1, 4).Draw(t, "evolutions") {
				to := rapid.Uint64Range(0, 12).Draw(t, "to")
				key.Evolve(to)
				first = max(first, to)
			}
			stolen := key
			key.Evolve(first + 1)
			epoch := rapid.Uint64Range(0, 14).Draw(t, "epoch")
			sig, ok := k.SignEpoch(stolen, epoch, msg)
			if ok != (epoch >= first) || ok != k.VerifyEpoch(pub, epoch, msg, &sig) {
				t.Fatalf("a key evolved to %d signs for %d: %v", first, epoch, ok)
			}
			if !ok {
				now, _ := k.SignEpoch(stolen, first, msg)
				if k.VerifyEpoch(pub, epoch, msg, &now) {
					t.Fatal("a signature of now was dated back")
				}
				plain := k.Sign(inEpoch("certify", epoch, now[:32]))
				copy(now[32:96], plain[:])
				if k.VerifyEpoch(pub, epoch, msg, &now) {
					t.Fatal("the ordinary key certified an epoch of the past")
				}
			}
		})
	}
}

func TestEpochKeyIsAValue(t *testing.T) {
	for _, a := range authorities(t) {
		key := a.EpochKey(0)
		copied := key
		key.Evolve(5)
		if key.Can(4) || !copied.Can(0) || string(key.AppendTo(nil)) == string(copied.AppendTo(nil)) {
			t.Fatal("a copy of a key evolved with it, or they look alike")
		}
		one, _ := a.Keys(0).SignEpoch(key, 6, nil)
		two, _ := a.Keys(0).SignEpoch(copied, 6, nil)
		if one != two {
			t.Fatal("evolving changed what a later epoch signs")
		}
		if _, ok := a.Keys(0).SignEpoch(copied, MaxEpoch+1, nil); ok {
			t.Fatal("a key signed for an epoch that was never certified")
		}
		last := copied
		if last.Evolve(MaxEpoch + 1); last.Can(MaxEpoch) || last.Can(MaxEpoch+1) {
			t.Fatal("a key evolved past its last epoch can do something")
		}
		key.Erase()
		if key.Can(9) || key.Node() != -1 {
			t.Fatal("an erased key can do something")
		}
	}
}

func BenchmarkEpochSignature(b *testing.B) {
	for i, a := range largeAuthorities(b) {
		suite, k, key := string([]Suite{Ideal, Real}[i]), a.Keys(1), a.EpochKey(1)
		pub, _ := k.EpochPublic(1)
		msg, seen := make([]byte, 64), make([]byte, 64)
		sig, _ := k.SignEpoch(key, 0, msg)
		n := uint64(0) // never again the same message, which would be remembered
		b.Run("sign/"+suite, func(b *testing.B) {
			for b.Loop() {
				k.SignEpoch(key, 0, msg)
			}
		})
		b.Run("verify-seen/"+suite, func(b *testing.B) {
			for b.Loop() {
				k.VerifyEpoch(pub, 0, seen, &sig)
			}
		})
		b.Run("sign-and-verify-new/"+suite, func(b *testing.B) {
			for ; b.Loop(); n++ {
				binary.LittleEndian.PutUint64(msg, n)
				fresh, _ := k.SignEpoch(key, 0, msg)
				if !k.VerifyEpoch(pub, 0, msg, &fresh) {
					b.Fatal("a good signature was refused")
				}
			}
		})
	}
}
