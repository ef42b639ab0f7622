package arrows

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// The arrows of this very tree.
func TestTheHouse(t *testing.T) {
	list := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", "./...")
	list.Dir = "../.."
	var diagnosis strings.Builder
	list.Stderr = &diagnosis
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, diagnosis.String())
	}
	var packages []Package
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p Package
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	if len(packages) == 0 {
		t.Fatal("go list found no package to check")
	}
	for _, offence := range Offences(packages) {
		t.Error(offence)
	}
}

const none = "no arrow is drawn that way"

// Each arrow that is not drawn, broken once.
func TestOffenders(t *testing.T) {
	for _, c := range []struct{ from, to, why string }{
		{"turncoat/results", "turncoat/protocol", none},
		{"turncoat/results", "turncoat/sim", none},
		{"turncoat/results", "turncoat/scenarios", none},
		{"turncoat/results", "turncoat/cmd/turncoat", none},
		{"turncoat/scenarios", "turncoat/cmd/turncoat", none},
		{"turncoat/checker", "turncoat/scenarios", none},
		{"turncoat/checker", "turncoat/sim", none},
		{"turncoat/checker", "turncoat/results", none},
		{"turncoat/checker", "turncoat/adversary", none},
		{"turncoat/checker", "turncoat/checker/explore", none},
		{"turncoat/checker/explore", "turncoat/sim", none},
		{"turncoat/adversary", "turncoat/sim", none},
		{"turncoat/adversary", "turncoat/checker", none},
		{"turncoat/adversary", "turncoat/scenarios", none},
		{"turncoat/sim", "turncoat/protocol/auth", none},
		{"turncoat/sim", "turncoat/protocol/dbqs", none},
		{"turncoat/sim", "turncoat/adversary", none},
		{"turncoat/sim", "turncoat/checker", none},
		{"turncoat/sim", "turncoat/results", none},
		{"turncoat/protocol", "turncoat/protocol/auth", none},
		{"turncoat/protocol", "turncoat/sim", none},
		{"turncoat/protocol/auth", "turncoat/protocol/pbft", none},
		{"turncoat/protocol/ring", "turncoat/protocol/membership", none},
		{"turncoat/protocol/pbft", "turncoat/protocol/membership", none},
		{"turncoat/protocol/pbft", "turncoat/protocol/membership/view", none},
		{"turncoat/protocol/pbft", "turncoat/sim", none},
		{"turncoat/protocol/bftbc", "turncoat/protocol/dbqs", none},
		{"turncoat/protocol/membership", "turncoat/protocol/dbqs", none},
		{"turncoat/protocol/membership/view", "turncoat/protocol/membership", none},
		{"turncoat/protocol/membership/view", "turncoat/protocol/pbft", none},
		{"turncoat/protocol/dbqs", "turncoat/protocol/membership", none},
		{"turncoat/protocol/dbqs", "turncoat/protocol/pbft", none},
		{"turncoat/protocol/dbqs", "turncoat/protocol/dbft", none},
		{"turncoat/protocol/dbft", "turncoat/protocol/dbqs", none},
		{"turncoat/protocol/dbft", "turncoat/protocol/membership", none},
		{"turncoat/protocol/dbqs", "turncoat/adversary", none},
		{"turncoat/cmd/turncoat", "pgregory.net/rapid", "that library is for tests alone"},
		{"turncoat/sim", "github.com/rogpeppe/go-internal/testscript", "that library is for tests alone"},
		{"turncoat/cmd/turncoat", "turncoat/sim/simtest", "test support is for tests alone"},
		{"turncoat/sim/simtest", "turncoat/cmd/turncoat", "nothing stands on the commands"},
	} {
		want := c.from + " imports " + c.to + ": " + c.why
		expect(t, Package{ImportPath: c.from, Imports: []string{c.to}}, want)
	}
	expect(t, Package{ImportPath: "turncoat/util"},
		"turncoat/util: no such room: the packages are under cmd, results, scenarios, checker, adversary, sim and protocol")
	expect(t, Package{ImportPath: "turncoat/results", TestImports: []string{"turncoat/sim"}},
		"turncoat/results (test) imports turncoat/sim: results knows nothing of ours, its tests included")
	expect(t, Package{ImportPath: "turncoat/sim", XTestImports: []string{"turncoat/cmd/turncoat"}},
		"turncoat/sim (test) imports turncoat/cmd/turncoat: nothing stands on the commands")
}

