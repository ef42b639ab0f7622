package membership

import (
	"turncoat/protocol"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
)

// What a server shows of itself, to checkers and to the machines beside it.

// View returns the server's view, for reading only.
func (s *Server) View() *view.View { return &s.view }

// Service returns the state of the service as its replica here has executed it, for
// reading only; nil at who runs no replica.
func (s *Server) Service() *Service {
	if s.seat == nil {
		return nil
	}
	return s.seat.service
}

// Replica returns the server's replica of the service, nil if it runs none.
func (s *Server) Replica() *pbft.Replica {
	if s.seat == nil {
		return nil
	}
	return s.seat.replica
}

// Missed returns the most pings in a row that a member has failed to answer to this
// replica in its epoch and the one before, as it counts them.
func (s *Server) Missed(id protocol.ID) int {
	worst := 0
	see := func(t *prober) {
		if p := t.probe(id); p != nil {
			worst = max(worst, int(p.worst[0]), int(p.worst[1]))
		}
	}
	for _, t := range [...]*seat{s.seat, s.left} {
		if t != nil {
			see(&t.prober)
		}
	}
	for _, wards := range [...][]ward{s.wards, s.resigned} {
		for i := range wards {
			see(&wards[i].prober)
		}
	}
	return worst
}

// Ending reports whether this replica has voted to end its epoch.
func (s *Server) Ending() bool {
	if s.seat == nil {
		return false
	}
	q := s.seat.votes.find(VoteEnd, protocol.ID{})
	return q != nil && q.own
}
