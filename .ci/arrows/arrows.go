// Package arrows holds the directions in which the packages of turncoat may
// import each other, and what of other people's code may end up in the product.
//
// It models an import as an arrow from an importing package to an imported one,
// read from the source of each package. It leaves out the standard library, and
// what third-party modules import in turn.
//
// Product code follows the table below exactly. Test files are freer: they may
// import any package of ours except the commands, since a machine is tested by
// running it in the world above it; results alone stays ignorant of everything
// else in its tests too. Whatever tests share that is not itself a test file
// lives in a package whose name ends in "test", which only tests may import.
package arrows

import (
	"fmt"
	"slices"
	"strings"
)

// Package is one package of the module as the go command lists it.
type Package struct {
	ImportPath   string
	Imports      []string // of product files
	TestImports  []string // of test files inside the package
	XTestImports []string // of test files in the package's _test twin
}

const module = "turncoat"

// arrow permits packages at from to import packages at to. A pattern is an
// import path below the module's, and ends in /... to include what is beneath.
type arrow struct{ from, to string }

var arrows = []arrow{
	{"cmd/...", "cmd/..."},
	{"cmd/...", "results/..."},
	{"cmd/...", "scenarios/..."},
	{"cmd/...", "checker/..."},
	{"cmd/...", "adversary/..."},
	{"cmd/...", "sim/..."},
	{"cmd/...", "protocol/..."},

	{"results/...", "results/..."},

	{"scenarios/...", "scenarios/..."},
	{"scenarios/...", "checker/..."},
	{"scenarios/...", "adversary/..."},
	{"scenarios/...", "sim/..."},
	{"scenarios/...", "protocol/..."},
	{"scenarios/...", "results/..."},

	{"checker/...", "checker/..."},
	{"checker/...", "protocol/..."},
	{"checker/explore/...", "adversary/..."},

	{"adversary/...", "adversary/..."},
	{"adversary/...", "protocol/..."},

	// The world knows the contract of a machine and no machine.
	{"sim/...", "sim/..."},
	{"sim/...", "protocol"},

	{"protocol/auth/...", "protocol/auth/..."},
	{"protocol/ring/...", "protocol/ring/..."},
	{"protocol/pbft/...", "protocol/pbft/..."},
	{"protocol/bftbc/...", "protocol/bftbc/..."},
	{"protocol/membership/...", "protocol/membership/..."},
	{"protocol/membership/...", "protocol/pbft/..."},
	{"protocol/dbft/...", "protocol/dbft/..."},
	{"protocol/dbft/...", "protocol/pbft/..."},
	{"protocol/dbqs/...", "protocol/dbqs/..."},
	// What a storage node knows of the membership service, and no more.
	{"protocol/dbqs/...", "protocol/membership/view/..."},
	{"protocol/dbft/...", "protocol/membership/view/..."},
}

// Every protocol stands on these three; the contract itself stands on nothing.
var ground = []string{"protocol", "protocol/auth/...", "protocol/ring/..."}

// forbidden are arrows that the table's patterns would let through.
var forbidden = []arrow{
	// The view would otherwise drag the replicated service into whoever reads it.
	{"protocol/membership/view/...", "protocol/membership"},
	{"protocol/membership/view/...", "protocol/pbft/..."},
	// The checker would otherwise reach the adversary by way of the explorer.
	{"checker", "checker/explore/..."},
}

// testOnly are the modules that must stay out of the product: some register
// global flags, all would be dead weight in the binary.
var testOnly = []string{
	"pgregory.net/rapid",
	"github.com/rogpeppe/go-internal",
	"github.com/cockroachdb/datadriven",
	"github.com/google/go-cmp",
	"github.com/chromedp/chromedp",
}

// Offences returns one sentence for each import that the house does not allow,
// in the order of packages.
func Offences(packages []Package) []string {
	var found []string
	for _, p := range packages {
		from := below(p.ImportPath)
		if !inHouse(from) {
			found = append(found, fmt.Sprintf("%s: no such room: the packages are under cmd, results, scenarios, checker, adversary, sim and protocol", p.ImportPath))
			continue
		}
		product := productOffence
		if isTestSupport(p.ImportPath) {
			product = testOffence
		}
		for _, to := range p.Imports {
			if why := product(from, to); why != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", p.ImportPath, to, why))
			}
		}
		for _, to := range slices.Concat(p.TestImports, p.XTestImports) {
			if why := testOffence(from, to); why != "" {
				found = append(found, fmt.Sprintf("%s (test) imports %s: %s", p.ImportPath, to, why))
			}
		}
	}
	return found
}

// productOffence says what is wrong with an import in a product file, "" if nothing is.
func productOffence(from, to string) string {
	switch {
	case belongsTo(to, testOnly):
		return "that library is for tests alone"
	case !isOurs(to):
		return ""
	case isTestSupport(to):
		return "test support is for tests alone"
	case !allowed(from, below(to)):
		return "no arrow is drawn that way"
	}
	return ""
}

// testOffence says what is wrong with an import in a test file, "" if nothing is.
func testOffence(from, to string) string {
	switch to := below(to); {
	case matches("cmd/...", to) && !matches("cmd/...", from):
		return "nothing stands on the commands"
	case matches("results/...", from) && inHouse(to) && !matches("results/...", to):
		return "results knows nothing of ours, its tests included"
	}
	return ""
}

func allowed(from, to string) bool {
	a := func(a arrow) bool { return matches(a.from, from) && matches(a.to, to) }
	if slices.ContainsFunc(forbidden, a) {
		return false
	}
	if slices.ContainsFunc(arrows, a) {
		return true
	}
	onGround := func(pattern string) bool { return matches(pattern, to) }
	return strings.HasPrefix(from, "protocol/") && slices.ContainsFunc(ground, onGround)
}

// matches reports whether path is at pattern, or beneath it if pattern ends in /... .
func matches(pattern, path string) bool {
	root, deep := strings.CutSuffix(pattern, "/...")
	return path == root || deep && strings.HasPrefix(path, root+"/")
}

// belongsTo reports whether path lies in one of modules.
func belongsTo(path string, modules []string) bool {
	return slices.ContainsFunc(modules, func(m string) bool { return matches(m+"/...", path) })
}

func isOurs(path string) bool { return matches(module+"/...", path) }

// below returns one of our import paths without the module's part, and another's unchanged.
func below(path string) string { return strings.TrimPrefix(path, module+"/") }

func inHouse(path string) bool {
	room, _, _ := strings.Cut(path, "/")
	return slices.Contains([]string{"cmd", "results", "scenarios", "checker", "adversary", "sim", "protocol"}, room)
}

func isTestSupport(path string) bool {
	return isOurs(path) && strings.HasSuffix(path, "test")
}