func expect(t *testing.T, p Package, want string) {
	t.Helper()
	if got := Offences([]Package{p}); len(got) != 1 || got[0] != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// Each arrow that is drawn, walked once, and what only tests may do.
func TestNearMisses(t *testing.T) {
	for _, p := range []Package{
		{ImportPath: "turncoat/cmd/turncoat", Imports: []string{
			"fmt", "turncoat/scenarios", "turncoat/checker/explore", "turncoat/adversary", "turncoat/sim",
			"turncoat/protocol/dbqs", "turncoat/results", "github.com/spf13/cobra",
		}},
		{ImportPath: "turncoat/scenarios", Imports: []string{
			"turncoat/checker", "turncoat/adversary", "turncoat/sim", "turncoat/protocol/dbqs", "turncoat/results",
		}},
		{ImportPath: "turncoat/checker", Imports: []string{"turncoat/protocol", "turncoat/protocol/dbqs"}},
		{ImportPath: "turncoat/checker/explore", Imports: []string{"turncoat/adversary", "turncoat/checker", "turncoat/protocol"}},
		{ImportPath: "turncoat/adversary", Imports: []string{"turncoat/protocol", "turncoat/protocol/auth"}},
		{ImportPath: "turncoat/sim", Imports: []string{"turncoat/protocol", "turncoat/sim/queue", "github.com/zeebo/xxh3"}},
		{ImportPath: "turncoat/sim/queue"},
		{ImportPath: "turncoat/results", Imports: []string{"gonum.org/v1/plot"}},
		{ImportPath: "turncoat/protocol"},
		{ImportPath: "turncoat/protocol/auth", Imports: []string{"turncoat/protocol"}},
		{ImportPath: "turncoat/protocol/ring", Imports: []string{"turncoat/protocol"}},
		{ImportPath: "turncoat/protocol/pbft", Imports: []string{"turncoat/protocol", "turncoat/protocol/auth", "turncoat/protocol/ring"}},
		{ImportPath: "turncoat/protocol/bftbc", Imports: []string{"turncoat/protocol", "turncoat/protocol/auth", "turncoat/protocol/ring"}},
		{ImportPath: "turncoat/protocol/membership", Imports: []string{"turncoat/protocol/pbft", "turncoat/protocol/membership/view"}},
		{ImportPath: "turncoat/protocol/membership/view", Imports: []string{"turncoat/protocol/ring", "turncoat/protocol/auth"}},
		{ImportPath: "turncoat/protocol/dbft", Imports: []string{"turncoat/protocol/pbft"}},
		{ImportPath: "turncoat/protocol/dbqs", Imports: []string{"turncoat/protocol/membership/view", "turncoat/protocol/auth"}},
		{
			ImportPath:   "turncoat/protocol/pbft",
			TestImports:  []string{"pgregory.net/rapid"},
			XTestImports: []string{"turncoat/sim", "turncoat/protocol/pbft", "turncoat/sim/simtest"},
		},
		{ImportPath: "turncoat/sim/simtest", Imports: []string{"turncoat/sim", "pgregory.net/rapid", "turncoat/protocol/dbqs"}},
		{ImportPath: "turncoat/cmd/turncoat", TestImports: []string{"github.com/rogpeppe/go-internal/testscript"}},
	} {
		if got := Offences([]Package{p}); len(got) != 0 {
			t.Errorf("%s: %q", p.ImportPath, got)
		}
	}
}
