// Command turncoat runs, sweeps, replays and judges simulated schedules of
// Byzantine-fault-tolerant storage. One file a command; what decides is in the
// packages below.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"turncoat/checker"
)

// Exit statuses that are no verdict.
const (
	statusUsage       = 2
	statusInterrupted = 130
)

// status is an error that says only how to exit: everything was said already.
type status int

func (s status) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// verdict returns the status of a verdict, nil for pass.
func verdict(v checker.Verdict) error {
	if v == checker.Pass {
		return nil
	}
	return status(v.ExitStatus())
}

func main() {
	debug.SetGCPercent(400) // runs are short and their garbage is small; memory is cheaper than collection
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run is the whole program, for tests too.
func run(args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:   "turncoat",
		Short: "Simulate and check Byzantine-fault-tolerant storage",
		Long: "Turncoat runs real protocol state machines in a seeded, simulated world with Byzantine adversaries,\n" +
			"judges every history, and replays what it finds.",
		SilenceErrors: true, SilenceUsage: true,
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(runCommand(), sweepCommand(), replayCommand(), shrinkCommand(), explainCommand(), checkCommand(), exploreCommand(),
		museumCommand(), figureCommand(), calibrateCommand(), scenariosCommand(), rulesCommand(), versionCommand())
	root.SetFlagErrorFunc(flagError)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := unknownCommand(root, args)
	if err == nil {
		err = root.Execute()
	}
	var s status
	switch {
	case err == nil:
		return 0
	case errors.As(err, &s):
		return int(s)
	}
	fmt.Fprintln(stderr, "turncoat:", err)
	return statusUsage
}
