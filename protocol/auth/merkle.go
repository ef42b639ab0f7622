package auth

import (
	"encoding/binary"
	"math/bits"

	"turncoat/protocol"
)

// This file models Merkle trees (Merkle, CRYPTO 1987): one short root stands for a
// list of leaves, and a path of about log2 n digests shows that a leaf is in it.
// The shape is that of RFC 6962. Leaves, inner nodes and the root are hashed under
// different prefixes and the root names the number of leaves, so no inner node
// passes for a leaf and no list for a longer or shorter one.

const (
	merkleLeaf = iota
	merkleNode
	merkleRoot
)

// MerkleTree is the tree over a list of leaves. It is immutable.
type MerkleTree struct {
	// levels[0] are the digests of the leaves; each level above has one for two
	// below, and an odd last one rises as it is.
	levels [][]Digest
	root   Digest
}

// NewMerkleTree returns the tree over leaves, in their order. A tree of none has a
// root too.
func (k *Keys) NewMerkleTree(leaves [][]byte) *MerkleTree {
	level := make([]Digest, len(leaves))
	for i, leaf := range leaves {
		level[i] = k.merkleLeaf(leaf)
	}
	t := &MerkleTree{levels: [][]Digest{level}}
	for len(level) > 1 {
		above := make([]Digest, 0, (len(level)+1)/2)
		for i := 0; i+1 < len(level); i += 2 {
			above = append(above, k.merkleNode(&level[i], &level[i+1]))
		}
		if len(level)%2 == 1 {
			above = append(above, level[len(level)-1])
		}
		t.levels = append(t.levels, above)
		level = above
	}
	var top Digest
	if len(level) == 1 {
		top = level[0]
	}
	t.root = k.merkleRoot(len(leaves), &top)
	return t
}

// Root returns the digest that stands for the list.
func (t *MerkleTree) Root() Digest { return t.root }

// MerklePath shows that a leaf is in a list: where, of how many, and the digests
// beside the way up, lowest first.
type MerklePath struct {
	Index, Leaves uint32
	Beside        []Digest
}

// Path returns the path of the leaf at a position, which must exist.
func (t *MerkleTree) Path(index int) MerklePath {
	p := MerklePath{Index: uint32(index), Leaves: uint32(len(t.levels[0]))}
	for _, level := range t.levels {
		if beside := index ^ 1; beside < len(level) {
			p.Beside = append(p.Beside, level[beside])
		}
		index /= 2
	}
	return p
}

// VerifyPath reports whether path shows that leaf is in the list of a root.
func (k *Keys) VerifyPath(root Digest, leaf []byte, path *MerklePath) bool {
	if path.Index >= path.Leaves || len(path.Beside) > 2*bits.Len32(path.Leaves) {
		return false
	}
	digest, rest := k.merkleLeaf(leaf), path.Beside
	index, width := path.Index, path.Leaves
	for ; width > 1; index, width = index/2, (width-1)/2+1 {
		if index^1 >= width {
			continue // the odd last one, which rises as it is
		}
		if len(rest) == 0 {
			return false
		}
		left, right := &digest, &rest[0]
		if index%2 == 1 {
			left, right = right, left
		}
		digest, rest = k.merkleNode(left, right), rest[1:]
	}
	return len(rest) == 0 && k.merkleRoot(int(path.Leaves), &digest) == root
}

// AppendTo appends the wire form of the path.
func (p *MerklePath) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, p.Index)
	b = binary.LittleEndian.AppendUint32(b, p.Leaves)
	b = binary.AppendUvarint(b, uint64(len(p.Beside)))
	for i := range p.Beside {
		b = append(b, p.Beside[i][:]...)
	}
	return b
}

// ReadMerklePath reads what AppendTo wrote.
func ReadMerklePath(w *protocol.Wire) MerklePath {
	p := MerklePath{Index: w.Uint32(), Leaves: w.Uint32(), Beside: make([]Digest, w.Count(len(Digest{})))}
	for i := range p.Beside {
		copy(p.Beside[i][:], w.Fixed(len(p.Beside[i])))
	}
	return p
}

func (k *Keys) merkleLeaf(leaf []byte) Digest {
	var room [64]byte
	return k.Digest(append(append(room[:0], merkleLeaf), leaf...))
}

func (k *Keys) merkleNode(left, right *Digest) Digest {
	var b [1 + 2*len(Digest{})]byte
	b[0] = merkleNode
	copy(b[1:], left[:])
	copy(b[1+len(left):], right[:])
	return k.Digest(b[:])
}

func (k *Keys) merkleRoot(leaves int, top *Digest) Digest {
	var b [5 + len(Digest{})]byte
	b[0] = merkleRoot
	binary.LittleEndian.PutUint32(b[1:], uint32(leaves))
	copy(b[5:], top[:])
	return k.Digest(b[:])
}
