package machines

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
)

// event is an operation of the dumb oracle: an interval of moments.
type event struct {
	write       bool
	value       string
	begun, done int // done is 1000 for pending
}

// linearizable tries every order.
func linearizable(left []event, holds string) bool {
	first := true
	for i, e := range left {
		minimal := !slices.ContainsFunc(left, func(o event) bool { return o.done < e.begun })
		if !minimal {
			continue
		}
		rest := slices.Delete(slices.Clone(left), i, i+1)
		if e.write && linearizable(rest, e.value) || !e.write && e.value == holds && linearizable(rest, holds) {
			return true
		}
		first = false
	}
	// what is pending need not happen
	return first || !slices.ContainsFunc(left, func(e event) bool { return e.done < 1000 })
}

// Histories by counts are judged as by moments.
func TestHistoryAgainstTryingAllOrders(t *testing.T) {
	verdicts := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		clients := rapid.IntRange(1, 3).Draw(t, "clients")
		h := &history{clients: make([][]operation, clients)}
		current := make([]*event, clients)
		var all []*event
		values := []string{""}
		for now := range rapid.IntRange(0, 12).Draw(t, "events") {
			c := rapid.IntRange(0, clients-1).Draw(t, "client")
			if e := current[c]; e != nil {
				r := protocol.Result{}
				if e.done = now; !e.write {
					e.value = rapid.SampledFrom(values).Draw(t, "read")
					r.Found, r.Value = e.value != "", []byte(e.value)
				}
				h = h.returned(c, r)
				current[c] = nil
				continue
			}
			e := &event{write: rapid.Bool().Draw(t, "write"), begun: now, done: 1000}
			op := protocol.Operation{Kind: protocol.Read}
			if e.write {
				e.value = string(rune('a' + len(values)))
				values = append(values, e.value)
				op = protocol.Operation{Kind: protocol.Write, Value: []byte(e.value)}
			}
			h = h.invoked(c, op)
			current[c] = e
			all = append(all, e)
		}
		var events []event
		for _, e := range all {
			if e.write || e.done < 1000 { // a pending read says nothing
				events = append(events, *e)
			}
		}
		want := linearizable(events, "")
		verdicts[want]++
		if got := h.judge([]byte("x"), nil); got != want {
			t.Fatalf("judged %v, but trying all orders says %v:\n%s", got, want, h)
		}
	})
	if verdicts[true] == 0 || verdicts[false] == 0 {
		t.Errorf("only one verdict occurred: %v", verdicts)
	}
}
