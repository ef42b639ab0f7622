package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"turncoat/checker/explore"
	"turncoat/checker/explore/models"
)

// modelJSON is a model in a list of models.
type modelJSON struct {
	Name       string              `json:"name"`
	Doc        string              `json:"doc"`
	Parameters []parameterJSON     `json:"parameters"`
	Rules      []string            `json:"rules"`
	Needs      map[string][]string `json:"needs"`  // what lifting a rule sets
	Reduce     string              `json:"reduce"` // by default
}

type parameterJSON struct {
	Name    string `json:"name"`
	Doc     string `json:"doc"`
	Default int    `json:"default"`
	Min     int    `json:"min"`
	Max     int    `json:"max"`
}

// listModels prints what there is to explore.
func listModels(cmd *cobra.Command, asJSON bool) error {
	w := cmd.OutOrStdout()
	var list []modelJSON
	for _, e := range models.Shipped() {
		m := modelJSON{Name: e.Name, Doc: e.Doc, Parameters: []parameterJSON{}, Rules: append([]string{}, e.Rules...), Needs: map[string][]string{}, Reduce: e.Reduction.String()}
		for _, p := range e.Params {
			m.Parameters = append(m.Parameters, parameterJSON(p))
		}
		for rule := range e.Least {
			m.Needs[rule] = e.Needs(rule)
		}
		list = append(list, m)
	}
	if asJSON {
		return printJSON(w, list)
	}
	for _, m := range list {
		fmt.Fprintf(w, "%-18s %s\n", m.Name, m.Doc)
		for _, p := range m.Parameters {
			fmt.Fprintf(w, "  --set %-14s %s (%d to %d)\n", fmt.Sprintf("%s=%d", p.Name, p.Default), p.Doc, p.Min, p.Max)
		}
		for _, rule := range m.Rules {
			fmt.Fprintf(w, "  --lift %s", rule)
			if sets := m.Needs[rule]; len(sets) > 0 {
				fmt.Fprintf(w, " (sets %s)", strings.Join(sets, ", "))
			}
			fmt.Fprintln(w)
		}
	}
	return nil
}

// printExploration describes the result of a search to a person.
func printExploration(w io.Writer, r *exploration) {
	fmt.Fprintf(w, "%s: %s\n  %s\n", r.Model, headline(r.Verdict, r.Property), r.Detail)
	fmt.Fprintf(w, "  %d unique states, %d transitions, depth %d, in %v with at most %s\n",
		r.UniqueStates, r.Transitions, r.Depth, time.Duration(r.WallNS).Round(time.Microsecond), memory(r.PeakBytes))
	if r.Exhaustive {
		fmt.Fprintf(w, "  every schedule was explored; the probability that a state was missed is at most %.2g\n", r.MissedProbability)
	}
	fmt.Fprintf(w, "  reached: %s\n", counts(r.Reach))
	for _, name := range r.NeverReached {
		fmt.Fprintf(w, "  never reached: %s\n", name)
	}
	for _, kind := range slices.Sorted(maps.Keys(r.Reduction)) {
		if factor := r.Reduction[kind]; factor > 0 {
			fmt.Fprintf(w, "  %s saved a factor of %.3g\n", kind, factor)
		} else {
			fmt.Fprintf(w, "  %s was used; what it saved was not measured\n", kind)
		}
	}
	if c := r.Counterexample; c != nil {
		fmt.Fprintf(w, "\n%s\n", c)
	}
	if r.story != "" {
		fmt.Fprintf(w, "The same in the simulator, as turncoat explain tells it:\n\n%s\n", r.story)
	}
	if r.Artifact != "" {
		fmt.Fprintf(w, "  artifact %s\n", r.Artifact)
	}
	fmt.Fprintf(w, "  again: %s\n", r.Reproduce)
}

// memory writes a number of bytes for people.
func memory(bytes int64) string {
	const unit = 1024
	if bytes < unit {
		return fmt.Sprintf("%d B", bytes)
	}
	size, prefixes := float64(bytes)/unit, "KMGT"
	for size >= unit && len(prefixes) > 1 {
		size, prefixes = size/unit, prefixes[1:]
	}
	return fmt.Sprintf("%.1f %ciB", size, prefixes[0])
}

// searchProgress shows how a search gets on: like progress, in the terms of a
// search. The search itself says when.
type searchProgress struct {
	*progress
	every time.Duration
}

func newSearchProgress(w io.Writer, name string) *searchProgress {
	p := &searchProgress{newProgress(w, 0), 10 * time.Second}
	if p.terminal {
		p.every = 200 * time.Millisecond
	}
	p.line("exploring " + name)
	return p
}

func (p *searchProgress) update(at explore.Progress) {
	p.line(fmt.Sprintf("%d states, %.0f states/s, depth %d, frontier %d, %s, %v",
		at.States, at.Rate, at.Depth, at.Frontier, memory(at.Bytes), at.Elapsed.Round(time.Second)))
}

func (p *searchProgress) line(text string) {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K"+text)
	} else {
		fmt.Fprintln(p.w, strings.TrimSpace(text))
	}
}
