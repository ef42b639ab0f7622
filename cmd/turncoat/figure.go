package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"turncoat/results"
	"turncoat/scenarios"
	"turncoat/scenarios/experiment"
)

func figureCommand() *cobra.Command {
	var out, format string
	var quick, asJSON bool
	var jobs int
	cmd := &cobra.Command{
		Use:   "figure [NAME...]",
		Short: "Draw figures from runs, with their data",
		Long: "Run the experiments that are named and write for each the drawing, a table of its data (CSV) and its\n" +
			"provenance (JSON). A name that ends in .yaml is a file with an experiment of your own. Without names, all are\n" +
			"drawn if it is said how or where to (--quick, --out, --format, --jobs), and listed otherwise. Points that are\n" +
			"computed are kept in the cache beside the figures: what was interrupted goes on where it was.",
		Example: "  turncoat figure\n  turncoat figure messages --quick --out /tmp/figures\n  turncoat figure --quick",
		RunE: func(cmd *cobra.Command, args []string) error {
			formats := strings.Split(format, ",")
			for _, f := range formats {
				if !slices.Contains(results.Formats, f) {
					return fmt.Errorf("--format %s: there are %s", f, strings.Join(results.Formats, ", "))
				}
			}
			if jobs < 1 {
				return fmt.Errorf("--jobs %d: at least one run at a time", jobs)
			}
			specs, err := experiment.Find(args)
			if err != nil {
				return err
			}
			how := slices.ContainsFunc([]string{"quick", "out", "format", "jobs"}, cmd.Flags().Changed)
			if len(args) == 0 && !how {
				return listFigures(cmd, specs, asJSON)
			}
			if err := scenarios.Writable(out); err != nil {
				return err
			}
			for _, s := range specs {
				if err := drawFigure(cmd, s, out, formats, experiment.Options{Quick: quick, Jobs: jobs, Cache: filepath.Join(out, "cache")}); err != nil {
					return err
				}
			}
			return nil
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&out, "out", "out/figures", "`DIR` for figures, data and computed points")
	flags.StringVar(&format, "format", "svg,pdf,png", "forms of the drawing, with commas")
	flags.BoolVar(&quick, "quick", false, "a draft, of fewer seeds and points")
	flags.BoolVar(&asJSON, "json", false, "list the figures as JSON")
	flags.IntVar(&jobs, "jobs", runtime.NumCPU(), "runs at a time")
	return cmd
}

type figureJSON struct {
	Name    string `json:"name"`
	Caption string `json:"caption"`
}

func listFigures(cmd *cobra.Command, specs []*experiment.Spec, asJSON bool) error {
	var rows []figureJSON
	for _, s := range specs {
		rows = append(rows, figureJSON{s.Name, strings.TrimSpace(s.Caption)})
	}
	if asJSON {
		return printJSON(cmd.OutOrStdout(), rows)
	}
	var lines [][2]string
	for _, r := range rows {
		first, _, _ := strings.Cut(r.Caption, ". ")
		lines = append(lines, [2]string{r.Name, strings.TrimSuffix(first, ".")})
	}
	printTable(cmd.OutOrStdout(), lines)
	return nil
}

// drawFigure computes one figure and writes all that belongs to it.
func drawFigure(cmd *cobra.Command, s *experiment.Spec, out string, formats []string, o experiment.Options) error {
	begun := time.Now()
	p := newProgress(cmd.ErrOrStderr(), 0)
	o.Progress = func(done, total int) { p.points(s.Name, done, total) }
	f, provenance, err := experiment.Compute(s, o)
	p.done()
	if err != nil {
		return err
	}
	var table bytes.Buffer
	if err := f.WriteCSV(&table); err != nil {
		return err
	}
	origin, err := json.MarshalIndent(provenance, "", "  ")
	if err != nil {
		return err
	}
	files := map[string][]byte{".csv": table.Bytes(), ".json": append(origin, '\n')}
	for _, format := range formats {
		if files["."+format], err = f.Draw(format); err != nil {
			return err
		}
	}
	for ending, b := range files {
		if err := scenarios.WriteFile(filepath.Join(out, s.Name+ending), b); err != nil {
			return err
		}
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s in %v: %s\n", filepath.Join(out, s.Name), time.Since(begun).Round(time.Millisecond), strings.Join(formats, ", "))
	return nil
}
