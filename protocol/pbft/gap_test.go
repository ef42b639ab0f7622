package pbft

import (
	"testing"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// §2.3.3: the watermarks bound what a faulty primary may make a backup remember.
// Where they are lifted, a number far away is accepted, and the backup still does
// work in proportion to its log and not to the gap: it would not return else.
func TestWorkIsBoundedByTheLogAndNotByAGap(t *testing.T) {
	const far = 1 << 60
	w := newNetwork(Config{Members: members(4), K: 2, Lifted: Watermarks}.WithDefaults(), auth.Ideal, 1)
	r, env := w.replicas[1], w.env(1)
	refs := []auth.Digest{{1}}
	m := &PrePrepare{Seq: far, Digest: r.seal.BatchDigest(refs), Requests: refs}
	NewSealer(w.cfg, w.keys[0]).Seal(m)
	r.Deliver(env, 0, m)
	if r.log.top != far {
		t.Fatalf("the assignment was refused: the highest number is %d", r.log.top)
	}
	w.clients[0].Invoke(w.env(4), protocol.Operation{Kind: protocol.Write, Value: []byte("x")})
	w.run(func(e envelope) bool { return e.From == 4 && e.To == 1 }) // looks for slots that lack the body
	w.expire(1, TimerStatus)                                         // asks for missing bodies
	if fetches := w.Take(func(e envelope) bool { return e.M.Kind() == "pbft.fetch" }); len(fetches) != 3 {
		t.Errorf("it asks for the body in %d messages, not in 3", len(fetches))
	}
	w.expire(1, TimerRequest) // leaves the view
	if _, active := r.View(); active {
		t.Error("it is still in the view")
	}
}
