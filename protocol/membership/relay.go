package membership

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
)

// Relays: where there are many clients, members gather their nonces on the way to the
// service, up the tree down which steps go. A relay makes a Merkle tree of what it was
// asked about in an interval and asks, in its turn, about the root. The certificate comes
// back the same way, and each relay adds the paths of its own tree [O: the form].
//
// A relay can withhold; who asked it turns to another, and then to the service itself. It
// cannot do more: what it hands out leads from the client's own nonce to a root that the
// service has signed, or counts for nothing.

// relay is what a member has under way for others.
type relay struct {
	waiting []freshAsk // of the next batch
	armed   bool       // the timer runs
	batches []*relayed // that were passed on, oldest first; never written to
	passed  int        // batches so far
}

// relayed is a batch that a relay has passed on.
type relayed struct {
	asks []freshAsk
	tree *auth.MerkleTree
}

// maxRelayed is how many batches a relay waits for [O]; of what is older the clients have
// asked somebody else by now.
const maxRelayed = 8

// onRelay gathers what a client, or another relay, asks about.
func (s *Server) onRelay(env protocol.Env, epoch uint64, a freshAsk) {
	s.view.Heard(env, a.client, epoch)
	if own := s.view.Epoch(); epoch < own {
		env.Send(a.client, &view.Ask{Epoch: own})
		if !a.gathered {
			return // a certificate of this epoch would be of no use to it
		}
	}
	if s.seat != nil {
		s.seat.fresh.waiting = put(s.seat.fresh.waiting, a)
		s.seat.armFresh(env)
		return
	}
	if !s.cfg.View.Relays || s.view.Member() == nil {
		return
	}
	r := &s.relay
	if r.waiting = put(r.waiting, a); !r.armed {
		r.armed = true
		env.SetTimer(timerRelay, s.cfg.FreshEvery)
	}
}

// passOn asks about all that was gathered.
func (s *Server) passOn(env protocol.Env) {
	r := &s.relay
	if r.armed = false; len(r.waiting) == 0 || s.view.Member() == nil {
		return
	}
	b := &relayed{r.waiting, treeOf(s.keys, r.waiting)}
	r.waiting = nil
	r.batches = append(slices.Clone(r.batches[max(0, len(r.batches)+1-maxRelayed):]), b)
	r.passed++
	env.Send(s.view.Above(r.passed), &view.Gather{Epoch: s.view.Epoch(), Root: b.tree.Root()})
}

// onFreshReply hands a certificate down to those for whom it was asked. One for the
// server's own nonce is for the view.
func (s *Server) onFreshReply(env protocol.Env, from protocol.NodeID, m *view.FreshReply) {
	self, r := s.keys.Self(), &s.relay
	for i, b := range r.batches {
		if !m.Certificate.Covers(s.keys, s.cfg.View.Service, view.RootLeaf(self, b.tree.Root())) {
			continue
		}
		r.batches = slices.Delete(slices.Clone(r.batches), i, i+1)
		env.Note(NoteFreshRelayed, m.Certificate.Epoch)
		for leaf, a := range b.asks {
			env.Send(a.client, &view.FreshReply{Epoch: s.view.Epoch(), Certificate: m.Certificate.Under(self, b.tree.Root(), b.tree.Path(leaf))})
		}
		return
	}
	s.view.OnMessage(env, from, m)
}

func (r *relay) clone() relay {
	c := *r
	c.waiting, c.batches = slices.Clone(r.waiting), slices.Clone(r.batches)
	return c
}

func (r *relay) appendState(b []byte) []byte {
	b = appendAsks(protocol.AppendBool(b, r.armed), r.waiting)
	for _, x := range r.batches {
		b = appendAsks(b, x.asks)
	}
	return b
}
