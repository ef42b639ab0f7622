package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"turncoat/checker"
	"turncoat/scenarios"
)

// defaultOut is where artifacts go when nothing else is said.
const defaultOut = "out"

func runCommand() *cobra.Command {
	var c choice
	var seed uint64
	var out string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "run SCENARIO",
		Short:   "Run one schedule and judge it",
		Example: "  turncoat run static-equivocator --seed 7\n  turncoat run static-twins --seed 3 --lift dbqs.write-back",
		Args:    one("SCENARIO"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := c.options()
			if err != nil {
				return err
			}
			specs, err := c.find(args)
			if err != nil {
				return err
			}
			if len(specs) != 1 {
				return fmt.Errorf("%s names %d scenarios; run takes one, sweep takes many", args[0], len(specs))
			}
			o.Seed = seed
			if out != "" {
				if err := scenarios.Writable(out); err != nil {
					return err
				}
			}
			rep, err := scenarios.Guarded(specs[0], o, specs[0].Patience())
			if err != nil {
				return err
			}
			if rep.Outcome != checker.Pass || out != "" {
				dir := out
				if dir == "" {
					dir = defaultOut
				}
				path := filepath.Join(dir, fmt.Sprintf("%s-%d.turncoat", specs[0].Name, seed))
				if err := scenarios.Keep(specs[0], o, rep, path); err != nil {
					return err
				}
			}
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
	c.register(cmd)
	cmd.Flags().Uint64Var(&seed, "seed", 0, "the schedule's seed")
	cmd.Flags().StringVar(&out, "out", "", "`DIR` for the artifact, written whatever the verdict (default: "+defaultOut+", when it is not pass)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}
