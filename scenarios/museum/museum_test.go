package museum

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"turncoat/scenarios"
)

// Find the exhibits anew, after a change of the protocol or of what decisions mean.
var update = flag.Bool("update", false, "find all exhibits anew")

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(m.Run())
}

// Every exhibit shows what its label says, on fewer searches than the command makes.
func TestEveryExhibitHolds(t *testing.T) {
	if *update {
		remake(t)
		return // the new ones are part of the program from the next build on
	}
	exhibits, err := Find(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exhibits {
		t.Run(e.Name, func(t *testing.T) {
			r, err := e.Check(Options{Jobs: 2, Searches: 1})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range r.Problems {
				t.Error(p)
			}
			if r.Decisions > 12 {
				t.Errorf("%d decisions, more than a reader takes in", r.Decisions)
			}
			if len(strings.Split(e.Story, "\n")) > 60 {
				t.Error("its story does not fit a screen")
			}
		})
	}
}

func remake(t *testing.T) {
	for _, name := range Names() {
		label, err := read(name, "exhibit.yaml")
		if err != nil {
			t.Fatal(err)
		}
		e := &Exhibit{Name: name}
		if err := yaml.Load(label, &e.Label); err != nil {
			t.Fatal(err)
		}
		if err := e.Make("exhibits", 4, 2); err != nil {
			t.Error(err)
		}
	}
}

// Every rule of the static protocol is on display.
func TestEveryRuleIsShown(t *testing.T) {
	exhibits, err := Find(nil)
	if err != nil {
		t.Fatal(err)
	}
	spec, err := scenarios.Lookup("static-calm")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range scenarios.RulesOf(spec) {
		if !slices.ContainsFunc(exhibits, func(e *Exhibit) bool { return e.Rule == rule }) {
			t.Errorf("no exhibit shows what %s is for", rule)
		}
	}
}

// A label that claims what its artifact does not show is found out.
func TestFalseLabels(t *testing.T) {
	open := func() *Exhibit {
		exhibits, err := Find([]string{"dbqs.writer-in-timestamp"})
		if err != nil {
			t.Fatal(err)
		}
		return exhibits[0]
	}
	for _, c := range []struct {
		problem string
		forge   func(*Exhibit)
	}{
		{"its artifact ends in", func(e *Exhibit) { e.Property = "dbqs.no-fabrication" }},
		{"with the rule enforced", func(e *Exhibit) { e.Artifact.Decisions = nil }},
		{"its story has changed", func(e *Exhibit) { e.Story += "and they lived happily ever after" }},
		{"the artifact lifts", func(e *Exhibit) { e.Rule = "dbqs.write-back" }},
		{"do not find it", func(e *Exhibit) { e.Verdict = "stuck" }},
		{"its run is another one", func(e *Exhibit) { e.Artifact.Digest = strings.Repeat("0", 32) }},
	} {
		e := open()
		c.forge(e)
		r, err := e.Check(Options{Jobs: 2, Searches: 1, Most: 20})
		if err != nil {
			t.Fatal(err)
		}
		if r.Holds() || !slices.ContainsFunc(r.Problems, func(p string) bool { return strings.Contains(p, c.problem) }) {
			t.Errorf("problems are %q, want one with %q", r.Problems, c.problem)
		}
	}
}

func TestUnknownExhibit(t *testing.T) {
	_, err := Find([]string{"dbqs.writeback"})
	if err == nil || !strings.Contains(err.Error(), "dbqs.write-back") {
		t.Errorf("%v, want the nearest name", err)
	}
}
