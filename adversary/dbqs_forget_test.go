package adversary

import (
	"testing"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
)

// TestForgetAcknowledgesAndDenies holds what the strategy says to a write, to a read of
// what was written, and, where the honest answer is that the epoch is over, to that.
func TestForgetAcknowledgesAndDenies(t *testing.T) {
	keys, err := auth.NewAuthority(auth.Ideal, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	k := keys.Keys(0)
	held := &dbqs.Record{Value: []byte("a"), TS: dbqs.Timestamp{Counter: 1}}
	s := &Step{node: &Node{deps: Deps{Keys: k, Power: eager()}}}
	forget := &DBQSForget{aim{name: "dbqs-forget", rate: Always}}
	say := func(asked, truth protocol.Message) protocol.Message {
		s.In = Input{Kind: Delivered, From: 1, Message: asked}
		return forget.Out(s, []Sent{{To: 1, Message: truth}})[0].Message
	}
	write := &dbqs.Write{Record: held}
	if m, ok := say(write, &dbqs.WriteReply{}).(*dbqs.WriteReply); !ok {
		t.Errorf("a write is answered by %T", m)
	}
	if m := say(&dbqs.Read{}, &dbqs.ReadReply{Record: held}).(*dbqs.ReadReply); m.Record != nil {
		t.Errorf("it owns up to %q", m.Record.Value)
	}
	if m := say(&dbqs.Fetch{}, &dbqs.FetchReply{Registers: []dbqs.Held{{Record: held}}}).(*dbqs.FetchReply); len(m.Registers) != 0 {
		t.Error("it hands over what it holds")
	}
	h := dbqs.Header{Nonce: 7, Epoch: 2}
	if m, ok := say(&dbqs.Get{Header: h}, &dbqs.Refusal{Header: h, Now: 5}).(*dbqs.GetReply); !ok || m.Found || m.Epoch != 2 {
		t.Errorf("of the past it says %+v", m)
	}
	if m, ok := say(&dbqs.Write{Header: h, Record: held}, &dbqs.Refusal{Header: h, Now: 5}).(*dbqs.WriteReply); !ok || m.Nonce != 7 {
		t.Errorf("of the past it says %+v", m)
	}
}
