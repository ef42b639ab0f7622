package adversary

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
)

// PBFTViewChange lies about the past when views change, the same to everyone and at
// every retransmission: its VIEW-CHANGE omits what it prepared, claims what it did
// not, or goes back behind its checkpoint, and its NEW-VIEW begins with another
// decision than the messages lead to.
type PBFTViewChange struct {
	aim
	lie     int           // of changeLies, or beyond them for any
	batches []auth.Digest // named by PRE-PREPAREs that it has seen, newest last
	told    []told        // what it has said, oldest first
}

// told is a lie, or the truth, in which it stays.
type told struct {
	kind protocol.Kind
	view uint64
	lie  protocol.Message // nil: the truth
}

// What it remembers.
const (
	maxBatches = 16
	maxTold    = 8
)

// Name returns "pbft-view-change".
func (*PBFTViewChange) Name() string { return "pbft-view-change" }

// In learns which batches there are.
func (t *PBFTViewChange) In(s *Step) {
	if m, ok := s.In.Message.(*pbft.PrePrepare); ok && s.In.Kind == Delivered {
		t.learn(m.Digest)
	}
}

func (t *PBFTViewChange) learn(d auth.Digest) {
	if slices.Contains(t.batches, d) {
		return
	}
	if len(t.batches) == maxBatches {
		t.batches = slices.Delete(t.batches, 0, 1)
	}
	t.batches = append(t.batches, d)
}

// Out replaces what it says of its own about a view change.
func (t *PBFTViewChange) Out(s *Step, out []Sent) []Sent {
	d := dialectPBFT(s)
	for i := range out {
		o := &out[i]
		var lie protocol.Message
		switch m := o.Message.(type) {
		case *pbft.PrePrepare:
			t.learn(m.Digest)
		case *pbft.ViewChange:
			if d.speaks(s, m.Replica) {
				lie = t.tell(s, o, m.View)
			}
		case *pbft.NewView:
			if d.speaks(s, m.Replica) {
				lie = t.tell(s, o, m.View)
			}
		}
		if lie != nil {
			*o = o.As(t.name, lie)
		}
	}
	return out
}

// tell returns what it says instead of o, nil for the truth.
func (t *PBFTViewChange) tell(s *Step, o *Sent, view uint64) protocol.Message {
	kind := o.Message.Kind()
	for i := range t.told {
		if t.told[i].kind == kind && t.told[i].view == view {
			return t.told[i].lie
		}
	}
	d, power := dialectPBFT(s), s.PowerOn(o.Message, o.To)
	var lie protocol.Message
	if t.hits(power, o.Message) {
		lie = copyPBFT(o.Message)
		switch m := lie.(type) {
		case *pbft.ViewChange:
			d.spoilViewChange(m, t.lie, t.batches, power)
		case *pbft.NewView:
			d.spoilNewView(m, t.batches, power)
		}
		pbft.NewSealer(d.Config, s.Keys()).Reseal(o.To, lie)
	}
	if len(t.told) == maxTold {
		t.told = slices.Delete(t.told, 0, 1)
	}
	t.told = append(t.told, told{kind, view, lie})
	return lie
}

// The lies of a VIEW-CHANGE.
const (
	omitP     = iota // nothing has prepared
	omitAll          // nothing has pre-prepared either
	inventP          // something else has prepared, just now
	aheadOf          // a checkpoint that it has not
	behindOld        // a watermark behind its own
)

// changeLies are their names, as a parameter has them.
var changeLies = []string{omitP: "omit", omitAll: "forget", inventP: "invent", aheadOf: "ahead", behindOld: "behind"}

// spoilViewChange lies about what prepared and which checkpoint is stable. batches
// are digests that are worth claiming.
func (d PBFT) spoilViewChange(m *pbft.ViewChange, lie int, batches []auth.Digest, power Power) {
	if lie >= len(changeLies) {
		lie = power.Choose("fabricate.view-change", len(changeLies))
	}
	switch lie {
	case omitP:
		m.P = nil
	case omitAll:
		m.P, m.Q = nil, nil
	case inventP:
		d.invent(m, batches, power)
	case aheadOf:
		m.C = append(m.C, pbft.CheckpointID{Seq: m.H + d.Config.L, Digest: someDigest(power)})
	case behindOld:
		m.H -= min(m.H, d.Config.K)
		m.HProof = nil
	}
}

// invent puts another batch into P and Q, as prepared in the view before, for numbers
// from the watermark on or for those after what did prepare.
func (d PBFT) invent(m *pbft.ViewChange, batches []auth.Digest, power Power) {
	from := m.H + 1
	if k := len(m.P); k > 0 && power.Choose("fabricate.from", 2) == 1 {
		from = m.P[k-1].Seq + 1
	}
	after := func(e pbft.Certified) bool { return e.Seq >= from }
	m.P, m.Q = slices.DeleteFunc(m.P, after), slices.DeleteFunc(m.Q, after)
	to := min(from+uint64(power.Choose("fabricate.entries", 4)), m.H+d.Config.L)
	for seq := from; seq <= to; seq++ {
		e := pbft.Certified{Seq: seq, View: m.View - min(m.View, 1), Digest: pick(batches, power)}
		m.P, m.Q = append(m.P, e), append(m.Q, e)
	}
}

// pick returns a batch to claim: one that there is, the null request, or nothing that anyone has.
func pick(batches []auth.Digest, power Power) auth.Digest {
	i := power.Choose("fabricate.batch", len(batches)+2)
	switch {
	case i < len(batches):
		return batches[len(batches)-1-i]
	case i == len(batches):
		return auth.Digest{}
	}
	return someDigest(power)
}

// spoilNewView alters the decision.
func (d PBFT) spoilNewView(m *pbft.NewView, batches []auth.Digest, power Power) {
	what := power.Choose("fabricate.new-view", 5)
	switch {
	case what == 0 && len(m.X) > 0: // something else
		m.X[power.Choose("fabricate.slot", len(m.X))] = pick(batches, power)
	case what == 1 && len(m.X) > 0: // the null request throughout
		clear(m.X)
	case what == 2 && len(m.X) > 0: // forgets the last
		m.X = m.X[:len(m.X)-1]
	case what == 3: // another checkpoint
		m.Start.Seq += d.Config.K
		m.Start.Digest = someDigest(power)
	default: // one more
		m.X = append(m.X, pick(batches, power))
	}
}

// dialectPBFT returns the Dialect, which a scenario of another protocol does not have.
func dialectPBFT(s *Step) PBFT {
	d, ok := s.Dialect().(PBFT)
	if !ok {
		panic("adversary: a strategy against PBFT needs its Dialect")
	}
	return d
}

// speaks reports whether the corrupted node is the replica that a message is of.
func (d PBFT) speaks(s *Step, replica int32) bool {
	return replica >= 0 && int(replica) < d.Config.N() && d.Config.Members[replica] == s.Self()
}

// Clone returns an independent copy.
func (t *PBFTViewChange) Clone() Strategy {
	c := *t
	c.batches, c.told = slices.Clone(t.batches), slices.Clone(t.told)
	return &c
}

// AppendState appends what it knows and has said.
func (t *PBFTViewChange) AppendState(b []byte) []byte {
	for i := range t.batches {
		b = append(b, t.batches[i][:]...)
	}
	for i := range t.told {
		b = protocol.AppendBytes(b, []byte(t.told[i].kind))
		b = appendLie(b, t.told[i].view, t.told[i].lie)
	}
	return b
}
