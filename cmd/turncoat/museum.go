package main

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"turncoat/checker"
	"turncoat/scenarios/museum"
)

// museumJSON is a visit of the museum as JSON.
type museumJSON struct {
	Holds    bool             `json:"holds"`
	Exhibits []*museum.Result `json:"exhibits"`
}

func museumCommand() *cobra.Command {
	var o museum.Options
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "museum [EXHIBIT...]",
		Short: "Check that every exhibit still shows what its rule is for",
		Long: "Each exhibit is a finding made small: with one safety rule lifted, of a protocol as it was published, of a bug that\n" +
			"real systems had, or of a broken assumption. Hold all of them, or some, to their labels: the artifact fails as it\n" +
			"says, the same decisions pass with the rule enforced, and a fresh search finds it again. The figures are those kept\n" +
			"with the exhibit; --deep takes them anew. One exhibit by itself is also told. The status is 1 if an exhibit no\n" +
			"longer shows what it claims.",
		Example: "  turncoat museum\n  turncoat museum dbqs.write-back\n  turncoat museum pbft.a2 --deep",
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Jobs < 1 {
				return fmt.Errorf("--jobs %d: at least one run at a time", o.Jobs)
			}
			exhibits, err := museum.Find(args)
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			out := museumJSON{Holds: true}
			if !asJSON {
				printMuseumHead(w)
			}
			for _, e := range exhibits {
				r, err := e.Check(o)
				if err != nil {
					return fmt.Errorf("exhibit %s: %w", e.Name, err)
				}
				out.Holds = out.Holds && r.Holds()
				out.Exhibits = append(out.Exhibits, r)
				if !asJSON {
					printExhibit(w, r)
				}
			}
			if asJSON {
				if err := printJSON(w, out); err != nil {
					return err
				}
			} else if len(args) == 1 {
				fmt.Fprintf(w, "\n%s\n\n%s", exhibits[0].About, exhibits[0].Story)
			}
			if !out.Holds {
				return verdict(checker.Violation)
			}
			return nil
		},
	}
	cmd.Flags().IntVar(&o.Jobs, "jobs", runtime.NumCPU(), "runs at a time")
	cmd.Flags().BoolVar(&o.Deep, "deep", false, "search twenty times afresh and shrink what is found, for figures of today")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func printMuseumHead(w io.Writer) {
	fmt.Fprintf(w, "%-36s %-31s %6s %6s %-22s %-12s %6s\n", "rule", "breaks", "status", "seeds", "a schedule", "decisions", "shrink")
}

func printExhibit(w io.Writer, r *museum.Result) {
	if f := r.Figures; f != nil {
		chance := fmt.Sprintf("%.2g%% [%.2g, %.2g]", 100*f.Chance.Value, 100*f.Chance.Lo, 100*f.Chance.Hi)
		fmt.Fprintf(w, "%-36s %-31s %6d %6.4g %-22s %-12s %5.1fs\n", r.Exhibit, r.Property, r.Status, f.Seeds, chance,
			fmt.Sprintf("%d to %d", f.Before, f.After), f.Shrink)
	} else {
		fmt.Fprintf(w, "%-36s %-31s %6d (no figures: --deep takes them)\n", r.Exhibit, r.Property, r.Status)
	}
	for _, p := range r.Problems {
		fmt.Fprintf(w, "  no longer holds: %s\n", p)
	}
}
