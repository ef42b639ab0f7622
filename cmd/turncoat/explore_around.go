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
	"turncoat/checker/explore"
	"turncoat/scenarios"
	"turncoat/scenarios/around"
)

// exploreAround explores the lists of decisions near that of an artifact, and answers
// in the words of an exploration: a list is a transition, and its run, by digest, a state.
func (f *exploreFlags) exploreAround(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) > 0:
		return fmt.Errorf("--around %s takes no MODEL: what is run is the artifact's scenario", f.around)
	case len(f.sets)+len(f.lifts) > 0 || f.reduce != "" || f.strategy != "bfs" || f.depth > 0 || f.seed > 0:
		return errors.New("--around runs the artifact's own scenario: beside it only --edits, --for, --jobs, --out and --json have a meaning")
	case f.edits < 1:
		return fmt.Errorf("--edits %d: at least one", f.edits)
	case f.jobs < 1:
		return fmt.Errorf("--jobs %d: at least one worker", f.jobs)
	}
	if err := checkFor(cmd, f.budget); err != nil {
		return err
	}
	a, err := scenarios.ReadArtifact(f.around)
	if err != nil {
		return err
	}
	if f.out == "" {
		f.out = strings.TrimSuffix(f.around, filepath.Ext(f.around)) + "-around.yaml"
	}
	interrupted := make(chan struct{})
	stop := onInterrupt(interrupted)
	defer stop()
	p := newProgress(cmd.ErrOrStderr(), f.budget)
	found, err := around.Explore(a, around.Options{Edits: f.edits, Jobs: f.jobs, For: f.budget, Stop: interrupted, Progress: func(at around.Progress) {
		p.line(fmt.Sprintf("%d of %d lists", at.Runs, at.Lists))
	}})
	p.done()
	if err != nil {
		return err
	}
	r := exploration{Result: f.resultAround(found), Reproduce: fmt.Sprintf("turncoat explore --around %s --edits %d", f.around, f.edits)}
	if found.Finding != nil {
		found.Finding.Artifact.Reproduce = "turncoat replay " + f.out
		if err := found.Finding.Artifact.Write(f.out); err != nil {
			return fmt.Errorf("--out: %w", err)
		}
		r.Artifact = f.out
	}
	if f.asJSON {
		if err := printJSON(cmd.OutOrStdout(), r); err != nil {
			return err
		}
	} else {
		printAround(cmd, &r, found)
	}
	if found.Stopped {
		return status(statusInterrupted)
	}
	v, err := checker.ParseVerdict(r.Verdict)
	if err != nil {
		return err
	}
	return verdict(v)
}

// resultAround puts what was found into the form of an exploration.
func (f *exploreFlags) resultAround(found *around.Result) *explore.Result {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	r := &explore.Result{Model: "around " + f.around, Verdict: explore.Pass, Detail: found.Detail(), UniqueStates: uint64(found.Distinct),
		Transitions: uint64(found.Runs), Depth: f.edits, Exhaustive: found.Runs == found.Lists, WallNS: int64(found.Wall), PeakBytes: int64(memory.Sys),
		Reach: map[string]uint64{}, NeverReached: []string{}, Reduction: map[string]explore.Factor{}}
	switch {
	case found.Finding != nil:
		r.Verdict, r.Property = found.Finding.Outcome.String(), found.Finding.Artifact.Property
	case found.Stopped:
		r.Verdict, r.TruncatedBy = explore.Undecided, explore.ByInterrupt
	case found.Partial:
		r.Verdict, r.TruncatedBy = explore.Undecided, explore.ByTime
	case found.Verdicts[explore.Pass] == 0:
		r.Verdict = explore.Vacuous
	}
	return r
}

// printAround describes the neighbourhood to a person.
func printAround(cmd *cobra.Command, r *exploration, found *around.Result) {
	w := cmd.OutOrStdout()
	fmt.Fprintf(w, "%s: %s\n  %s\n", r.Model, headline(r.Verdict, r.Property), r.Detail)
	fmt.Fprintf(w, "  %d different runs, %d events, in %v\n", r.UniqueStates, found.Events, time.Duration(r.WallNS).Round(time.Millisecond))
	if found.Finding != nil {
		fmt.Fprintf(w, "  %s\n  artifact %s\n", found.Finding.Artifact.Detail, r.Artifact)
	}
	fmt.Fprintf(w, "  again: %s\n", r.Reproduce)
}
