// Package ring places nodes and objects on the circular id space and answers
// which replica group is responsible for an object.
package ring

import (
	"slices"

	"turncoat/protocol"
)

// Member is a node's place on the ring.
type Member struct {
	ID   protocol.ID
	Node protocol.NodeID
}

// Ring is the active membership of one configuration, sorted by id. It is immutable.
type Ring struct{ members []Member }

// New returns the ring of members, whose ids must be distinct.
func New(members []Member) *Ring {
	sorted := slices.Clone(members)
	slices.SortFunc(sorted, func(a, b Member) int { return a.ID.Compare(b.ID) })
	return &Ring{members: sorted}
}

// Len returns the number of members.
func (r *Ring) Len() int { return len(r.members) }

// Group returns the first n members clockwise from x, x's own position
// included: the replica group of x. It is shorter when the ring is.
func (r *Ring) Group(x protocol.ID, n int) []protocol.NodeID {
	first, _ := slices.BinarySearchFunc(r.members, x, func(m Member, x protocol.ID) int { return m.ID.Compare(x) })
	n = min(n, len(r.members))
	group := make([]protocol.NodeID, n)
	for i := range group {
		group[i] = r.members[(first+i)%len(r.members)].Node
	}
	return group
}
