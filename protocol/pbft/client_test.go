package pbft

import (
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// patience is a world that notes how long a client waits.
type patience struct {
	testEnv
	waits *[]time.Duration
}

func (e patience) SetTimer(_ protocol.TimerID, d time.Duration) { *e.waits = append(*e.waits, d) }

// A client that is not answered asks less and less often, but not without end: with
// tentative or read-only requests the reply that it lacks may be that of a replica
// that answers now and then.
func TestClientKeepsAsking(t *testing.T) {
	cfg := Config{Members: members(4), ClientTimeout: time.Second}.WithDefaults()
	w := newNetwork(cfg, auth.Ideal, 1)
	var waits []time.Duration
	env := patience{testEnv{w, 4}, &waits}
	c := w.machine(4)
	c.(protocol.Client).Invoke(env, protocol.Operation{Kind: protocol.Write, Value: []byte("a")})
	for range 8 {
		c.Timer(env, TimerClient)
	}
	for i, want := range []time.Duration{1, 2, 4, 8, 16, 16, 16, 16, 16} {
		if waits[i] != want*time.Second {
			t.Errorf("wait %d is %v, want %v s", i, waits[i], int(want))
		}
	}
}
