package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// told is what a command said and how it ended.
type told struct {
	status   int
	out, err string
}

func turncoat(args ...string) told {
	var out, err bytes.Buffer
	s := run(args, &out, &err)
	return told{s, out.String(), err.String()}
}

// The counts by which people compare the checker with others.
func TestExploreCountsTheTeachingModels(t *testing.T) {
	for name, want := range map[string]string{"abd": "544 unique states", "single-copy": "93 unique states", "two-phase-commit": "288 unique states"} {
		got := turncoat("explore", name)
		if got.status != 0 || !strings.Contains(got.out, name+": pass\n") || !strings.Contains(got.out, want) {
			t.Errorf("%+v", got)
		}
	}
}

func TestExploreAsJSON(t *testing.T) {
	got := turncoat("explore", "abd", "--json", "--reduce", "all", "--jobs", "2")
	fields := []string{"model", "verdict", "property", "detail", "unique_states", "transitions", "depth", "exhaustive", "truncated_by",
		"missed_probability", "reach", "never_reached", "reduction", "wall_ns", "peak_bytes", "artifact", "reproduce"}
	if keys := keysOf(t, got.out); !slices.Equal(keys, fields) {
		t.Errorf("fields %v\nwant   %v", keys, fields)
	}
	var r exploration
	if err := json.Unmarshal([]byte(got.out), &r); err != nil {
		t.Fatal(err)
	}
	if r.UniqueStates != 364 || r.Verdict != "pass" || !r.Exhaustive || r.Reduction["por"] != 544.0/364 || r.Reduction["prune"] != 1 {
		t.Errorf("%s", got.out)
	}
	if r.Reproduce != "turncoat explore abd --reduce all" {
		t.Error(r.Reproduce)
	}
}

// What a reduction saved is not a number unless it was measured.
func TestUnmeasuredFactorsAreNull(t *testing.T) {
	for args, want := range map[string]string{
		"abd --reduce all --json": `"reduction":{"por":1.4945054945054945,"prune":1},`,
		"abd --set servers=2 --set clients=2 --reduce por --depth 3 --json": `"reduction":{"por":null,"prune":null},`,
	} {
		if got := turncoat(append([]string{"explore"}, strings.Fields(args)...)...); !strings.Contains(got.out, want) {
			t.Errorf("%s: %+v", args, got)
		}
	}
	var r exploration
	if err := json.Unmarshal([]byte(turncoat("explore", "dbqs-static", "--json").out), &r); err != nil || len(r.Reduction) != 3 || r.Reduction["por"] != 0 {
		t.Errorf("%v, %v", r.Reduction, err)
	}
}

// keysOf returns the fields of a JSON object in their order.
func keysOf(t *testing.T, text string) []string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	var keys []string
	depth, isKey := 0, false
	for dec.More() || depth > 0 {
		token, err := dec.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch d, ok := token.(json.Delim); {
		case ok && (d == '{' || d == '['):
			depth++
			isKey = depth == 1
		case ok:
			depth--
			isKey = depth == 1
		case depth == 1 && isKey:
			keys = append(keys, token.(string))
			isKey = false
		default:
			isKey = depth == 1
		}
		if depth == 0 {
			break
		}
	}
	return keys
}

func TestExploreShowsACounterexample(t *testing.T) {
	got := turncoat("explore", "single-copy", "--set", "servers=2")
	if got.status != 1 || !strings.Contains(got.out, "violation of linearizable") || !strings.Contains(got.out, "4. server 0 -> client 1: GetOk(request 6, initial value)") {
		t.Errorf("%+v", got)
	}
}

// Each verdict has its status, and what was cut short claims nothing.
func TestExploreStatuses(t *testing.T) {
	for _, c := range []struct {
		args string
		want int
		says string
	}{
		{"abd --depth 5", 4, "undecided"},
		{"abd --strategy dfs --depth 5", 4, "cut short by depth"},
		{"abd --strategy random --depth 50 --seed 3", 4, "cut short by walks"},
		{"abd --strategy pct --for 50ms", 4, "cut short by time"},
		{"two-phase-commit --set rms=5 --reduce symmetry", 0, "symmetry saved a factor of 28.1"},
		{"two-phase-commit --set rms=1 --depth 1", 4, "undecided"},
		{"dbqs-static --lift dbqs.verify-signature", 1, "The same in the simulator, as turncoat explain tells it:"},
		{"dbqs-static --lift dbqs.verify-signature", 1, "LIE: read-reply counter 1000"},
		{"abd --reduce none", 0, "every run ends"},
	} {
		got := turncoat(append([]string{"explore"}, strings.Fields(c.args)...)...)
		if got.status != c.want || !strings.Contains(got.out, c.says) {
			t.Errorf("%s: %+v", c.args, got)
		}
	}
}

