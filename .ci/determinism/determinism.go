// Package determinism is the analyzer that keeps a run a pure function of code,
// scenario and seed.
//
// It models nondeterminism as syntax and names: ranging over a map, goroutines
// and everything that lets two of them meet, clocks, generators that nobody
// seeded, and addresses turned into values. It reads the non-test files of the
// packages that take part in a run (protocol, sim, adversary, checker).
//
// It leaves out what only a whole-program analysis could see (a banned call
// made by a library on our behalf), and what only a run can show (a float sum
// whose order changes): two runs of a seed that differ in their digest are the
// proof for those.
//
// A line that needs an exemption says so, with the kind and the reason, at its
// end or on the line before:
//
//	//turncoat:allow concurrency the search drivers share nothing but the frontier
//
// An exemption without a reason is an offence, and so is one that exempts
// nothing: a stale one would hide the next offence on that line.
package determinism

import (
	"go/ast"
	"go/token"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// Analyzer reports nondeterminism in the packages that take part in a run and
// is silent in all others.
var Analyzer = &analysis.Analyzer{
	Name: "determinism",
	Doc:  "rejects map order, clocks, unseeded randomness and concurrency where a run must be a pure function of its seed",
	Run:  run,
}

// guarded are the roots of the packages that take part in a run.
var guarded = []string{
	"turncoat/protocol",
	"turncoat/sim",
	"turncoat/adversary",
	"turncoat/checker",
}

func isGuarded(path string) bool {
	// go vet names the variant built for tests "p [p.test]".
	path, _, _ = strings.Cut(path, " ")
	for _, root := range guarded {
		if path == root || strings.HasPrefix(path, root+"/") {
			return true
		}
	}
	return false
}

// offence is one forbidden thing in the source. An empty kind cannot be
// exempted.
type offence struct {
	pos     token.Pos
	kind    string
	message string
}

func run(pass *analysis.Pass) (any, error) {
	if !isGuarded(pass.Pkg.Path()) {
		return nil, nil
	}
	for _, file := range pass.Files {
		name := pass.Fset.Position(file.FileStart).Filename
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, o := range exempt(pass.Fset, file, offencesIn(pass.TypesInfo, file)) {
			pass.Report(analysis.Diagnostic{Pos: o.pos, Category: o.kind, Message: o.message})
		}
	}
	return nil, nil
}

// exempt drops the offences that an allow comment covers, and adds those that
// the comments themselves commit.
func exempt(fset *token.FileSet, file *ast.File, found []offence) []offence {
	allows, left := allowsIn(fset, file)
	for _, o := range found {
		covered := false
		for _, a := range allows {
			if a.covers(o.kind, fset.Position(o.pos).Line) {
				a.used, covered = true, true
			}
		}
		if !covered {
			left = append(left, o)
		}
	}
	for _, a := range allows {
		if !a.used {
			left = append(left, offence{pos: a.pos, message: "this allow exempts nothing: there is no " +
				a.kind + " offence on its line or the next; delete it"})
		}
	}
	return left
}
