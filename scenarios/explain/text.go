package explain

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"turncoat/scenarios"
	"turncoat/scenarios/shrink"
	"turncoat/sim"
)

// width is how many columns a text has.
const width = 100

// Text writes the story for a terminal.
func (s *Story) Text(w io.Writer) error {
	var b strings.Builder
	s.head(&b)
	s.plot(&b)
	s.bars(&b)
	s.lanes(&b)
	fmt.Fprintf(&b, "\nAgain: %s\n", s.Artifact.Reproduce)
	_, err := io.WriteString(w, b.String())
	return err
}

// head says what broke, and under which assumptions.
func (s *Story) head(b *strings.Builder) {
	r := s.Report
	fmt.Fprintf(b, "%s\n", headline(r.Verdict, r.Property))
	wrap(b, "  ", r.Detail)
	if s.Diverged != "" {
		wrap(b, "  ", "Not as recorded: "+s.Diverged)
	}
	fmt.Fprintf(b, "  scenario   %s, seed %d\n", r.Scenario, r.Seed)
	for _, rule := range s.Artifact.Lift {
		wrap(b, "             ", "  lifted     "+rule+": "+ruleDoc(rule))
	}
	for i, line := range s.bounds() {
		label := "             "
		if i == 0 {
			label = "  bounds     "
		}
		wrap(b, "               ", label+line)
	}
}

func headline(verdict, property string) string {
	if property == "" {
		return verdict
	}
	return verdict + " of " + property
}

func ruleDoc(name string) string {
	for _, r := range scenarios.Rules() {
		if r.Name == name {
			return r.Doc
		}
	}
	return ""
}

// fewDecisions is how many decisions are told one by one.
const fewDecisions = 24

// plot tells the decisions of the run.
func (s *Story) plot(b *strings.Builder) {
	list := s.Artifact.Options().Decisions
	fmt.Fprintf(b, "\n%v; all else is calm\n", shrink.SizeOf(list))
	if len(list) > fewDecisions {
		fmt.Fprint(b, "  too many to tell one by one: shrink the artifact first\n")
		return
	}
	for _, kinds := range [][]sim.Choice{{sim.Size}, {sim.Work}, {sim.Fault}, {sim.Loss, sim.Duplicate, sim.Corrupt, sim.Delay}, {sim.Lie}} {
		for i := range s.Artifact.Decisions {
			if e := &s.Artifact.Decisions[i]; slices.Contains(kinds, e.Choice) {
				fmt.Fprintf(b, "  %s\n", cut(s.Decided(e), width-2))
			}
		}
	}
}

// bars draws the operations concerned on one axis of time.
func (s *Story) bars(b *strings.Builder) {
	const label, room = 30, width - 2 - 30 - 2
	from, to := s.window()
	fmt.Fprintf(b, "\n  %-*s%s%*s\n", label, "operations", When(from), room-len(When(from)), When(to))
	column := func(at int64) int {
		if to == from {
			return 0
		}
		return int(float64(at-from) / float64(to-from) * (room - 1))
	}
	hidden := 0
	for i := range s.Ops {
		o := &s.Ops[i]
		if !o.Concerned {
			hidden++
			continue
		}
		start, end := column(o.From), room-1
		shape, last := "=", ">"
		if o.To >= 0 {
			end, last = column(o.To), "]"
		}
		bar := strings.Repeat(" ", start) + "["
		if end > start {
			bar += strings.Repeat(shape, end-start-1) + last
		}
		fmt.Fprintf(b, "  %-*s%s\n", label, cut(s.Nodes[o.Node].Name+" "+o.did(), label-1), bar)
	}
	if hidden > 0 {
		fmt.Fprintf(b, "  and %d operations that are not part of it\n", hidden)
	}
}

// window returns when the operations concerned begin and end.
func (s *Story) window() (from, to int64) {
	from = -1
	for i := range s.Ops {
		o := &s.Ops[i]
		if !o.Concerned {
			continue
		}
		if from < 0 || o.From < from {
			from = o.From
		}
		to = max(to, o.From, o.To)
	}
	return max(from, 0), to
}

// wrap writes text in lines, the later ones indented.
func wrap(b *strings.Builder, indent, text string) {
	if text == "" {
		return
	}
	line := ""
	if !strings.HasPrefix(text, " ") {
		line = strings.Repeat(" ", min(len(indent), 2))
	}
	for i, word := range strings.SplitAfter(text, " ") {
		if i > 0 && utf8.RuneCountInString(line)+utf8.RuneCountInString(word) > width {
			fmt.Fprintf(b, "%s\n", strings.TrimRight(line, " "))
			line = indent
		}
		line += word
	}
	fmt.Fprintf(b, "%s\n", strings.TrimRight(line, " "))
}

// cut shortens text to n columns.
func cut(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:max(n-3, 0)]) + "..."
}
