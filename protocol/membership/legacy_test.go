package membership

import (
	"testing"

	"turncoat/protocol"
)

// TestCountsOfTheGroupBefore holds that a replica believes what f+1 say at least, of every
// member but itself: it would vote for its own eviction for ever.
func TestCountsOfTheGroupBefore(t *testing.T) {
	self, other, fresh := protocol.ID{1}, protocol.ID{2}, protocol.ID{3}
	p := prober{probes: []probe{{id: self}, {id: other}, {id: fresh, legacy: legacy{over: true}}}}
	heard := [][]Count{
		{{self, 5, 2, 0}, {other, 5, 1, 0}, {fresh, 5, 1, 0}},
		{{self, 9, 9, 9}, {other, 9, 9, 9}, {fresh, 9, 9, 9}},
		nil,
	}
	if n := p.believe(self, heard, 2); n != 1 {
		t.Errorf("the counts of %d members are believed, want 1", n)
	}
	for i, want := range []legacy{{}, {misses: 5, silent: 1}, {over: true}} {
		if got := p.probes[i].legacy; got != want {
			t.Errorf("of member %d it believes %+v, want %+v", i, got, want)
		}
	}
	if p.believe(self, heard[2:], 1) != 0 {
		t.Error("what nobody says is believed")
	}
}
