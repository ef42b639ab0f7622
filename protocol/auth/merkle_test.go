package auth

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
)

func nonces(n int) (leaves [][]byte) {
	for i := range n {
		leaves = append(leaves, fmt.Appendf(nil, "nonce %d", i))
	}
	return leaves
}

func TestEveryLeafHasAPathAndNothingElse(t *testing.T) {
	k := authorities(t)[0].Keys(0)
	for n := range 40 {
		leaves := nonces(n)
		tree := k.NewMerkleTree(leaves)
		for i := range n {
			path := tree.Path(i)
			for j, leaf := range leaves {
				if k.VerifyPath(tree.Root(), leaf, &path) != (i == j) {
					t.Fatalf("leaf %d with the path of leaf %d of %d", j, i, n)
				}
			}
			if shorter := k.NewMerkleTree(leaves[:n-1]); k.VerifyPath(shorter.Root(), leaves[i], &path) {
				t.Fatalf("a path among %d leaves verifies among %d", n, n-1)
			}
		}
	}
}

func TestPathBindsPositionSizeAndEveryDigest(t *testing.T) {
	k := authorities(t)[0].Keys(0)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 70).Draw(t, "leaves")
		i := rapid.IntRange(0, n-1).Draw(t, "leaf")
		leaves := nonces(n)
		tree := k.NewMerkleTree(leaves)
		path := tree.Path(i)
		w := protocol.NewWire(path.AppendTo(nil))
		bent := ReadMerklePath(w)
		if w.Done() != nil || !k.VerifyPath(tree.Root(), leaves[i], &bent) {
			t.Fatal("a path does not survive its wire form")
		}
		switch rapid.IntRange(0, 4).Draw(t, "bend") {
		case 0:
			bent.Index ^= 1 << rapid.IntRange(0, 31).Draw(t, "bit")
		case 1:
			bent.Leaves ^= 1 << rapid.IntRange(0, 31).Draw(t, "bit")
		case 2:
			bent.Beside = append(bent.Beside, Digest{})
		case 3:
			if len(bent.Beside) == 0 {
				return
			}
			bent.Beside = bent.Beside[:len(bent.Beside)-1]
		case 4:
			if len(bent.Beside) == 0 {
				return
			}
			bent.Beside[rapid.IntRange(0, len(bent.Beside)-1).Draw(t, "which")][3] ^= 1
		}
		if k.VerifyPath(tree.Root(), leaves[i], &bent) {
			t.Fatal("a bent path verifies")
		}
	})
}

// Without different prefixes for leaves and nodes, the two halves of an inner node
// are a leaf of a shorter list with the same root.
func TestInnerNodeIsNoLeaf(t *testing.T) {
	k := authorities(t)[0].Keys(0)
	tree := k.NewMerkleTree(nonces(4))
	inner := append(tree.levels[0][0][:], tree.levels[0][1][:]...)
	for _, leaves := range []uint32{2, 4} {
		path := MerklePath{Index: 0, Leaves: leaves, Beside: tree.levels[1][1:2]}
		if k.VerifyPath(tree.Root(), inner, &path) {
			t.Fatal("an inner node passed for a leaf")
		}
	}
	if k.NewMerkleTree([][]byte{inner, append(tree.levels[0][2][:], tree.levels[0][3][:]...)}).Root() == tree.Root() {
		t.Fatal("two lists have one root")
	}
}

func BenchmarkMerkle(b *testing.B) {
	a, _ := NewAuthority(Ideal, 1, 1)
	k, leaves := a.Keys(0), nonces(1000)
	tree := k.NewMerkleTree(leaves)
	path := tree.Path(500)
	b.Run("build-1000", func(b *testing.B) {
		for b.Loop() {
			k.NewMerkleTree(leaves)
		}
	})
	b.Run("verify-1000", func(b *testing.B) {
		for b.Loop() {
			k.VerifyPath(tree.Root(), leaves[500], &path)
		}
	})
}
