package storytest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"turncoat/protocol"
)

// Walk runs the scripts below a directory. For each, begin returns what carries its
// commands out; "ok" stands for saying nothing.
func Walk(t *testing.T, dir string, begin func(*testing.T) func(*datadriven.TestData) string) {
	datadriven.Walk(t, dir, func(t *testing.T, path string) {
		command := begin(t)
		datadriven.RunTest(t, path, func(_ *testing.T, d *datadriven.TestData) string {
			out := command(d)
			if out == "" {
				out = "ok"
			}
			return strings.TrimRight(out, "\n") + "\n"
		})
	})
}

// Stage is the part of a world that tells what happens on it.
type Stage struct {
	Post
	Out strings.Builder
}

// Say adds a line.
func (s *Stage) Say(format string, args ...any) { fmt.Fprintf(&s.Out, format+"\n", args...) }

func (s *Stage) stage() *Stage { return s }

// Play runs the scripts below a directory. In each, "system" makes a world, on which the
// other commands act; what is said in a command is its output.
func Play[W interface{ stage() *Stage }](t *testing.T, dir string, system func(*testing.T, *datadriven.TestData) W, commands map[string]func(W, *testing.T, *datadriven.TestData)) {
	datadriven.Walk(t, dir, func(t *testing.T, path string) {
		var world W
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "system" {
				world = system(t, d)
				return ""
			}
			command := commands[d.Cmd]
			if command == nil {
				d.Fatalf(t, "there is no command %q", d.Cmd)
			}
			world.stage().Out.Reset()
			command(world, t, d)
			return world.stage().Out.String()
		})
	})
}

// Filter returns a predicate from the arguments from=, to= and kind=, of which each is a
// word, or a list in parentheses that means any of it; nodes are called as name says. An
// argument in others is part of the filter too if there is a function, which says what
// an envelope is, and else no business of it.
func Filter(t *testing.T, d *datadriven.TestData, name func(protocol.NodeID) string, others map[string]func(Envelope) string) func(Envelope) bool {
	of := map[string]func(Envelope) string{
		"from": func(e Envelope) string { return name(e.From) },
		"to":   func(e Envelope) string { return name(e.To) },
		"kind": Envelope.Kind,
	}
	for _, a := range d.CmdArgs {
		if _, other := others[a.Key]; !other && of[a.Key] == nil {
			d.Fatalf(t, "a filter has from, to and kind, not %q", a.Key)
		}
	}
	return func(e Envelope) bool {
		for _, a := range d.CmdArgs {
			is := of[a.Key]
			if is == nil {
				is = others[a.Key]
			}
			if is != nil && !slices.Contains(a.Vals, is(e)) {
				return false
			}
		}
		return true
	}
}

// Values returns the words of an argument, nil if it is absent.
func Values(d *datadriven.TestData, key string) []string {
	for _, a := range d.CmdArgs {
		if a.Key == key {
			return a.Vals
		}
	}
	return nil
}

// Numbers returns the numbers of an argument, nil if it is absent or ().
func Numbers(d *datadriven.TestData, key string) (out []int) {
	for _, v := range Values(d, key) {
		if v == "" {
			continue // key=()
		}
		n, err := strconv.Atoi(v)
		if err != nil {
			panic(fmt.Sprintf("%s: %s=%s is not a number", d.Pos, key, v))
		}
		out = append(out, n)
	}
	return out
}

// Number returns the number of an argument, another if it is absent.
func Number(d *datadriven.TestData, key string, otherwise int) int {
	if list := Numbers(d, key); len(list) > 0 {
		return list[0]
	}
	return otherwise
}

// News lists the situations that were noted since it was last called, each as format
// says with its name and count, sorted. It counts in shown what it has listed.
func News(notes, shown map[string]int, format string) (out []string) {
	for _, situation := range slices.Sorted(maps.Keys(notes)) {
		if n := notes[situation]; n > shown[situation] {
			_, name, _ := strings.Cut(situation, ".")
			out = append(out, fmt.Sprintf(format, name, n-shown[situation]))
			shown[situation] = n
		}
	}
	return out
}
