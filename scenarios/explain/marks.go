package explain

import (
	"fmt"
	"slices"
	"strings"

	"turncoat/protocol/dbft"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
	"turncoat/sim"
)

// Where nodes enter epochs and views. Machines say so themselves, in the situations
// that they note; a node that says nothing is in epoch 0 and view 0. Left out is which
// of its groups a server of dBFT changes the view of: a mark names the view alone.

// era is an epoch and a view.
type era struct{ epoch, view uint64 }

// entered returns what a step says that its node has entered, "" if it says nothing.
func entered(x *Step) string {
	if x.Kind != sim.StepNote {
		return ""
	}
	switch x.Text {
	case view.NoteEpoch:
		return fmt.Sprintf("epoch %d", x.Detail)
	case pbft.NoteNewView, dbft.ViewChanged:
		return fmt.Sprintf("view %d", x.Detail)
	}
	return ""
}

// eras notes with every step the epoch and the view in which its node was then.
func (s *Story) eras() {
	at := make([]era, len(s.Nodes))
	for i := range s.Steps {
		x := &s.Steps[i]
		if x.Node < 0 || int(x.Node) >= len(at) {
			continue
		}
		e := &at[x.Node]
		switch what := entered(x); {
		case strings.HasPrefix(what, "epoch"):
			e.epoch, s.epochs = x.Detail, true
		case what != "":
			e.view, s.views = x.Detail, true
		}
		x.era = *e
	}
}

// mostMarks is how many marks a scene may have: in one with more of them it is the
// messages that nobody would find.
const mostMarks = 60

// mark adds to the scene where the nodes that have a part in it enter epochs and views
// meanwhile.
func (s *Story) mark() {
	if len(s.Scene) == 0 {
		return
	}
	first, last := s.Steps[s.Scene[0]].At, s.Steps[s.Scene[len(s.Scene)-1]].At
	cast := s.cast()
	var marks []int
	for i := range s.Steps {
		if x := &s.Steps[i]; entered(x) != "" && x.At >= first && x.At <= last && slices.Contains(cast, x.Node) {
			marks = append(marks, i)
		}
	}
	if len(marks) > mostMarks {
		return
	}
	for _, i := range marks {
		at := len(s.Scene)
		for at > 0 && s.Steps[s.Scene[at-1]].At > s.Steps[i].At {
			at--
		}
		s.Scene = slices.Insert(s.Scene, at, i) // after what else was then, to part no broadcast
	}
}

// before says in which epochs and views the cast is when the scene begins, "" if
// nobody ever entered one.
func (s *Story) before() string {
	if len(s.Scene) == 0 || !s.epochs && !s.views {
		return ""
	}
	var eras []era
	who := make(map[era][]string) // looked up only
	for _, n := range s.cast() {
		e := era{}
		for i := range s.Steps {
			x := &s.Steps[i]
			if x.At >= s.Steps[s.Scene[0]].At {
				break
			}
			if x.Node == n && x.Kind != sim.StepLie {
				e = x.era
			}
		}
		if who[e] == nil {
			eras = append(eras, e)
		}
		who[e] = append(who[e], s.name(int32(n)))
	}
	var out []string
	for _, e := range eras {
		var in []string
		if s.epochs {
			in = append(in, fmt.Sprintf("epoch %d", e.epoch))
		}
		if s.views {
			in = append(in, fmt.Sprintf("view %d", e.view))
		}
		out = append(out, strings.Join(in, ", ")+": "+strings.Join(who[e], " "))
	}
	return strings.Join(out, "; ")
}
