package adversary

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
)

func TestReservedTimers(t *testing.T) {
	for _, id := range []protocol.TimerID{0, 1, selfTimer} {
		for _, strategy := range []int{0, 1, maxStrategies - 1} {
			for _, slot := range []int{0, 1, maxSlot} {
				if i, j, own := splitTimer(timerOf(strategy, slot, id)); i != strategy || j != slot || own != id {
					t.Errorf("timer %d of strategy %d, slot %d reads back as %d of %d, %d", id, strategy, slot, own, i, j)
				}
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a machine may use a timer id that is reserved")
		}
	}()
	timerOf(0, 0, 1<<ownBits)
}

// The alarms are a map from ids to times that remembers its order.
func TestAlarms(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var a alarms
		oracle := make(map[protocol.TimerID]protocol.Time)
		for range rapid.IntRange(0, 30).Draw(r, "changes") {
			id := protocol.TimerID(rapid.IntRange(0, 9).Draw(r, "id"))
			if rapid.Bool().Draw(r, "set") {
				due := protocol.Time(rapid.IntRange(0, 99).Draw(r, "due"))
				a.set(id, due)
				oracle[id] = due
			} else {
				a.remove(id)
				delete(oracle, id)
			}
		}
		if len(a) != len(oracle) || !slices.IsSortedFunc(a, func(x, y alarm) int { return int(x.id) - int(y.id) }) {
			r.Fatalf("alarms are %v, want %v", a, oracle)
		}
		for _, x := range a {
			if due, ok := oracle[x.id]; !ok || due != x.due {
				r.Fatalf("alarms are %v, want %v", a, oracle)
			}
		}
	})
}
