package sim

import (
	"fmt"
	"slices"

	"turncoat/protocol"
)

// timers are the timers of one host, those in use and some that were cancelled.
//
// The queue has no removal, and most timers of a storage protocol are cancelled or
// armed again long before they expire. So a timer has at most one event that
// counts: armed again for later, it lets that event come up and only then sends it
// on to the new time. Armed again for earlier, it leaves the event behind and is
// given another.
type timers []timer

// timer is one timer and its event.
type timer struct {
	id      protocol.TimerID
	due     int64  // when it is to expire
	comesUp int64  // when its event comes up, never after due while it is armed
	event   uint32 // number of that event, to tell it from those left behind
	armed   bool
}

// dormant bounds the timers of a host that are remembered when cancelled, since a
// machine may use each id once.
const dormant = 8

// arm sets a timer, whose event is to be the given one. It reports whether that is
// needed; if not, the timer's earlier event does.
func (t *timers) arm(id protocol.TimerID, due int64, event uint32) bool {
	i := slices.IndexFunc(*t, func(x timer) bool { return x.id == id })
	if i < 0 {
		*t = append(*t, timer{id: id, due: due, comesUp: due, event: event, armed: true})
		return true
	}
	x := &(*t)[i]
	x.due, x.armed = due, true
	if x.comesUp <= due {
		return false
	}
	x.comesUp, x.event = due, event
	return true
}

// disarm cancels a timer.
func (t *timers) disarm(id protocol.TimerID) {
	for i := range *t {
		if (*t)[i].id != id {
			continue
		}
		(*t)[i].armed = false
		if len(*t) > dormant {
			t.forget(i)
		}
		return
	}
}

// forget removes a timer; its event is left behind.
func (t *timers) forget(i int) {
	last := len(*t) - 1
	(*t)[i] = (*t)[last]
	*t = (*t)[:last]
}

// comeUp looks at an event that has come up: live if its timer is to expire. If
// it is to be sent on to a later time, that is again; otherwise again is 0.
func (t *timers) comeUp(event uint32, now int64) (live bool, again int64) {
	i := slices.IndexFunc(*t, func(x timer) bool { return x.event == event })
	if i < 0 {
		return false, 0
	}
	switch x := &(*t)[i]; {
	case !x.armed:
		t.forget(i)
	case x.due > now:
		x.comesUp = x.due
		return false, x.due
	default:
		return true, 0
	}
	return false, 0
}

// expire disarms the timer of an event that has come up and returns its id. Only
// comeUp may have said that it is live.
func (t *timers) expire(event uint32) protocol.TimerID {
	i := slices.IndexFunc(*t, func(x timer) bool { return x.event == event })
	id := (*t)[i].id
	t.forget(i)
	return id
}

// TimerLabel names the decision on how long a timer runs.
func TimerLabel(id protocol.TimerID) string { return fmt.Sprintf("timer-%d", id) }

// wait decides how long a timer that is armed now runs. No seed draws it: a timer runs
// for as long as it was armed for. A list of decisions may say otherwise, because
// no protocol's safety may depend on it; how often the host has
// armed that timer before names the decision.
func (w *World) wait(h *host, id protocol.TimerID, calm int64) int64 {
	if h.armed == nil {
		h.armed = make(map[protocol.TimerID]uint32)
	}
	k := Key{Choice: Delay, Actor: int32(h.id), Peer: -1, Label: TimerLabel(id), Index: h.armed[id]}
	h.armed[id]++
	return min(max(w.choose.settle(k, calm, calm), 0), longest)
}
