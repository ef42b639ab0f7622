// Package readme holds the table of dependencies in README to what go.mod requires.
//
// It reads a table row that begins with a module's path as a claim with a
// reason. It leaves out whether the reason is a good one.
package readme

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"golang.org/x/mod/modfile"
)

var claim = regexp.MustCompile(`(?m)^\| ([a-z0-9.-]+\.[a-z]+/\S+) \| \S.*\|$`)

// unexplained returns the modules that mod requires directly and readme gives no reason for.
func unexplained(mod *modfile.File, readme string) []string {
	var claimed, missing []string
	for _, m := range claim.FindAllStringSubmatch(readme, -1) {
		claimed = append(claimed, m[1])
	}
	for _, r := range mod.Require {
		if !r.Indirect && !slices.Contains(claimed, r.Mod.Path) {
			missing = append(missing, r.Mod.Path)
		}
	}
	return missing
}

func TestEveryDependencyHasAReason(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range unexplained(parse(t, string(text)), string(readme)) {
		t.Errorf("go.mod requires %s; README's table of dependencies does not say why", path)
	}
}

func TestOffender(t *testing.T) {
	mod := parse(t, "module turncoat\n\nrequire (\n\texample.com/known v1.0.0\n\texample.com/bare v1.0.0\n"+
		"\texample.com/new v1.0.0\n\texample.com/dragged v1.0.0 // indirect\n)\n")
	readme := "| example.com/known | counts beans |\n| example.com/bare |  |\nexample.com/new is mentioned here\n"
	want := []string{"example.com/bare", "example.com/new"}
	if got := unexplained(mod, readme); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func parse(t *testing.T, text string) *modfile.File {
	t.Helper()
	mod, err := modfile.Parse("go.mod", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return mod
}
