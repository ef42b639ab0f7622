package main

import (
	"fmt"
	"io"
	"runtime"
	"time"

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
		Long: "Each exhibit is a finding with one safety rule lifted, made small. Hold all of them, or some, to their labels:\n" +
			"the artifact fails as it says, the same decisions pass with the rule enforced, and fresh sweeps find it again.\n" +
			"One exhibit by itself is also told. The status is 1 if an exhibit no longer shows what it claims.",
		Example: "  turncoat museum\n  turncoat museum dbqs.write-back",
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.Jobs < 1 || o.Searches < 1 {
				return fmt.Errorf("--jobs and --searches: at least one")
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
	cmd.Flags().IntVar(&o.Searches, "searches", museum.Searches, "fresh searches for each exhibit")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func printMuseumHead(w io.Writer) {
	fmt.Fprintf(w, "%-25s %-21s %11s %-18s %-11s %7s\n", "rule", "breaks", "seeds", "a schedule", "decisions", "shrink")
}

func printExhibit(w io.Writer, r *museum.Result) {
	chance := fmt.Sprintf("%.2g%% [%.2g, %.2g]", 100*r.Chance.Value, 100*r.Chance.Lo, 100*r.Chance.Hi)
	fmt.Fprintf(w, "%-25s %-21s %11.4g %-18s %-11s %7v\n", r.Exhibit, r.Property, r.Seeds, chance,
		fmt.Sprintf("%d to %d", r.Before, r.After), time.Duration(r.ShrinkNS).Round(time.Millisecond))
	for _, p := range r.Problems {
		fmt.Fprintf(w, "  no longer holds: %s\n", p)
	}
}
