package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"turncoat/checker"
	"turncoat/checker/explore"
	"turncoat/checker/explore/models"
	"turncoat/scenarios"
	"turncoat/scenarios/explain"
)

// exploreFlags is what the command line says of an exploration.
type exploreFlags struct {
	sets, lifts      []string
	strategy, reduce string
	out              string
	around           string
	edits            int
	depth, jobs      int
	seed             uint64
	budget           time.Duration
	asJSON           bool
}

// factorsFor bounds each of the searches that measure what a reduction saved.
const factorsFor = 30 * time.Second

func exploreCommand() *cobra.Command {
	var f exploreFlags
	cmd := &cobra.Command{
		Use:   "explore [MODEL]",
		Short: "Search every schedule of a small system",
		Long: "Visit every state that some schedule of a model can reach, and check each. Without a model, list them.\n" +
			"A search that was cut short by a bound and found nothing is undecided. The walks random and pct sample\n" +
			"schedules of systems that are too large, and never pass.\n\n" +
			"Reductions explore fewer states with the same verdict; given by --reduce, what each saved is measured too.",
		Example: "  turncoat explore\n  turncoat explore dbqs-static --lift dbqs.write-back --out found.turncoat\n  turncoat explore abd\n  turncoat explore abd --set servers=3 --reduce all --json\n" +
			"  turncoat explore single-copy --set servers=2 --strategy dfs --depth 20 --for 1m\n" +
			"  turncoat explore --around small.yaml --edits 2 --for 5m",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.around != "" {
				return f.exploreAround(cmd, args)
			}
			if len(args) == 0 {
				return listModels(cmd, f.asJSON)
			}
			return f.run(cmd, args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.sets, "set", nil, "set a parameter of the model, `KEY=VALUE`")
	flags.StringArrayVar(&f.lifts, "lift", nil, "leave out a safety `RULE` (turncoat explore lists those of each model)")
	flags.StringVar(&f.strategy, "strategy", "bfs", "bfs, dfs, random or pct")
	flags.StringVar(&f.reduce, "reduce", "", "none, all, or por, symmetry and prune with commas between them (default: the model's own)")
	flags.IntVar(&f.depth, "depth", 0, "the longest path, in steps (default: no bound; of walks, "+fmt.Sprint(explore.DefaultWalk)+")")
	flags.DurationVar(&f.budget, "for", 0, "end after this much wall time")
	flags.Uint64Var(&f.seed, "seed", 0, "the seed of walks")
	flags.StringVar(&f.out, "out", "", "write a counterexample into this `FILE`, for replay (.yaml: as text)")
	flags.StringVar(&f.around, "around", "", "explore every list of decisions near that of this `ARTIFACT`, in the simulator")
	flags.IntVar(&f.edits, "edits", 1, "with --around: how many decisions may be other ones, or left out")
	flags.IntVar(&f.jobs, "jobs", runtime.NumCPU(), "workers")
	flags.BoolVar(&f.asJSON, "json", false, "print one JSON object")
	return cmd
}

// options reads the flags, and returns the search that they ask for.
func (f *exploreFlags) options(entry explore.Entry) (o explore.Options, err error) {
	if o.Strategy, err = explore.ParseStrategy(f.strategy); err != nil {
		return o, fmt.Errorf("--strategy: %w", err)
	}
	if o.Reduction, err = explore.ParseReduction(f.reduce); err != nil {
		return o, fmt.Errorf("--reduce: %w", err)
	}
	walks := o.Strategy == explore.Random || o.Strategy == explore.PCT
	switch {
	case f.jobs < 1:
		return o, fmt.Errorf("--jobs %d: at least one worker", f.jobs)
	case f.depth < 0:
		return o, fmt.Errorf("--depth %d: a number of steps above zero is wanted", f.depth)
	case f.seed != 0 && !walks:
		return o, fmt.Errorf("--seed %d: %v explores every schedule and draws nothing; seeds are for random and pct", f.seed, o.Strategy)
	}
	if f.reduce == "" && !walks {
		o.Reduction = entry.Reduction
	}
	o.Factors, o.FactorsFor = f.reduce != "", factorsFor
	o.Workers, o.Depth, o.Duration, o.Seed = f.jobs, f.depth, f.budget, f.seed
	if walks && f.budget > 0 {
		o.Walks = math.MaxInt32 // time is the bound
	}
	return o, nil
}

func (f *exploreFlags) run(cmd *cobra.Command, name string) error {
	entry, err := models.Shipped().Find(name)
	if err != nil {
		return err
	}
	explorer, err := entry.New(f.sets, f.lifts)
	if err != nil {
		return err
	}
	o, err := f.options(entry)
	if err != nil {
		return err
	}
	if err := checkFor(cmd, f.budget); err != nil {
		return err
	}
	if f.out != "" && entry.Alone != "" {
		return fmt.Errorf("--out: no counterexample of model %s can be replayed: %s; without --out it is printed", name, entry.Alone)
	}
	if f.out != "" {
		if err := scenarios.Writable(filepath.Dir(f.out)); err != nil {
			return err
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := newSearchProgress(cmd.ErrOrStderr(), name)
	o.Progress, o.ProgressEvery = p.update, p.every
	found, err := explorer(ctx, o)
	p.done()
	if err != nil {
		return err
	}
	r := exploration{Result: found, Reproduce: f.reproduce(name)}
	if err := f.keep(&r, cmd.ErrOrStderr()); err != nil {
		return err
	}
	if f.asJSON {
		if err := printJSON(cmd.OutOrStdout(), r); err != nil {
			return err
		}
	} else {
		printExploration(cmd.OutOrStdout(), &r)
	}
	if found.TruncatedBy == explore.ByInterrupt {
		return status(statusInterrupted)
	}
	v, err := checker.ParseVerdict(found.Verdict)
	if err != nil {
		return err
	}
	return verdict(v)
}

// exploration is the JSON of an exploration.
type exploration struct {
	*explore.Result
	Artifact  string `json:"artifact"`
	Reproduce string `json:"reproduce"`

	story string // of the counterexample in the simulator, for people; empty if there is none
}

// keep writes the artifact of a counterexample, if one was asked for and there is
// one, and has it tell its story to people. What the simulator cannot be told is said, and
// changes no verdict.
func (f *exploreFlags) keep(r *exploration, stderr io.Writer) error {
	c := r.Counterexample
	wanted := f.out != "" || !f.asJSON && r.Verdict == explore.Violation
	if c == nil || !wanted || c.Schedule == nil && c.Unscheduled == nil {
		return nil
	}
	if c.Unscheduled != nil {
		fmt.Fprintf(stderr, "turncoat: no artifact: %v\n", c.Unscheduled)
		return nil
	}
	a, err := scenarios.FromSchedule(c.Schedule, r.Reproduce)
	switch {
	case err != nil && f.out == "":
		fmt.Fprintf(stderr, "turncoat: %v\n", err)
		return nil
	case err != nil:
		return fmt.Errorf("--out: %w", err)
	case f.out != "":
		if err := a.Write(f.out); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
		r.Artifact = f.out
	}
	if !f.asJSON {
		return r.tell(a)
	}
	return nil
}

// tell draws what the simulator does on the counterexample's schedule, as explain does.
func (r *exploration) tell(a *scenarios.Artifact) error {
	story, err := explain.Tell(a)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := explain.Formats["text"](story, &b); err != nil {
		return err
	}
	text, _, _ := strings.Cut(b.String(), "\nAgain: ")
	r.story = text
	return nil
}

// reproduce returns the command that repeats the search. The number of workers
// changes nothing that is reported.
func (f *exploreFlags) reproduce(name string) string {
	words := []string{"turncoat", "explore", name}
	for _, s := range f.sets {
		words = append(words, "--set", s)
	}
	for _, rule := range slices.Sorted(slices.Values(f.lifts)) {
		words = append(words, "--lift", rule)
	}
	if f.strategy != "bfs" {
		words = append(words, "--strategy", f.strategy)
	}
	if f.seed != 0 {
		words = append(words, "--seed", fmt.Sprint(f.seed))
	}
	if f.reduce != "" {
		words = append(words, "--reduce", f.reduce)
	}
	if f.depth > 0 {
		words = append(words, "--depth", fmt.Sprint(f.depth))
	}
	if f.budget > 0 {
		words = append(words, "--for", f.budget.String())
	}
	return strings.Join(words, " ")
}
