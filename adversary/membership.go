package adversary

import (
	"encoding/binary"
	"slices"
	"strings"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
	"turncoat/protocol/ring"
)

// Membership is the Dialect of the membership service and of its members. Its lies
// are those of one server with its own keys: as a prober it speaks ill of members,
// as a replica it asks for what f+1 have not signed, as a signer it gives parts of
// something else, as a collector it hands out certificates that are not for the
// nonce, and as a member it answers pings without a signature, or makes steps up.
type Membership struct {
	Config *membership.Config
	Key    func(protocol.NodeID) auth.EpochKey // the liar's own
}

// Topic implements Dialect: what is said in one epoch, or about one nonce or request.
func (d Membership) Topic(m protocol.Message) uint64 {
	switch m := m.(type) {
	case *membership.Ping:
		return topic("ping", m.Epoch, 0)
	case *membership.Vote:
		return topic("vote", m.Epoch, uint64(m.Vote))
	case *membership.Report:
		return topic("vote", m.Epoch, uint64(m.Vote))
	case *membership.Partial:
		return topic("partial", m.Epoch, uint64(m.Purpose))
	case *view.Step:
		return topic("step", m.Delta.From, 0)
	case *view.FreshAsk:
		return topic("fresh", m.Nonce, 0)
	}
	return PBFT{}.Topic(m)
}

// Fabricate implements Dialect.
func (d Membership) Fabricate(keys *auth.Keys, to protocol.NodeID, truth protocol.Message, power Power) (protocol.Message, bool) {
	switch m := truth.(type) {
	case *membership.Ping:
		if d.Config.Committees > 0 {
			return d.allege(keys, &membership.Report{Epoch: m.Epoch}, power)
		}
		return d.slander(keys, m.Epoch, power)
	case *membership.Vote:
		return d.slander(keys, m.Epoch+uint64(power.Choose("fabricate.epoch", 2)), power)
	case *membership.Report:
		return d.allege(keys, m, power)
	case *membership.Pong:
		return d.impostor(m, power), true
	case *membership.Partial:
		c := *m
		c.Part.Sig[power.Choose("fabricate.byte", len(c.Part.Sig))] ^= 1
		return &c, true
	case *membership.Deal:
		return d.cheat(keys, m, power)
	case *membership.Handover:
		return d.miscount(m, power), true
	case *view.Step:
		return d.fork(m, power), true
	case *view.FreshReply:
		return d.relabel(m, power), true
	case *view.Ask:
		return &view.Ask{Epoch: m.Epoch + uint64(power.Choose("fabricate.epoch", 3))}, true
	case *view.Gather:
		c := *m
		c.Root[power.Choose("fabricate.root", len(c.Root))] ^= 1
		return &c, true
	case *view.FreshAsk:
		return &view.FreshAsk{Epoch: 1 << 40, Nonce: m.Nonce}, true
	case *pbft.Request:
		if m.Client == keys.Self() {
			return d.demand(keys, to, m, power)
		}
	}
	if !strings.HasPrefix(string(truth.Kind()), "pbft.") {
		return nil, false
	}
	group := d.Config.Group(d.Config.View.Genesis)
	return PBFT{Config: &group}.Fabricate(keys, to, truth, power)
}

// slander states that a member, drawn from all, does not answer; or that the epoch
// has lasted long enough.
func (d Membership) slander(keys *auth.Keys, epoch uint64, power Power) (protocol.Message, bool) {
	kind := membership.VoteEvict
	if power.Choose("fabricate.vote", 3) == 2 {
		kind = membership.VoteEnd
	}
	return d.vote(keys, epoch, kind, d.victim(power))
}

// allege reports to the service, in a committee's name, what one member says.
func (d Membership) allege(keys *auth.Keys, m *membership.Report, power Power) (protocol.Message, bool) {
	c := &membership.Report{Epoch: m.Epoch, Vote: membership.VoteEvict, Target: d.victim(power)}
	v, ok := d.vote(keys, m.Epoch, c.Vote, c.Target)
	if !ok {
		return nil, false
	}
	for place := range 2*d.Config.CommitteeF + 1 { // whichever is the liar's own, and the others all the same
		c.Evidence = append(c.Evidence, membership.Statement{Replica: place, Sig: v.Sig})
	}
	return c, true
}

func (d Membership) vote(keys *auth.Keys, epoch uint64, kind membership.VoteKind, target protocol.ID) (*membership.Vote, bool) {
	if kind == membership.VoteEnd {
		target = protocol.ID{}
	}
	key := d.Key(keys.Self())
	key.Evolve(epoch)
	return membership.SignVote(d.Config, keys, key, epoch, kind, target)
}

func (d Membership) victim(power Power) protocol.ID {
	all := d.Config.View.Genesis
	return all.At(power.Choose("fabricate.victim", all.Len())).ID
}

// impostor answers as someone who has not the member's key.
func (Membership) impostor(m *membership.Pong, power Power) protocol.Message {
	c := *m
	c.Sig = nil
	if power.Choose("fabricate.pong", 2) == 1 {
		c.Nonce++
	}
	return &c
}

