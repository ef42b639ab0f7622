// Package museum shows what each safety rule is for: an exhibit is a run that goes
// wrong because one rule is lifted, made as small as it gets, with its story. It is
// also the checkers' proof that they can see. An exhibit is more than a picture:
// it is checked again whenever anybody asks, and a museum in which one no
// longer shows what it claims is closed.
package museum

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"turncoat/scenarios"
)

// Each exhibit is a directory: exhibit.yaml is the label, small.yaml the shrunk
// artifact, story.txt its explanation.
//
//go:embed exhibits
var files embed.FS

// Label says what an exhibit is.
type Label struct {
	Rule     string `yaml:"rule" json:"rule"` // the one that is lifted
	About    string `yaml:"about" json:"about"`
	Scenario string `yaml:"scenario" json:"scenario"` // of the library, in which it is found
	Verdict  string `yaml:"verdict" json:"verdict"`
	Property string `yaml:"property" json:"property"` // the one that breaks
}

// Exhibit is a rule's absence on display.
type Exhibit struct {
	Name string
	Label
	Artifact *scenarios.Artifact
	Story    string
}

// Names returns the names of all exhibits, sorted.
func Names() []string {
	entries, err := files.ReadDir("exhibits")
	if err != nil {
		panic(err) // the exhibits are part of the program
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// Find returns exhibits by name, or all of them.
func Find(names []string) ([]*Exhibit, error) {
	if len(names) == 0 {
		names = Names()
	}
	var out []*Exhibit
	var errs []error
	for _, name := range names {
		e, err := open(name)
		errs = append(errs, err)
		out = append(out, e)
	}
	return out, errors.Join(errs...)
}

func open(name string) (*Exhibit, error) {
	if all := Names(); !slices.Contains(all, name) {
		return nil, fmt.Errorf("there is no exhibit %q%s", name, scenarios.DidYouMean(name, all))
	}
	e := &Exhibit{Name: name}
	label, err := read(name, "exhibit.yaml")
	if err != nil {
		return nil, err
	}
	if err := yaml.Load(label, &e.Label, yaml.WithKnownFields()); err != nil {
		return nil, fmt.Errorf("exhibit %s: exhibit.yaml: %w", name, err)
	}
	small, err := read(name, "small.yaml")
	if err != nil {
		return nil, err
	}
	if e.Artifact, err = scenarios.DecodeArtifact(name+"/small.yaml", small); err != nil {
		return nil, err
	}
	story, err := read(name, "story.txt")
	e.Story = string(story)
	return e, err
}

func read(name, file string) ([]byte, error) {
	b, err := files.ReadFile(path.Join("exhibits", name, file))
	if err != nil {
		return nil, fmt.Errorf("exhibit %s: %s is missing", name, file)
	}
	return b, nil
}

// what puts a verdict and a property in words.
func what(verdict, property string) string {
	return strings.TrimSuffix(verdict+" of "+property, " of ")
}
