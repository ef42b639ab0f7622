package adversary

import (
	"turncoat/protocol"
	"turncoat/protocol/membership"
)

// MembershipImpostor is a member that is gone: somebody at its address, who has not
// its keys, answers pings in its name as far as that goes without a signature, and
// does nothing else. One draw decides for the whole run.
type MembershipImpostor struct {
	rate          int
	decided, gone bool
}

// Name returns "membership-impostor".
func (*MembershipImpostor) Name() string { return "membership-impostor" }

// In does nothing.
func (*MembershipImpostor) In(*Step) {}

// Out leaves the answers to pings, without their signatures.
func (t *MembershipImpostor) Out(s *Step, out []Sent) []Sent {
	if len(out) > 0 && !t.decided {
		t.decided, t.gone = true, s.Power().Chance("membership-impostor", t.rate)
	}
	if !t.gone {
		return out
	}
	var left []Sent
	for _, o := range out {
		pong, ok := o.Message.(*membership.Pong)
		if !ok {
			continue
		}
		if pong.Sig != nil {
			c := *pong
			c.Sig = nil
			o = o.As(t.Name(), &c)
		}
		left = append(left, o)
	}
	return left
}

// Clone returns an independent copy.
func (t *MembershipImpostor) Clone() Strategy { c := *t; return &c }

// AppendState appends the decision.
func (t *MembershipImpostor) AppendState(b []byte) []byte {
	return protocol.AppendBool(protocol.AppendBool(b, t.decided), t.gone)
}
