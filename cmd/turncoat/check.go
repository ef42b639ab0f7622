package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"turncoat/checker"
	"turncoat/scenarios"
)

func checkCommand() *cobra.Command {
	var format, model, html string
	var budget time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "check HISTORY",
		Short: "Judge a recorded history for atomicity",
		Long: "Judge a history of reads, writes and compare-and-sets for atomicity. The format is told from the name\n" +
			"(.jsonl, .log) unless it is given: jsonl is one event a line, jepsen is a log of Jepsen's register test.",
		Example: "  turncoat check history.jsonl\n  turncoat check etcd.log --model cas-register --html etcd.html",
		Args:    one("HISTORY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := checker.ParseModel(model)
			if err != nil {
				return fmt.Errorf("--model: %w", err)
			}
			if err := checkFor(cmd, budget); err != nil {
				return err
			}
			if !cmd.Flags().Changed("format") {
				format = formatOf(args[0])
			}
			h, err := readHistory(args[0], format)
			if err != nil {
				return err
			}
			if !cmd.Flags().Changed("model") && h.HasCAS() {
				m = checker.CASRegister
			}
			opts := checker.Options{Model: m, Budget: budget}
			report := checker.Check(h, opts)
			if html != "" {
				var page bytes.Buffer
				if err := checker.WriteHTML(&page, h, opts); err != nil {
					return err
				}
				if err := scenarios.WriteFile(html, page.Bytes()); err != nil {
					return fmt.Errorf("--html: %w", err)
				}
			}
			if asJSON {
				if err := printJSON(cmd.OutOrStdout(), &report); err != nil {
					return err
				}
			} else {
				printCheck(cmd, args[0], &report)
			}
			return verdict(report.Verdict)
		},
	}
	cmd.Flags().StringVar(&format, "format", "", strings.Join(checker.Formats, " or "))
	cmd.Flags().StringVar(&model, "model", "register", "register or cas-register; cas-register when the history has compare-and-sets")
	cmd.Flags().DurationVar(&budget, "for", 0, "wall time that the check may take (default: a fixed number of steps)")
	cmd.Flags().StringVar(&html, "html", "", "draw the history into this `FILE`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

func formatOf(name string) string {
	if filepath.Ext(name) == ".log" {
		return "jepsen"
	}
	return "jsonl"
}

func readHistory(name, format string) (*checker.History, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return checker.Parse(f, name, format)
}

func printCheck(cmd *cobra.Command, name string, r *checker.Report) {
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s: %v", name, r.Verdict)
	if r.Verdict == checker.Violation {
		fmt.Fprint(w, ": not atomic")
	}
	objects := fmt.Sprintf("%d objects", r.Objects)
	if r.Objects == 1 {
		objects = "one object"
	}
	fmt.Fprintf(w, "\n  %d operations on %s, %d of them ended and judged\n", r.Operations, objects, r.Checked)
	if r.Detail != "" {
		printText(w, "  ", r.Detail)
	}
	if len(r.Lines) > 0 {
		fmt.Fprintln(w, "  these operations alone are not atomic:")
	}
	for _, line := range r.Lines {
		fmt.Fprintf(w, "    %s\n", line)
	}
}
