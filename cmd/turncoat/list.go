package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"turncoat/scenarios"
)

func scenariosCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "scenarios",
		Short:   "List the library of scenarios, or show one",
		Example: "  turncoat scenarios\n  turncoat scenarios show static-swarm > mine.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list []scenarioJSON
			for _, s := range scenarios.Library() {
				list = append(list, scenarioJSON{s.Name, s.About, s.Reach})
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), list)
			}
			for _, s := range list {
				fmt.Fprintf(cmd.OutOrStdout(), "%-20s %s\n", s.Name, s.About)
			}
			return nil
		},
	}
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(&cobra.Command{
		Use:     "show NAME",
		Short:   "Print a scenario as it is written",
		Example: "  turncoat scenarios show static-zoo",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := scenarios.Text(args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), map[string]string{"name": args[0], "yaml": string(text)})
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	})
	return cmd
}

type scenarioJSON struct {
	Name  string   `json:"name"`
	About string   `json:"about"`
	Reach []string `json:"reach"`
}

func rulesCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "rules",
		Short:   "List the safety rules that can be lifted",
		Example: "  turncoat rules",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON {
				return printJSON(cmd.OutOrStdout(), scenarios.Rules())
			}
			for _, r := range scenarios.Rules() {
				fmt.Fprintf(cmd.OutOrStdout(), "%-26s %s\n", r.Name, r.Doc)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of the code",
		Example: "  turncoat version --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := struct {
				Version  string `json:"version"`
				Go       string `json:"go"`
				Artifact int    `json:"artifact"`
			}{scenarios.Version(), runtime.Version(), scenarios.ArtifactFormat}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), v)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "turncoat %s (%s, artifact form %d)\n", v.Version, v.Go, v.Artifact)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
