package adversary

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
)

// PBFTOrder orders requests in two ways at once: as primary it proposes one batch to
// some backups and another to the rest, or the same batch under two numbers, and
// keeps to each version in its COMMITs; as backup it votes in two ways. It keeps the story up for as long as the
// slot is remembered, retransmissions included.
type PBFTOrder struct {
	aim
	echo     bool // votes for whatever its peer has voted for
	decided  bool // echo is drawn
	requests []auth.Digest
	stories  []story // oldest first
}

// story is the other version of one assignment, and who is told it.
type story struct {
	view, seq uint64
	other     uint64 // the sequence number in the other version
	refs      []auth.Digest
	digest    auth.Digest
	told      protocol.Bitset // by replica
	asked     protocol.Bitset // those whose side is drawn
	truth     bool            // there is no other version
}

// maxStories bounds what it remembers.
const maxStories = 64

// Name returns "pbft-order".
func (*PBFTOrder) Name() string { return "pbft-order" }

// In learns which requests there are.
func (t *PBFTOrder) In(s *Step) {
	m, ok := s.In.Message.(*pbft.Request)
	if !ok || s.In.Kind != Delivered {
		return
	}
	d := pbft.NewSealer(dialectPBFT(s).Config, s.Keys()).RequestDigest(m)
	if !slices.Contains(t.requests, d) {
		if len(t.requests) == maxBatches {
			t.requests = slices.Delete(t.requests, 0, 1)
		}
		t.requests = append(t.requests, d)
	}
}

// Out tells each backup its version, and echoes.
func (t *PBFTOrder) Out(s *Step, out []Sent) []Sent {
	d := dialectPBFT(s)
	seal := pbft.NewSealer(d.Config, s.Keys())
	for i := range out {
		if lie := t.version(s, d, seal, &out[i]); lie != nil {
			seal.Reseal(out[i].To, lie)
			out[i] = out[i].As(t.name, lie)
		}
	}
	if s.In.Kind != Delivered || !t.echo {
		return out
	}
	if !t.decided {
		t.decided, t.echo = true, s.Power().Chance("pbft-order.echo", Always)
	}
	if t.echo {
		out = t.agree(s, d, seal, out)
	}
	return out
}

// version returns what o.To is told in place of o, nil if o.
func (t *PBFTOrder) version(s *Step, d PBFT, seal *pbft.Sealer, o *Sent) protocol.Message {
	switch m := o.Message.(type) {
	case *pbft.PrePrepare:
		if !d.speaks(s, m.Replica) {
			return nil
		}
		y := t.story(s, seal, m.View, m.Seq, m.Digest, m.Requests, o)
		if !y.tells(s, d, o.To) {
			return nil
		}
		return &pbft.PrePrepare{View: y.view, Seq: y.other, Digest: y.digest, Requests: y.refs, Replica: m.Replica, Auth: m.Auth}
	case *pbft.Prepare:
		if !d.speaks(s, m.Replica) {
			return nil
		}
		if y := t.story(s, seal, m.View, m.Seq, m.Digest, nil, o); y.tells(s, d, o.To) {
			return &pbft.Prepare{View: y.view, Seq: y.other, Digest: y.digest, Replica: m.Replica, Auth: m.Auth}
		}
	case *pbft.Commit:
		if y := t.find(m.View, m.Seq); y != nil && d.speaks(s, m.Replica) && y.tells(s, d, o.To) {
			return &pbft.Commit{View: y.view, Seq: y.other, Digest: y.digest, Replica: m.Replica, Auth: m.Auth}
		}
	}
	return nil
}

func (t *PBFTOrder) find(view, seq uint64) *story {
	for i := range t.stories {
		if t.stories[i].view == view && t.stories[i].seq == seq {
			return &t.stories[i]
		}
	}
	return nil
}

// story returns the story about an assignment, invented at the first message of it.
func (t *PBFTOrder) story(s *Step, seal *pbft.Sealer, view, seq uint64, digest auth.Digest, refs []auth.Digest, o *Sent) *story {
	if y := t.find(view, seq); y != nil {
		return y
	}
	y := story{view: view, seq: seq, other: seq, refs: refs, digest: digest}
	power := s.PowerOn(o.Message, o.To)
	switch {
	case !t.hits(power, o.Message):
		y.truth = true
	case power.Choose("pbft-order.how", 3) == 2:
		y.other += uint64(1 + power.Choose("pbft-order.gap", 2))
	default:
		y.refs = []auth.Digest{pick(t.requests, power)}
		y.digest = seal.BatchDigest(y.refs)
	}
	if len(t.stories) == maxStories {
		t.stories = slices.Delete(t.stories, 0, 1)
	}
	t.stories = append(t.stories, y)
	return &t.stories[len(t.stories)-1]
}

// tells reports whether a replica is told the other version, drawn once for each.
func (y *story) tells(s *Step, d PBFT, to protocol.NodeID) bool {
	i := slices.Index(d.Config.Members, to)
	if y.truth || i < 0 {
		return false
	}
	if y.asked.Add(i) && s.Power().Choose("pbft-order.side", 2) == 1 {
		y.told.Add(i)
	}
	return y.told.Has(i)
}

