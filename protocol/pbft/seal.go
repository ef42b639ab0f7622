package pbft

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// authenticated is a message with an Auth over its text.
type authenticated interface {
	protocol.Message
	appendText(b []byte) []byte
	authentication() *Auth
}

func (m *Request) authentication() *Auth       { return &m.Auth }
func (m *PrePrepare) authentication() *Auth    { return &m.Auth }
func (m *Prepare) authentication() *Auth       { return &m.Auth }
func (m *Commit) authentication() *Auth        { return &m.Auth }
func (m *Reply) authentication() *Auth         { return &m.Auth }
func (m *Checkpoint) authentication() *Auth    { return &m.Auth }
func (m *ViewChange) authentication() *Auth    { return &m.Auth }
func (m *ViewChangeAck) authentication() *Auth { return &m.Auth }
func (m *NewView) authentication() *Auth       { return &m.Auth }
func (m *Status) authentication() *Auth        { return &m.Auth }
func (m *Fetch) authentication() *Auth         { return &m.Auth }
func (m *FetchState) authentication() *Auth    { return &m.Auth }

// maxText is the longest text that is authenticated as it is; a longer one is
// replaced by its digest, so that n MACs do not each run over a long message.
const maxText = 256

// instancePrefix is the length of what stands before each text: a letter and the instance.
const instancePrefix = 1 + 8

// Sealer authenticates and checks messages as one node. It builds texts in the scratch
// space of the keys and has no state of its own: clones of a machine share it.
type Sealer struct {
	cfg  *Config
	keys *auth.Keys
	self int // number in the group, or -1
}

// NewSealer returns the sealer of the node that keys belong to. Machines have their
// own; an adversary uses one to give a message that it has altered a valid Auth.
func NewSealer(cfg *Config, keys *auth.Keys) *Sealer {
	return &Sealer{cfg: cfg, keys: keys, self: cfg.index(keys.Self())}
}

// covered returns the bytes that the Auth of a text of type tag covers. They are
// valid until the next call.
func (s *Sealer) covered(text []byte) []byte {
	if len(text) <= instancePrefix+maxText {
		return text
	}
	d := s.keys.Digest(text)
	return append(text[:instancePrefix], d[:]...)
}

func (s *Sealer) textOf(m authenticated) []byte {
	b := appendU64(append(s.keys.Scratch[:0], 'P'), s.cfg.Instance)
	s.keys.Scratch = m.appendText(b)
	return s.covered(s.keys.Scratch)
}

// voteText returns what a vote of a proof signs: the text of the message it stands for.
func (s *Sealer) voteText(tag byte, view, seq uint64, d auth.Digest, replica int32) []byte {
	b := appendU64(append(s.keys.Scratch[:0], 'P'), s.cfg.Instance)
	s.keys.Scratch = appendVoteText(b, tag, view, seq, &d, replica)
	return s.keys.Scratch
}

// Seal authenticates m to every replica, in place of the Auth that it had: with
// one MAC each, or with a signature in the signed form.
func (s *Sealer) Seal(m authenticated) {
	text, a := s.textOf(m), m.authentication()
	if s.cfg.Signed {
		sig := s.keys.Sign(text)
		*a = Auth{Sig: &sig}
		return
	}
	a.reset(len(s.cfg.Members))
	for i, to := range s.cfg.Members {
		if i != s.self {
			a.MACs[i] = s.keys.MAC(to, text)
		}
	}
	s.mark(a, protocol.None)
}

// SealFor authenticates m to one node, in place of the Auth that it had.
func (s *Sealer) SealFor(to protocol.NodeID, m authenticated) {
	text, a := s.textOf(m), m.authentication()
	if s.cfg.Signed {
		sig := s.keys.Sign(text)
		*a = Auth{Sig: &sig}
		return
	}
	a.reset(1)
	a.MACs[0] = s.keys.MAC(to, text)
	s.mark(a, to)
}

// mark is what a Sealer leaves on an Auth that it has made: whose MACs they are and for
// whom. A message does not change once it is sent, so the receivers of the one value can
// tell by the mark that their MAC is right and need not compute it a second time,
// though they are charged for it. A copy, or what was decoded from bytes, bears none that counts.
type mark struct {
	of       *Auth
	instance uint64
	by, to   protocol.NodeID // None: all replicas
	bytes    uint32          // of the text
}

// mark marks a.
func (s *Sealer) mark(a *Auth, to protocol.NodeID) {
	a.made = mark{a, s.cfg.Instance, s.keys.Self(), to, uint32(len(s.keys.Scratch))}
}

