package determinism

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// The kinds of offence, as an allow comment names them.
const (
	concurrency = "concurrency"
	clock       = "clock"
	mapRange    = "maprange"
	random      = "rand"
)

var kinds = []string{concurrency, clock, mapRange, random}

const directive = "//turncoat:allow"

// allow is one exemption: of one kind, for the line of its comment when code
// stands before it there, else for the next line. Two lines would let one
// comment exempt more than its author saw.
type allow struct {
	pos  token.Pos
	kind string
	line int
	used bool
}

func (a *allow) covers(kind string, line int) bool {
	return a.kind == kind && a.line == line
}

// allowsIn returns the well-formed exemptions of file and, as offences, the
// malformed ones. A malformed one exempts nothing.
func allowsIn(fset *token.FileSet, file *ast.File) ([]*allow, []offence) {
	var allows []*allow
	var bad []offence
	code := linesWithCode(fset, file)
	for _, group := range file.Comments {
		for _, c := range group.List {
			rest, ok := strings.CutPrefix(c.Text, directive)
			if !ok || rest != "" && !strings.HasPrefix(rest, " ") {
				continue
			}
			kind, reason, _ := strings.Cut(strings.TrimSpace(rest), " ")
			if !slices.Contains(kinds, kind) {
				bad = append(bad, offence{pos: c.Pos(), message: fmt.Sprintf(
					"allow of unknown kind %q: write one of %s", kind, strings.Join(kinds, ", "))})
				continue
			}
			if strings.TrimSpace(reason) == "" {
				bad = append(bad, offence{pos: c.Pos(), message: "allow " + kind +
					" without a reason: say on the same line why the run stays a function of its seed"})
				continue
			}
			line := fset.Position(c.Pos()).Line
			if !code[line] {
				line++
			}
			allows = append(allows, &allow{pos: c.Pos(), kind: kind, line: line})
		}
	}
	return allows, bad
}

// linesWithCode tells a comment at the end of a line of code from one that
// stands alone: every line on which a node of the syntax begins or ends.
func linesWithCode(fset *token.FileSet, file *ast.File) map[int]bool {
	lines := map[int]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n.(type) {
		case nil, *ast.CommentGroup, *ast.Comment:
			return false
		case *ast.File:
			return true
		}
		lines[fset.Position(n.Pos()).Line] = true
		lines[fset.Position(n.End()-1).Line] = true
		return true
	})
	return lines
}
