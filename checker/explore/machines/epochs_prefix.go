package machines

import (
	"turncoat/protocol"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership/view"
)

// How a directed search of dBQS across two steps begins. That a donor hands over what it has not
// got itself is missed only when the next group has asked it: some thirty steps from the start.

const (
	fromMissed  = 1 // a write has ended that s3 missed, and s4 has yet to fetch it
	fromDonated = 2 // s5 has yet to fetch it, too
)

// prefix returns the steps with which every run begins. From missed on: c0 has written, which
// s1, s2 and the liar have acknowledged, and s3 and s4 have entered epoch 1. From donated on: s3, s4 and s5
// have entered epoch 2.
func (e Epochs) prefix() (cues []Cue) {
	if e.From == fromStart {
		return nil
	}
	c0 := e.shape().Servers()
	phase := func(request, reply protocol.Message) {
		for s := 1; s <= 2; s++ {
			cues = append(cues, arrives(c0, s, request.Kind()), arrives(s, c0, reply.Kind()))
		}
		cues = append(cues, answers(c0, reply.Kind()))
	}
	cues = append(cues, begins(c0))
	phase(&dbqs.ReadTS{}, &dbqs.ReadTSReply{})
	phase(&dbqs.Write{}, &dbqs.WriteReply{})
	cues = append(cues, enters(3, 1), enters(4, 1))
	if e.From >= fromDonated {
		cues = append(cues, enters(3, 2), enters(4, 2), enters(5, 1), enters(5, 2))
	}
	return cues
}

// enters is the cue for the step by which a server comes into an epoch.
func enters(server int, epoch uint64) Cue {
	return Cue{holds: func(kind, node int, x *envelope) bool {
		if kind != actDeliver || node != server {
			return false
		}
		step, ok := x.msg.(*view.Step)
		return ok && step.Certificate.Epoch == epoch
	}}
}

// raised returns e with what its prefix needs.
func (e Epochs) raised() Epochs {
	if e.From > fromStart {
		e.Steps, e.Overlap, e.Liars, e.Readers = 2, dbqsServers-1, 1, max(e.Readers, 1)
	}
	return e
}