// long reports whether the MACs cover a digest in place of the text.
func (m *mark) long() bool { return m.bytes > instancePrefix+maxText }

// charge counts the work of verifying a marked MAC.
func (m *mark) charge(meter *protocol.Meter) {
	meter.MACs++
	meter.Bytes += uint64(m.bytes)
	if m.long() {
		meter.Digests++
		meter.Bytes += instancePrefix + uint64(len(auth.Digest{}))
	}
}

// bears reports whether a mark says that a is from a node and for this one. A node's own
// MAC is blank where it makes one for each: of a long text it does not believe itself.
func (s *Sealer) bears(a *Auth, from protocol.NodeID) bool {
	m := &a.made
	if m.of != a || m.by != from || m.instance != s.cfg.Instance {
		return false
	}
	if m.to != protocol.None {
		return m.to == s.keys.Self()
	}
	return s.self >= 0 && len(a.MACs) == len(s.cfg.Members) && !(m.long() && from == s.keys.Self())
}

// reset makes room for n MACs, in memory that no copy of a shares.
func (a *Auth) reset(n int) {
	*a = Auth{}
	if n <= len(a.room) {
		a.MACs = a.room[:n:n]
	} else {
		a.MACs = make([]auth.MAC, n)
	}
}

// authentic reports whether m, from a node, was authenticated for this one.
func (s *Sealer) authentic(from protocol.NodeID, m authenticated) bool {
	a := m.authentication()
	if s.cfg.Signed {
		return a.Sig != nil && s.signed(from, s.textOf(m), a.Sig)
	}
	if s.bears(a, from) {
		a.made.charge(s.keys.Meter)
		return true
	}
	entry := 0
	if len(a.MACs) != 1 {
		if entry = s.self; entry < 0 || len(a.MACs) != len(s.cfg.Members) {
			return false
		}
	}
	return s.keys.VerifyMAC(from, s.textOf(m), a.MACs[entry])
}

// fromReplica reports whether m is authentically from replica i.
func (s *Sealer) fromReplica(i int32, m authenticated) bool {
	return s.cfg.member(i) && int(i) != s.self && s.authentic(s.cfg.Members[i], m)
}

func (s *Sealer) signed(from protocol.NodeID, text []byte, sig *auth.Signature) bool {
	pub, ok := s.keys.Public(from)
	return ok && s.keys.Verify(pub, text, sig)
}

// RequestDigest returns the digest that names a request.
func (s *Sealer) RequestDigest(m *Request) auth.Digest {
	if m.memo.of == m {
		return m.memo.recall(s)
	}
	s.keys.Scratch = m.appendCore(s.keys.Scratch[:0])
	return s.keys.Digest(s.keys.Scratch)
}

// BatchDigest returns the digest of a batch of requests, given theirs.
func (s *Sealer) BatchDigest(requests []auth.Digest) auth.Digest {
	b := s.keys.Scratch[:0]
	for i := range requests {
		b = append(b, requests[i][:]...)
	}
	s.keys.Scratch = b
	return s.keys.Digest(b)
}

// batchOf returns the digest of the batch that m assigns.
func (s *Sealer) batchOf(m *PrePrepare) auth.Digest {
	if m.memo.of == m {
		return m.memo.recall(s)
	}
	return s.BatchDigest(m.Requests)
}

// ViewChangeDigest returns the digest that names a VIEW-CHANGE.
func (s *Sealer) ViewChangeDigest(m *ViewChange) auth.Digest {
	if m.memo.of == m {
		return m.memo.recall(s)
	}
	s.keys.Scratch = m.appendText(s.keys.Scratch[:0])
	return s.keys.Digest(s.keys.Scratch)
}

// Reseal authenticates m anew, as the node that the sealer belongs to, in the manner
// in which it was authenticated: for one node, which is to, or for every replica. It
// reports false for what bears no Auth. An adversary uses it on its alterations.
func (s *Sealer) Reseal(to protocol.NodeID, m protocol.Message) bool {
	a, ok := m.(authenticated)
	switch {
	case !ok:
		return false
	case len(a.authentication().MACs) == 1:
		s.SealFor(to, a)
	default:
		s.Seal(a)
	}
	return true
}

// AuthOf returns the Auth that m bears, or nil if it bears none.
func AuthOf(m protocol.Message) *Auth {
	if a, ok := m.(authenticated); ok {
		return a.authentication()
	}
	return nil
}
