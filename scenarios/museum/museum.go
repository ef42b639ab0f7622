// Package museum shows what each safety rule is for: an exhibit is a run that goes
// wrong because one rule is lifted, made as small as it gets, with its story. Other
// halls show the protocols as they were published and found wanting, bugs that real
// systems had, and what is lost with an assumption. They are also the checkers' proof
// that they can see. An exhibit is more than a picture: it is checked again whenever
// anybody asks, and a museum in which one no longer shows what it claims is closed.
package museum

import (
	"embed"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"turncoat/checker"
	"turncoat/scenarios"
)

// Each exhibit is a directory: exhibit.yaml is the label; scenario.yaml, unless the
// label names one of the library, the scenario that it is found in; small.yaml the
// shrunk artifact; story.txt its explanation; figures.yaml what finding it took.
//
//go:embed exhibits
var files embed.FS

// The halls, in the order of a visit.
const (
	RuleHall       = "rule"       // what each rule is for
	FlawHall       = "flaw"       // protocols as they were published, and found wanting
	BugHall        = "bug"        // what real systems got wrong
	AssumptionHall = "assumption" // what no rule saves
)

// Halls returns the halls in the order of a visit.
func Halls() []string { return []string{RuleHall, FlawHall, BugHall, AssumptionHall} }

// Label says what an exhibit is.
type Label struct {
	Hall     string   `yaml:"hall" json:"hall"`
	Rule     string   `yaml:"rule,omitempty" json:"rule"` // the one that is lifted, if any
	About    string   `yaml:"about" json:"about"`
	Source   string   `yaml:"source,omitempty" json:"source"`     // where it was published
	Scenario string   `yaml:"scenario,omitempty" json:"scenario"` // of the library; else the exhibit has its own
	Set      []string `yaml:"set,omitempty" json:"set"`           // what is set in it, as in liars=2
	Control  []string `yaml:"control,omitempty" json:"control"`   // what is set besides for the same decisions to pass, where no rule is lifted
	Verdict  string   `yaml:"verdict" json:"verdict"`
	Property string   `yaml:"property" json:"property"`   // the one that breaks
	Long     string   `yaml:"long,omitempty" json:"long"` // why it takes more than twelve decisions, if it does
}

// Exhibit is a failure on display.
type Exhibit struct {
	Name string
	Label
	Figures  *Figures // nil if they were never taken
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
	e, err := label(name)
	if err != nil {
		return nil, err
	}
	if figures, err := read(name, "figures.yaml"); err == nil {
		e.Figures = new(Figures)
		if err := yaml.Load(figures, e.Figures, yaml.WithKnownFields()); err != nil {
			return nil, fmt.Errorf("exhibit %s: figures.yaml: %w", name, err)
		}
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

// label opens what is written about an exhibit, and nothing that is made from it.
func label(name string) (*Exhibit, error) {
	e := &Exhibit{Name: name}
	text, err := read(name, "exhibit.yaml")
	if err != nil {
		return nil, err
	}
	if err := yaml.Load(text, &e.Label, yaml.WithKnownFields()); err != nil {
		return nil, fmt.Errorf("exhibit %s: exhibit.yaml: %w", name, err)
	}
	if !slices.Contains(Halls(), e.Hall) {
		return nil, fmt.Errorf("exhibit %s: exhibit.yaml: there is no hall %q%s", name, e.Hall, scenarios.DidYouMean(e.Hall, Halls()))
	}
	return e, nil
}

// spec returns the scenario in which an exhibit is found.
func (e *Exhibit) spec() (spec *scenarios.Spec, err error) {
	if e.Scenario != "" {
		spec, err = scenarios.Lookup(e.Scenario)
	} else {
		var text []byte
		if text, err = read(e.Name, "scenario.yaml"); err == nil {
			spec, err = scenarios.Decode(e.Name+"/scenario.yaml", text)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("exhibit %s: %w", e.Name, err)
	}
	return spec, scenarios.Apply(spec, e.Set)
}

// lifted returns the rules that are lifted for an exhibit.
func (e *Exhibit) lifted() []string {
	if e.Rule == "" {
		return nil
	}
	return []string{e.Rule}
}

// Status is the exit status that a replay of the exhibit ends with.
func (e *Exhibit) Status() int { return statuses[e.Verdict] }

// statuses are those of the verdicts that an exhibit can have.
var statuses = map[string]int{checker.Violation.String(): 1, checker.Stuck.String(): 3, checker.Assumption.String(): 5}

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
