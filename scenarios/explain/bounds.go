package explain

import (
	"fmt"
	"strings"

	"turncoat/scenarios"
)

// Which assumptions held. They decide whether a failure is the protocol's fault.

// fewBounds is how many bounds are told one by one: those that somebody faulty counts
// in, or counts too often.
const fewBounds = 4

// bounds returns what there is to say of the fault bounds, a line each: first whether
// all held.
func (s *Story) bounds() []string {
	var broken, close []*scenarios.Assumed
	for i := range s.Report.Assumed {
		switch a := &s.Report.Assumed[i]; {
		case len(a.Faulty) > a.Most:
			broken = append(broken, a)
		case len(a.Faulty) > 0:
			close = append(close, a)
		}
	}
	all := len(s.Report.Assumed)
	verdict := "held"
	switch {
	case len(broken) > 0 && all > 1:
		verdict = fmt.Sprintf("exceeded in %d of %d groups and windows", len(broken), all)
	case len(broken) > 0:
		verdict = "exceeded"
	case all > 1:
		verdict = fmt.Sprintf("held in all %d groups and windows", all)
	case all == 1 && len(close) == 0:
		close = append(close, &s.Report.Assumed[0])
	}
	out := []string{verdict + "; " + s.faulty()}
	told := append(broken, close...)
	for _, a := range told[:min(len(told), fewBounds)] {
		out = append(out, s.bound(a))
	}
	if more := len(told) - fewBounds; more > 0 {
		out = append(out, fmt.Sprintf("and %d more in which somebody was faulty", more))
	}
	return out
}

// bound tells of one bound.
func (s *Story) bound(a *scenarios.Assumed) string {
	names := make([]string, len(a.Faulty))
	for i, n := range a.Faulty {
		names[i] = s.name(int32(n))
	}
	when := "throughout"
	if end := s.Report.VirtualNS; a.From > 0 || int64(a.To) < end {
		when = "from " + When(int64(a.From)) + " to " + When(min(int64(a.To), end))
	}
	who := "none"
	if len(names) > 0 {
		who = strings.Join(names, " ")
	}
	return fmt.Sprintf("%s, %s: %s of %d members faulty, at most %d may be", a.Group, when, who, len(a.Members), a.Most)
}

// faulty says who is.
func (s *Story) faulty() string {
	if len(s.Report.World.Faulty) == 0 {
		return "nobody is faulty throughout"
	}
	var names []string
	for _, c := range s.Report.World.Faulty {
		names = append(names, fmt.Sprintf("%s (%s)", s.name(int32(c.Node)), c.Cause))
	}
	return "faulty: " + strings.Join(names, ", ")
}
