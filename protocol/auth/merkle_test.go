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

// The two halves of an inner node are no leaf, and what stands for a whole list is
// neither: else a list of digests could be passed off for another list.
func TestLeavesNodesAndRootsAreHashedApart(t *testing.T) {
	k := authorities(t)[0].Keys(0)
	tree := k.NewMerkleTree(nonces(4))
	left, right := tree.levels[0][0], tree.levels[0][1]
	halves := append(left[:], right[:]...)
	if k.merkleLeaf(halves) == k.merkleNode(&left, &right) {
		t.Fatal("a leaf is hashed like an inner node")
	}
	for _, leaves := range []uint32{2, 4} {
		path := MerklePath{Index: 0, Leaves: leaves, Beside: tree.levels[1][1:2]}
		if k.VerifyPath(tree.Root(), halves, &path) {
			t.Fatal("an inner node passed for a leaf")
		}
	}
	one := append([]byte{1, 0, 0, 0}, tree.levels[0][0][:]...)
	if k.merkleLeaf(one) == k.merkleRoot(1, &tree.levels[0][0]) {
		t.Fatal("a leaf is hashed like a root")
	}
}

func TestPathOfALonelyLeafBindsItsPosition(t *testing.T) {
	k := authorities(t)[0].Keys(0)
	tree := k.NewMerkleTree(nonces(1))
	path := tree.Path(0)
	if !k.VerifyPath(tree.Root(), nonces(1)[0], &path) {
		t.Fatal("the only leaf has no path")
	}
	if path.Index = 1; k.VerifyPath(tree.Root(), nonces(1)[0], &path) {
		t.Fatal("the second of one")
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
