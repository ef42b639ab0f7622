package machines

import (
	"runtime"
	"testing"

	"turncoat/checker/explore"
)

// What the model says that it holds is near what the heap has grown by.
func TestHeldBytes(t *testing.T) {
	heap := func() int64 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		return int64(s.HeapAlloc)
	}
	before := heap()
	m := lying(1, 1).Model()
	r, err := explore.Explore(t.Context(), "pbft", explore.Model[State](m), explore.Options{Reduction: explore.All})
	if err != nil {
		t.Fatal(err)
	}
	grown, held := heap()-before, m.HeldBytes()
	t.Logf("the heap has grown by %d bytes, the model says %d, the search %d", grown, held, r.PeakBytes)
	if held < grown*3/4 || held > grown*5/4 || r.PeakBytes < held {
		t.Errorf("the heap has grown by %d bytes, the model says %d, the search %d", grown, held, r.PeakBytes)
	}
	runtime.KeepAlive(m)
}
