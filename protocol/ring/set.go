package ring

import (
	"cmp"
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// The members of a configuration are a persistent treap: a search tree by id that
// is at the same time a heap by a hash of the id (Seidel and Aragon 1996; with the
// hash in place of a random number, its shape is a function of the set alone). A
// new version shares with the old one all that did not change, and a Merkle digest
// over the same shape is therefore canonical and as cheap to bring up to date [O].
//
// Left out: balance against chosen ids. Ids are given by the admission authority,
// and whoever could choose them to collide under a fast hash made a slower tree,
// never a wrong one.

// node is one member with the subtree below it. It is immutable once sealed.
type node struct {
	member      *Member
	left, right *node
	key         uint64 // the first bytes of the member's id: a search seldom looks further
	size        int32  // members in this subtree
	active      int32  // those of them that are active
	digest      auth.Digest
	owner       *edit // the edit that may still write to it, nil once sealed
}

// edit is one change of version: nodes that it has made it may write to, others it
// copies first. Counts and digests are computed once, by seal.
type edit struct {
	omitStatus bool
	made       int // digests computed
}

func (e *edit) own(n *node) *node {
	if n.owner == e {
		return n
	}
	copied := *n
	copied.owner = e
	return &copied
}

// keyOf orders ids as they are ordered, but for those that begin alike.
func keyOf(id *protocol.ID) uint64 { return binary.BigEndian.Uint64(id[:]) }

// above reports whether a belongs nearer to the root than b.
func above(a, b *node) bool {
	if x, y := xxh3.Hash(a.member.ID[:]), xxh3.Hash(b.member.ID[:]); x != y {
		return x > y
	}
	return a.member.ID.Compare(b.member.ID) < 0
}

// build returns the tree of members that ascend by id. What is next to each other in the
// order of ids is so in memory too, which is the order of a visit to all.
func (e *edit) build(members []Member) *node {
	nodes := make([]node, len(members))
	var spine []*node // from the root down to the right; each is above those after it
	for i := range members {
		n := &nodes[i]
		*n = node{member: &members[i], key: keyOf(&members[i].ID), owner: e}
		for len(spine) > 0 && above(n, spine[len(spine)-1]) {
			n.left, spine = spine[len(spine)-1], spine[:len(spine)-1]
		}
		if len(spine) > 0 {
			spine[len(spine)-1].right = n
		}
		spine = append(spine, n)
	}
	if len(spine) == 0 {
		return nil
	}
	return spine[0]
}

// add inserts a member that is not in n.
func (e *edit) add(n *node, m *Member) *node {
	fresh := &node{member: m, key: keyOf(&m.ID), owner: e}
	return e.insert(n, fresh)
}

func (e *edit) insert(n, fresh *node) *node {
	switch {
	case n == nil:
		return fresh
	case above(fresh, n):
		fresh.left, fresh.right = e.split(n, &fresh.member.ID)
		return fresh
	}
	n = e.own(n)
	if fresh.member.ID.Compare(n.member.ID) < 0 {
		n.left = e.insert(n.left, fresh)
	} else {
		n.right = e.insert(n.right, fresh)
	}
	return n
}

// split parts the members before id from those after it.
func (e *edit) split(n *node, id *protocol.ID) (before, after *node) {
	if n == nil {
		return nil, nil
	}
	n = e.own(n)
	if n.member.ID.Compare(*id) < 0 {
		n.right, after = e.split(n.right, id)
		return n, after
	}
	before, n.left = e.split(n.left, id)
	return before, n
}

// remove takes out the member with this id, which is in n.
func (e *edit) remove(n *node, id *protocol.ID) *node {
	order := id.Compare(n.member.ID)
	if order == 0 {
		return e.join(n.left, n.right)
	}
	n = e.own(n)
	if order < 0 {
		n.left = e.remove(n.left, id)
	} else {
		n.right = e.remove(n.right, id)
	}
	return n
}

// join makes one tree of two, of which the first holds the smaller ids.
func (e *edit) join(a, b *node) *node {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case above(a, b):
		a = e.own(a)
		a.right = e.join(a.right, b)
		return a
	}
	b = e.own(b)
	b.left = e.join(a, b.left)
	return b
}

// replace puts m in the place of the member with its id, which is in n.
func (e *edit) replace(n *node, m *Member) *node {
	n = e.own(n)
	switch order := m.ID.Compare(n.member.ID); {
	case order == 0:
		n.member = m
	case order < 0:
		n.left = e.replace(n.left, m)
	default:
		n.right = e.replace(n.right, m)
	}
	return n
}

// seal computes counts and digests of what this edit has made.
func (e *edit) seal(n *node) {
	if n == nil || n.owner != e {
		return
	}
	e.seal(n.left)
	e.seal(n.right)
	n.size, n.active = 1, 0
	if n.member.Status == Active {
		n.active = 1
	}
	var room [1 + memberBytes + 2*len(auth.Digest{})]byte
	b := n.member.appendTo(append(room[:0], 1), e.omitStatus)
	for _, child := range [...]*node{n.left, n.right} {
		d := child.digestOf()
		b = append(b, d[:]...)
		if child != nil {
			n.size += child.size
			n.active += child.active
		}
	}
	n.digest = digest(b)
	n.owner = nil
	e.made++
}

// digestOf is zero for no members, which no member's digest is.
func (n *node) digestOf() (d auth.Digest) {
	if n != nil {
		d = n.digest
	}
	return d
}

func (n *node) find(id *protocol.ID) *Member {
	key := keyOf(id)
	for n != nil {
		switch order := n.order(key, id); {
		case order == 0:
			return n.member
		case order < 0:
			n = n.left
		default:
			n = n.right
		}
	}
	return nil
}

// order compares an id, and its key, to the member's.
func (n *node) order(key uint64, id *protocol.ID) int {
	if key != n.key {
		return cmp.Compare(key, n.key)
	}
	return id.Compare(n.member.ID)
}

// rank returns the number of members before id.
func (n *node) rank(id *protocol.ID) (before int) {
	key := keyOf(id)
	for n != nil {
		if n.order(key, id) <= 0 {
			n = n.left
			continue
		}
		before++
		if n.left != nil {
			before += int(n.left.size)
		}
		n = n.right
	}
	return before
}

// activeFrom appends active members at or after id in order until out has want;
// all of them when id is nil. It enters no subtree without an active member.
func (n *node) activeFrom(id *protocol.ID, want int, out []*Member) []*Member {
	if n == nil || n.active == 0 || len(out) == want {
		return out
	}
	if id != nil && n.member.ID.Compare(*id) < 0 {
		return n.right.activeFrom(id, want, out)
	}
	out = n.left.activeFrom(id, want, out)
	if n.member.Status == Active && len(out) < want {
		out = append(out, n.member)
	}
	return n.right.activeFrom(nil, want, out)
}

// each visits the members in order until visit returns false.
func (n *node) each(visit func(*Member) bool) bool {
	return n == nil || n.left.each(visit) && visit(n.member) && n.right.each(visit)
}

// memberBytes is the length of a member's form.
const memberBytes = 32 + 32 + 4 + 1

// appendTo appends the member's form. Without the status, all statuses look alike.
func (m *Member) appendTo(b []byte, omitStatus bool) []byte {
	b = append(append(b, m.ID[:]...), m.Key[:]...)
	b = binary.LittleEndian.AppendUint32(b, uint32(m.Node))
	if omitStatus {
		return append(b, 0xff)
	}
	return append(b, byte(m.Status))
}
