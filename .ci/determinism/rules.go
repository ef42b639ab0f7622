package determinism

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// sources are the package-level names that bring nondeterminism in, by import
// path, each with the kind of offence that naming it is.
var sources = map[string]map[string]string{
	"time": {
		"Now": clock, "Since": clock, "Until": clock, "Sleep": clock, "After": clock,
		"AfterFunc": clock, "Tick": clock, "NewTimer": clock, "NewTicker": clock,
	},
	"context": {
		"WithTimeout": clock, "WithTimeoutCause": clock,
		"WithDeadline": clock, "WithDeadlineCause": clock,
		"AfterFunc": concurrency,
	},
	// Both run their function on a goroutine of the collector's choosing.
	"runtime": {"SetFinalizer": concurrency, "AddCleanup": concurrency},
	// What Get returns depends on the collector and on the processor it runs on.
	"sync": {"Pool": concurrency},
	"maps": {"DeleteFunc": mapRange},
}

// methods are the same for methods, written Type.Method.
var methods = map[string]map[string]string{
	"sync":    {"WaitGroup.Go": concurrency, "Map.Range": mapRange},
	"reflect": {"Value.MapRange": mapRange, "Value.MapKeys": mapRange},
}

// unseeded are packages of which nothing may be used: importing one is the offence.
var unseeded = map[string]string{
	"crypto/rand":  "draws from the machine",
	"hash/maphash": "is seeded anew in each process",
}

// seeded are the functions of math/rand and math/rand/v2 that build a generator
// from an explicit source; every other function there draws from the global one.
var seeded = []string{"New", "NewSource", "NewZipf", "NewPCG", "NewChaCha8"}

// inspector gathers the offences of one file.
type inspector struct {
	info  *types.Info
	found []offence
	// sorted marks calls of maps.Keys and maps.Values whose order slices.Sorted erases.
	sorted map[ast.Node]bool
}

func offencesIn(info *types.Info, file *ast.File) []offence {
	in := &inspector{info: info, sorted: map[ast.Node]bool{}}
	for _, spec := range file.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if why := unseeded[path]; err == nil && why != "" {
			in.add(spec.Pos(), random, path+" "+why+": draw from a named stream of the run")
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		in.visit(n)
		return true
	})
	return in.found
}

func (in *inspector) add(pos token.Pos, kind, message string) {
	in.found = append(in.found, offence{pos, kind, message})
}

func (in *inspector) visit(n ast.Node) {
	switch n := n.(type) {
	case *ast.GoStmt:
		in.add(n.Pos(), concurrency, "go statement: one run is single-threaded")
	case *ast.SelectStmt:
		in.add(n.Pos(), concurrency, "select: the choice between ready cases is random")
	case *ast.SendStmt:
		in.add(n.Arrow, concurrency, "channel send: one run is single-threaded")
	case *ast.ChanType:
		in.add(n.Pos(), concurrency, "channel type: one run is single-threaded")
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			in.add(n.Pos(), concurrency, "channel receive: one run is single-threaded")
		}
	case *ast.RangeStmt:
		in.visitRange(n)
	case *ast.CallExpr:
		in.visitCall(n)
	case *ast.Ident:
		in.visitName(n)
	}
}

func (in *inspector) visitRange(n *ast.RangeStmt) {
	t := in.info.TypeOf(n.X)
	switch {
	case ranges[*types.Map](t):
		in.add(n.Pos(), mapRange, "range over a map: its order is random; keep a sorted slice beside it")
	case ranges[*types.Chan](t):
		in.add(n.Pos(), concurrency, "range over a channel: one run is single-threaded")
	}
}

// ranges reports whether a value of type t, or of any type in t's constraint, has underlying type T.
func ranges[T types.Type](t types.Type) bool {
	if t == nil {
		return false
	}
	if param, ok := types.Unalias(t).(*types.TypeParam); ok {
		constraint := param.Constraint().Underlying().(*types.Interface)
		for i := range constraint.NumEmbeddeds() {
			union, ok := constraint.EmbeddedType(i).(*types.Union)
			if !ok {
				if ranges[T](constraint.EmbeddedType(i)) {
					return true
				}
				continue
			}
			for j := range union.Len() {
				if ranges[T](union.Term(j).Type()) {
					return true
				}
			}
		}
		return false
	}
	_, ok := t.Underlying().(T)
	return ok
}

