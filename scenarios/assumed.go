package scenarios

import (
	"fmt"
	"slices"
	"time"

	"turncoat/checker"
	"turncoat/protocol"
	"turncoat/sim"
)

// The fault bounds of a run, as they were kept. They are computed from what happened
// and never declared: whose fault a failure is depends on them. Left out are the bounds
// on clocks and on delays after GST, which are numbers of the scenario.

// Assumed is a bound on the faulty members of a group, and how it was kept.
type Assumed struct {
	Group    string
	Members  []protocol.NodeID
	From, To time.Duration     // the window in which it has to hold; To is forEver where it does not close
	Faulty   []protocol.NodeID // members that were faulty in the window, in order of time
	Most     int               // how many may be
	At       time.Duration     // when the last of Faulty became so, From at the earliest
}

// add counts a node that has been faulty since a time.
func (a *Assumed) add(node protocol.NodeID, since time.Duration) {
	if slices.Contains(a.Members, node) && !slices.Contains(a.Faulty, node) {
		a.Faulty = append(a.Faulty, node)
		a.At = max(a.At, since)
	}
}

// window begins a bound that has to hold during a window, with those who are faulty for
// good.
func window(group string, w *checker.Window, most int, faulty []sim.Corruption) Assumed {
	a := Assumed{Group: group, Members: w.Members, From: w.From, To: w.To, At: w.From, Most: most}
	for _, c := range faulty {
		if c.Since <= w.To {
			a.add(c.Node, w.From)
		}
	}
	return a
}

// windowName names the window of a group of storage.
func windowName(w *checker.Window) string {
	return fmt.Sprintf("the group of %v in epoch %d", w.Object, w.Epoch)
}

// assumed returns the bounds of a run that is over: those that hold throughout, then
// those of the windows.
func (r *run) assumed(windows []checker.Window, faulty []sim.Corruption) (out []Assumed) {
	for _, b := range r.subject.bounds() {
		w := checker.Window{Members: b.Members, To: forEver}
		out = append(out, window(b.Group, &w, b.Most, faulty))
	}
	if r.mobile != nil {
		return append(out, r.mobile.assumed(windows, faulty)...)
	}
	for i := range windows {
		w := &windows[i]
		out = append(out, window(windowName(w), w, r.f, faulty))
	}
	return out
}

// exceeded returns the windows in which a bound was broken.
func exceeded(assumed []Assumed) (out []sim.Excess) {
	for i := range assumed {
		if a := &assumed[i]; len(a.Faulty) > a.Most {
			out = append(out, sim.Excess{Group: a.Group, At: a.At, Faulty: len(a.Faulty), Most: a.Most})
		}
	}
	return out
}
