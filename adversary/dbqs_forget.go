package adversary

import "turncoat/protocol/dbqs"

// DBQSForget acknowledges what it is given to hold, and denies it ever after: to
// clients who ask, and to servers who fetch from it. No signature prevents that. One of
// four can do it without effect; two, with a third who has yet to hear of a write,
// make it undone. To a client that still is in an epoch long over it speaks as if
// that lasted.
type DBQSForget struct{ aim }

// Name returns "dbqs-forget".
func (*DBQSForget) Name() string { return "dbqs-forget" }

// In does nothing.
func (*DBQSForget) In(*Step) {}

// denial chooses the one lie.
type denial struct{ Power }

func (denial) Choose(string, int) int { return hide }

// Out denies.
func (t *DBQSForget) Out(s *Step, out []Sent) []Sent {
	for i := range out {
		o := &out[i]
		switch m := o.Message.(type) {
		case *dbqs.Refusal:
			if m.Now > m.Epoch {
				t.revive(s, o)
			}
			continue
		case *dbqs.ReadReply, *dbqs.ReadTSReply, *dbqs.GetReply, *dbqs.FetchReply:
		default:
			continue
		}
		power := s.PowerOn(o.Message, o.To)
		if !t.hits(power, o.Message) {
			continue
		}
		if lie, ok := (DBQS{}).Fabricate(s.Keys(), o.To, o.Message, denial{power}); ok {
			*o = o.As(t.name, lie)
		}
	}
	return out
}

// revive puts an answer in place of the refusal of a request that is of the past.
func (t *DBQSForget) revive(s *Step, o *Sent) {
	if get, ok := s.In.Message.(*dbqs.Get); ok {
		m := &dbqs.GetReply{Header: get.Header}
		dbqs.Authenticate(s.Keys(), o.To, m)
		*o = o.As(t.name, m)
	} else if answers := (DBQS{}).Answers(s.Keys(), o.To, s.In.Message, nil); len(answers) > 0 {
		*o = o.As(t.name, answers[0])
	}
}

// Clone returns t, which has no state.
func (t *DBQSForget) Clone() Strategy { return t }

// AppendState appends nothing.
func (*DBQSForget) AppendState(b []byte) []byte { return b }
