// Package ring places nodes and objects on the circular id space and answers
// which replica group is responsible for an object. A Ring is a membership that
// never changes; a Config is that of one epoch.
package ring

import (
	"fmt"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Member is a node's place on the ring and what others know of it.
type Member struct {
	ID     protocol.ID     // chosen by the admission authority
	Node   protocol.NodeID // its address
	Key    auth.PublicKey
	Status Status
}

// Status says whether a member serves. The zero value is Active.
type Status uint8

// The statuses of a member.
const (
	Active   Status = iota
	Inactive        // evicted until it answers again; it stays a member
)

func (s Status) String() string {
	switch s {
	case Active:
		return "active"
	case Inactive:
		return "inactive"
	}
	return fmt.Sprintf("status %d", uint8(s))
}

// Ring is a static membership, all of it active, sorted by id. It is immutable.
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
