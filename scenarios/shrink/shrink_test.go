package shrink

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"turncoat/checker"
	"turncoat/protocol/auth"
	"turncoat/scenarios"
)

// finding sweeps scenarios with a rule lifted until a run fails with property, and
// returns its artifact.
func finding(t *testing.T, rule, property string, names ...string) *scenarios.Artifact {
	t.Helper()
	specs, err := scenarios.Find(names)
	if err != nil {
		t.Fatal(err)
	}
	return findingOf(t, rule, property, 0, specs...)
}

// findingOf is finding among the given scenarios, from a seed on.
func findingOf(t *testing.T, rule, property string, from uint64, specs ...*scenarios.Spec) *scenarios.Artifact {
	t.Helper()
	for seed := from; seed < from+400; seed++ {
		for _, spec := range specs {
			o := scenarios.Options{Seed: seed, Suite: auth.Ideal, Lift: []string{rule}}
			rep, err := scenarios.Run(spec, o)
			if err != nil {
				t.Fatal(err)
			}
			if rep.Outcome != checker.Violation || rep.Property != property {
				continue
			}
			a, err := scenarios.NewArtifact(spec, o, rep)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
	}
	t.Fatalf("no seed of %s and others breaks %s with %s lifted", specs[0].Name, property, rule)
	return nil
}

func shrunk(t *testing.T, a *scenarios.Artifact, jobs int) *Result {
	t.Helper()
	r, err := Shrink(a, Options{Jobs: jobs})
	if err != nil {
		t.Fatal(err)
	}
	if r.Partial {
		t.Fatal("cut short without a limit")
	}
	return r
}

func lines(a *scenarios.Artifact) string {
	var b strings.Builder
	for _, e := range a.Decisions {
		text, _ := e.MarshalText() // never fails
		fmt.Fprintf(&b, "%s\n", text)
	}
	return b.String()
}

// The seven rules of the static protocol: what their absence breaks fits on a hand
// or two, replays, and does not depend on how many run at a time.
func TestEveryRuleShrinks(t *testing.T) {
	for _, c := range []struct {
		rule, property string
		scenario       string
		most           int // decisions; a smaller result is welcome
	}{
		{"dbqs.write-back", "dbqs.atomicity", "static-chaos", 12},
		{"dbqs.read-quorum", "dbqs.atomicity", "static-equivocator", 10},
		{"dbqs.write-quorum", "dbqs.durability", "static-equivocator", 5},
		{"dbqs.distinct-senders", "dbqs.durability", "static-twins", 8},
		{"dbqs.reply-nonce", "dbqs.durability", "static-twins", 12},
		{"dbqs.verify-signature", "dbqs.no-fabrication", "static-equivocator", 8},
		{"dbqs.writer-in-timestamp", "dbqs.durability", "static-calm", 5},
	} {
		t.Run(c.rule, func(t *testing.T) {
			a := finding(t, c.rule, c.property, c.scenario)
			r := shrunk(t, a, 1)
			if r.After.Total() > c.most {
				t.Errorf("%v left:\n%s", r.After, lines(r.Artifact))
			}
			if two := shrunk(t, a, 2); two.Artifact.Digest != r.Artifact.Digest || two.Runs != r.Runs || lines(two.Artifact) != lines(r.Artifact) {
				t.Errorf("one at a time, in %d runs:\n%s\ntwo at a time, in %d:\n%s", r.Runs, lines(r.Artifact), two.Runs, lines(two.Artifact))
			}
			path := filepath.Join(t.TempDir(), "small.yaml")
			if err := r.Artifact.Write(path); err != nil {
				t.Fatal(err)
			}
			back, err := scenarios.ReadArtifact(path)
			if err != nil {
				t.Fatal(err)
			}
			rep, err := back.Replay(nil)
			if err != nil || rep.Verdict != a.Verdict || rep.Property != a.Property {
				t.Errorf("the small artifact replays as %s of %s (%v), want %s of %s", rep.Verdict, rep.Property, err, a.Verdict, a.Property)
			}
			if again := shrunk(t, back, 1); lines(again.Artifact) != lines(back) || again.Artifact.Digest != back.Digest {
				t.Errorf("what was small became:\n%s\nfrom:\n%s", lines(again.Artifact), lines(back))
			}
			back.Lift = nil
			if rep, err = back.Replay(nil); rep == nil || rep.Outcome != checker.Pass {
				t.Errorf("with the rule enforced the same decisions give %v (%v), want pass", rep, err)
			}
		})
	}
}

// What is left is not only small: nothing less breaks the property.
func TestExactlyTheLeast(t *testing.T) {
	for _, c := range []struct {
		name, rule, property string
		text                 string // scenario
		want                 []string
	}{
		{
			"two writers at the same time share a timestamp",
			"dbqs.writer-in-timestamp", "dbqs.durability",
			"{name: toy, clients: 4}",
			[]string{"work 0 #0 = 2", "work 1 #0 = 2"},
		},
		{
			"a write returns after two replies, and one of them is the liar's",
			"dbqs.write-quorum", "dbqs.durability",
			"{name: toy, adversary: {liars: 1, strategies: [stale]}}",
			[]string{"work 0 #0 = 2", "delay 4->1 op0 #1 = 5000000", "delay 4->2 op0 #1 = 5000000"},
		},
		{
			"a read believes a liar",
			"dbqs.verify-signature", "dbqs.no-fabrication",
			"{name: toy, adversary: {liars: 1, strategies: [fabricate]}}",
			[]string{"work 0 #0 = 1", "lie 0->4 fabricate.read-reply op0 #0 = 1", "lie 0->4 fabricate.lie op0 #0 = 1"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec, err := scenarios.Decode("toy.yaml", []byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			for seed := range uint64(2) {
				r := shrunk(t, findingOf(t, c.rule, c.property, seed, spec), 2)
				if got := strings.Split(strings.TrimSpace(lines(r.Artifact)), "\n"); !slices.Equal(got, c.want) {
					t.Errorf("left %q, want %q", got, c.want)
				}
			}
		})
	}
}

func TestNothingToShrink(t *testing.T) {
	a := finding(t, "dbqs.writer-in-timestamp", "dbqs.durability", "static-calm")
	a.Lift = nil
	_, err := Shrink(a, Options{})
	var lost *Lost
	if !errors.As(err, &lost) || lost.Got != "pass" {
		t.Errorf("a run that passes gives %v, want a *Lost", err)
	}
}

// What is cut short is kept, and goes on where it was.
func TestCutShort(t *testing.T) {
	a := finding(t, "dbqs.read-quorum", "dbqs.atomicity", "static-equivocator")
	stop := make(chan struct{})
	r, err := Shrink(a, Options{Stop: stop, Progress: func(p Progress) {
		if p.Runs == 20 {
			close(stop)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Partial || r.Runs != 20 || r.After.Compare(r.Before) >= 0 {
		t.Errorf("after 20 runs: partial %v, %d runs, %v of %v", r.Partial, r.Runs, r.After, r.Before)
	}
	if rest := shrunk(t, r.Artifact, 2); rest.After.Total() > 12 {
		t.Errorf("going on left %v", rest.After)
	}
}
