package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"turncoat/checker"
	"turncoat/results"
	"turncoat/scenarios"
)

// defaultSeeds is how many seeds of each scenario a sweep covers when neither
// seeds nor a duration are given.
const defaultSeeds = 100

// sweepFlags is what the command line says of a sweep.
type sweepFlags struct {
	choice
	seeds, shard, out, junit string
	budget                   time.Duration
	jobs                     int
	resume, keepGoing        bool
	asJSON                   bool
}

func sweepCommand() *cobra.Command {
	var f sweepFlags
	cmd := &cobra.Command{
		Use:   "sweep [SCENARIO...]",
		Short: "Run many schedules and judge them all",
		Long: "Run every seed of a range on one, some or all scenarios of the library. A sweep ends at its first finding\n" +
			"unless --keep-going is given, and is worth as much as its worst run; a situation that a scenario promises\n" +
			"to reach and never does makes it vacuous.",
		Example: "  turncoat sweep --for 30s\n  turncoat sweep 'static-*' --seeds 0..2000 --jobs 2 --out out\n" +
			"  turncoat sweep --seeds 0..500 --lift dbqs.write-back --keep-going",
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args) },
	}
	f.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.seeds, "seeds", "", "the range of seeds, `A..B`: A ≤ seed < B")
	flags.DurationVar(&f.budget, "for", 0, "end after this much wall time")
	flags.IntVar(&f.jobs, "jobs", runtime.NumCPU(), "runs at a time")
	flags.StringVar(&f.shard, "shard", "", "do only the `I/N`th part, 1 ≤ I ≤ N")
	flags.StringVar(&f.out, "out", "", "`DIR` for artifacts and the record of runs (default: artifacts go to "+defaultOut+")")
	flags.BoolVar(&f.resume, "resume", false, "do only the runs that are not in the record of --out")
	flags.StringVar(&f.junit, "junit", "", "write a JUnit report to this `FILE`")
	flags.BoolVar(&f.keepGoing, "keep-going", false, "go on after a finding")
	flags.BoolVar(&f.asJSON, "json", false, "print the summary as one JSON object")
	return cmd
}

func (f *sweepFlags) run(cmd *cobra.Command, args []string) error {
	o, err := f.sweepOptions(cmd)
	if err != nil {
		return err
	}
	specs, err := f.find(args)
	if err != nil {
		return err
	}
	o.Out = defaultOut
	if f.out != "" {
		o.Out = f.out
		if err := scenarios.Writable(f.out); err != nil {
			return err
		}
		record, err := scenarios.OpenRecord(f.out, specs, &o, f.resume)
		if err != nil {
			return err
		}
		defer record.Close()
		o.Known, o.Record = record.Known, record.Add
	} else if f.resume {
		return fmt.Errorf("--resume: needs --out DIR, where the record of runs is")
	}
	interrupted := make(chan struct{})
	stop := onInterrupt(interrupted)
	defer stop()
	o.Stop = interrupted
	p := newProgress(cmd.ErrOrStderr(), f.budget)
	o.Progress = p.update
	summary, worst, err := scenarios.Sweep(specs, o)
	p.done()
	if err != nil {
		return err
	}
	return f.report(cmd, summary, worst, interrupted)
}

// report prints the summary and returns the status of the sweep.
func (f *sweepFlags) report(cmd *cobra.Command, s *results.Sweep, worst checker.Verdict, interrupted <-chan struct{}) error {
	if f.junit != "" {
		b, err := results.JUnit(s)
		if err == nil {
			err = scenarios.WriteFile(f.junit, b)
		}
		if err != nil {
			return fmt.Errorf("--junit: %w", err)
		}
	}
	if f.asJSON {
		if err := printJSON(cmd.OutOrStdout(), s); err != nil {
			return err
		}
	} else {
		printSweep(cmd.OutOrStdout(), s)
	}
	select {
	case <-interrupted:
		return status(statusInterrupted)
	default:
		return verdict(worst)
	}
}

func (f *sweepFlags) sweepOptions(cmd *cobra.Command) (o scenarios.SweepOptions, err error) {
	if o.Options, err = f.options(); err != nil {
		return o, err
	}
	if f.jobs < 1 {
		return o, fmt.Errorf("--jobs %d: at least one run at a time", f.jobs)
	}
	if err := checkFor(cmd, f.budget); err != nil {
		return o, err
	}
	o.Jobs, o.KeepGoing, o.For = f.jobs, f.keepGoing, f.budget
	switch {
	case f.seeds != "":
		if o.From, o.To, err = parseSeeds(f.seeds); err != nil {
			return o, err
		}
	case !cmd.Flags().Changed("for"):
		o.To = defaultSeeds
	}
	if f.shard != "" {
		o.Shard, o.Of, err = parseShard(f.shard)
	}
	return o, err
}

func parseSeeds(text string) (from, to uint64, err error) {
	a, b, ok := strings.Cut(text, "..")
	from, errA := strconv.ParseUint(a, 10, 62)
	to, errB := strconv.ParseUint(b, 10, 62)
	if !ok || errA != nil || errB != nil || to <= from {
		return 0, 0, fmt.Errorf("--seeds %s: want A..B with A < B, such as 0..1000", text)
	}
	return from, to, nil
}

func parseShard(text string) (i, n int, err error) {
	a, b, ok := strings.Cut(text, "/")
	i, errA := strconv.Atoi(a)
	n, errB := strconv.Atoi(b)
	if !ok || errA != nil || errB != nil || i < 1 || i > n {
		return 0, 0, fmt.Errorf("--shard %s: want I/N with 1 ≤ I ≤ N, such as 1/3", text)
	}
	return i, n, nil
}

// onInterrupt closes done at the first Ctrl-C. A second one ends the program.
func onInterrupt(done chan struct{}) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if _, ok := <-signals; ok {
			signal.Stop(signals)
			close(done)
		}
	}()
	return func() {
		signal.Stop(signals)
		close(signals)
	}
}
