package sim

import (
	"slices"
	"time"

	"turncoat/protocol"
)

// Act is what a scheduled fault does when its time comes. It runs at the front
// of its instant, before any message or timer of the same time.
type Act uint8

// The acts.
const (
	Crash   Act = iota + 1 // Node stops; memory and unsynced stores are gone
	Restart                // Node comes back with its disk
	Wipe                   // the disk of Node, which is down, is lost
	Raise                  // Cut comes into force
	Lower                  // Cut ends
)

var acts = [...]string{Crash: "crash", Restart: "restart", Wipe: "wipe", Raise: "cut", Lower: "heal"}

func (a Act) String() string { return acts[a] }

// Strike is one scheduled fault.
type Strike struct {
	At   time.Duration
	Act  Act
	Node protocol.NodeID // Crash, Restart, Wipe; None for the others
	Cut  *Cut            // Raise, Lower
}

// fault lets a scheduled fault happen.
func (w *World) fault(s *Strike) {
	if w.inVain(s) {
		return
	}
	w.struck[s.Act]++
	if w.config.Tracer != nil {
		w.trace(Step{Kind: StepFault, Node: s.Node, Text: s.Act.String()})
	}
	switch s.Act {
	case Crash:
		w.crash(&w.hosts[s.Node])
	case Restart:
		w.restart(&w.hosts[s.Node])
	case Wipe:
		w.wipe(&w.hosts[s.Node])
	case Lower: // what a Raise does is known beforehand, see spell
		w.net.cuts = slices.DeleteFunc(w.net.cuts, func(c spell) bool { return c.until <= w.now })
	}
}

// inVain reports whether a fault changes nothing: the crash of a node that is
// down, the restart of one that is not, the loss of a disk in use.
func (w *World) inVain(s *Strike) bool {
	switch s.Act {
	case Crash:
		return w.hosts[s.Node].life == down
	case Restart, Wipe:
		return w.hosts[s.Node].life != down
	}
	return false
}

// crash stops a host. At the very beginning that may precede its first start,
// which then waits for the restart.
func (w *World) crash(h *host) {
	h.life = down
	h.crashed = append(h.crashed, w.now)
	h.incarnation++
	h.machine = nil
	h.timers = h.timers[:0]
	if h.backlog != nil {
		for _, e := range h.backlog.clear() {
			w.drop(e)
		}
	}
	h.busyUntil, h.nicFree = 0, 0
	if h.disk != nil {
		h.disk.crash(w.now)
	}
	if c := h.client; c != nil {
		c.results, c.pending = nil, false
		if c.busy && !w.comesBack(h) {
			c.busy = false
			w.leave(h)
		}
	}
}

// comesBack reports whether a host that crashes now is to be restarted: a run does
// not settle while it waits for a client that has something left to do.
func (w *World) comesBack(h *host) bool {
	return slices.ContainsFunc(w.config.Strikes, func(s Strike) bool {
		return s.Act == Restart && s.Node == h.id && int64(s.At) >= w.now && s.At <= w.config.Deadline
	})
}

func (w *World) restart(h *host) {
	w.boot(h)
	if h.client != nil && h.client.busy {
		w.schedule(h)
	}
}

func (w *World) wipe(h *host) {
	if h.disk != nil {
		h.disk.wipe(w.now)
	}
	w.faults = append(w.faults, Corruption{h.id, time.Duration(w.now), "memory and disk lost"})
}
