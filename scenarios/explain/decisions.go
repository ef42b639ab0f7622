package explain

import (
	"fmt"
	"strings"
	"time"

	"turncoat/scenarios"
	"turncoat/sim"
)

// The decisions of a shrunk run are its plot, so they are told in words.

// Decided describes a decision.
func (s *Story) Decided(e *scenarios.Entry) string {
	d := &e.Decision
	during := ""
	if d.Op > 0 {
		during = fmt.Sprintf(" (operation %d)", d.Op-1)
	}
	message := func() string {
		return fmt.Sprintf("message %d from %s to %s%s", d.Index+1, s.name(d.Actor), s.name(d.Peer), during)
	}
	switch d.Choice {
	case sim.Lie:
		text := fmt.Sprintf("%s lies", s.name(d.Actor))
		if d.Peer >= 0 {
			text += fmt.Sprintf(" on hearing %s", s.name(d.Peer)+during)
		}
		return fmt.Sprintf("%s: %s = %d", text, d.Label, d.Value)
	case sim.Fault:
		return s.struck(d)
	case sim.Loss:
		return message() + " is lost"
	case sim.Duplicate:
		return message() + " arrives again " + When(d.Value) + " later"
	case sim.Corrupt:
		return fmt.Sprintf("%s has bit %d flipped", message(), d.Value-1)
	case sim.Delay:
		return message() + " takes " + When(d.Value)
	case sim.Work:
		if d.Label != "" {
			return fmt.Sprintf("c%d pauses for %s before operation %d", d.Actor, When(d.Value), d.Index)
		}
		what := "reads"
		if d.Value%2 == 0 {
			what = "writes"
		}
		return fmt.Sprintf("c%d %s object %d, as its operation %d", d.Actor, what, (d.Value-1)/2, d.Index)
	}
	return fmt.Sprintf("%s is %s", d.Label, quantity(d))
}

// struck describes a fault.
func (s *Story) struck(d *sim.Decision) string {
	switch d.Label {
	case "seize":
		if x := s.seized(d.Actor); x != nil {
			return fmt.Sprintf("the adversary takes %s over at %s", s.name(int32(x.Node)), When(x.At))
		}
		return fmt.Sprintf("the adversary looks for a server to take over, from %s on", s.name(int32(d.Value-1)))
	case "lose":
		who := "it"
		if x := s.seized(d.Actor); x != nil {
			who = fmt.Sprintf("%s, which it took at %s,", s.name(int32(x.Node)), When(x.At))
		}
		return fmt.Sprintf("the adversary lets %s go without its objects", who)
	case "session":
		return fmt.Sprintf("%s stays for %s, its session %d", s.name(d.Actor), When(d.Value-1), d.Index)
	}
	return fmt.Sprintf("%s strikes at %s", d.Label, When(d.Value-1))
}

// seized returns the step in which the mobile adversary took a server over by the
// decision of one of its spells; nil where some decision found no prey, so that there is
// no telling which.
func (s *Story) seized(spell int32) *Step {
	before, wishes := 0, 0
	for i := range s.Artifact.Decisions {
		if d := &s.Artifact.Decisions[i].Decision; d.Choice == sim.Fault && d.Label == "seize" {
			wishes++
			if d.Actor < spell {
				before++
			}
		}
	}
	var taken []*Step
	for i := range s.Steps {
		if x := &s.Steps[i]; x.Kind == sim.StepFault && strings.HasPrefix(x.Text, scenarios.TakenOver) {
			taken = append(taken, x)
		}
	}
	if len(taken) != wishes || before == wishes {
		return nil
	}
	return taken[before]
}

// quantity shows a drawn number, with its unit if it is a time.
func quantity(d *sim.Decision) string {
	if d.Value >= int64(time.Millisecond) {
		return fmt.Sprintf("%d (%s as a time)", d.Value, When(d.Value))
	}
	return fmt.Sprint(d.Value)
}

// name returns the name of a node.
func (s *Story) name(id int32) string {
	switch servers := int32(s.Report.Servers); {
	case id < 0:
		return "the network"
	case id < servers:
		return fmt.Sprintf("s%d", id)
	default:
		return fmt.Sprintf("c%d", id-servers)
	}
}
