package main

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"turncoat/scenarios"
	"turncoat/scenarios/museum"
)

func scenariosCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "scenarios",
		Short:   "List the library of scenarios, or show one",
		Example: "  turncoat scenarios\n  turncoat scenarios show static-swarm > mine.yaml",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list []scenarioJSON
			for _, s := range scenarios.Library() {
				list = append(list, scenarioJSON{Name: s.Name, About: s.About, Reach: append([]string{}, s.Reach...)})
			}
			for _, s := range scenarios.Flaws() {
				list = append(list, scenarioJSON{Name: s.Name, About: s.About, Reach: append([]string{}, s.Reach...), Flaw: true})
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), list)
			}
			var rows [][2]string
			for _, s := range list {
				if s.Flaw {
					s.About = "[flaw, not swept with the library] " + s.About
				}
				rows = append(rows, [2]string{s.Name, s.About})
			}
			printTable(cmd.OutOrStdout(), rows)
			return nil
		},
	}
	cmd.PersistentFlags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(&cobra.Command{
		Use:     "show NAME",
		Short:   "Print a scenario as it is written",
		Example: "  turncoat scenarios show static-zoo",
		Args:    one("NAME"),
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
	Flaw  bool     `json:"flaw,omitempty"` // does not pass, and belongs to no sweep of the library
}

func rulesCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "rules",
		Short:   "List the safety rules that can be lifted, and where the museum shows what each is for",
		Example: "  turncoat rules\n  turncoat museum dbqs.write-back",
		Args:    none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			exhibits, err := museum.Find(nil)
			if err != nil {
				return err
			}
			var list []ruleJSON
			var rows [][2]string
			for _, r := range scenarios.Rules() {
				rule := ruleJSON{RuleDoc: r}
				for _, e := range exhibits {
					if e.Rule == r.Name {
						rule.Exhibits = append(rule.Exhibits, e.Name)
					}
				}
				list = append(list, rule)
				rows = append(rows, [2]string{r.Name, fmt.Sprintf("%s (turncoat museum %s)", r.Doc, strings.Join(rule.Exhibits, " "))})
			}
			if asJSON {
				return printJSON(cmd.OutOrStdout(), list)
			}
			printTable(cmd.OutOrStdout(), rows)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

type ruleJSON struct {
	scenarios.RuleDoc
	Exhibits []string `json:"exhibits"` // that show what it is for
}

func versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "version",
		Short:   "Print the version of the code",
		Example: "  turncoat version --json",
		Args:    none,
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
