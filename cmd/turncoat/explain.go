package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"turncoat/scenarios"
	"turncoat/scenarios/explain"
)

func explainCommand() *cobra.Command {
	var format, out string
	cmd := &cobra.Command{
		Use:   "explain ARTIFACT",
		Short: "Tell the story of a finding: what broke, and which messages and lies led there",
		Long: "Repeat a recorded run and draw it: as text for a terminal, as a Mermaid sequence diagram, as a trace for\n" +
			"ui.perfetto.dev, or as one page of HTML that needs no network. Shrink the artifact first.",
		Example: "  turncoat explain small.yaml\n  turncoat explain small.yaml --format html --out small.html",
		Args:    one("ARTIFACT"),
		RunE: func(cmd *cobra.Command, args []string) error {
			draw, ok := explain.Formats[format]
			if !ok {
				return fmt.Errorf("--format %s: there are %s", format, strings.Join(explain.FormatNames, ", "))
			}
			a, err := scenarios.ReadArtifact(args[0])
			if err != nil {
				return err
			}
			story, err := explain.Tell(a)
			if err != nil {
				return err
			}
			var b bytes.Buffer
			if err := draw(story, &b); err != nil {
				return err
			}
			if out == "" {
				_, err = cmd.OutOrStdout().Write(b.Bytes())
				return err
			}
			if err := scenarios.WriteFile(out, b.Bytes()); err != nil {
				return fmt.Errorf("--out: %w", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", strings.Join(explain.FormatNames, ", "))
	cmd.Flags().StringVar(&out, "out", "", "`FILE` to write (default: standard output)")
	return cmd
}
