package auth

import (
	"testing"

	"turncoat/protocol"
)

func authorities(t *testing.T) []*Authority {
	var all []*Authority
	for _, suite := range []Suite{Ideal, Real} {
		a, err := NewAuthority(suite, 7, 4)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

func TestSignatureBindsKeyMessageAndBits(t *testing.T) {
	for _, a := range authorities(t) {
		signer, verifier := a.Keys(1), a.Keys(2)
		msg := []byte("write 3")
		sig := signer.Sign(msg)
		pub, _ := verifier.Public(1)
		other, _ := verifier.Public(3)
		if !verifier.Verify(pub, msg, &sig) {
			t.Fatal("a good signature was refused")
		}
		if verifier.Verify(other, msg, &sig) || verifier.Verify(pub, []byte("write 4"), &sig) || verifier.Verify(PublicKey{9}, msg, &sig) {
			t.Fatal("a signature was accepted under another key or message")
		}
		for bit := range 8 * len(sig) {
			bent := sig
			bent[bit/8] ^= 1 << (bit % 8)
			if verifier.Verify(pub, msg, &bent) {
				t.Fatalf("bit %d of a signature does not matter", bit)
			}
		}
	}
}

func TestMACBindsTheDirectedPair(t *testing.T) {
	for _, a := range authorities(t) {
		msg := []byte("ack")
		m := a.Keys(0).MAC(1, msg)
		if !a.Keys(1).VerifyMAC(0, msg, m) {
			t.Fatal("a good MAC was refused")
		}
		if a.Keys(0).VerifyMAC(1, msg, m) || a.Keys(2).VerifyMAC(0, msg, m) || a.Keys(1).VerifyMAC(2, msg, m) || a.Keys(1).VerifyMAC(0, []byte("nak"), m) {
			t.Fatal("a MAC was accepted for another pair, direction or message")
		}
	}
}

func TestKeysAreAFunctionOfSuiteAndSeed(t *testing.T) {
	for i, a := range authorities(t) {
		again := authorities(t)[i]
		if a.Owner(0).Public != again.Owner(0).Public || a.Keys(3).Sign(nil) != again.Keys(3).Sign(nil) {
			t.Fatal("two authorities of one seed differ")
		}
		elsewhere, _ := NewAuthority([]Suite{Ideal, Real}[i], 8, 4)
		if a.Keys(0).MAC(1, nil) == elsewhere.Keys(0).MAC(1, nil) {
			t.Fatal("two seeds share a pair's secret")
		}
		if a.Owner(0).Public == a.Owner(1).Public {
			t.Fatal("two owners share a key")
		}
	}
}

func TestKeysHaveOneNameUnderBothSuites(t *testing.T) {
	all := authorities(t)
	ideal, real := all[0].Owner(2), all[1].Owner(2)
	if ideal.Public != real.Public {
		t.Fatal("an owner's key depends on the suite, and so would the place of its object")
	}
	one, _ := all[0].Keys(0).Public(3)
	two, _ := all[1].Keys(0).Public(3)
	if one != two || one == ideal.Public {
		t.Fatal("a node's name depends on the suite, or is an owner's")
	}
	for i, owner := range []*Signer{ideal, real} {
		k := all[i].Keys(0)
		sig := k.SignAs(owner, []byte("mine"))
		if !k.Verify(owner.Public, []byte("mine"), &sig) || k.Verify(owner.Public, []byte("yours"), &sig) {
			t.Fatal("an owner's signature does not bind its message")
		}
	}
}

func TestMeterCountsEachTime(t *testing.T) {
	for _, a := range authorities(t) {
		k := a.Keys(0)
		sig := k.Sign([]byte("four"))
		pub, _ := k.Public(0)
		for range 3 {
			k.Verify(pub, []byte("four"), &sig)
		}
		want := protocol.Meter{Signs: 1, Verifies: 3, Bytes: 16}
		if *k.Meter != want {
			t.Fatalf("meter is %+v, want %+v", *k.Meter, want)
		}
	}
}

func TestUnknownSuite(t *testing.T) {
	if _, err := NewAuthority("quantum", 1, 1); err == nil {
		t.Fatal("no error for an unknown suite")
	}
}
