package explain

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"turncoat/protocol"
	"turncoat/sim"
)

// lanes draws the scene: one column for each node that has a part, time downward.
func (s *Story) lanes(b *strings.Builder) {
	nodes := s.cast()
	const stamp = 11
	lane := 6
	for lane > 3 && stamp+lane*len(nodes) > width*6/10 {
		lane--
	}
	head := fmt.Sprintf("  %-*s", stamp-2, "time")
	for _, n := range nodes {
		name := s.name(int32(n))
		if s.Nodes[n].Liar != "" {
			name += "!"
		}
		head += fmt.Sprintf("%-*s", lane, cut(name, lane-1))
	}
	fmt.Fprintln(b)
	if before := s.before(); before != "" {
		wrap(b, "           ", "  before   "+before)
	}
	fmt.Fprintln(b, strings.TrimRight(head, " "))
	previous := int64(-1)
	for _, row := range s.scenes() {
		x := row[0]
		when := ""
		if x.At != previous {
			when = When(x.At)
			previous = x.At
		}
		line := fmt.Sprintf("  %-*s%s%s", stamp-2, when, s.row(row, nodes, lane), s.note(x))
		fmt.Fprintf(b, "%s\n", strings.TrimRight(cut(line, width), " "))
	}
	legend := "  o sends  > < hears  ~ lie  x lost  ! faulty; a row is when it is heard, (when it was sent)"
	if s.epochs || s.views {
		legend = "  o sends  > < hears  ~ lie  x lost  ! faulty  E enters an epoch or a view; heard at, (sent at)"
	}
	fmt.Fprintln(b, legend)
	if s.aside > 0 {
		fmt.Fprintln(b, "  left out: how the replicas of the membership service came to what they say here")
	}
	s.left(b)
}

// left says what the clients whose operations never ended are doing when the run ends.
func (s *Story) left(b *strings.Builder) {
	for i := range s.Ops {
		o := &s.Ops[i]
		if !o.Concerned || o.To >= 0 {
			continue
		}
		state := ""
		for j := range s.Steps {
			if x := &s.Steps[j]; x.Node == o.Node && x.State != "" {
				state = x.State
			}
		}
		if state != "" && len(state) < width { // a machine with words of its own
			wrap(b, "           ", fmt.Sprintf("  at the end %s: %s", s.name(int32(o.Node)), state))
		}
	}
}

// cast returns the nodes that have a part in the scene: clients, then servers.
func (s *Story) cast() []protocol.NodeID {
	var out []protocol.NodeID
	add := func(n protocol.NodeID) {
		if n >= 0 && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	for _, i := range s.Scene {
		x := &s.Steps[i]
		add(x.Node)
		if x.Message != nil || x.Kind == sim.StepLie {
			add(x.From)
		}
	}
	slices.SortFunc(out, func(a, b protocol.NodeID) int {
		if ca, cb := s.Nodes[a].Client, s.Nodes[b].Client; ca != cb {
			if ca {
				return -1
			}
			return 1
		}
		return int(a - b)
	})
	return out
}

// scenes joins the steps of the scene that are one to a reader: a broadcast that
// arrives everywhere at once, or the same answer of several.
func (s *Story) scenes() [][]*Step {
	var out [][]*Step
	for _, i := range s.Scene {
		x := &s.Steps[i]
		if n := len(out); n > 0 && s.alike(out[n-1], x) {
			out[n-1] = append(out[n-1], x)
			continue
		}
		out = append(out, []*Step{x})
	}
	return out
}

// together is how far apart nodes may enter an epoch, in virtual ns, and be told of in
// one row.
const together = int64(time.Millisecond)

// alike reports whether x joins a row: it is told in the same words, and has the
// same sender as all of it, or the same receiver.
func (s *Story) alike(row []*Step, x *Step) bool {
	first := row[0]
	if what := entered(first); what != "" && x.At-first.At < together {
		return what == entered(x)
	}
	if first.Message == nil || x.Message == nil || first.At != x.At || first.Kind != x.Kind || s.note(first) != s.note(x) {
		return false
	}
	out, in := true, true
	for _, y := range row {
		out, in = out && y.From == x.From, in && y.Node == x.Node
	}
	return out || in
}

// row draws steps that are alike across the lanes.
func (s *Story) row(row []*Step, nodes []protocol.NodeID, lane int) string {
	cells := []byte(strings.Repeat("|"+strings.Repeat(" ", lane-1), len(nodes)))
	column := func(n protocol.NodeID) int { return slices.Index(nodes, n) * lane }
	first := row[0]
	if first.Message == nil && first.Kind != sim.StepLie {
		for _, x := range row {
			if at := column(x.Node); at >= 0 {
				cells[at] = mark(x)
			}
		}
		return string(cells)
	}
	if first.Node < 0 { // a lie that is told to nobody: it falls silent
		cells[column(first.From)] = '~'
		return string(cells)
	}
	line := byte('-')
	if first.Lie != "" {
		line = '~'
	}
	for _, x := range row {
		for c := min(column(x.From), column(x.Node)) + 1; c < max(column(x.From), column(x.Node)); c++ {
			cells[c] = line
		}
	}
	for _, x := range row {
		head := byte('>')
		switch {
		case x.Kind != sim.StepMessage:
			head = 'x'
		case column(x.From) > column(x.Node):
			head = '<'
		}
		cells[column(x.From)], cells[column(x.Node)] = 'o', head
	}
	return string(cells)
}

func mark(x *Step) byte {
	switch x.Kind {
	case sim.StepInvoke:
		return '['
	case sim.StepReturn:
		return ']'
	case sim.StepFault:
		return 'X'
	case sim.StepNote:
		return 'E'
	}
	return '*'
}

// note says what a step is.
func (s *Story) note(x *Step) string {
	text := s.Tells(x)
	if x.Lie != "" && x.Kind != sim.StepLie {
		text = "LIE: " + text
	}
	if x.Message != nil && x.Kind != sim.StepLie {
		text += fmt.Sprintf(" (%s)", When(x.SentAt))
	}
	return text
}
