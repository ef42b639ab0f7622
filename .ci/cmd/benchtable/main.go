// Command benchtable runs go test's benchmarks in the directory above its own
// module and prints their results as one table: a row for each benchmark, with
// the median over its repetitions of everything that it reports.
//
// It shows progress on standard error, passes its arguments to go test, and
// leaves with go test's status. It compares nothing: benchstat does that.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "benchtable:", err)
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			os.Exit(exit.ExitCode())
		}
		os.Exit(1)
	}
}

func run(args []string) error {
	test := exec.Command("go", append([]string{"test", "-run", "^$", "-benchmem"}, args...)...)
	test.Dir = ".."
	test.Stderr = os.Stderr
	out, err := test.StdoutPipe()
	if err != nil {
		return err
	}
	if err := test.Start(); err != nil {
		return err
	}
	t, err := readTable(io.TeeReader(out, os.Stderr))
	if err != nil {
		return err
	}
	if err := test.Wait(); err != nil {
		return fmt.Errorf("go test: %w", err)
	}
	return t.print(os.Stdout)
}
