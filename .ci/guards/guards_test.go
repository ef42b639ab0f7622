// Package guards proves that each guard of `make lint` bites.
//
// It lays a small tree with this project's own Makefile, lint configuration and
// lint module, plants one offender, and runs the guard as anyone would. A guard
// that is misspelt in the Makefile, or that no longer looks at the files it
// should, fails here and not in a review.
package guards

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The clean tree: the smallest that every guard passes.
var clean = map[string]string{
	"go.mod":               "module turncoat\n\ngo 1.26.0\n",
	"results/results.go":   "// Package results is small.\npackage results\n",
	"protocol/protocol.go": "// Package protocol is small.\npackage protocol\n",
	"sim/sim.go":           "// Package sim is small.\npackage sim\n\nimport _ \"turncoat/protocol\" // the contract\n",
}

// commands are the guards. The arrows are run without the lint module's other
// tests, of which this is one.
var commands = map[string][]string{
	"gofmt":       {"make", "gofmt"},
	"vet":         {"make", "vet"},
	"staticcheck": {"make", "staticcheck"},
	"determinism": {"make", "determinism"},
	"arrows":      {"go", "-C", ".ci", "test", "-count=1", "-run", "TestTheHouse", "./arrows"},
}

func TestEachGuardRejectsItsOffender(t *testing.T) {
	dir := tree(t)
	for name := range commands {
		if out, err := guard(dir, name); err != nil {
			t.Fatalf("%s fails on the clean tree: %v\n%s", name, err, out)
		}
	}
	for _, c := range []struct{ guard, file, source, complaint string }{
		{
			"gofmt", "sim/form.go",
			"package sim\n\nvar  Loose = 1\n",
			"sim/form.go",
		},
		{
			"vet", "sim/print.go",
			"package sim\n\nimport \"fmt\"\n\nfunc Print() { fmt.Printf(\"%d\\n\", \"one\") }\n",
			"wrong type string",
		},
		{
			"staticcheck", "sim/unused.go",
			"package sim\n\nfunc unused() {}\n",
			"func unused is unused (U1000)",
		},
		{
			"determinism", "sim/clock.go",
			"package sim\n\nimport \"time\"\n\n// Now is the wall's.\nfunc Now() time.Time { return time.Now() }\n",
			"time.Now is not a function of the seed",
		},
		{
			"arrows", "protocol/up.go",
			"package protocol\n\nimport _ \"turncoat/results\"\n",
			"turncoat/protocol imports turncoat/results: no arrow is drawn that way",
		},
	} {
		t.Run(c.guard, func(t *testing.T) {
			path := filepath.Join(dir, c.file)
			write(t, path, c.source)
			defer os.Remove(path)
			out, err := guard(dir, c.guard)
			if err == nil || !strings.Contains(out, c.complaint) {
				t.Errorf("want a failure that says %q, got %v\n%s", c.complaint, err, out)
			}
		})
	}
}

// `make lint` must run every guard, and `make test` must run `make lint`.
func TestTestRunsEveryGuard(t *testing.T) {
	plan := exec.Command("make", "--dry-run", "test")
	plan.Dir = filepath.Join("..", "..")
	plan.Env = environment()
	out, err := plan.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, part := range []string{"gofmt -l .", "go vet ./...", "staticcheck ./...", "-vettool=", "go -C .ci test", "go test ./..."} {
		if !strings.Contains(string(out), part) {
			t.Errorf("make test does not run %q:\n%s", part, out)
		}
	}
}

func guard(dir, name string) (string, error) {
	c := exec.Command(commands[name][0], commands[name][1:]...)
	c.Dir = dir
	c.Env = environment()
	out, err := c.CombinedOutput()
	return string(out), err
}

// environment is this process's, without what an outer make would tell an inner one.
func environment() []string {
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MAKE") && !strings.HasPrefix(v, "MFLAGS=") {
			env = append(env, v)
		}
	}
	return env
}

// tree lays the clean tree, with the project's own guards, in a fresh directory.
func tree(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for path, source := range clean {
		write(t, filepath.Join(dir, path), source)
	}
	root := filepath.Join("..", "..")
	for _, name := range []string{"Makefile", "staticcheck.conf"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(text))
	}
	if err := os.CopyFS(filepath.Join(dir, ".ci"), os.DirFS(filepath.Join(root, ".ci"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
