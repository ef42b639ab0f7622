package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"turncoat/checker"
	"turncoat/scenarios"
)

func replayCommand() *cobra.Command {
	var lenient, asJSON bool
	cmd := &cobra.Command{
		Use:     "replay ARTIFACT|DIR",
		Short:   "Repeat a recorded run, decision by decision",
		Long:    "Repeat a recorded run from its decisions and compare the digests. A run that is no longer the same exits with 7;\nwith --lenient it exits with the verdict that it has now.\n\nOf a directory each artifact is replayed and said to fail still, to be fixed, to have diverged, or to be\nunreadable; the exit status is the worst.",
		Example: "  turncoat replay out/static-twins-3.turncoat\n  turncoat replay corpus",
		Args:    one("ARTIFACT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err == nil && info.IsDir() {
				return replayDirectory(cmd, args[0], asJSON)
			}
			a, err := scenarios.ReadArtifact(args[0])
			if err != nil {
				return err
			}
			rep, err := a.Replay(nil)
			var diverged *scenarios.Divergence
			if err != nil && !errors.As(err, &diverged) {
				return err
			}
			if diverged != nil && !lenient {
				rep.Outcome, rep.Property = checker.Diverged, "determinism"
				rep.Detail = fmt.Sprintf("%v; it was made by code %s, this is %s", diverged, a.Code, scenarios.Version())
				rep.Verdict = rep.Outcome.String()
			}
			rep.Artifact = args[0]
			if asJSON {
				if err := printJSON(cmd.OutOrStdout(), &rep.Run); err != nil {
					return err
				}
			} else {
				printRun(cmd.OutOrStdout(), &rep.Run)
			}
			return verdict(rep.Outcome)
		},
	}
	cmd.Flags().BoolVar(&lenient, "lenient", false, "accept a run that differs from the recording")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// corpusJSON is the replay of a directory as JSON.
type corpusJSON struct {
	Directory string                  `json:"directory"`
	Verdict   string                  `json:"verdict"` // the worst
	States    map[scenarios.State]int `json:"states"`
	Artifacts []*scenarios.Kept       `json:"artifacts"`
}

func replayDirectory(cmd *cobra.Command, dir string, asJSON bool) error {
	out := corpusJSON{Directory: dir, States: make(map[scenarios.State]int)}
	w := cmd.OutOrStdout()
	worst, err := scenarios.ReplayAll(dir, func(k *scenarios.Kept) {
		out.Artifacts = append(out.Artifacts, k)
		out.States[k.State]++
		if !asJSON {
			fmt.Fprintf(w, "%-12s  %s", k.State, k.Path)
			if k.Verdict != "" {
				fmt.Fprintf(w, ": %s", headline(k.Verdict, k.Property))
			}
			fmt.Fprintln(w)
			if k.State != scenarios.StillFails && k.Detail != "" {
				fmt.Fprintf(w, "              %s\n", k.Detail)
			}
		}
	})
	if err != nil {
		return err
	}
	out.Verdict = worst.String()
	if asJSON {
		if err := printJSON(w, out); err != nil {
			return err
		}
	}
	return verdict(worst)
}