// agree votes with the sender of a PRE-PREPARE or PREPARE, whatever it says: to the
// sender alone, so that each side finds its quorum.
func (t *PBFTOrder) agree(s *Step, d PBFT, seal *pbft.Sealer, out []Sent) []Sent {
	var view, seq uint64
	var digest auth.Digest
	switch m := s.In.Message.(type) {
	case *pbft.PrePrepare:
		view, seq, digest = m.View, m.Seq, m.Digest
	case *pbft.Prepare:
		view, seq, digest = m.View, m.Seq, m.Digest
	default:
		return out
	}
	self := int32(slices.Index(d.Config.Members, s.Self()))
	if d.Config.Primary(view) != int(self) {
		p := &pbft.Prepare{View: view, Seq: seq, Digest: digest, Replica: self}
		seal.SealFor(s.In.From, p)
		out = append(out, Sent{To: s.In.From, Message: p, By: t.name})
	}
	c := &pbft.Commit{View: view, Seq: seq, Digest: digest, Replica: self}
	seal.SealFor(s.In.From, c)
	return append(out, Sent{To: s.In.From, Message: c, By: t.name})
}

// Clone returns an independent copy.
func (t *PBFTOrder) Clone() Strategy {
	c := *t
	c.requests, c.stories = slices.Clone(t.requests), slices.Clone(t.stories)
	for i := range c.stories {
		c.stories[i].told, c.stories[i].asked = t.stories[i].told.Clone(), t.stories[i].asked.Clone()
	}
	return &c
}

// AppendState appends the stories, and the requests for more.
func (t *PBFTOrder) AppendState(b []byte) []byte {
	b = protocol.AppendBool(protocol.AppendBool(b, t.decided), t.echo)
	for i := range t.requests {
		b = append(b, t.requests[i][:]...)
	}
	for i := range t.stories {
		y := &t.stories[i]
		for _, v := range []uint64{y.view, y.seq, y.other} {
			b = binary.AppendUvarint(b, v)
		}
		b = y.asked.AppendTo(y.told.AppendTo(append(protocol.AppendBool(b, y.truth), y.digest[:]...)))
	}
	return b
}

// PBFTGap leaves sequence numbers out: from some number on, all that it assigns in the
// view, or prepares as backup, and its COMMITs, are moved up by the same gap.
type PBFTGap struct {
	aim
	view  uint64
	from  uint64 // numbers from here on are moved
	gap   uint64 // 0: none yet
	drawn uint64 // the highest number that was drawn about in the view
}

// Name returns "pbft-gap".
func (*PBFTGap) Name() string { return "pbft-gap" }

// In does nothing.
func (*PBFTGap) In(*Step) {}

// Out moves numbers.
func (t *PBFTGap) Out(s *Step, out []Sent) []Sent {
	d := dialectPBFT(s)
	seal := pbft.NewSealer(d.Config, s.Keys())
	for i := range out {
		o := &out[i]
		var lie protocol.Message
		switch m := o.Message.(type) {
		case *pbft.PrePrepare:
			if t.begin(s, d, m, m.View, m.Seq); d.speaks(s, m.Replica) && t.moves(m.View, m.Seq) {
				c := *m
				c.Seq += t.gap
				lie = &c
			}
		case *pbft.Prepare:
			if t.begin(s, d, m, m.View, m.Seq); d.speaks(s, m.Replica) && t.moves(m.View, m.Seq) {
				c := *m
				c.Seq += t.gap
				lie = &c
			}
		case *pbft.Commit:
			if d.speaks(s, m.Replica) && t.moves(m.View, m.Seq) {
				c := *m
				c.Seq += t.gap
				lie = &c
			}
		}
		if lie != nil {
			seal.Reseal(o.To, lie)
			*o = o.As(t.name, lie)
		}
	}
	return out
}

// begin draws, once for each number, whether the gap begins with m.
func (t *PBFTGap) begin(s *Step, d PBFT, m protocol.Message, view, seq uint64) {
	if view > t.view {
		t.view, t.gap, t.drawn = view, 0, 0
	}
	if view < t.view || t.gap > 0 || seq <= t.drawn {
		return
	}
	t.drawn = seq
	if power := s.PowerOn(m, protocol.None); t.hits(power, m) {
		sizes := []uint64{1, 2, d.Config.K, d.Config.L, 1 << 40}
		t.from, t.gap = seq, sizes[power.Choose("pbft-gap.size", len(sizes))]
	}
}

func (t *PBFTGap) moves(view, seq uint64) bool { return t.gap > 0 && view == t.view && seq >= t.from }

// Clone returns an independent copy.
func (t *PBFTGap) Clone() Strategy { c := *t; return &c }

// AppendState appends the gap.
func (t *PBFTGap) AppendState(b []byte) []byte {
	for _, v := range []uint64{t.view, t.from, t.gap, t.drawn} {
		b = binary.AppendUvarint(b, v)
	}
	return b
}
