package view_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
)

// TestGatheredNonces holds that a nonce that went through any number of relays is vouched
// for, that no other client's or number is, and that no relay's part can be changed.
func TestGatheredNonces(t *testing.T) {
	keys, err := auth.NewAuthority(auth.Ideal, 3, 4)
	if err != nil {
		t.Fatal(err)
	}
	sharing, shares, err := keys.NewThreshold(auth.Group{Members: []protocol.NodeID{0, 1, 2, 3}})
	if err != nil {
		t.Fatal(err)
	}
	k := keys.Keys(0)
	rapid.Check(t, func(t *rapid.T) {
		client, nonce := protocol.NodeID(rapid.IntRange(0, 9).Draw(t, "client")), rapid.Uint64Min(1).Draw(t, "nonce")
		type level struct {
			relay protocol.NodeID
			tree  *auth.MerkleTree
			at    int
		}
		var levels []level
		leaf := view.NonceLeaf(client, nonce)
		for range rapid.IntRange(1, 5).Draw(t, "levels") {
			leaves := make([][]byte, rapid.IntRange(1, 6).Draw(t, "width"))
			for i := range leaves {
				leaves[i] = view.NonceLeaf(protocol.NodeID(100+i), 7)
			}
			l := level{relay: protocol.NodeID(rapid.IntRange(10, 19).Draw(t, "relay")), at: rapid.IntRange(0, len(leaves)-1).Draw(t, "at")}
			leaves[l.at] = leaf
			l.tree = k.NewMerkleTree(leaves)
			leaf = view.RootLeaf(l.relay, l.tree.Root())
			levels = append(levels, l)
		}
		top := levels[len(levels)-1]
		c := &view.FreshnessCertificate{FreshnessStatement: view.FreshnessStatement{Epoch: 5, Root: top.tree.Root()}, Path: top.tree.Path(top.at)}
		var parts []auth.Partial
		for _, share := range shares[:2] {
			part, _ := k.PartialSign(share, c.Bytes())
			parts = append(parts, part)
		}
		if c.Signature, err = k.Combine(sharing, c.Bytes(), parts); err != nil {
			t.Fatal(err)
		}
		for i := len(levels) - 2; i >= 0; i-- {
			c = c.Under(levels[i].relay, levels[i].tree.Root(), levels[i].tree.Path(levels[i].at))
		}
		good := func(c *view.FreshnessCertificate) bool { return c.Verify(k, sharing.Key(), client, nonce) }
		if !good(c) || c.Verify(k, sharing.Key(), client+1, nonce) || c.Verify(k, sharing.Key(), client, nonce+1) {
			t.Fatalf("through %d relays the nonce is vouched for: %t; or another is", len(c.Above), good(c))
		}
		form := (&view.FreshReply{Epoch: 5, Certificate: c}).AppendTo(nil)
		m, err := view.Decode(form)
		if err != nil || !bytes.Equal(m.AppendTo(nil), form) || !good(m.(*view.FreshReply).Certificate) {
			t.Fatalf("the certificate reads back as %v, %v", m, err)
		}
		if len(c.Above) == 0 {
			return
		}
		i := rapid.IntRange(0, len(c.Above)-1).Draw(t, "which")
		bad := *c
		bad.Above = append([]view.Gathering(nil), c.Above...)
		switch rapid.IntRange(0, 3).Draw(t, "what") {
		case 0:
			bad.Above[i].Relay++
		case 1:
			bad.Above[i].Root[5] ^= 1
		case 2:
			bad.Above[i].Path.Index++
		case 3:
			bad.Above = append(bad.Above[:i:i], bad.Above[i+1:]...)
		}
		if good(&bad) {
			t.Fatalf("relay %d of %d was changed, and the certificate is good", i, len(c.Above))
		}
	})
}
