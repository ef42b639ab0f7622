package sim

import (
	"slices"
	"time"

	"turncoat/protocol"
)

// Cut is a fault of the network between two sets of nodes while it lasts: a
// partition (one cut each way), a one-way partition, a slow link, a filter of
// message kinds. Messages already in flight are not touched.
type Cut struct {
	From, To protocol.Bitset // nodes by number; both empty sets match nobody
	Kinds    []protocol.Kind // nil: every kind
	Loss     uint32          // parts per million of what is caught
	Slow     time.Duration   // added to the delay of what is caught
}

func (c *Cut) catches(from, to protocol.NodeID, kind protocol.Kind) bool {
	return c.From.Has(int(from)) && c.To.Has(int(to)) && (c.Kinds == nil || slices.Contains(c.Kinds, kind))
}

// Act is what a scheduled fault does when its time comes. It runs at the front
// of its instant, before any message or timer of the same time.
type Act uint8

// The acts.
const (
	Crash   Act = iota + 1 // Node stops; memory and unsynced stores are gone
	Restart                // Node comes back with its disk
	Wipe                   // Node's disk is lost (while it is down)
	Raise                  // Cut comes into force
	Lower                  // Cut ends
)

var acts = [...]string{Crash: "crash", Restart: "restart", Wipe: "wipe", Raise: "cut", Lower: "heal"}

func (a Act) String() string { return acts[a] }

// Strike is one scheduled fault.
type Strike struct {
	At   time.Duration
	Act  Act
	Node protocol.NodeID // Crash, Restart, Wipe
	Cut  *Cut            // Raise, Lower
}

// strike carries out a fault.
func (w *World) strike(s *Strike) {
	switch s.Act {
	case Crash:
		w.crash(w.hosts[s.Node])
	case Restart:
		w.restart(w.hosts[s.Node])
	case Wipe:
		if h := w.hosts[s.Node]; h.disk != nil {
			h.disk.wipe(w.now)
		}
		w.faults = append(w.faults, Corruption{s.Node, time.Duration(w.now), "memory and disk lost"})
	case Raise:
		w.net.cuts = append(w.net.cuts, s.Cut)
	case Lower:
		if i := slices.Index(w.net.cuts, s.Cut); i >= 0 {
			w.net.cuts = slices.Delete(w.net.cuts, i, i+1)
		}
	}
}

func (w *World) crash(h *host) {
	if !h.up {
		return
	}
	h.up = false
	h.crashed = append(h.crashed, w.now)
	h.incarnation++
	h.machine = nil
	h.timers = h.timers[:0]
	for _, e := range h.backlog {
		w.drop(e)
	}
	h.backlog, h.results, h.pending = h.backlog[:0], nil, false
	if h.busy {
		w.leave()
	}
	if h.disk != nil {
		h.disk.crash(w.now)
	}
}

func (w *World) restart(h *host) {
	if h.up {
		return
	}
	w.boot(h)
	if h.busy {
		w.clients++
		w.schedule(h)
	}
}