// visitCall judges a call by its callee and its arguments: iteration over a
// map's keys unless it is sorted at once, an address that becomes a number, an
// address that becomes text.
func (in *inspector) visitCall(n *ast.CallExpr) {
	if t, ok := in.info.Types[n.Fun]; ok && t.IsType() {
		if isBasic(t.Type, types.Uintptr) && len(n.Args) == 1 && isBasic(in.info.TypeOf(n.Args[0]), types.UnsafePointer) {
			in.add(n.Pos(), random, "pointer made a number: addresses differ from run to run")
		}
		return
	}
	switch callee := in.callee(n.Fun); callee {
	case "slices.Sorted":
		if len(n.Args) == 1 {
			if arg, ok := ast.Unparen(n.Args[0]).(*ast.CallExpr); ok {
				in.sorted[arg] = true
			}
		}
	case "maps.Keys", "maps.Values", "maps.All":
		if !in.sorted[n] {
			in.add(n.Pos(), mapRange, callee+": its order is random; sort at once with slices.Sorted(maps.Keys(m)) or keep a sorted slice")
		}
	default:
		in.visitFormat(n, callee)
	}
}

// visitFormat finds %p in a constant format given to a function of fmt or log.
func (in *inspector) visitFormat(n *ast.CallExpr, callee string) {
	if !strings.HasPrefix(callee, "fmt.") && !strings.HasPrefix(callee, "log.") {
		return
	}
	for _, arg := range n.Args {
		value := in.info.Types[arg].Value
		if value != nil && hasPointerVerb(value.ExactString()) {
			in.add(arg.Pos(), random, "%p prints an address: addresses differ from run to run")
		}
	}
}

// hasPointerVerb reports whether format has the verb p, whatever its flags.
func hasPointerVerb(format string) bool {
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			continue
		}
		for i++; i < len(format) && strings.IndexByte("+-# 0123456789.[]*", format[i]) >= 0; i++ {
		}
		if i < len(format) && format[i] == 'p' {
			return true
		}
	}
	return false
}

// callee names a package-level function as package.Name, "" for anything else.
func (in *inspector) callee(fun ast.Expr) string {
	switch f := ast.Unparen(fun).(type) {
	case *ast.IndexExpr:
		return in.callee(f.X)
	case *ast.IndexListExpr:
		return in.callee(f.X)
	case *ast.SelectorExpr:
		return qualified(in.info.Uses[f.Sel])
	case *ast.Ident:
		return qualified(in.info.Uses[f])
	}
	return ""
}

func qualified(obj types.Object) string {
	if fn, ok := obj.(*types.Func); ok && fn.Pkg() != nil && fn.Signature().Recv() == nil {
		return fn.Pkg().Path() + "." + fn.Name()
	}
	return ""
}

func isBasic(t types.Type, kind types.BasicKind) bool {
	if t == nil {
		return false
	}
	basic, ok := t.Underlying().(*types.Basic)
	return ok && basic.Kind() == kind
}

// visitName judges every use of a name, called or only mentioned: a clock kept
// in a variable tells the time as well.
func (in *inspector) visitName(id *ast.Ident) {
	obj := in.info.Uses[id]
	if obj == nil || obj.Pkg() == nil {
		return
	}
	path, name := obj.Pkg().Path(), obj.Name()
	fn, isFunc := obj.(*types.Func)
	if isFunc && fn.Signature().Recv() != nil {
		method := receiver(fn) + "." + name
		if kind := methods[path][method]; kind != "" {
			in.add(id.Pos(), kind, path+"."+method+" is not a function of the seed")
		}
		return
	}
	if obj.Parent() != obj.Pkg().Scope() {
		return // a field or a local that happens to have the name
	}
	switch {
	case sources[path][name] != "":
		in.add(id.Pos(), sources[path][name], path+"."+name+" is not a function of the seed: take it from Env")
	case isFunc && (path == "math/rand" || path == "math/rand/v2") && !slices.Contains(seeded, name):
		in.add(id.Pos(), random, path+"."+name+" draws from the global generator: draw from a named stream of the run")
	case isFunc && strings.HasPrefix(path, "crypto/") && name == "GenerateKey":
		// Go ignores the reader it is given, so a seeded one does not help.
		in.add(id.Pos(), random, path+"."+name+" draws from the machine: derive keys from the seed")
	}
}

// receiver names the type that method fn belongs to.
func receiver(fn *types.Func) string {
	t := fn.Signature().Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if named, ok := t.(*types.Named); ok {
		return named.Obj().Name()
	}
	return ""
}
