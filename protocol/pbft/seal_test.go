package pbft

import (
	"testing"

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
