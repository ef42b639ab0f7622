package membership

import (
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// Votes: what no replica may decide alone, such as what its probes and its clock
// tell it, enters the service as an operation that carries the signed statements of
// f+1 of its replicas: one of them is correct.

// VoteKind says what a replica states.
type VoteKind uint8

// What is voted on.
const (
	VoteEnd        VoteKind = iota // the epoch has lasted long enough
	VoteEvict                      // the target does not answer
	VoteReactivate                 // the target answers again
	voteKinds
)

// Vote is a replica's signed statement in an epoch. It goes to the other replicas.
type Vote struct {
	Epoch  uint64
	Vote   VoteKind
	Target protocol.ID // zero for VoteEnd
	Sig    auth.EpochSignature
}

// Kind returns "membership.vote".
func (*Vote) Kind() protocol.Kind { return "membership.vote" }

// AppendTo appends the wire form.
func (m *Vote) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(append(b, tagVote), m.Epoch)
	b = append(append(b, byte(m.Vote)), m.Target[:]...)
	return append(b, m.Sig[:]...)
}

func readVote(w *protocol.Wire) *Vote {
	m := &Vote{Epoch: w.Uint64(), Vote: VoteKind(w.Byte()), Target: w.ID()}
	copy(m.Sig[:], w.Fixed(len(m.Sig)))
	if m.Vote >= voteKinds {
		w.Fail()
	}
	return m
}

func voteText(kind VoteKind, target protocol.ID) []byte {
	b := protocol.AppendBytes(nil, []byte("turncoat membership vote"))
	return append(append(b, byte(kind)), target[:]...)
}

// SignVote returns the signed statement of a node in an epoch, and false if its key
// has evolved past it. The signature is forward-secure and for this epoch alone:
// otherwise what was true once could be relabelled into any later epoch.
func SignVote(cfg *Config, keys *auth.Keys, key auth.EpochKey, epoch uint64, kind VoteKind, target protocol.ID) (*Vote, bool) {
	m := &Vote{Epoch: epoch, Vote: kind, Target: target}
	if !cfg.enforced(view.EpochInSignature) {
		sig := keys.Sign(voteText(kind, target))
		copy(m.Sig[:], sig[:])
		return m, true
	}
	var ok bool
	m.Sig, ok = keys.SignEpoch(key, epoch, voteText(kind, target))
	return m, ok
}

// verifyVote reports whether a signature is a node's statement in an epoch.
func verifyVote(cfg *Config, keys *auth.Keys, epoch uint64, node protocol.NodeID, kind VoteKind, target protocol.ID, sig *auth.EpochSignature) bool {
	text := voteText(kind, target)
	if !cfg.enforced(view.EpochInSignature) {
		pub, known := keys.Public(node)
		plain := auth.Signature(sig[:len(auth.Signature{})])
		return known && keys.Verify(pub, text, &plain)
	}
	pub, known := keys.EpochPublic(node)
	return known && keys.VerifyEpoch(pub, epoch, text, sig)
}

// question is what is voted on.
type question struct {
	kind   VoteKind
	target protocol.ID
}

// tally gathers the votes on one question in one epoch.
type tally struct {
	question
	voters    protocol.Bitset // by prober
	sigs      []auth.EpochSignature
	own       bool // this prober has voted
	submitted bool
}

// evidence returns the statements as an operation carries them.
func (t *tally) evidence() (out []Statement) {
	for i := range t.sigs {
		if t.voters.Has(i) {
			out = append(out, Statement{i, t.sigs[i]})
		}
	}
	return out
}

// Statement is a vote's signature within an operation. Its text follows from where
// it stands.
type Statement struct {
	Replica int
	Sig     auth.EpochSignature
}

// votes are all tallies of one epoch, in order of their first vote.
type votes struct{ tallies []tally }

// maxTallies bounds what a faulty replica can make others keep, in excess of the
// members of the system [O].
const maxTallies = 64

func (v *votes) find(kind VoteKind, target protocol.ID) *tally {
	for i := range v.tallies {
		if t := &v.tallies[i]; t.kind == kind && t.target == target {
			return t
		}
	}
	return nil
}

// open returns the tally of a question among so many probers; nil when there is no
// room for it.
func (v *votes) open(in *ring.Config, probers int, kind VoteKind, target protocol.ID) *tally {
	if t := v.find(kind, target); t != nil {
		return t
	}
	if len(v.tallies) >= in.Len()+maxTallies {
		return nil
	}
	v.tallies = append(v.tallies, tally{question: question{kind, target}, sigs: make([]auth.EpochSignature, probers)})
	return &v.tallies[len(v.tallies)-1]
}

// add counts the verified vote of one of so many probers and returns its tally; nil when
// there is no room for the question.
func (v *votes) add(in *ring.Config, probers, number int, m *Vote) *tally {
	t := v.open(in, probers, m.Vote, m.Target)
	if t != nil && t.voters.Add(number) {
		t.sigs[number] = m.Sig
	}
	return t
}

func (v *votes) clone() votes {
	out := votes{append([]tally(nil), v.tallies...)}
	for i := range out.tallies {
		t := &out.tallies[i]
		t.voters = t.voters.Clone()
		t.sigs = append([]auth.EpochSignature(nil), t.sigs...)
	}
	return out
}

func (v *votes) appendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(v.tallies)))
	for i := range v.tallies {
		t := &v.tallies[i]
		b = append(append(b, byte(t.kind)), t.target[:]...)
		b = protocol.AppendBool(protocol.AppendBool(t.voters.AppendTo(b), t.own), t.submitted)
	}
	return b
}
