package museum

import (
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"turncoat/scenarios"
)

// After a change of the protocol or of what decisions mean, find the exhibits anew;
// after a change of scenarios or of the shrinker, take their figures too.
var (
	update  = flag.Bool("update", false, "find the exhibits anew, and rewrite the catalogue")
	figures = flag.Bool("figures", false, "take their figures anew")
	only    = flag.String("only", ".", "of those whose names match this `expression`")
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(m.Run())
}

// Every exhibit shows what its label says.
func TestEveryExhibitHolds(t *testing.T) {
	if *update || *figures {
		remake(t)
		return // the new ones are part of the program from the next build on
	}
	exhibits, err := Find(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range exhibits {
		t.Run(e.Name, func(t *testing.T) {
			r, err := e.Check(Options{Jobs: 2})
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range r.Problems {
				t.Error(p)
			}
		})
	}
}

// remake makes exhibits anew.
func remake(t *testing.T) {
	for _, name := range Names() {
		if !regexp.MustCompile(*only).MatchString(name) {
			continue
		}
		e, err := label(name)
		if err == nil && *update {
			err = e.Make("exhibits", 4, 2)
		}
		if err == nil && *figures {
			err = e.Record("exhibits", 2)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// The catalogue says what is on display.
func TestCatalogue(t *testing.T) {
	exhibits, err := Find(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Catalogue(exhibits)
	if *update || *figures {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Error(err)
		}
		return
	}
	if got, err := os.ReadFile("README.md"); err != nil || string(got) != want {
		t.Errorf("README.md is not the catalogue (%v): go test ./scenarios/museum -run Catalogue -update", err)
	}
}

// Every rule that can be lifted is on display.
func TestEveryRuleIsShown(t *testing.T) {
	exhibits, err := Find(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range scenarios.Rules() {
		if !slices.ContainsFunc(exhibits, func(e *Exhibit) bool { return e.Hall == RuleHall && e.Rule == rule.Name }) {
			t.Errorf("no exhibit shows what %s is for", rule.Name)
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
		{"in the control", func(e *Exhibit) { e.Artifact.Decisions = nil }},
		{"its story has changed", func(e *Exhibit) { e.Story += "and they lived happily ever after" }},
		{"the artifact lifts", func(e *Exhibit) { e.Rule = "dbqs.write-back" }},
		{"do not find it", func(e *Exhibit) { e.Verdict = "stuck" }},
		{"its run is another one", func(e *Exhibit) { e.Artifact.Digest = strings.Repeat("0", 32) }},
	} {
		e := open()
		c.forge(e)
		r, err := e.Check(Options{Jobs: 2})
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
