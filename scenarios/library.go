package scenarios

import (
	"embed"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// The library is swept by default. The flaws are scenarios that do not pass: the
// protocols as they were published and found wanting.
//
//go:embed library/*.yaml flaws/*.yaml
var libraryFiles embed.FS

// Library returns the scenarios that ship with the program, sorted by name.
func Library() []*Spec { return specsIn("library") }

// Flaws returns the scenarios that show published flaws, sorted by name. They are run
// by name and belong to no sweep of the whole library.
func Flaws() []*Spec { return specsIn("flaws") }

func specsIn(dir string) []*Spec {
	entries, err := libraryFiles.ReadDir(dir)
	if err != nil {
		panic(err) // the library is part of the program
	}
	var out []*Spec
	for _, e := range entries {
		s, err := Lookup(strings.TrimSuffix(e.Name(), ".yaml"))
		if err != nil {
			panic(err)
		}
		out = append(out, s)
	}
	return out
}

// Text returns a scenario of the library, or a flaw, as it is written.
func Text(name string) ([]byte, error) {
	for _, dir := range []string{"library", "flaws"} {
		if text, err := libraryFiles.ReadFile(dir + "/" + name + ".yaml"); err == nil {
			return text, nil
		}
	}
	return nil, fmt.Errorf("there is no scenario %q%s", name, DidYouMean(name, append(namesIn("library"), namesIn("flaws")...)))
}

// Lookup returns a scenario of the library, or a flaw, by name.
func Lookup(name string) (*Spec, error) {
	text, err := Text(name)
	if err != nil {
		return nil, err
	}
	s, err := Decode(name+".yaml", text)
	if err != nil {
		return nil, err
	}
	s.source.library = true
	return s, nil
}

func namesIn(dir string) []string {
	entries, err := libraryFiles.ReadDir(dir)
	if err != nil {
		panic(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Find returns the scenarios that words name: names of the library, globs over
// them, or YAML files. No words name the whole library. Each scenario is
// returned once.
func Find(words []string) ([]*Spec, error) {
	if len(words) == 0 {
		return Library(), nil
	}
	var out []*Spec
	add := func(s *Spec, err error) error {
		if err == nil && !slices.ContainsFunc(out, func(t *Spec) bool { return t.Name == s.Name }) {
			out = append(out, s)
		}
		return err
	}
	for _, word := range words {
		var err error
		switch {
		case strings.HasSuffix(word, ".yaml") || strings.HasSuffix(word, ".yml"):
			err = add(load(word))
		case strings.ContainsAny(word, "*?["):
			err = findGlob(word, add)
		default:
			err = add(Lookup(word))
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func findGlob(pattern string, add func(*Spec, error) error) error {
	matched := false
	for _, name := range namesIn("library") {
		ok, err := path.Match(pattern, name)
		if err != nil {
			return fmt.Errorf("%q is not a glob: %w", pattern, err)
		}
		if ok {
			matched = true
			if err := add(Lookup(name)); err != nil {
				return err
			}
		}
	}
	if !matched {
		return fmt.Errorf("no scenario of the library matches %q (there are %s)", pattern, strings.Join(namesIn("library"), ", "))
	}
	return nil
}

func load(file string) (*Spec, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Decode(file, text)
}

// Apply sets "key=value" words on a scenario and checks it again.
func Apply(s *Spec, sets []string) error {
	for _, set := range sets {
		key, value, ok := strings.Cut(set, "=")
		if !ok {
			return fmt.Errorf("--set %s: wants KEY=VALUE", set)
		}
		if err := s.Set(key, value); err != nil {
			return err
		}
	}
	return s.validate()
}
