package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"turncoat/checker"
	"turncoat/scenarios"
)

func replayCommand() *cobra.Command {
	var lenient, asJSON bool
	cmd := &cobra.Command{
		Use:     "replay ARTIFACT",
		Short:   "Repeat a recorded run, decision by decision",
		Long:    "Repeat a recorded run from its decisions and compare the digests. A run that is no longer the same exits with 7;\nwith --lenient it exits with the verdict that it has now.",
		Example: "  turncoat replay out/static-twins-3.turncoat",
		Args:    one("ARTIFACT"),
		RunE: func(cmd *cobra.Command, args []string) error {
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