// cheat deals some member of the next group a wrong part, signed all the same; or a
// dealing that anyone can see through.
func (d Membership) cheat(keys *auth.Keys, m *membership.Deal, power Power) (protocol.Message, bool) {
	c, dealing := *m, *m.Dealing
	c.Dealing = &dealing
	if power.Choose("fabricate.deal", 3) == 2 {
		dealing.Commitments = dealing.Commitments[:len(dealing.Commitments)-1]
	} else {
		dealing.Sealed = append([][32]byte(nil), m.Dealing.Sealed...)
		dealing.Sealed[power.Choose("fabricate.part", len(dealing.Sealed))][4] ^= 1
	}
	key := d.Key(keys.Self())
	key.Evolve(m.Next.Epoch)
	var ok bool
	dealing.Signature, ok = keys.SignEpoch(key, m.Next.Epoch, dealing.Statement(m.Sharing, m.Next))
	return &c, ok
}

// miscount hands over something else than the certificate names, or says that a member has
// been gone for long.
func (d Membership) miscount(m *membership.Handover, power Power) protocol.Message {
	if power.Choose("fabricate.handover", 2) == 0 {
		return &membership.Handover{Epoch: m.Epoch, Form: append(m.Form[:len(m.Form):len(m.Form)], 0)}
	}
	return &membership.Handover{Epoch: m.Epoch, Form: m.Form, Counts: []membership.Count{{Member: d.victim(power), Misses: 1000, Silent: 1000}}}
}

// fork is a step to a configuration that the service has not signed: with another
// delta, under another epoch, or with a signature that is none.
func (d Membership) fork(m *view.Step, power Power) protocol.Message {
	c := *m
	switch power.Choose("fabricate.step", 5) {
	case 0:
		c.Delta = &ring.Delta{From: m.Delta.From}
	case 1:
		c.Certificate.Signature[7] ^= 1
	case 2:
		c.Certificate.Epoch, c.Delta = m.Certificate.Epoch+1, &ring.Delta{From: m.Delta.From + 1, Changes: m.Delta.Changes}
	case 3:
		c.Certificate.Config[3] ^= 1
	case 4:
		c.Delta = d.silence(m.Delta, power)
		if next, err := d.Config.View.Genesis.Apply(c.Delta); err == nil {
			c.Certificate.Config = next.Digest() // consistent, for once: only the signature is missing
		}
	}
	return &c
}

// silence returns a delta that also makes a member inactive.
func (d Membership) silence(delta *ring.Delta, power Power) *ring.Delta {
	victim := d.victim(power)
	var changes []ring.Change
	for _, c := range delta.Changes {
		if c.Member.ID != victim {
			changes = append(changes, c)
		}
	}
	inactive := ring.Change{Kind: ring.SetStatus, Member: ring.Member{ID: victim, Status: ring.Inactive}}
	return ring.NewDelta(delta.From, append(changes, inactive))
}

// relabel hands out a certificate of freshness for another epoch or nonce.
func (Membership) relabel(m *view.FreshReply, power Power) protocol.Message {
	c, certificate := *m, *m.Certificate
	c.Certificate = &certificate
	ways := 3
	if len(certificate.Above) > 0 {
		ways = 5
	}
	switch power.Choose("fabricate.fresh", ways) {
	case 0:
		certificate.Epoch++
	case 1:
		certificate.Path.Index ^= 1
	case 2:
		certificate.Root[0] ^= 1
	case 3:
		certificate.Above = certificate.Above[1:] // as if it had come straight from the service
	case 4:
		certificate.Above = slices.Clone(certificate.Above)
		certificate.Above[0].Root[0] ^= 1
	}
	return &c
}

// demand asks the service to end the epoch or to evict a member on this liar's word
// alone, in place of what it had to ask for.
func (d Membership) demand(keys *auth.Keys, to protocol.NodeID, m *pbft.Request, power Power) (protocol.Message, bool) {
	epoch, known := d.epochOf(m.Op)
	if !known {
		return nil, false
	}
	group := d.Config.Group(d.Config.View.Genesis)
	self := 0
	for i, id := range group.Members {
		if id == keys.Self() {
			self = i
		}
	}
	kind, target := membership.VoteEnd, protocol.ID{}
	if power.Choose("fabricate.demand", 2) == 1 {
		kind, target = membership.VoteEvict, d.victim(power)
	}
	v, ok := d.vote(keys, epoch, kind, target)
	if !ok {
		return nil, false
	}
	evidence := []membership.Statement{{Replica: self, Sig: v.Sig}, {Replica: self, Sig: v.Sig}}
	c := *m
	if c.Op = membership.EncodeEnd(epoch, evidence); kind == membership.VoteEvict {
		c.Op = membership.EncodeStatus(epoch, kind, target, evidence)
	}
	pbft.NewSealer(&group, keys).Seal(&c)
	return &c, true
}

// epochOf returns the epoch that an operation of a replica's is about.
func (Membership) epochOf(op []byte) (uint64, bool) {
	if len(op) < 9 || !membership.AboutEpoch(op) {
		return 0, false
	}
	return binary.LittleEndian.Uint64(op[1:]), true
}
