package checker

import (
	"slices"
	"time"

	"turncoat/protocol"
)

// Window is the window of vulnerability of one object's group in one epoch: from the
// epoch's beginning until every correct member of the group has left it, every correct
// member of the next has what it gained, and no correct client can still act in it.
type Window struct {
	Object  protocol.ID
	Epoch   uint64
	Members []protocol.NodeID
	From    time.Duration
	To      time.Duration // the run's end, if it did not close
}

// windows computes the windows in which the fault bound of each group has to hold, while
// a run goes on whose groups change.
type windows struct {
	members *Membership
	run     EpochsRun
	nodes   System
	settled func(node protocol.NodeID, object protocol.ID, epoch uint64) bool // whether a node is up, in the epoch, and has what it gained

	list []Window // closed ones first, of each object in order of epochs
	open int      // the first of the open ones

	groups map[site][]protocol.NodeID // those that were asked for; looked up only
}

// site is an object in an epoch.
type site struct {
	object protocol.ID
	epoch  uint64
}

func newWindows(m *Membership, run EpochsRun, s System, settled func(protocol.NodeID, protocol.ID, uint64) bool) windows {
	w := windows{members: m, run: run, nodes: s, settled: settled, groups: make(map[site][]protocol.NodeID)}
	w.begin(0, run.Genesis.Epoch())
	return w
}

// group returns the group of an object in an epoch, nil if nobody has entered that.
func (ws *windows) group(x protocol.ID, epoch uint64) []protocol.NodeID {
	at := site{x, epoch}
	if g := ws.groups[at]; g != nil {
		return g
	}
	c := ws.members.at(epoch).config
	if c == nil {
		return nil
	}
	g := c.Group(x, 3*ws.nodes.F+1)
	ws.groups[at] = g
	return g
}

// begin opens the windows of an epoch.
func (ws *windows) begin(at int64, epoch uint64) {
	for _, x := range ws.run.Objects {
		ws.list = append(ws.list, Window{Object: x, Epoch: epoch, From: time.Duration(at), To: -1})
	}
}

// close closes the windows that nothing keeps open any more, in their order.
func (ws *windows) close(at int64) {
	for ; ws.open < len(ws.list); ws.open++ {
		w := &ws.list[ws.open]
		if w.Epoch == ws.members.latest() || !ws.over(w) {
			return
		}
		lease := ws.run.Lease + ws.run.Lease*time.Duration(2*ws.run.Drift)/1_000_000
		w.To = max(time.Duration(at), time.Duration(ws.members.at(w.Epoch+1).begun)+lease)
	}
}

// Closed returns when the last window of an epoch closes, false if one is open. Those of an
// epoch close after those of the one before.
func (ws *windows) Closed(at int64, epoch uint64) (to time.Duration, closed bool) {
	ws.close(at)
	for i := ws.open - 1; i >= 0 && ws.list[i].Epoch >= epoch; i-- {
		if ws.list[i].Epoch == epoch {
			to = max(to, ws.list[i].To)
		}
	}
	return to, ws.open == len(ws.list) || ws.list[ws.open].Epoch > epoch
}

// over reports whether every correct member of a window's group has left its epoch and
// every correct member of the next has what it gained.
func (ws *windows) over(w *Window) bool {
	next := ws.group(w.Object, w.Epoch+1)
	for _, id := range slices.Concat(ws.group(w.Object, w.Epoch), next) {
		if ws.nodes.Correct(id) && !ws.settled(id, w.Object, w.Epoch+1) {
			return false
		}
	}
	return next != nil
}

// Windows returns the windows of all groups, up to the end of the run.
func (ws *windows) Windows(end time.Duration) []Window {
	for i := range ws.list {
		w := &ws.list[i]
		w.Members = ws.group(w.Object, w.Epoch)
		if w.To < 0 {
			w.To = end
		}
	}
	return ws.list
}
