package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"turncoat/results"
)

// printJSON writes one object on one line.
func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// counts writes counts as "a 3, b 1", sorted by name, without zeros.
func counts(c map[string]uint64) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if c[name] > 0 {
			words = append(words, fmt.Sprintf("%s %d", name, c[name]))
		}
	}
	if len(words) == 0 {
		return "none"
	}
	return strings.Join(words, ", ")
}

// printRun describes a run to a person.
func printRun(w io.Writer, r *results.Run) {
	fmt.Fprintf(w, "%s seed %d: %s\n", r.Scenario, r.Seed, headline(r.Verdict, r.Property))
	if r.Detail != "" {
		fmt.Fprintf(w, "  %s\n", r.Detail)
	}
	fmt.Fprintf(w, "  %d operations invoked, %d returned; %d messages, %d events in %v of virtual time (%v of wall time)\n",
		r.Operations.Invoked, r.Operations.Returned, r.Messages, r.Events, time.Duration(r.VirtualNS), time.Duration(r.WallNS).Round(time.Microsecond))
	fmt.Fprintf(w, "  reached: %s\n  faults: %s\n  lies: %s\n", counts(r.Reach), counts(r.Faults), counts(r.Lies))
	fmt.Fprintf(w, "  digest %s\n", r.Digest)
	if r.Artifact != "" {
		fmt.Fprintf(w, "  artifact %s\n", r.Artifact)
	}
	if r.Reproduce != "" {
		fmt.Fprintf(w, "  again: %s\n", r.Reproduce)
	}
}

func headline(verdict, property string) string {
	if property == "" {
		return verdict
	}
	return verdict + " of " + property
}

// printSweep describes a sweep to a person. A sweep with many findings shows the
// first of each scenario and property.
func printSweep(w io.Writer, s *results.Sweep) {
	fmt.Fprintf(w, "%d runs: %s", s.Runs, counts(s.Verdicts))
	if s.Partial {
		fmt.Fprint(w, " (partial: the sweep was cut short)")
	}
	fmt.Fprintf(w, "\n%d events in %v, %.0f runs/s\n", s.Events, time.Duration(s.WallNS).Round(time.Millisecond), s.RunsPerSecond)
	fmt.Fprintf(w, "reached: %s\nfaults: %s\nlies: %s\n", counts(s.Reach), counts(s.Faults), counts(s.Lies))
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
		fmt.Fprintf(w, "\n%s seed %d: %s\n  %s\n", f.Scenario, f.Seed, headline(f.Verdict, f.Property), f.Detail)
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
