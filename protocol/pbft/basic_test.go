package pbft

import (
	"testing"
	"turncoat/protocol"
	"turncoat/protocol/auth"
)

func TestSmoke(t *testing.T) {
	for _, signed := range []bool{false, true} {
		w := newNetwork(Config{Members: members(4), K: 2, L: 4, Signed: signed}.WithDefaults(), auth.Ideal, 1)
		for i := range 9 {
			w.clients[0].Invoke(w.env(4), protocol.Operation{Seq: uint32(i), Kind: protocol.Write, Value: []byte{byte('a' + i)}})
			t.Log(summary(w.run(everything)), w.results)
			if i == 4 {
				w.down[0] = true
			}
			if i >= 4 {
				for j := 1; j < 4; j++ {
					w.expire(j, TimerRequest)
				}
				t.Log(summary(w.run(everything)), w.results)
			}
		}
		for i, r := range w.replicas {
			v, a := r.View()
			t.Log(i, v, a, r.LastExecuted(), r.Watermark())
		}
		t.Log(w.notes, w.broken)
	}
}
