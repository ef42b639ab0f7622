package membership

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// How a replica votes, and gathers the votes of others into operations.

// cast signs a statement and sends it to the other probers. It returns the question, nil
// if there is no room for it, or the key has evolved past this epoch.
func (t *prober) cast(env protocol.Env, kind VoteKind, target protocol.ID) *tally {
	s := t.server
	m, ok := SignVote(s.cfg, s.keys, s.secrets.Key, s.view.Epoch(), kind, target)
	if !ok {
		return nil
	}
	q := t.votes.add(s.view.Config(), len(t.peers), t.number, m)
	if q != nil {
		q.own = true
		t.broadcast(env, m)
	}
	return q
}

// onVote counts another prober's statement, and supports it if this one has seen the
// same, if for a shorter time. It returns the question, nil if the statement is none.
func (t *prober) onVote(env protocol.Env, from protocol.NodeID, m *Vote) *tally {
	s := t.server
	in := s.view.Config()
	number := t.numberOf(from)
	if m.Epoch != in.Epoch() && s.cfg.enforced(view.EpochInSignature) || number < 0 || number == t.number {
		return nil
	}
	if !verifyVote(s.cfg, s.keys, in.Epoch(), from, m.Vote, m.Target, &m.Sig) {
		return nil
	}
	if m.Vote != VoteEnd && in.Lookup(m.Target) == nil {
		return nil
	}
	known := t.votes.find(m.Vote, m.Target)
	again := known != nil && known.voters.Has(number)
	q := t.votes.add(in, len(t.peers), number, m)
	if q == nil || m.Vote == VoteEnd || q.own {
		return q
	}
	switch {
	case t.seen(m.Vote, t.probe(m.Target), s.cfg.Accept):
		if m.Vote == VoteEvict {
			env.Note(NoteEvictionSupported, m.Epoch)
		}
		return t.cast(env, m.Vote, m.Target)
	case m.Vote == VoteEvict && !again:
		env.Note(NoteEvictionRefused, m.Epoch)
	}
	return q
}

// numberOf returns the number of a node among the probers, or -1.
func (t *prober) numberOf(node protocol.NodeID) int { return slices.Index(t.peers, node) }

// repeat sends this prober's statements again that have not had their effect: any of
// them may have been lost.
func (t *prober) repeat(env protocol.Env, q *tally) {
	t.broadcast(env, &Vote{Epoch: t.server.view.Epoch(), Vote: q.kind, Target: q.target, Sig: q.sigs[t.number]})
}

// need returns how many of the probers must state something, of whom a number f+1 has a
// correct one among them.
func (c *Config) need(kind VoteKind, weak int) int {
	rule := view.EvictionVotes
	if kind == VoteEnd {
		rule = view.EpochEndVotes
	}
	if !c.enforced(rule) {
		return 1
	}
	return weak
}

// submit has the service told of a question that enough replicas agree on.
func (t *seat) submit(q *tally) {
	in := t.server.view.Config()
	if q == nil || q.submitted || q.voters.Len() < t.server.cfg.need(q.kind, weak(in)) {
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
	t.submit(t.cast(env, VoteEnd, protocol.ID{}))
}

// resend repeats this replica's statements and parts that have not had their effect:
// any of them may have been lost.
func (t *seat) resend(env protocol.Env) {
	for i := range t.votes.tallies {
		if q := &t.votes.tallies[i]; q.own && !t.settled(q) {
			t.repeat(env, q)
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
