package pbft

import (
	"testing"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/storytest"
)

// §2.3.4, §3.2.4: a view may start from a checkpoint that one correct replica and f
// liars vouch for. The correct one keeps its log until a quorum has the checkpoint: the
// liars may deny it in the next view change, and then nobody else could commit what
// it has discarded.
func TestWeakStartKeepsTheLog(t *testing.T) {
	w := newNetwork(Config{Members: members(4), K: 2}.WithDefaults(), auth.Ideal, 1)
	w.blocked = func(e envelope) bool { return e.M.Kind() == "pbft.checkpoint" }
	for seq := range uint32(2) {
		w.clients[0].Invoke(w.env(4), protocol.Operation{Seq: seq, Kind: protocol.Write, Value: []byte{byte(seq)}})
		w.run(storytest.Everything)
	}
	r := w.replicas[1]
	start, ok := r.CheckpointDigest(2)
	if !ok || r.LastExecuted() != 2 || r.Watermark() != 0 {
		t.Fatalf("replica 1 has executed %d above its watermark %d; checkpoint %v", r.LastExecuted(), r.Watermark(), ok)
	}
	r.startFrom(w.env(1), CheckpointID{2, start}, nil)
	r.startViewChange(w.env(1), 1)
	if m := r.viewChange(); m.H != 0 || len(m.P) != 2 || len(m.C) != 2 {
		t.Errorf("its VIEW-CHANGE has h=%d, %d entries in P and %d in C; it should have kept 0, 2 and 2", m.H, len(m.P), len(m.C))
	}

	r = w.replicas[2]
	r.startTransfer(w.env(2), CheckpointID{4, auth.Digest{4}}, nil)
	if m := r.viewChange(); m.H != 0 {
		t.Errorf("fetching a checkpoint within the log moved the watermark to %d", m.H)
	}
	w.replicas[3].startTransfer(w.env(3), CheckpointID{40, auth.Digest{40}}, nil)
	if h := w.replicas[3].Watermark(); h != 36 {
		t.Errorf("fetching a checkpoint far beyond the log moved the watermark to %d, not to the last L=4 numbers", h)
	}
}
