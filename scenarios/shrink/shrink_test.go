package shrink

import (
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
	for seed := range uint64(400) {
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
	t.Fatalf("no seed below 400 of %v breaks %s with %s lifted", names, property, rule)
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

// What is left is not only small: it is the least that there is.
func TestExactlyTheLeast(t *testing.T) {
	for _, c := range []struct {
		name, rule, property, scenario string
		want                           []string
	}{
		{
			"two writers at the same time share a timestamp",
			"dbqs.writer-in-timestamp", "dbqs.durability", "static-writers",
			[]string{"work 0 #0 = 2", "work 1 #0 = 2"},
		},
		{
			"a write that waits for two: two copies on their way are enough",
			"dbqs.write-quorum", "dbqs.durability", "static-writers",
			nil,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := shrunk(t, finding(t, c.rule, c.property, c.scenario), 2)
			if got := strings.Split(strings.TrimSpace(lines(r.Artifact)), "\n"); !slices.Equal(got, c.want) {
				t.Errorf("left %q, want %q", got, c.want)
			}
		})
	}
}
