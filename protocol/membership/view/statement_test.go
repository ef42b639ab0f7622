package view

import (
	"slices"
	"testing"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/ring"
)

// service is a group of four that signs at once.
type service struct {
	keys    *auth.Keys
	sharing *auth.Sharing
	shares  []auth.Share
}

func services(t *testing.T) (all []service) {
	for _, suite := range []auth.Suite{auth.Ideal, auth.Real} {
		a, err := auth.NewAuthority(suite, 3, 8)
		if err != nil {
			t.Fatal(err)
		}
		sharing, shares, err := a.NewThreshold(auth.Group{Members: []protocol.NodeID{0, 1, 2, 3}})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, service{a.Keys(5), sharing, shares})
	}
	return all
}

func (s service) sign(t *testing.T, msg []byte) auth.ThresholdSignature {
	var partials []auth.Partial
	for _, share := range s.shares[1:3] {
		p, _ := s.keys.PartialSign(share, msg)
		partials = append(partials, p)
	}
	sig, err := s.keys.Combine(s.sharing, msg, partials)
	if err != nil {
		t.Fatal(err)
	}
	return sig
}

func TestEpochCertificate(t *testing.T) {
	for _, s := range services(t) {
		st := EpochStatement{Epoch: 8, Config: auth.Digest{1}, State: auth.Digest{2}}
		c := EpochCertificate{st, s.sign(t, st.Bytes())}
		form := c.AppendTo(nil)
		w := protocol.NewWire(form)
		back := ReadEpochCertificate(w)
		if w.Done() != nil || back != c || len(form) != 120 || !back.Verify(s.keys, s.sharing.Key()) {
			t.Fatal("a good certificate does not read back or verify")
		}
		for name, bend := range map[string]func(c *EpochCertificate){
			"epoch": func(c *EpochCertificate) { c.Epoch++ }, "configuration": func(c *EpochCertificate) { c.Config[9]++ },
			"state": func(c *EpochCertificate) { c.State[9]++ }, "swapped": func(c *EpochCertificate) { c.Config, c.State = c.State, c.Config },
		} {
			bent := c
			if bend(&bent); bent.Verify(s.keys, s.sharing.Key()) {
				t.Errorf("the signature does not cover: %s", name)
			}
		}
	}
}

func TestFreshnessCertificate(t *testing.T) {
	for _, s := range services(t) {
		tree := s.keys.NewMerkleTree([][]byte{NonceLeaf(4, 11), NonceLeaf(5, 12), NonceLeaf(6, 13)})
		st := FreshnessStatement{Epoch: 8, Root: tree.Root()}
		c := FreshnessCertificate{FreshnessStatement: st, Path: tree.Path(1), Signature: s.sign(t, st.Bytes())}
		w := protocol.NewWire(c.AppendTo(nil))
		back := ReadFreshnessCertificate(w)
		if w.Done() != nil || !back.Verify(s.keys, s.sharing.Key(), 5, 12) {
			t.Fatal("a good certificate does not read back or verify")
		}
		if back.Verify(s.keys, s.sharing.Key(), 5, 13) || back.Verify(s.keys, s.sharing.Key(), 4, 12) {
			t.Fatal("a certificate verifies for another's nonce")
		}
		if back.Epoch = 9; back.Verify(s.keys, s.sharing.Key(), 5, 12) {
			t.Fatal("a certificate was relabelled into the next epoch")
		}
	}
}

func TestStatementsOfTwoPurposesDiffer(t *testing.T) {
	draw, fresh, epoch := DrawStatement(8), FreshnessStatement{Epoch: 8}.Bytes(), EpochStatement{Epoch: 8}.Bytes()
	for _, pair := range [][2][]byte{{draw, fresh}, {draw, epoch}, {fresh, epoch}, {draw, DrawStatement(9)}} {
		n := min(len(pair[0]), len(pair[1]))
		if slices.Equal(pair[0][:n], pair[1][:n]) {
			t.Fatalf("%q begins like %q", pair[0], pair[1])
		}
	}
}

func TestDrawTakesDistinctActiveMembers(t *testing.T) {
	for _, s := range services(t) {
		var members []ring.Member
		for i := range 9 {
			members = append(members, ring.Member{ID: protocol.ID{byte(28 * i)}, Node: protocol.NodeID(i), Status: ring.Status(i % 2)})
		}
		c, err := ring.NewConfig(8, members, nil, nil, ring.Options{})
		if err != nil {
			t.Fatal(err)
		}
		one, two := Draw(s.keys, c, s.sign(t, DrawStatement(8)), 4), Draw(s.keys, c, s.sign(t, DrawStatement(9)), 4)
		if slices.Equal(one, two) || !slices.Equal(one, Draw(s.keys, c, s.sign(t, DrawStatement(8)), 4)) {
			t.Fatal("a draw is not a function of the signature")
		}
		all := Draw(s.keys, c, s.sign(t, DrawStatement(8)), 99)
		if len(all) != 5 {
			t.Fatalf("%d members drawn, 5 are active", len(all))
		}
		for i, id := range all {
			if c.Lookup(id).Status != ring.Active || slices.Contains(all[:i], id) {
				t.Fatalf("%v is inactive or was drawn twice", id)
			}
		}
	}
}
