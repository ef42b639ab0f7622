package membership

import (
	"turncoat/protocol"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// How a replica votes, and gathers the votes of others into operations.

// cast signs a statement and sends it to the other replicas.
func (t *seat) cast(env protocol.Env, kind VoteKind, target protocol.ID) {
	s := t.server
	m, ok := SignVote(s.cfg, s.keys, s.secrets.Key, s.view.Epoch(), kind, target)
	if !ok {
		return // the key has evolved past this epoch
	}
	tally := t.votes.add(s.view.Config(), t.number, m)
	if tally == nil {
		return
	}
	tally.own = true
	t.broadcast(env, m)
	t.submit(tally)
}

// onVote counts another replica's statement, and supports it if this replica has
// seen the same, if for a shorter time.
func (t *seat) onVote(env protocol.Env, from protocol.NodeID, m *Vote) {
	s := t.server
	in := s.view.Config()
	replica := t.numberOf(from)
	if m.Epoch != in.Epoch() && s.cfg.enforced(view.EpochInSignature) || replica < 0 || replica == t.number {
		return
	}
	if !verifyVote(s.cfg, s.keys, in, replica, m.Vote, m.Target, &m.Sig) {
		return
	}
	if m.Vote != VoteEnd && in.Lookup(m.Target) == nil {
		return
	}
	known := t.votes.find(m.Vote, m.Target)
	again := known != nil && known.voters.Has(replica)
	tally := t.votes.add(in, replica, m)
	if tally == nil {
		return
	}
	if m.Vote != VoteEnd && !tally.own {
		switch {
		case t.seen(m.Vote, m.Target, s.cfg.Accept):
			if m.Vote == VoteEvict {
				env.Note(NoteEvictionSupported, m.Epoch)
			}
			t.cast(env, m.Vote, m.Target)
			return
		case m.Vote == VoteEvict && !again:
			env.Note(NoteEvictionRefused, m.Epoch)
		}
	}
	t.submit(tally)
}

// numberOf returns the number of a node's replica, or -1.
func (t *seat) numberOf(node protocol.NodeID) int {
	for i, id := range t.peers {
		if id == node {
			return i
		}
	}
	return -1
}

// submit has the service told of a question that enough replicas agree on.
func (t *seat) submit(q *tally) {
	in := t.server.view.Config()
	need := weak(in)
	rule := view.EvictionVotes
	if q.kind == VoteEnd {
		rule = view.EpochEndVotes
	}
	if !t.server.cfg.enforced(rule) {
		need = 1
	}
	if q.submitted || q.voters.Len() < need {
		return
	}
	q.submitted = true
	op := EncodeEnd(in.Epoch(), q.evidence())
	if q.kind != VoteEnd {
		op = EncodeStatus(in.Epoch(), q.kind, q.target, q.evidence())
	}
	t.asks = append(t.asks, ask{in.Epoch(), op})
}

// tryEnd votes to end the epoch once it has lasted long enough, or once enough
// changes wait for the next.
func (t *seat) tryEnd(env protocol.Env) {
	if t.service.Epoch() != t.server.view.Epoch() || t.service.Closing() {
		return
	}
	early := t.server.cfg.EarlyEnd > 0 && len(t.service.Pending()) >= t.server.cfg.EarlyEnd
	if !t.overdue && !early {
		return
	}
	if q := t.votes.find(VoteEnd, protocol.ID{}); q != nil && q.own {
		return
	}
	if early && !t.overdue {
		env.Note(NoteEarlyEnd, t.service.Epoch())
	}
	t.cast(env, VoteEnd, protocol.ID{})
}

// resend repeats this replica's statements and parts that have not had their effect:
// any of them may have been lost.
func (t *seat) resend(env protocol.Env) {
	s := t.server
	for i := range t.votes.tallies {
		if q := &t.votes.tallies[i]; q.own && !t.settled(q) {
			t.broadcast(env, &Vote{Epoch: s.view.Epoch(), Vote: q.kind, Target: q.target, Sig: q.sigs[t.number]})
		}
	}
	if t.seal.own != nil {
		t.broadcast(env, t.seal.own)
	}
	switch {
	case t.move.deal != nil:
		t.sendDeal(env)
	case t.move.own != nil:
		t.broadcast(env, t.move.own)
	}
}

// settled reports whether the service has executed what a tally is about.
func (t *seat) settled(q *tally) bool {
	if t.service.Epoch() != t.server.view.Epoch() || t.service.Closing() {
		return true
	}
	if q.kind == VoteEnd {
		return false
	}
	for i := range t.service.Pending() {
		c := &t.service.Pending()[i]
		if c.Member.ID == q.target {
			return true
		}
	}
	return false
}

// noteChanges tells observers what an epoch has changed.
func (t *seat) noteChanges(env protocol.Env, was, is *ring.Config) {
	step := t.server.view.Step(was.Epoch())
	for i := range step.Delta.Changes {
		c := &step.Delta.Changes[i]
		switch {
		case c.Kind == ring.Add:
			env.Note(NoteJoined, is.Epoch())
		case c.Kind == ring.Remove:
			env.Note(NoteLeft, is.Epoch())
		case c.Member.Status == ring.Active:
			env.Note(NoteReactivated, is.Epoch())
		default:
			env.Note(NoteEvicted, is.Epoch())
			if replicaOf(is, c.Member.ID) >= 0 {
				env.Note(NoteReplicaEvicted, is.Epoch())
			}
		}
	}
}
