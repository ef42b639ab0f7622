package membership

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// Probing: every replica of the service pings every member, or committees do so for it
// (committee.go). The pings are cheap; every k-th must be answered under the member's
// signature, because whoever sits on the path can answer the others in a dead member's
// name.

// prober is what a server does as one of several that probe the same members.
type prober struct {
	server *Server
	slice  slice             // of the ring, that they probe
	peers  []protocol.NodeID // who they are
	number int               // the server's own place among them
	votes  votes
	probes []probe // by id
	places []int32 // of the probes, by node, a hint; never written to. Of a slice there is none: a search is short

	followed *ring.Config // that the probes are in line with; nil: perhaps with none
}

// probe is what a replica knows of one member. There are as many as there are members, in
// each of the service's replicas: so its fields are narrow.
type probe struct {
	id    protocol.ID
	nonce uint64 // of the last ping; 0: answered, or none
	in    uint64 // the epoch of the last good answer
	node  protocol.NodeID
	count int32 // pings sent

	misses int32    // pings in a row without an answer
	silent int32    // signed pings in a row without a signed answer
	good   int32    // signed answers in a row, of one who is ready to come back
	legacy legacy   // of the group that probed before
	worst  [2]int32 // the most misses in a row in this epoch and in the last, for who judges this replica
	signed bool     // the last ping asked for a signature
}

func (p *probe) appendState(b []byte) []byte {
	b = append(b, p.id[:]...)
	b = protocol.AppendBool(binary.LittleEndian.AppendUint64(b, p.nonce), p.signed)
	b = binary.LittleEndian.AppendUint64(b, p.in)
	for _, n := range [...]int32{p.count, p.misses, p.silent, p.good, p.legacy.misses, p.legacy.silent, p.legacy.good} {
		b = binary.AppendUvarint(b, uint64(n))
	}
	return b
}

// missed returns for how many pings in a row the member has not been there, those of
// the group before included. A silence of signed pings counts for itself, whatever answers
// the others.
func (p *probe) missed() int {
	return int(max(p.misses+p.legacy.misses, p.silent+p.legacy.silent))
}

// witnessed returns the same of this prober's own pings.
func (p *probe) witnessed() int32 { return max(p.misses, p.silent) }

// probe returns the probe of a member, nil if there is none.
func (t *prober) probe(id protocol.ID) *probe {
	i, found := slices.BinarySearchFunc(t.probes, id, func(p probe, id protocol.ID) int { return p.id.Compare(id) })
	if !found {
		return nil
	}
	return &t.probes[i]
}

// probeOf is probe of a member that is most likely the one at a node.
func (t *prober) probeOf(id protocol.ID, node protocol.NodeID) *probe {
	if node >= 0 && int(node) < len(t.places) {
		if p := &t.probes[t.places[node]]; p.id == id {
			return p
		}
	}
	return t.probe(id)
}

// follow brings the probes into line with the configuration.
func (t *prober) follow(in *ring.Config) {
	if t.followed == in {
		return
	}
	t.followed = in
	var probes []probe
	if t.slice.parts == 0 {
		probes = make([]probe, 0, in.Len())
	}
	old := t.probes
	for m := range t.slice.of(in) {
		for len(old) > 0 && old[0].id.Compare(m.ID) < 0 {
			old = old[1:]
		}
		if len(old) > 0 && old[0].id == m.ID {
			probes = append(probes, old[0])
		} else {
			probes = append(probes, probe{id: m.ID, node: m.Node})
		}
	}
	t.probes = probes
	if t.slice.parts == 0 {
		t.index()
	}
}

// index notes where the probes are. Nodes are numbered from 0, and few of them have left.
func (t *prober) index() {
	t.places = make([]int32, 2*len(t.probes))
	for i := range t.probes {
		if node := int(t.probes[i].node); node < len(t.places) {
			t.places[node] = int32(i)
		}
	}
}

