package scenarios

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol/auth"
	"turncoat/sim"
)

// recording returns the artifact of a run that met much.
func recording(t testing.TB, name string, o Options) *Artifact {
	t.Helper()
	s := lookup(t, name)
	if err := Apply(s, o.Sets); err != nil {
		t.Fatal(err)
	}
	rep, err := Run(s, o)
	if err != nil {
		t.Fatal(err)
	}
	a, err := NewArtifact(s, o, rep)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestArtifactsRepeat(t *testing.T) {
	endings := []string{".turncoat", ".yaml"}
	for i, s := range sample() {
		path := filepath.Join(t.TempDir(), "deep", "a"+endings[i%2])
		repeats(t, recording(t, s.Name, Options{Seed: 3, Suite: auth.Ideal}), path)
	}
	for _, name := range []string{"static-zoo", "pbft-calm"} {
		repeats(t, recording(t, name, Options{Seed: 3, Suite: auth.Real}), filepath.Join(t.TempDir(), "real.turncoat"))
	}
}

// repeats holds that an artifact is read as it was written, and replays.
func repeats(t *testing.T, a *Artifact, path string) {
	t.Helper()
	if err := a.Write(path); err != nil {
		t.Fatal(err)
	}
	b, err := ReadArtifact(path)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(a.History, b.History) || !slices.Equal(a.Last, b.Last) || !reflect.DeepEqual(a.Decisions, b.Decisions) {
		t.Errorf("what was written to %s is not what is read", path)
	}
	rep, err := b.Replay(nil)
	if err != nil || rep.Digest != a.Digest || rep.Verdict != a.Verdict {
		t.Errorf("%s under %s: %v, %v", a.Scenario.Name, a.Suite, rep, err)
	}
}

func TestArtifactOfALiftedRule(t *testing.T) {
	a := recording(t, "static-twins", Options{Seed: 109, Suite: auth.Ideal, Lift: []string{"dbqs.write-back"}})
	if a.Verdict != "violation" || a.Reproduce != "turncoat run static-twins --seed 109 --lift dbqs.write-back" {
		t.Errorf("%s, %s", a.Verdict, a.Reproduce)
	}
	if rep, err := a.Replay(nil); err != nil || rep.Property != a.Property || rep.Detail != a.Detail {
		t.Errorf("%s, %v", rep.Property, err)
	}
}

// TestEditedDecision holds that a changed decision is followed, and that the replay
// says that it differs.
func TestEditedDecision(t *testing.T) {
	a := recording(t, "static-lossy", Options{Seed: 1, Suite: auth.Ideal})
	i := 0
	for a.Decisions[i].Choice != sim.Delay {
		i++
	}
	a.Decisions[i].Value += 1000
	rep, err := a.Replay(nil)
	var diverged *Divergence
	if !errors.As(err, &diverged) || rep == nil || diverged.Want != a.Digest || diverged.Got != rep.Digest {
		t.Fatalf("%v, %v", rep, err)
	}
	if !strings.HasPrefix(err.Error(), "the run did not repeat: digest ") {
		t.Error(err)
	}
}

// TestWildDecisions holds that no list of decisions does harm: a value that makes
// no sense is brought to one that does, or changes nothing.
func TestWildDecisions(t *testing.T) {
	a := recording(t, "static-swarm", Options{Seed: 1, Suite: auth.Ideal})
	rapid.Check(t, func(t *rapid.T) {
		b := *a
		b.Decisions = append([]Entry(nil), a.Decisions...)
		for range rapid.IntRange(1, 20).Draw(t, "edits") {
			i := rapid.IntRange(0, len(b.Decisions)-1).Draw(t, "which")
			b.Decisions[i].Value = rapid.OneOf(rapid.Int64(), rapid.Int64Range(-10, 10)).Draw(t, "value")
		}
		rep, err := b.Replay(nil)
		var diverged *Divergence
		if err != nil && !errors.As(err, &diverged) || rep.Property == "assertion" || rep.Property == "dbqs.atomicity" {
			t.Fatalf("%+v, %v", rep.Run, err)
		}
	})
}

func TestBadArtifacts(t *testing.T) {
	a := recording(t, "static-calm", Options{Seed: 1, Suite: auth.Ideal})
	dir := t.TempDir()
	read := func(name string) []byte {
		path := filepath.Join(dir, name)
		if err := a.Write(path); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	packed, text := read("a.turncoat"), string(read("a.yaml"))
	edit := func(old, new string) []byte {
		t.Helper()
		if !strings.Contains(text, old) {
			t.Fatalf("there is no %q in\n%.2000s", old, text)
		}
		return []byte(strings.Replace(text, old, new, 1))
	}
	for _, c := range []struct {
		what string
		b    []byte
		want string
	}{
		{"empty", nil, "a: empty: an artifact is wanted"},
		{"cut short", packed[:len(packed)/2], "a: the artifact is damaged or cut short: "},
		{"a picture", []byte("\x89PNG\r\n"), "a: not an artifact: it is neither compressed by zstd nor text"},
		{"no YAML", []byte("a: b: c"), "a:1: not YAML: "},
		{"a scenario", []byte("name: mine\n"), `a:1: there is no field "name"`},
		{"another form", edit("turncoat: 1", "turncoat: 9"), "a:1: turncoat: form 9 of artifacts is not known here (this program writes 1)"},
		{"an unknown field", edit("seed: 1", "seeed: 1"), `a:3: there is no field "seeed": did you mean "seed"?`},
		{"no seed", edit("seed: 1", "seed: x"), `a:3: seed: "x" is not a whole number from 0`},
		{"another suite", edit("suite: ideal", "suite: idle"), `a:4: suite: "idle" is neither "ideal" nor "real"`},
		{"an unknown rule", edit("lift: []", "lift: [dbqs.writeback]"), `a:5: lift: there is no rule "dbqs.writeback": did you mean "dbqs.write-back"?`},
		{"no digest", edit("digest: ", "digest: x"), "a:9: digest: "},
		{"a bad scenario", edit("protocol: dbqs", "protocol: dqbs"), `scenario.system.protocol: there is no "dqbs": did you mean "dbqs"?`},
		{"a bad decision", edit("delay ", "dellay "), `"dellay" is not a kind of decision (lie, fault, loss, duplicate, corrupt, delay, work, size)`},
	} {
		b, err := DecodeArtifact("a", c.b)
		if err == nil || b != nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s\n got %v\nwant %s", c.what, err, c.want)
		}
	}
	for i := 0; i < len(packed); i += 3 {
		bent := bytes.Clone(packed)
		bent[i] ^= 1 << (i % 8)
		if b, err := DecodeArtifact("a", bent); err == nil && !reflect.DeepEqual(a.Decisions, b.Decisions) {
			t.Fatalf("a flipped bit of byte %d goes unseen", i)
		}
	}
	if _, err := ReadArtifact(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestDecisionsInWords holds that a decision is read as it was written.
func TestDecisionsInWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := Entry{sim.Decision{Key: sim.Key{
			Choice: sim.Choice(rapid.IntRange(int(sim.Lie), int(sim.Size)).Draw(t, "choice")),
			Actor:  rapid.Int32().Draw(t, "actor"), Peer: rapid.Int32Range(-1, 1<<30).Draw(t, "peer"), Index: rapid.Uint32().Draw(t, "index"),
			Label: rapid.SampledFrom([]string{"", "think", "faults.0.0.server", "equivocate.read-reply"}).Draw(t, "label"),
		}, Value: rapid.Int64().Draw(t, "value")}}
		text, err := e.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var again Entry
		if err := again.UnmarshalText(text); err != nil || again != e {
			t.Fatalf("%s is read as %v, %v", text, again, err)
		}
	})
	for _, text := range []string{"", "delay", "delay 0->3 #17", "delay 0->3 17 = 5", "delay x #1 = 5", "delay 0->y #1 = 5", "delay 0 #1 = z", "delay 0 a b #1 = 5", "delay 0 #-1 = 5"} {
		var e Entry
		if err := e.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is read as %v", text, e)
		}
	}
}

func FuzzDecodeArtifact(f *testing.F) {
	a := recording(f, "static-content", Options{Seed: 1, Suite: auth.Ideal, Sets: []string{"clients=1", "operations=1"}})
	a.Last = nil
	for _, name := range []string{"a.turncoat", "a.yaml"} {
		path := filepath.Join(f.TempDir(), name)
		if err := a.Write(path); err != nil {
			f.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := DecodeArtifact("a", b)
		if err == nil && a == nil || err != nil && err.Error() == "" {
			t.Fatalf("%v, %v", a, err)
		}
	})
}
