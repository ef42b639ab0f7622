package shrink

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"turncoat/sim"
)

// Size measures a list of decisions. Lists are compared field by field: what
// speaks for the protocol's guilt comes first. A lie or a fault less is worth any
// number of delays.
type Size struct {
	Lies       int `json:"lies"`
	Faults     int `json:"faults"`
	Network    int `json:"network"` // loss, duplication, corruption, delay
	Operations int `json:"operations"`
	Pauses     int `json:"pauses"` // of clients between operations
	Sizes      int `json:"sizes"`  // numbers that the scenario leaves open

	digits int // of all values: 7000000 is simpler than 6998321
	values int // distinct delays and pauses
	total  int64
	names  int64 // sum of the numbers of nodes, clients and operations
}

// SizeOf measures a list.
func SizeOf(list []sim.Decision) (s Size) {
	var times []int64
	for i := range list {
		d := &list[i]
		switch d.Choice {
		case sim.Lie:
			s.Lies++
		case sim.Fault:
			s.Faults++
		case sim.Work:
			switch {
			case isOperation(d):
				s.Operations++
			case isPause(d):
				s.Pauses++
				times = append(times, d.Value)
			default: // what kind of order it is
				s.Sizes++
			}
		case sim.Size:
			s.Sizes++
		default:
			s.Network++
			times = append(times, d.Value)
		}
		s.digits += digits(d.Value)
		s.total += d.Value
		if d.Choice != sim.Size && d.Choice != sim.Fault {
			s.names += int64(d.Actor) + int64(d.Peer) + int64(d.Op)
		}
		if d.Choice == sim.Work {
			s.names += int64(d.Index)
		}
	}
	slices.Sort(times)
	s.values = len(slices.Compact(times))
	return s
}

// Total is how many decisions there are.
func (s Size) Total() int {
	return s.Lies + s.Faults + s.Network + s.Operations + s.Pauses + s.Sizes
}

// Compare orders sizes.
func (s Size) Compare(t Size) int {
	return cmp.Or(cmp.Compare(s.Lies, t.Lies), cmp.Compare(s.Faults, t.Faults), cmp.Compare(s.Network, t.Network),
		cmp.Compare(s.Operations, t.Operations), cmp.Compare(s.Pauses, t.Pauses), cmp.Compare(s.Sizes, t.Sizes),
		cmp.Compare(s.digits, t.digits), cmp.Compare(s.values, t.values), cmp.Compare(s.total, t.total),
		cmp.Compare(s.names, t.names))
}

// better reports whether, of two findings that are not parts of each other, the one of
// this size is the better to show: one that a reader takes in before one that is too
// long, two long ones by their length, two short ones as Compare has it.
func (s Size) better(t Size) bool {
	if a, b := s.Total(), t.Total(); max(a, b) > TooMany && a != b {
		return a < b
	}
	return s.Compare(t) < 0
}

// String says it for people: "9 decisions (1 lie, 4 network, 4 operations)".
func (s Size) String() string {
	var parts []string
	for _, p := range []struct {
		n         int
		one, many string
	}{
		{s.Lies, "lie", "lies"}, {s.Faults, "fault", "faults"}, {s.Network, "message", "messages"},
		{s.Operations, "operation", "operations"}, {s.Pauses, "pause", "pauses"}, {s.Sizes, "size", "sizes"},
	} {
		switch {
		case p.n == 1:
			parts = append(parts, "1 "+p.one)
		case p.n > 1:
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.many))
		}
	}
	if len(parts) == 0 {
		return "no decisions"
	}
	return fmt.Sprintf("%d decisions (%s)", s.Total(), strings.Join(parts, ", "))
}

// digits counts the decimal digits of v without the zeros at its end.
func digits(v int64) int {
	v = max(v, -v)
	for v > 0 && v%10 == 0 {
		v /= 10
	}
	n := 0
	for ; v > 0; v /= 10 {
		n++
	}
	return n
}

// isOperation reports whether d is an operation of a client, or an order of the
// membership's agent, which names a server.
func isOperation(d *sim.Decision) bool {
	return d.Choice == sim.Work && (d.Label == "" || d.Label == "server")
}

// isPause reports whether d is the pause before an operation.
func isPause(d *sim.Decision) bool { return d.Choice == sim.Work && d.Label == pauseLabel }

// isSize reports whether d is a number that the scenario, or an order, leaves open.
func isSize(d *sim.Decision) bool {
	return d.Choice == sim.Size || d.Choice == sim.Work && !isOperation(d) && !isPause(d)
}
