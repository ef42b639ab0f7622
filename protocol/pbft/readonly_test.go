package pbft

import (
	"slices"
	"testing"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/storytest"
)

// §5.1.2 and §5.1.3 together: a write returns on a quorum's tentative replies; then
// all of that quorum leave the view, and roll it back, before anyone has committed
// it. A read-only request that comes between the views must not find a quorum of
// the state before the write.
func TestReadOnlyAfterRollBack(t *testing.T) {
	cfg := Config{Members: members(4), Tentative: true, ReadOnly: true}.WithDefaults()
	w := newNetwork(cfg, auth.Ideal, 2)
	x := protocol.ID{1}
	of := func(kind protocol.Kind) func(envelope) bool {
		return func(e envelope) bool { return e.M.Kind() == kind }
	}

	w.clients[0].Invoke(w.env(4), protocol.Operation{Kind: protocol.Write, Object: x, Value: []byte("old")})
	w.run(storytest.Everything)
	w.clients[0].Invoke(w.env(4), protocol.Operation{Seq: 1, Kind: protocol.Write, Object: x, Value: []byte("new")})
	w.blocked = func(e envelope) bool { return e.M.Kind() == "pbft.commit" }
	w.run(storytest.Everything)
	w.expectResults(t, "c0#0=done", "c0#1=done")
	if executed := w.replicas[1].LastExecuted(); executed != 1 {
		t.Fatalf("replica 1 has executed %d for good; the second write was to be tentative", executed)
	}

	w.blocked = func(envelope) bool { return false }
	for i := range w.replicas {
		w.expire(i, TimerRequest)
	}
	if w.notes[NoteRollback] != 4 {
		t.Fatalf("%d replicas have rolled back, not 4", w.notes[NoteRollback])
	}
	w.clients[1].Invoke(w.env(5), protocol.Operation{Kind: protocol.Read, Object: x})
	w.run(of("pbft.request"))
	w.run(of("pbft.reply"))
	w.expectResults(t, "c0#0=done", "c0#1=done")

	w.run(storytest.Everything)
	w.expire(5, TimerClient) // the read is ordered like any other
	w.run(storytest.Everything)
	w.expectResults(t, "c0#0=done", "c0#1=done", "c1#0=new")
}

func (w *network) expectResults(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(w.results, want) {
		t.Fatalf("operations have returned %q, not %q", w.results, want)
	}
}