// round counts the pings that were not answered, casts the votes that this comes to,
// unless the prober is told to hold its tongue, and pings every member again. It returns
// the questions on which it has voted.
func (t *prober) round(env protocol.Env, silent bool) (cast []question) {
	s := t.server
	in := s.view.Config()
	t.follow(in)
	i := 0
	for m := range t.slice.of(in) {
		p := &t.probes[i]
		i++
		if p.id == s.view.Self() {
			continue
		}
		p.miss()
		if !silent {
			if q, voted := t.judge(env, p, m.Status); voted {
				cast = append(cast, q)
			}
		}
		p.count++
		p.signed = s.cfg.enforced(view.SignedProbes) && (m.Status == ring.Inactive || int(p.count)%s.cfg.SignedEvery == 0)
		p.nonce = max(1, env.Nonce())
		env.Send(p.node, &Ping{Epoch: s.view.Epoch(), Nonce: p.nonce, Signed: p.signed})
	}
	return cast
}

// miss counts the last ping if nobody has answered it.
func (p *probe) miss() {
	if p.nonce == 0 {
		return
	}
	p.misses, p.good, p.legacy.good = p.misses+1, 0, 0
	if p.signed {
		p.silent++
	}
	p.worst[0] = max(p.worst[0], p.witnessed())
}

// judge votes on a member on the strength of this prober's own probes, and returns the
// question if it has.
func (t *prober) judge(env protocol.Env, p *probe, status ring.Status) (q question, voted bool) {
	q = question{VoteEvict, p.id}
	if status == ring.Inactive {
		q.kind = VoteReactivate
	}
	supported := t.votes.find(q.kind, p.id)
	threshold := t.server.cfg.Propose
	if supported != nil && supported.own {
		return q, false
	}
	if supported != nil {
		threshold = t.server.cfg.Accept
	}
	if !t.seen(q.kind, p, threshold) {
		return q, false
	}
	if q.kind == VoteEvict {
		env.Note(NoteEvictionProposed, t.server.view.Epoch())
	}
	return q, t.cast(env, q.kind, p.id) != nil
}

// seen reports whether this replica's probes of a member bear a statement out so many
// times in a row; not if there are none.
func (t *prober) seen(kind VoteKind, p *probe, threshold int) bool {
	if p == nil {
		return false
	}
	if kind == VoteReactivate {
		return int(p.good+p.legacy.good) >= threshold && p.in == t.server.view.Epoch() // it has followed into this one
	}
	return p.missed() >= threshold
}

// onPong takes a member's answer.
func (t *prober) onPong(env protocol.Env, from protocol.NodeID, m *Pong) {
	s := t.server
	p := t.probeOf(m.Member, from)
	if p == nil || p.nonce == 0 || m.Nonce != p.nonce {
		return // nobody, or an answer to an earlier ping
	}
	if p.signed && !t.genuine(p, m) {
		return
	}
	p.nonce, p.misses, p.legacy.misses, p.legacy.over = 0, 0, 0, true
	if p.signed || !s.cfg.enforced(view.SignedProbes) {
		p.silent, p.legacy.silent = 0, 0
	} else if p.silent > 0 {
		env.Note(NoteSpoofed, s.view.Epoch())
	}
	if !t.recovered(m) {
		return
	}
	if member := s.view.Config().Lookup(p.id); member != nil && member.Status == ring.Inactive {
		p.good, p.in = p.good+1, s.view.Epoch()
	}
}

// genuine reports whether an answer bears the member's signature.
func (t *prober) genuine(p *probe, m *Pong) bool {
	pub, known := t.server.keys.Public(p.node)
	return known && m.Sig != nil && t.server.keys.Verify(pub, m.text(), m.Sig)
}

// recovered reports whether an inactive member may be counted as back: it is in this
// epoch, and has made sure that it is the current one.
func (t *prober) recovered(m *Pong) bool {
	return !t.server.cfg.enforced(view.RecoverFirst) || m.Ready && m.Epoch == t.server.view.Epoch()
}

// turn begins an epoch: what was said in the last is over, what was counted is not.
func (t *prober) turn() {
	t.votes = votes{}
	for i := range t.probes {
		p := &t.probes[i]
		p.worst = [2]int32{p.witnessed(), p.worst[0]}
	}
}

// broadcast sends m to the other probers.
func (t *prober) broadcast(env protocol.Env, m protocol.Message) {
	for i, to := range t.peers {
		if i != t.number {
			env.Send(to, m)
		}
	}
}

func (t *prober) clone(s *Server) prober {
	c := *t
	c.server, c.votes, c.probes = s, t.votes.clone(), slices.Clone(t.probes)
	return c
}

func (t *prober) appendState(b []byte) []byte {
	b = t.votes.appendState(b)
	for i := range t.probes {
		b = t.probes[i].appendState(b)
	}
	return b
}
