package scenarios

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"turncoat/checker"
	"turncoat/protocol/auth"
)

// A directory with one artifact of each fate, and a file that is none.
func TestReplayAll(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, a *Artifact) {
		t.Helper()
		if err := a.Write(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	fails := recording(t, "static-calm", Options{Suite: auth.Ideal, Lift: []string{"dbqs.writer-in-timestamp"}})
	write("a-fails.turncoat", fails)
	write("b-passes.yaml", recording(t, "static-calm", Options{Suite: auth.Ideal}))
	fixed := *fails
	fixed.Lift = nil
	write("c-fixed.yaml", &fixed)
	other := *fails
	other.Digest = "00000000000000000000000000000000"
	write("d-diverged.yaml", &other)
	for name, text := range map[string]string{"e-unreadable.yaml": "turncoat: 99\n", "f.txt": "hello"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	worst, err := ReplayAll(dir, func(k *Kept) {
		got = append(got, fmt.Sprintf("%s: %s", filepath.Base(k.Path), k.State))
		if k.Detail == "" && k.State != StillPasses {
			t.Errorf("%s: %s, without a word why", k.Path, k.State)
		}
	})
	want := []string{
		"a-fails.turncoat: still fails", "b-passes.yaml: still passes", "c-fixed.yaml: fixed", "d-diverged.yaml: diverged",
		"e-unreadable.yaml: unreadable", "f.txt: no artifact",
	}
	if err != nil || !slices.Equal(got, want) || worst != checker.Diverged {
		t.Errorf("%v, worst %v, %v\nwant %v", got, worst, err, want)
	}
	if worst, err := ReplayAll(t.TempDir(), func(*Kept) {}); err != nil || worst != checker.Vacuous {
		t.Errorf("an empty directory: %v, %v, want vacuous", worst, err)
	}
}
