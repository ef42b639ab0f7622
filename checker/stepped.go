package checker

import (
	"turncoat/protocol"
	"turncoat/protocol/dbqs"
)

// Stepped watches a run of storage whose groups change by certified steps alone, with no
// membership service below: its clients as any store's, and that no phase counted
// replies of two epochs (dbqs.one-epoch).
type Stepped struct {
	*Clients
	phases bool // dbqs.one-epoch is held
}

// NewStepped returns an observer of a run that has not begun. Where the rule of one epoch for each
// phase is lifted, the property of the same content is not held, but what comes of it.
func NewStepped(s System, phases bool) *Stepped { return &Stepped{NewClients(s), phases} }

// Returned records the end of an operation and holds what must be true of it.
func (s *Stepped) Returned(event uint64, at int64, client protocol.NodeID, r protocol.Result) {
	s.Clients.Returned(event, at, client, r)
	if c, ok := s.system.Machine(client).(*dbqs.Client); ok && s.phases {
		s.onePhase(event, at, client, c)
	}
}

// onePhase holds dbqs.one-epoch when an operation returns.
func (c *Clients) onePhase(event uint64, at int64, client protocol.NodeID, k *dbqs.Client) {
	if k.Mixed() {
		c.find("dbqs.one-epoch", event, at, client, "client %d ended a phase on replies of epoch %d and of one before", c.number(client), k.Epoch())
	}
}
