package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"turncoat/protocol/auth"
	"turncoat/scenarios"
)

// choice is the flags that say how a scenario is run, shared by the commands that
// run one.
type choice struct {
	sets  []string
	lifts []string
	suite string
}

func (c *choice) register(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&c.sets, "set", nil, "set a value of the scenario, `KEY=VALUE`; the end of a path will do (liars=2)")
	cmd.Flags().StringArrayVar(&c.lifts, "lift", nil, "leave out a safety `RULE` (see turncoat rules)")
	cmd.Flags().StringVar(&c.suite, "suite", "ideal", "cryptography: ideal or real")
}

func (c *choice) options() (scenarios.Options, error) {
	suite := auth.Suite(c.suite)
	if suite != auth.Ideal && suite != auth.Real {
		return scenarios.Options{}, fmt.Errorf("--suite %s: there are ideal and real", c.suite)
	}
	if err := scenarios.CheckRules(c.lifts); err != nil {
		return scenarios.Options{}, fmt.Errorf("--lift: %w", err)
	}
	return scenarios.Options{Suite: suite, Lift: c.lifts, Sets: c.sets}, nil
}

// find returns the scenarios that words name, with what was set. A value that
// only some of them have is set on those.
func (c *choice) find(words []string) ([]*scenarios.Spec, error) {
	specs, err := scenarios.Find(words)
	if err != nil {
		return nil, err
	}
	for _, s := range specs {
		if err := scenarios.Apply(s, c.sets); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return specs, nil
}

// checkFor reports what is wrong with the duration of a --for, if it was given.
func checkFor(cmd *cobra.Command, d time.Duration) error {
	if cmd.Flags().Changed("for") && d <= 0 {
		return fmt.Errorf("--for %v: a duration above zero is wanted", d)
	}
	return nil
}
