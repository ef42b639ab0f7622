package machines

import (
	"turncoat/protocol"
	"turncoat/protocol/pbft"
)

// What can be left out of a search of PBFT. Nothing is retransmitted here, so
// what a replica would need only to send it again, it does not need.

// votes is the Ordering of PBFT. All of it is about replicas that enforce what
// PBFT.claims asks for.
type votes struct {
	clients   int
	primaries int  // replicas below it are primary in some view that can be reached
	liar      bool // r0 is one
	blind     bool // when operations begin and end changes no verdict: there is one client, or nobody reads
}

// Spent says which messages a replica has no use for any more: those of views that
// it has left, votes for what has prepared or executed already, and what belongs to
// a view change that is over. A client never needs a reply that it ignores now.
func (votes) Spent(receiver protocol.Machine, m protocol.Message) bool {
	r, ok := receiver.(*pbft.Replica)
	if !ok {
		return false
	}
	view, active := r.View()
	over := func(v uint64) bool { return v < view || v == view && active } // the change to v
	switch m := m.(type) {
	case *pbft.PrePrepare:
		return m.View < view || m.Seq <= r.Watermark()
	case *pbft.Prepare:
		_, prepared := r.Prepared(m.Seq)
		return m.View < view || m.Seq <= r.Watermark() || m.View == view && prepared
	case *pbft.Commit:
		return m.View < view || m.Seq <= r.LastExecuted()
	case *pbft.Checkpoint:
		_, fetching := r.Transferring()
		return m.Seq <= r.Watermark() && !fetching
	case *pbft.ViewChange:
		return over(m.View)
	case *pbft.ViewChangeAck:
		return over(m.View)
	case *pbft.NewView:
		return over(m.View)
	}
	return false
}

// Early says which deliveries only fill a tally. What they are counted in is
// cleared when the view is left, or kept in the same way whether they came before or after.
//
// A PRE-PREPARE whose request has not come leaves its batch in the log, and a primary proposes
// requests of several clients in the order in which they came: those are not early.
func (v votes) Early(before, after protocol.Machine, m protocol.Message) bool {
	r, ok := before.(*pbft.Replica)
	if !ok {
		return true // a reply that does not complete
	}
	t := after.(*pbft.Replica)
	if v.liar && saidBy(m) == 0 {
		return false // its next word on the matter may be another
	}
	view, active := r.View()
	nextView, nextActive := t.View()
	if view != nextView || active != nextActive || r.LastExecuted() != t.LastExecuted() || r.Watermark() != t.Watermark() {
		return false
	}
	switch m.(type) {
	case *pbft.Prepare, *pbft.Commit, *pbft.ViewChange, *pbft.ViewChangeAck, *pbft.Checkpoint:
		return true
	case *pbft.Request:
		return v.clients == 1 || r.Number() >= v.primaries
	}
	return false
}

// Calm says which deliveries nothing can conflict with: those to a client
// when nobody can tell in which order operations end, and most to a replica that will not leave its view, because no timer expires any
// more and less than a weak quorum is in higher views, or ever will be. Votes
// commute with each other and with the one assignment that a correct primary makes. The new
// primary decides on the VIEW-CHANGEs that come first; for a backup
// their order is nothing, and its acknowledgement of one that the NEW-VIEW is without is spent.
func (v votes) Calm(m *Model, s *State, node int, msg protocol.Message) bool {
	r, ok := m.local(s, node).machine.(*pbft.Replica)
	if !ok {
		return v.blind
	}
	if int(s.spent[timers]) < m.budget[timers] || int(s.spent[lies]) < m.budget[lies] {
		return false
	}
	view, _ := r.View()
	higher := 0
	if m.liar >= 0 {
		higher = 1 // as far as anyone can tell
		for i := range int(s.count) {
			if m.inFlight(s, i).from == m.liar {
				return false
			}
		}
	}
	for i := range pbftReplicas {
		if i == m.liar {
			continue
		}
		if v, _ := m.local(s, i).machine.(*pbft.Replica).View(); v > view {
			higher++
		}
	}
	if higher > 1 {
		return false
	}
	switch msg.(type) {
	case *pbft.PrePrepare, *pbft.Prepare, *pbft.Commit, *pbft.NewView:
		return true
	case *pbft.Request:
		return v.clients == 1
	case *pbft.ViewChange:
		return int(view%pbftReplicas) != node
	}
	return false
}

// saidBy returns the replica that a vote is of, -1 for other messages.
func saidBy(m protocol.Message) int32 {
	switch m := m.(type) {
	case *pbft.Prepare:
		return m.Replica
	case *pbft.Commit:
		return m.Replica
	case *pbft.Checkpoint:
		return m.Replica
	case *pbft.ViewChange:
		return m.Replica
	case *pbft.ViewChangeAck:
		return m.Replica
	}
	return -1
}

// Blind: a request that nobody has received yet changes nothing.
func (v votes) Blind() bool { return v.blind }

// Alike compares votes.
func (votes) Alike(a, b protocol.Message) bool {
	switch a := a.(type) {
	case *pbft.Prepare:
		b, ok := b.(*pbft.Prepare)
		return ok && a.View == b.View && a.Seq == b.Seq && a.Digest == b.Digest
	case *pbft.Commit:
		b, ok := b.(*pbft.Commit)
		return ok && a.View == b.View && a.Seq == b.Seq && a.Digest == b.Digest
	case *pbft.ViewChangeAck:
		b, ok := b.(*pbft.ViewChangeAck)
		return ok && a.View == b.View && a.Origin == b.Origin && a.Digest == b.Digest
	}
	return false
}
