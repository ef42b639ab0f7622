package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"turncoat/scenarios"
)

// What people mistype, and what they are told: one sentence, with the nearest
// name and where to read more.

// unknownCommand reports a first word that is no command.
func unknownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 || strings.HasPrefix(args[0], "-") {
		return nil
	}
	names := []string{"help"}
	for _, c := range root.Commands() {
		names = append(names, c.Name())
	}
	for _, name := range names {
		if name == args[0] {
			return nil
		}
	}
	if near := scenarios.Nearest(args[0], names); near != "" {
		return fmt.Errorf("there is no command %q: did you mean %q?", args[0], near)
	}
	return fmt.Errorf("there is no command %q (see turncoat --help)", args[0])
}

// flagError words what is wrong with a flag.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		return fmt.Errorf("--%s %s: not a %s", invalid.GetFlag().Name, invalid.GetValue(), typeNames[invalid.GetFlag().Value.Type()])
	}
	if !errors.As(err, &unknown) {
		return err
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := scenarios.Nearest(unknown.GetSpecifiedName(), names); near != "" {
		return fmt.Errorf("%s has no flag --%s: did you mean --%s?", cmd.CommandPath(), unknown.GetSpecifiedName(), near)
	}
	return fmt.Errorf("%w (see %s --help)", err, cmd.CommandPath())
}

// typeNames says in words what the types of flags are.
var typeNames = map[string]string{"uint64": "whole number from 0", "int": "whole number", "duration": "duration such as 30s", "bool": "truth value: true or false"}

// one wants a single argument, described by what.
func one(what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s takes one %s, not %d (see %s --help)", cmd.CommandPath(), what, len(args), cmd.CommandPath())
		}
		return nil
	}
}

// none wants no argument.
func none(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fmt.Errorf("%s takes no %q (see %s --help)", cmd.CommandPath(), args[0], cmd.CommandPath())
}
