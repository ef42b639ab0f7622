package adversary

import (
	"bytes"
	"testing"
	"time"

	"turncoat/protocol"
)

// lurkClient returns a started client under the strategy; its replicas are 0 and 1.
func (w *town) lurkClient(power Power, strategy string) (Client, *stage) {
	client := CorruptClient(&toyClient{keys: w.authority.Keys(alice), replicas: 2}, w.deps(alice, power), w.strategies(strategy)...)
	return client, newStage(client)
}

// removal is what the client hears when it is removed, and no answer to anything.
func (w *town) removal() protocol.Message {
	w.nonce = 1 << 20
	return w.message(1, toyAck, 0)
}

func writing(value uint64) protocol.Operation {
	return protocol.Operation{Kind: protocol.Write, Value: bytesOf(value)}
}

func TestLurkWithholdsUntilRemoved(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{"lurk.begin": 1})
	client, n := w.lurkClient(power, "lurk trigger=toy.ack wait=80ms")
	client.Invoke(n, protocol.Operation{Kind: protocol.Read})
	w.want("a read is honest", n.take(), "0 toy.read 0", "1 toy.read 0")
	w.nonce = n.nonces - 1
	client.Deliver(n, 1, w.message(1, toyValue, 1))
	client.Invoke(n, writing(7))
	n.wait(time.Second)
	w.want("a write is withheld", n.take())
	client.Deliver(n, 1, w.removal())
	w.want("not at once", n.take())
	n.wait(80 * time.Millisecond)
	w.want("but when it has heard of its removal", n.take(), "0 toy.write 7", "1 toy.write 7")
	n.wait(time.Second)
	w.want("once", n.take())
	if len(n.returns) != 1 {
		t.Errorf("%d operations returned; the write that was given up never does", len(n.returns))
	}
}

func TestLurkBeginsSeveralWrites(t *testing.T) {
	w := newTown(t)
	for _, together := range []string{"true", "false"} {
		power := on(map[string]int{"lurk.begin": 1})
		client, n := w.lurkClient(power, "lurk copies=3 trigger=toy.ack wait=80ms together="+together)
		client.Invoke(n, writing(7))
		client.Deliver(n, 1, w.removal())
		n.wait(15 * time.Millisecond)
		w.want("one of them", n.take(), "0 toy.write 7", "1 toy.write 7")
		n.wait(time.Second)
		w.want("the others", n.take(), "0 toy.write 7", "1 toy.write 7", "0 toy.write 7", "1 toy.write 7")
	}
}

func TestLurkLeaksAPartialWrite(t *testing.T) {
	w := newTown(t)
	first := true
	power := on(map[string]int{"lurk.begin": 1})
	chance := power.chance
	power.chance = func(label string, ppm int) bool {
		if label == "lurk.leak" {
			leak := first
			first = false
			return leak
		}
		return chance(label, ppm)
	}
	client, n := w.lurkClient(power, "lurk leak=500000 trigger=toy.ack")
	client.Invoke(n, writing(7))
	w.want("to some", n.take(), "0 toy.write 7")
}

// tampering is a dialect that makes the client forget what it does.
type tampering struct{ toyDialect }

func (tampering) Tamper(m protocol.Machine, _ protocol.Message) { m.(*toyClient).request = nil }

func TestLurkTampers(t *testing.T) {
	w := newTown(t)
	power := on(map[string]int{"lurk.begin": 1, "lurk.tamper": 1})
	deps := w.deps(alice, power)
	deps.Dialect = tampering{}
	client := CorruptClient(&toyClient{keys: w.authority.Keys(alice), replicas: 1}, deps, w.strategies("lurk tamper=1000000 kinds=value")...)
	n := newStage(client)
	client.Invoke(n, writing(7))
	w.want("what it asked before", n.take(), "0 toy.write 7")
	defer func() {
		if recover() == nil {
			t.Error("the copy still knows what it had asked")
		}
	}()
	n.wait(20 * time.Millisecond) // the toy asks again with what it no longer has
}

func TestALurkingClientCanBeCloned(t *testing.T) {
	w := newTown(t)
	client, n := w.lurkClient(on(map[string]int{"lurk.begin": 1}), "lurk copies=2 trigger=toy.ack wait=80ms")
	client.Invoke(n, writing(7))
	before := client.AppendState(nil)
	clone := client.Clone()
	if !bytes.Equal(clone.AppendState(nil), before) {
		t.Fatal("the clone is in another state")
	}
	client.Deliver(n, 1, w.removal())
	n.wait(time.Second)
	if !bytes.Equal(clone.AppendState(nil), before) || bytes.Equal(client.AppendState(nil), before) {
		t.Error("the two are not independent, or nothing has happened")
	}
}
