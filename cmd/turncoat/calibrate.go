package main

import (
	"os"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"turncoat/scenarios/experiment"
)

func calibrateCommand() *cobra.Command {
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "calibrate",
		Short: "Measure what cryptography and messages cost on this machine",
		Long: "Measure the real suite and the sending of messages on this machine, in nanoseconds, and write the\n" +
			"constants of the cost model. Figures use those of scenarios/experiment/costs.yaml, which names the kind of\n" +
			"machine that they were measured on; write there and build again to use others.",
		Example: "  turncoat calibrate\n  turncoat calibrate --out scenarios/experiment/costs.yaml",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			costs, err := experiment.Calibrate()
			if err != nil {
				return err
			}
			text, err := yaml.Dump(costs)
			if err != nil {
				return err
			}
			if out != "" {
				if err := os.WriteFile(out, text, 0o644); err != nil {
					return err
				}
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), costs)
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`FILE` to write the constants to, besides showing them")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