func TestExploreRefuses(t *testing.T) {
	for args, says := range map[string]string{
		"abc":                               "did you mean abd?",
		"abd --set server=3":                "did you mean servers?",
		"abd --set servers=99":              "from 2 to",
		"abd --strategy bsf":                "--strategy: no strategy is called",
		"abd --reduce symetry":              "did you mean symmetry?",
		"abd --reduce symmetry":             "no two nodes of abd are alike",
		"abd --lift dbqs.write-back":        "model abd has no rules",
		"abd --jobs 0":                      "at least one worker",
		"abd --for -1s":                     "above zero",
		"abd --depth -1":                    "above zero",
		"abd --seed 4":                      "seeds are for random and pct",
		"abd --out x":                       "no counterexample of model abd can be replayed: it was written for the explorer",
		"end-epoch --out x":                 "no counterexample of model end-epoch can be replayed: its steps are votes",
		"dbqs-static --out /dev/null/x":     "cannot make the directory",
		"abd single-copy":                   "accepts at most 1 arg",
		"dbqs-static --lift dbqs.writeback": "did you mean dbqs.write-back?",
		"abd --strategy random --bogus":     "unknown flag",
	} {
		got := turncoat(append([]string{"explore"}, strings.Fields(args)...)...)
		if got.status != statusUsage || !strings.Contains(got.err, says) || got.out != "" {
			t.Errorf("%s: %+v", args, got)
		}
	}
}

// What the explorer finds, the simulator repeats.
func TestExploreWritesWhatReplayRepeats(t *testing.T) {
	file := filepath.Join(t.TempDir(), "found.turncoat")
	got := turncoat("explore", "dbqs-static", "--lift", "dbqs.write-back", "--out", file, "--json")
	var r exploration
	if err := json.Unmarshal([]byte(got.out), &r); err != nil || got.status != 1 || r.Artifact != file || r.Property != "atomic" {
		t.Fatalf("%+v, %v", got, err)
	}
	again := turncoat("replay", file)
	if again.status != 1 || !strings.Contains(again.out, "violation of dbqs.atomicity") || !strings.Contains(again.out, r.Reproduce) {
		t.Errorf("%+v", again)
	}
}

// Where nothing can be replayed, the counterexample is printed, and why there is no artifact.
func TestExploredVotesAreNotReplayed(t *testing.T) {
	got := turncoat("explore", "end-epoch", "--lift", "membership.eviction-votes")
	if got.status != 1 || !strings.Contains(got.out, "1. the service accepts in epoch 0: member 4 is gone") ||
		!strings.Contains(got.err, "turncoat: no artifact: its steps are votes and operations handed to the membership service's state machine") {
		t.Errorf("%+v", got)
	}
}

// When timers expire, and what a liar says unasked, goes into the artifact too.
func TestExploredOrderIsReplayed(t *testing.T) {
	for _, rule := range []string{"pbft.commit-phase", "pbft.prepared-certificates", "pbft.highest-view"} {
		file := filepath.Join(t.TempDir(), "found.turncoat")
		got := turncoat("explore", "pbft", "--lift", rule, "--out", file)
		if got.status != 1 || !strings.Contains(got.out, "violation of agreement") || !strings.Contains(got.out, "timer 1 of r") {
			t.Errorf("%s: %+v", rule, got)
		}
		if again := turncoat("replay", file); again.status != 1 || !strings.Contains(again.out, "violation of pbft.agreement") {
			t.Errorf("%s: %+v", rule, again)
		}
	}
}

// A search that passes writes nothing.
func TestExploreWritesNothingWhenNothingIsFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "found.turncoat")
	got := turncoat("explore", "dbqs-static", "--out", file)
	if got.status != 0 || !strings.Contains(got.out, "1772 unique states") {
		t.Errorf("%+v", got)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("%v", err)
	}
}

func TestExploreListsModels(t *testing.T) {
	got := turncoat("explore")
	if got.status != 0 || !strings.Contains(got.out, "--set servers=2") || !strings.Contains(got.out, "two-phase-commit") {
		t.Errorf("%+v", got)
	}
	got = turncoat("explore", "--json")
	var list []modelJSON
	if err := json.Unmarshal([]byte(got.out), &list); err != nil || list[0].Name != "abd" || list[0].Parameters[0].Default != 2 {
		t.Errorf("%+v, %v", got, err)
	}
}

// interrupter presses Ctrl-C when the first line is written to it.
type interrupter struct {
	once sync.Once
	t    *testing.T
}

func (i *interrupter) Write(b []byte) (int, error) {
	i.once.Do(func() {
		if err := syscall.Kill(syscall.Getpid(), syscall.SIGINT); err != nil {
			i.t.Error(err)
		}
	})
	return len(b), nil
}

// Ctrl-C ends a search that would take minutes; what was seen until then is told.
func TestExploreKeepsPartialResultsWhenInterrupted(t *testing.T) {
	var out bytes.Buffer
	s := run([]string{"explore", "abd", "--set", "servers=3", "--json"}, &out, &interrupter{t: t})
	var r exploration
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if s != statusInterrupted || r.TruncatedBy != "interrupt" || r.Verdict != "undecided" || r.UniqueStates == 0 {
		t.Errorf("status %d, %s", s, out.String())
	}
}

func TestMemoryForPeople(t *testing.T) {
	for bytes, want := range map[int64]string{17: "17 B", 1 << 10: "1.0 KiB", 3 << 19: "1.5 MiB", 8 << 30: "8.0 GiB", 5 << 50: "5120.0 TiB"} {
		if got := memory(bytes); got != want {
			t.Errorf("%d: %s, want %s", bytes, got, want)
		}
	}
}
