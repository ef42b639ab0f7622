package membership

import (
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// Committees: in a large system not every replica of the service probes every member.
// The ring is cut into slices, and the configuration assigns each to a committee of
// 2f_c+1 members, that probes those of the slice and reports to the service with the
// signatures of f_c+1: one of them is correct, and the correct ones are enough.
//
// [O] A committee is drawn from the active members, by the slice and by the epoch in
// which the service's group began: it changes where a member of it leaves or is evicted,
// and as a whole when the service moves. Everyone can compute it. So f_c is a bound on
// each committee from one move to the next, and unlike the service's own group it can be
// foretold.

// slice is one of so many equal parts of the ring. The zero value is all of it.
type slice struct{ number, parts int }

// sliceOf returns the slice that a place on the ring belongs to.
func (c *Config) sliceOf(id protocol.ID) slice {
	n, _ := bits.Mul64(binary.BigEndian.Uint64(id[:]), uint64(c.Committees))
	return slice{int(n), c.Committees}
}

// has reports whether a place on the ring belongs to the slice.
func (s slice) has(id protocol.ID) bool {
	n, _ := bits.Mul64(binary.BigEndian.Uint64(id[:]), uint64(s.parts))
	return s.parts == 0 || int(n) == s.number
}

// of returns the members whose place is in the slice, by id.
func (s slice) of(in *ring.Config) iter.Seq[*ring.Member] {
	if s.parts == 0 {
		return in.All()
	}
	return func(yield func(*ring.Member) bool) {
		first := in.Rank(s.begin())
		for m := in.At(first); m != nil && s.has(m.ID) && yield(m); m = in.At(first) {
			first++
		}
	}
}

// begin returns the first place of the slice: the least whose upper bits fall into it.
func (s slice) begin() (id protocol.ID) {
	q, r := bits.Div64(uint64(s.number), 0, uint64(s.parts))
	if r > 0 {
		q++
	}
	binary.BigEndian.PutUint64(id[:], q)
	return id
}

// Committee returns the members that probe a slice in a configuration: 2f_c+1, or as
// many as are active. For checkers too.
func (c *Config) Committee(keys *auth.Keys, in *ring.Config, number int) []protocol.NodeID {
	var draw auth.ThresholdSignature // that everyone knows
	copy(draw[:], "committee")
	binary.LittleEndian.PutUint64(draw[16:], c.Instance(in.Epoch()))
	binary.LittleEndian.PutUint64(draw[24:], uint64(number))
	ids := view.Draw(keys, in, draw, 2*c.CommitteeF+1)
	out := make([]protocol.NodeID, len(ids))
	for i, id := range ids {
		out[i] = in.Lookup(id).Node
	}
	return out
}

// probers returns whose statements on a question count in a configuration, and how many
// of them have a correct one among them.
func (c *Config) probers(keys *auth.Keys, in *ring.Config, kind VoteKind, target protocol.ID) ([]protocol.NodeID, int) {
	if c.Committees == 0 || kind == VoteEnd {
		return groupOf(in, in.Service()).Members, weak(in)
	}
	return c.Committee(keys, in, c.sliceOf(target).number), c.CommitteeF + 1
}

// witnessed reports whether enough of the probers have signed a statement.
func (c *Config) witnessed(keys *auth.Keys, epoch uint64, probers []protocol.NodeID, weak int, kind VoteKind, target protocol.ID, evidence []Statement) bool {
	var signers protocol.Bitset
	for i := range evidence {
		e := &evidence[i]
		if e.Replica < 0 || e.Replica >= len(probers) || signers.Has(e.Replica) {
			continue
		}
		if verifyVote(c, keys, epoch, probers[e.Replica], kind, target, &e.Sig) {
			signers.Add(e.Replica)
		}
		if signers.Len() == c.need(kind, weak) {
			return true
		}
	}
	return false
}

// ward is what a server does as a member of one committee.
type ward struct{ prober }

// appoint gives the server the wards that its epoch's configuration assigns to it. What
// it has counted in those that it keeps goes on counting.
func (s *Server) appoint(env protocol.Env) {
	if s.cfg.Committees == 0 {
		return
	}
	in := s.view.Config()
	old := s.wards
	s.wards, s.resigned = nil, nil
	for number := range s.cfg.Committees {
		peers := s.cfg.Committee(s.keys, in, number)
		w := ward{prober{server: s, slice: slice{number, s.cfg.Committees}, peers: peers}}
		if w.number = slices.Index(peers, s.keys.Self()); w.number < 0 {
			continue
		}
		if i := slices.IndexFunc(old, func(o ward) bool { return o.slice == w.slice }); i >= 0 {
			w.probes = old[i].probes
		}
		w.turn()
		s.wards = append(s.wards, w)
	}
	for _, o := range old {
		if !slices.ContainsFunc(s.wards, func(w ward) bool { return w.slice == o.slice }) {
			s.resigned = append(s.resigned, o)
		}
	}
	switch {
	case len(old) == 0 && len(s.wards) > 0:
		env.SetTimer(timerWard, s.cfg.ProbeEvery)
	case len(s.wards) == 0:
		env.CancelTimer(timerWard)
	}
}

// patrol probes the members of the server's wards, and says again what has had no effect
// so far.
func (s *Server) patrol(env protocol.Env) {
	env.SetTimer(timerWard, s.cfg.ProbeEvery)
	for i := range s.wards {
		w := &s.wards[i]
		for _, q := range w.round(env, false) {
			w.report(env, w.votes.find(q.kind, q.target))
		}
		for j := range w.votes.tallies {
			q := &w.votes.tallies[j]
			if q.own {
				w.repeat(env, q)
			}
			if q.submitted {
				w.tell(env, q)
			} else {
				w.report(env, q)
			}
		}
	}
}

// onWardVote counts the statement of another member of a committee.
func (s *Server) onWardVote(env protocol.Env, from protocol.NodeID, m *Vote) {
	s.view.Heard(env, from, m.Epoch)
	for i := range s.wards {
		if w := &s.wards[i]; w.slice.has(m.Target) {
			w.report(env, w.onVote(env, from, m))
		}
	}
}

// report tells the service's replicas what enough members of the committee agree on.
func (w *ward) report(env protocol.Env, q *tally) {
	s := w.server
	if q == nil || q.submitted || q.voters.Len() < s.cfg.need(q.kind, s.cfg.CommitteeF+1) {
		return
	}
	q.submitted = true
	env.Note(NoteCommitteeReport, s.view.Epoch())
	w.tell(env, q)
}

// tell sends a report. Any may be lost, and nobody says that it was not: it is repeated
// until the epoch ends.
func (w *ward) tell(env protocol.Env, q *tally) {
	in := w.server.view.Config()
	m := &Report{Epoch: in.Epoch(), Vote: q.kind, Target: q.target, Evidence: q.evidence()}
	for _, id := range in.Service() {
		env.Send(in.Lookup(id).Node, m)
	}
}

// onReport has the service told what a committee says, if it does.
func (t *seat) onReport(m *Report) {
	s := t.server
	in := s.view.Config()
	if s.cfg.Committees == 0 || m.Vote == VoteEnd || m.Epoch != in.Epoch() && s.cfg.enforced(view.EpochInSignature) || in.Lookup(m.Target) == nil {
		return
	}
	q := t.votes.open(in, len(t.peers), m.Vote, m.Target)
	if q == nil || q.submitted {
		return
	}
	probers, weak := s.cfg.probers(s.keys, in, m.Vote, m.Target)
	if s.cfg.witnessed(s.keys, in.Epoch(), probers, weak, m.Vote, m.Target, m.Evidence) {
		q.submitted = true
		t.asks = append(t.asks, ask{in.Epoch(), EncodeStatus(in.Epoch(), m.Vote, m.Target, m.Evidence)})
	}
}

func cloneWards(wards []ward, s *Server) []ward {
	out := slices.Clone(wards)
	for i := range out {
		out[i].prober = out[i].clone(s)
	}
	return out
}
