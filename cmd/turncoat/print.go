package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"turncoat/checker"
	"turncoat/results"
)

// printJSON writes one object on one line.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// columns is where lines for people are broken. Commands and paths are not: they
// are there to be copied.
const columns = 100

// tie holds two words together on one line.
const tie = "\u00a0"

// printText prints a label and a text, broken between words; further lines begin
// where the text began.
func printText(w io.Writer, label, text string) {
	end := func(line string) { fmt.Fprintln(w, strings.ReplaceAll(line, tie, " ")) }
	indent := strings.Repeat(" ", utf8.RuneCountInString(label))
	line := label
	for i, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\n' }) {
		switch {
		case i == 0:
			line += word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= columns:
			line += " " + word
		default:
			end(line)
			line = indent + word
		}
	}
	end(line)
}

// printTable prints names and what is said of them.
func printTable(w io.Writer, rows [][2]string) {
	width := 0
	for _, r := range rows {
		width = max(width, len(r[0]))
	}
	for _, r := range rows {
		printText(w, fmt.Sprintf("%-*s  ", width, r[0]), r[1])
	}
}

// counts writes counts as "a 3, b 1", sorted by name, without zeros.
func counts(c map[string]uint64) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if c[name] > 0 {
			words = append(words, fmt.Sprintf("%s%s%d", name, tie, c[name]))
		}
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// manyLies is how many kinds of lie a person reads one by one.
const manyLies = 24

// printLies prints lies by strategy. Their kinds are "strategy/role/phase"; where
// there are many, the phases are added up by role, which is otherwise left out of a
// replica's.
func printLies(w io.Writer, label string, lies map[string]uint64) {
	totals, kinds := make(map[string]uint64), make(map[string]map[string]uint64)
	for kind, n := range lies {
		strategy, what, _ := strings.Cut(kind, "/")
		if role, _, _ := strings.Cut(what, "/"); len(lies) > manyLies {
			what = role
		}
		if kinds[strategy] == nil {
			kinds[strategy] = make(map[string]uint64)
		}
		totals[strategy] += n
		kinds[strategy][strings.TrimPrefix(what, "replica/")] += n
	}
	told := func(strategy string) bool { return len(kinds[strategy]) > 1 || kinds[strategy]["replica"] == 0 }
	if !slices.ContainsFunc(slices.Collect(maps.Keys(kinds)), told) {
		printText(w, label, counts(totals))
		return
	}
	for i, strategy := range slices.Sorted(maps.Keys(totals)) {
		if i > 0 {
			label = strings.Repeat(" ", len(label))
		}
		printText(w, label, fmt.Sprintf("%s %d: %s", strategy, totals[strategy], counts(kinds[strategy])))
	}
}

// printRun describes a run to a person.
func printRun(w io.Writer, r *results.Run) {
	fmt.Fprintf(w, "%s seed %d: %s\n", r.Scenario, r.Seed, headline(r.Verdict, r.Property))
	if r.Detail != "" {
		printText(w, "  ", r.Detail)
	}
	printText(w, "  ", fmt.Sprintf("%d operations invoked, %d returned; %d messages, %d events in %v of virtual time (%v of wall time)",
		r.Operations.Invoked, r.Operations.Returned, r.Messages, r.Events,
		time.Duration(r.VirtualNS).Round(time.Microsecond), time.Duration(r.WallNS).Round(time.Microsecond)))
	if wall := time.Duration(r.WallNS); wall >= time.Second {
		printText(w, "  ", fmt.Sprintf("%.0f operations a second of wall time; at most %s of memory", float64(r.Operations.Returned)/wall.Seconds(), memory(taken())))
	}
	printText(w, "  reached: ", counts(r.Reach))
	printText(w, "  faults: ", counts(r.Faults))
	printLies(w, "  lies: ", r.Lies)
	fmt.Fprintf(w, "  digest %s\n", r.Digest)
	if r.Artifact != "" {
		fmt.Fprintf(w, "  artifact %s\n", r.Artifact)
	}
	if r.Reproduce != "" {
		fmt.Fprintf(w, "  again: %s\n", r.Reproduce)
	}
}

// taken returns the bytes that the program has ever had of the system: no less than it
// used at its peak.
func taken() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys)
}

func headline(verdict, property string) string {
	switch {
	case property == "":
		return verdict
	case verdict == checker.Violation.String():
		return verdict + " of " + property
	}
	return verdict + " (" + property + ")"
}

// printSweep describes a sweep to a person. A sweep with many findings shows the
// first of each scenario and property.
func printSweep(w io.Writer, s *results.Sweep) {
	heading := fmt.Sprintf("%d runs: %s", s.Runs, counts(s.Verdicts))
	if s.Partial {
		heading += " (partial: the sweep was cut short)"
	}
	printText(w, "", heading)
	fmt.Fprintf(w, "%d events in %v, %.0f runs/s\n", s.Events, time.Duration(s.WallNS).Round(time.Millisecond), s.RunsPerSecond)
	printText(w, "reached: ", counts(s.Reach))
	printText(w, "faults: ", counts(s.Faults))
	printLies(w, "lies: ", s.Lies)
	for _, name := range s.NeverReached {
		fmt.Fprintf(w, "never reached: %s\n", name)
	}
	printFindings(w, s.Findings)
	fmt.Fprintf(w, "digest %s\n", s.Digest)
	fmt.Fprintf(w, "a schedule of this distribution fails with probability at most %.2g (95 %% confidence)\n", s.Bound)
}

func printFindings(w io.Writer, findings []results.Finding) {
	shown := make(map[string]int)
	for _, f := range findings {
		key := f.Scenario + f.Verdict + f.Property
		if shown[key]++; shown[key] > 1 {
			continue
		}
		fmt.Fprintf(w, "\n%s seed %d: %s\n", f.Scenario, f.Seed, headline(f.Verdict, f.Property))
		printText(w, "  ", f.Detail)
		if f.Artifact != "" {
			fmt.Fprintf(w, "  artifact %s\n", f.Artifact)
		}
		fmt.Fprintf(w, "  again: %s\n", f.Reproduce)
	}
	if more := len(findings) - len(shown); more > 0 {
		fmt.Fprintf(w, "\n%d more findings of the same scenarios and properties\n", more)
	}
	if len(findings) > 0 {
		fmt.Fprintln(w)
	}
}
