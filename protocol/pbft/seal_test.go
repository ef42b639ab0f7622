package pbft

import (
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// The digest that a client computes ahead is that of its message and of no other: not of
// an altered copy, and it costs a replica as much virtual work as its own would.
func TestRememberedDigestIsOfOneMessage(t *testing.T) {
	w := newNetwork(Config{Members: members(4), K: 2}.WithDefaults(), auth.Ideal, 1)
	client, seal, keys := NewSealer(w.cfg, w.keys[4]), w.replicas[0].seal, w.keys[0]
	m := &Request{Client: 4, Timestamp: 1, Op: []byte("op")}
	before := *keys.Meter
	want := seal.RequestDigest(m)
	once := *keys.Meter
	own := *w.keys[4].Meter
	client.remember(m)
	if *w.keys[4].Meter != own {
		t.Error("the client is charged for what it only knows in advance")
	}
	if got := seal.RequestDigest(m); got != want || m.memo.of != m {
		t.Errorf("digest %x, want %x", got[:4], want[:4])
	}
	if d, b := keys.Meter.Digests-once.Digests, keys.Meter.Bytes-once.Bytes; d != once.Digests-before.Digests || b != once.Bytes-before.Bytes {
		t.Errorf("a replica is charged for %d digests and %d bytes", d, b)
	}
	altered := *m
	altered.Op = []byte("another")
	if got := seal.RequestDigest(&altered); got == want {
		t.Error("an altered copy passes for the original")
	}
}

// So is the digest of a batch, and that of a VIEW-CHANGE.
func TestRememberedDigestsOfReplicas(t *testing.T) {
	w := newNetwork(Config{Members: members(4), K: 2}.WithDefaults(), auth.Ideal, 1)
	maker, seal, meter := w.replicas[1].seal, w.replicas[0].seal, w.keys[0].Meter
	rapid.Check(t, func(t *rapid.T) {
		order := &PrePrepare{Requests: []auth.Digest{drawn{t}.digest(), drawn{t}.digest()}}
		order.Digest = maker.BatchDigest(order.Requests)
		order.rememberBatch()
		change := drawn{t}.viewChange()
		maker.rememberViewChange(change)
		anotherOrder, anotherChange := *order, *change
		for _, same := range []struct{ original, twin func() auth.Digest }{
			{func() auth.Digest { return seal.batchOf(order) }, func() auth.Digest { return seal.batchOf(&anotherOrder) }},
			{func() auth.Digest { return seal.ViewChangeDigest(change) }, func() auth.Digest { return seal.ViewChangeDigest(&anotherChange) }},
		} {
			before := *meter
			remembered := same.original()
			between := *meter
			if computed := same.twin(); computed != remembered {
				t.Fatalf("remembered %x, computed %x", remembered[:4], computed[:4])
			}
			if meter.Digests-between.Digests != between.Digests-before.Digests || meter.Bytes-between.Bytes != between.Bytes-before.Bytes {
				t.Fatal("what is remembered is charged for otherwise than what is computed")
			}
		}
		anotherOrder.Requests, anotherChange.H = order.Requests[:1], change.H+1
		if seal.batchOf(&anotherOrder) == order.Digest || seal.ViewChangeDigest(&anotherChange) == change.memo.digest {
			t.Fatal("an altered copy passes for the original")
		}
	})
}

// A receiver believes a message by its mark exactly when it would believe the bytes.
func TestMarkSaysWhatTheMACsSay(t *testing.T) {
	one := Config{Members: members(4), K: 2}.WithDefaults()
	other := one
	other.Instance = 1
	a, err := auth.NewAuthority(auth.Ideal, 1, 6)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		node := func(label string) *Sealer {
			cfg := rapid.SampledFrom([]*Config{&one, &other}).Draw(t, label+" instance")
			return NewSealer(cfg, a.Keys(protocol.NodeID(rapid.IntRange(0, 5).Draw(t, label))))
		}
		maker, receiver, claimed := node("maker"), node("receiver"), node("claimed")
		m, sealed := drawn{t}.message().(authenticated)
		if !sealed {
			return
		}
		if rapid.Bool().Draw(t, "to all") {
			maker.Seal(m)
		} else {
			maker.SealFor(node("addressee").keys.Self(), m)
		}
		heard, err := Decode(m.AppendTo(nil))
		if err != nil {
			t.Fatal(err)
		}
		from := claimed.keys.Self()
		if from == receiver.keys.Self() {
			return // nobody hears himself: to whoever makes MACs for all, his own is blank
		}
		before := *receiver.keys.Meter
		byBytes := receiver.authentic(from, heard.(authenticated))
		between := *receiver.keys.Meter
		byMark := receiver.authentic(from, m)
		if byMark != byBytes {
			t.Fatalf("%s of %d to %d: %v by its bytes, %v by its mark", m.Kind(), maker.keys.Self(), receiver.keys.Self(), byBytes, byMark)
		}
		after := *receiver.keys.Meter
		if after.MACs-between.MACs != between.MACs-before.MACs || after.Digests-between.Digests != between.Digests-before.Digests ||
			after.Bytes-between.Bytes != between.Bytes-before.Bytes {
			t.Fatalf("%s: the mark is charged for otherwise than the bytes", m.Kind())
		}
	})
}
