package adversary

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/pbft"
)

// PBFTMac makes authenticators that are valid for some receivers only: the flaw of
// MACs that no receiver can tell whether the others believe a message (Clement et
// al., NSDI 2009). A replica spoils what it sends to all, a client its requests.
type PBFTMac struct {
	aim
	primary bool   // valid for the primary alone, instead of a drawn part
	view    uint64 // the highest that it knows of
}

// Name returns "pbft-mac".
func (*PBFTMac) Name() string { return "pbft-mac" }

// In learns the view, which replies tell. A client whose request is not answered in
// time takes it that the view has changed, as it meant it to.
func (t *PBFTMac) In(s *Step) {
	if s.In.Kind == Expired {
		t.view++
	}
	if m, ok := s.In.Message.(*pbft.Reply); ok && s.In.Kind == Delivered {
		t.view = max(t.view, m.View)
	}
}

// Out spoils entries, the same in every copy of one message.
func (t *PBFTMac) Out(s *Step, out []Sent) []Sent {
	d := dialectPBFT(s)
	if d.Config.Signed {
		return out // a signature is valid for all or for none
	}
	var last, lie protocol.Message
	for i := range out {
		o := &out[i]
		a := pbft.AuthOf(o.Message)
		if a == nil || len(a.MACs) != d.Config.N() || slices.Contains(d.Config.Members, s.Self()) == isRequest(o.Message) {
			continue // for one receiver, or the word of somebody else
		}
		if o.Message != last {
			last, lie = o.Message, t.spoil(s, d, o)
		}
		if lie != nil {
			*o = o.As(t.name, lie)
		}
	}
	return out
}

func isRequest(m protocol.Message) bool {
	_, ok := m.(*pbft.Request)
	return ok
}

// spoil returns o's message with some wrong MACs, or nil.
func (t *PBFTMac) spoil(s *Step, d PBFT, o *Sent) protocol.Message {
	power := s.Power()
	if !t.hits(power, o.Message) {
		return nil
	}
	if r, ok := s.Honest().(*pbft.Replica); ok && r != nil {
		t.view, _ = r.View()
	}
	lie := copyPBFT(o.Message)
	macs := pbft.AuthOf(lie).MACs
	for i := range macs {
		if wrong := i != d.Config.Primary(t.view); t.primary && wrong || !t.primary && power.Choose("pbft-mac.wrong", 2) == 1 {
			macs[i][0] ^= 1
		}
	}
	return lie
}

// Clone returns an independent copy.
func (t *PBFTMac) Clone() Strategy { c := *t; return &c }

// AppendState appends the view.
func (t *PBFTMac) AppendState(b []byte) []byte { return appendLie(b, t.view, nil) }

// appendLie appends a view and what was said in it.
func appendLie(b []byte, view uint64, lie protocol.Message) []byte {
	b = append(b, byte(view), byte(view>>8), byte(view>>16), byte(view>>24))
	if b = protocol.AppendBool(b, lie != nil); lie != nil {
		b = protocol.AppendBytes(b, lie.AppendTo(nil))
	}
	return b
}
