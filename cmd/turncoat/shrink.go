package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"turncoat/checker"
	"turncoat/scenarios"
	"turncoat/scenarios/shrink"
)

type shrinkFlags struct {
	out    string
	budget time.Duration
	jobs   int
	asJSON bool
}

func shrinkCommand() *cobra.Command {
	var f shrinkFlags
	cmd := &cobra.Command{
		Use:   "shrink ARTIFACT",
		Short: "Make a finding small: the fewest decisions that still break the same property",
		Long: "Remove and simplify the decisions of a recorded run as long as the same property breaks: lies first, then faults,\n" +
			"delays, operations and sizes. The result is an artifact like any other; one whose name ends in .yaml can be read\n" +
			"and edited. Shrinking what is small already changes nothing, and shrinking what was cut short goes on.",
		Example: "  turncoat shrink out/static-twins-3.turncoat --out small.yaml\n  turncoat shrink small.yaml --for 1m",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.out, "out", "", "`FILE` for the result (default: the artifact's name with -small.yaml)")
	flags.DurationVar(&f.budget, "for", 0, "end after this much wall time with the smallest found by then")
	flags.IntVar(&f.jobs, "jobs", runtime.NumCPU(), "runs at a time; the result is the same")
	flags.BoolVar(&f.asJSON, "json", false, "print one JSON object")
	return cmd
}

func (f *shrinkFlags) run(cmd *cobra.Command, path string) error {
	if f.jobs < 1 {
		return fmt.Errorf("--jobs %d: at least one run at a time", f.jobs)
	}
	if err := checkFor(cmd, f.budget); err != nil {
		return err
	}
	a, err := scenarios.ReadArtifact(path)
	if err != nil {
		return err
	}
	if f.out == "" {
		f.out = strings.TrimSuffix(strings.TrimSuffix(path, filepath.Ext(path)), "-small") + "-small.yaml"
	}
	interrupted := make(chan struct{})
	stop := onInterrupt(interrupted)
	defer stop()
	p := newProgress(cmd.ErrOrStderr(), f.budget)
	r, err := shrink.Shrink(a, shrink.Options{Jobs: f.jobs, For: f.budget, Stop: interrupted, Progress: func(s shrink.Progress) {
		p.line(fmt.Sprintf("%s: %v after %d runs", s.Pass, s.Size, s.Runs))
	}})
	p.done()
	var lost *shrink.Lost
	if errors.As(err, &lost) {
		fmt.Fprintln(cmd.ErrOrStderr(), "turncoat:", lost)
		return verdict(checker.Diverged)
	}
	if err != nil {
		return err
	}
	r.Artifact.Reproduce = "turncoat replay " + f.out
	if err := r.Artifact.Write(f.out); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	return f.report(cmd, r, interrupted)
}

// shrinkJSON is the result as JSON.
type shrinkJSON struct {
	Artifact  string      `json:"artifact"`
	Verdict   string      `json:"verdict"`
	Property  string      `json:"property"`
	Digest    string      `json:"digest"`
	Before    shrink.Size `json:"before"`
	After     shrink.Size `json:"after"`
	Decisions int         `json:"decisions"` // in all, after
	Runs      int         `json:"runs"`
	WallNS    int64       `json:"wall_ns"`
	Partial   bool        `json:"partial"`
	Reproduce string      `json:"reproduce"`
}

func (f *shrinkFlags) report(cmd *cobra.Command, r *shrink.Result, interrupted <-chan struct{}) error {
	a, w := r.Artifact, cmd.OutOrStdout()
	if f.asJSON {
		if err := printJSON(w, shrinkJSON{f.out, a.Verdict, a.Property, a.Digest, r.Before, r.After, r.After.Total(),
			r.Runs, int64(r.Wall), r.Partial, a.Reproduce}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(w, "%s\n  %s\n", headline(a.Verdict, a.Property), a.Detail)
		fmt.Fprintf(w, "  from %v\n    to %v\n  in %v and %d runs", r.Before, r.After, r.Wall.Round(time.Millisecond), r.Runs)
		if r.Partial {
			fmt.Fprint(w, "; it was cut short, and shrinking the result goes on")
		}
		fmt.Fprintln(w)
		for _, e := range a.Decisions {
			text, _ := e.MarshalText() // never fails
			fmt.Fprintf(w, "    %s\n", text)
		}
		fmt.Fprintf(w, "  artifact %s\n  again: %s\n", f.out, a.Reproduce)
	}
	select {
	case <-interrupted:
		return status(statusInterrupted)
	default:
		return nil
	}
}
