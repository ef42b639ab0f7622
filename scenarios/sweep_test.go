package scenarios

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"turncoat/checker"
	"turncoat/protocol/auth"
	"turncoat/results"
)

// some are scenarios that differ much from each other.
func some(t *testing.T) []*Spec {
	t.Helper()
	return []*Spec{lookup(t, "static-calm"), lookup(t, "static-twins"), lookup(t, "static-content")}
}

func sweepOf(t *testing.T, to uint64) SweepOptions {
	return SweepOptions{Options: Options{Suite: auth.Ideal}, To: to, Jobs: 1, KeepGoing: true, Out: t.TempDir()}
}

// passes sweeps and holds that nothing was found.
func passes(t *testing.T, specs []*Spec, o SweepOptions) *results.Sweep {
	t.Helper()
	out, v, err := Sweep(specs, o)
	if err != nil || v != checker.Pass {
		t.Fatalf("%v, %v: %+v %q", v, err, out.Findings, out.NeverReached)
	}
	return out
}

func TestSweepDigestDependsOnTheRunsAlone(t *testing.T) {
	want := passes(t, some(t), sweepOf(t, 12))
	if want.Runs != 36 || want.Partial || want.Bound == 0 {
		t.Errorf("the sweep says %+v", want)
	}
	o := sweepOf(t, 12)
	o.Jobs = 2
	if got := passes(t, some(t), o); got.Digest != want.Digest {
		t.Errorf("two jobs give %s, one %s", got.Digest, want.Digest)
	}
	o.Jobs = 5
	backwards := some(t)
	slices.Reverse(backwards)
	if got := passes(t, backwards, o); got.Digest != want.Digest {
		t.Errorf("the scenarios in another order give %s, not %s", got.Digest, want.Digest)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if got := passes(t, some(t), o); got.Digest != want.Digest {
		t.Errorf("one processor gives %s, many %s", got.Digest, want.Digest)
	}
	if got := passes(t, some(t), sweepOf(t, 13)); got.Digest == want.Digest {
		t.Error("a seed more makes no difference")
	}
}

// recorded sweeps with a record in dir.
func recorded(t *testing.T, specs []*Spec, o SweepOptions, dir string, resume bool) *results.Sweep {
	t.Helper()
	record, err := OpenRecord(dir, specs, &o, resume)
	if err != nil {
		t.Fatal(err)
	}
	defer record.Close()
	o.Known, o.Record, o.Out = record.Known, record.Add, dir
	return passes(t, specs, o)
}

func TestShardsAddUp(t *testing.T) {
	want := passes(t, some(t), sweepOf(t, 10))
	dir := t.TempDir()
	total := uint64(0)
	for i := range 3 {
		o := sweepOf(t, 10)
		o.Shard, o.Of = i+1, 3
		total += recorded(t, some(t), o, dir, false).Runs
	}
	got := recorded(t, some(t), sweepOf(t, 10), dir, true)
	if total != want.Runs || got.Runs != want.Runs || got.Digest != want.Digest || got.RunsPerSecond != 0 {
		t.Errorf("shards of %d runs add up to %d runs, digest %s; want %d, %s", total, got.Runs, got.Digest, want.Runs, want.Digest)
	}
}

func TestResumeAfterAnInterruption(t *testing.T) {
	want := passes(t, some(t), sweepOf(t, 10))
	dir := t.TempDir()
	record, err := OpenRecord(dir, some(t), &SweepOptions{Options: Options{Suite: auth.Ideal}}, false)
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var done atomic.Int32
	o := sweepOf(t, 10)
	o.Stop = stop
	o.Record = func(r *results.Run) error {
		if done.Add(1) == 7 {
			close(stop)
		}
		return record.Add(r)
	}
	cut, _, err := Sweep(some(t), o)
	if err != nil || !cut.Partial || cut.Runs < 7 || cut.Runs >= want.Runs {
		t.Fatalf("cut short, the sweep says %+v, %v", cut, err)
	}
	if err := record.Close(); err != nil {
		t.Fatal(err)
	}
	tear(t, filepath.Join(dir, "runs.jsonl")) // as a crash may leave it
	if got := recorded(t, some(t), sweepOf(t, 10), dir, true); got.Digest != want.Digest || got.Partial {
		t.Errorf("resumed, the digest is %s, not %s", got.Digest, want.Digest)
	}
	if got := recorded(t, some(t), sweepOf(t, 9), dir, true); got.Runs != 27 || got.RunsPerSecond != 0 {
		t.Errorf("of a shorter range %d runs are known, and some were done again", got.Runs)
	}
}

// tear cuts the last bytes off a file.
func tear(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()-10)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecordsOfOtherSweepsAreNotMixed(t *testing.T) {
	dir := t.TempDir()
	recorded(t, some(t), sweepOf(t, 9), dir, false)
	other := sweepOf(t, 2)
	other.Lift = []string{"dbqs.write-back"}
	if _, err := OpenRecord(dir, some(t), &other, true); err == nil || !strings.Contains(err.Error(), "was written by another sweep") {
		t.Error(err)
	}
	changed := some(t)
	if err := Apply(changed[0], []string{"clients=2"}); err != nil {
		t.Fatal(err)
	}
	o := sweepOf(t, 2)
	if _, err := OpenRecord(dir, changed, &o, true); err == nil {
		t.Error("a record of other clients is taken for ours")
	}
	path := filepath.Join(dir, "runs.jsonl")
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.WriteFile(path, append(text, "{\"seed\": \"x\"}\n"...), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenRecord(dir, some(t), &o, true); err == nil || !strings.Contains(err.Error(), "runs.jsonl:29: not a run") {
		t.Error(err)
	}
}

// decode returns a scenario of a test.
func decode(t *testing.T, text string) *Spec {
	t.Helper()
	s, err := Decode("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFloodEndsAsInvalid(t *testing.T) {
	s := decode(t, minimal+"adversary: {liars: 1, strategies: [flood]}\nlimits: {instant: 1000}\n")
	o := sweepOf(t, 2)
	o.Out = t.TempDir()
	out, v, err := Sweep([]*Spec{s, lookup(t, "static-calm")}, o)
	if err != nil || v != checker.Invalid || out.Runs != 4 || len(out.Findings) != 2 {
		t.Fatalf("%v, %v: %+v", v, err, out)
	}
	f := out.Findings[0]
	if f.Property != "time-advances" || !strings.HasPrefix(f.Detail, "1000 events at ") || f.Artifact == "" {
		t.Errorf("the finding says %+v", f)
	}
}

func TestWhatIsNeverReachedIsVacuous(t *testing.T) {
	s := decode(t, minimal+"reach: [dbqs.refused]\n")
	out, v, err := Sweep([]*Spec{s}, sweepOf(t, 3))
	if err != nil || v != checker.Vacuous || len(out.NeverReached) != 1 || out.NeverReached[0] != "mine: dbqs.refused" {
		t.Errorf("%v, %v, never reached %q", v, err, out.NeverReached)
	}
	idle := decode(t, minimal+"workload: {operations: 0}\n")
	out, v, err = Sweep([]*Spec{idle}, sweepOf(t, 1))
	if err != nil || v != checker.Vacuous || len(out.Findings) != 1 {
		t.Errorf("clients without operations: %v, %v, %+v", v, err, out.Findings)
	}
	if out, v, err = Sweep([]*Spec{s}, sweepOf(t, 0)); err != nil || v != checker.Vacuous || out.Bound != 1 {
		t.Errorf("no runs at all: %v, %v, bound %v", v, err, out.Bound)
	}
}

func TestFirstFindingEndsTheSweep(t *testing.T) {
	s := lookup(t, "static-writers")
	o := sweepOf(t, 50)
	o.Lift, o.Out, o.KeepGoing = []string{"dbqs.writer-in-timestamp"}, t.TempDir(), false
	out, v, err := Sweep([]*Spec{s}, o)
	if err != nil || v != checker.Violation || len(out.Findings) != 1 || !out.Partial {
		t.Errorf("%v, %v after %d runs with %d findings", v, err, out.Runs, len(out.Findings))
	}
	o.KeepGoing, o.To = true, 10
	if out, v, err = Sweep([]*Spec{s}, o); err != nil || v != checker.Violation || out.Runs != 10 || out.Partial || len(out.Findings) < 2 {
		t.Errorf("kept going: %v, %v after %d runs with %d findings", v, err, out.Runs, len(out.Findings))
	}
	if !slices.IsSortedFunc(out.Findings, func(a, b results.Finding) int { return int(a.Seed) - int(b.Seed) }) {
		t.Error("findings are not in order")
	}
}

// TestFindingWithoutArtifact holds that a finding is not lost when there is no
// place for its artifact.
func TestFindingWithoutArtifact(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	o := sweepOf(t, 50)
	o.Lift, o.Out, o.KeepGoing = []string{"dbqs.writer-in-timestamp"}, file, false
	out, v, err := Sweep([]*Spec{lookup(t, "static-writers")}, o)
	if err != nil || v != checker.Violation || !strings.Contains(out.Findings[0].Detail, "its artifact could not be written") {
		t.Errorf("%v, %v, %+v", v, err, out.Findings)
	}
}

// What is rare is due only after the runs that its entry names; what is not is due in
// any sweep.
func TestReachIsDueAfterItsRuns(t *testing.T) {
	for reach, want := range map[string]checker.Verdict{
		"[dbqs.recovered]":         checker.Vacuous,
		"[dbqs.recovered after 4]": checker.Vacuous,
		"[dbqs.recovered after 5]": checker.Pass,
	} {
		s, err := Decode("x.yaml", []byte("name: x\nclients: 1\nreach: "+reach+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, v, err := Sweep([]*Spec{s}, SweepOptions{Options: Options{Suite: auth.Ideal}, To: 4, Jobs: 1, Out: t.TempDir()})
		if err != nil || v != want {
			t.Errorf("reach %s: %v, %v, want %v", reach, v, err, want)
		}
	}
	if _, err := Decode("x.yaml", []byte("name: x\nreach: [dbqs.recovered after all]\n")); err == nil {
		t.Error("an entry that names no number was accepted")
	}
}
