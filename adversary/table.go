package adversary

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Spec describes a strategy to those who choose among them.
type Spec struct {
	Name       string
	Doc        string // one line
	Parameters []Parameter
	Protocol   string // the only one that it can be used against; empty for all
	SelfTest   bool   // it tests the simulator, not a protocol
	Client     bool   // it acts on operations, so only clients have use for it

	make func(v *values) Strategy
}

// Parameter is one setting of a strategy.
type Parameter struct {
	Name    string
	Doc     string
	Default string
}

// Setting gives a parameter another value than its default.
type Setting struct{ Name, Value string }

// UnknownStrategy says that no strategy has this name.
type UnknownStrategy struct{ Name string }

func (e *UnknownStrategy) Error() string { return fmt.Sprintf("there is no strategy %q", e.Name) }

// UnknownParameter says that a strategy has no such parameter.
type UnknownParameter struct {
	Strategy, Name string
	Known          []string // those it has, sorted
}

func (e *UnknownParameter) Error() string {
	return fmt.Sprintf("strategy %s has no parameter %q; it has %s", e.Strategy, e.Name, strings.Join(e.Known, ", "))
}

// BadParameter says that a parameter cannot have this value.
type BadParameter struct {
	Strategy, Name, Value string
	Want                  string // what would be right
}

func (e *BadParameter) Error() string {
	return fmt.Sprintf("parameter %s of strategy %s is %q; it must be %s", e.Name, e.Strategy, e.Value, e.Want)
}

// kindsParameter and rateParameter are what several strategies share.
var kindsParameter = Parameter{
	"kinds", `the message kinds it acts on, as "dbqs.read-reply" or "read-reply", with commas between them; empty for all`, "",
}

func rateParameter(doc, value string) Parameter {
	return Parameter{"rate", "chance of " + doc + ", in parts per million", value}
}

// Strategies returns the description of every strategy, sorted by name.
func Strategies() []Spec { return slices.Clone(specs) }

// Names returns the names of all strategies, sorted.
func Names() []string {
	names := make([]string, len(specs))
	for i := range specs {
		names[i] = specs[i].Name
	}
	return names
}

// New returns a strategy by name. Its error is an *UnknownStrategy,
// *UnknownParameter or *BadParameter. A parameter that is set twice has the later value.
func New(name string, settings ...Setting) (Strategy, error) {
	i := slices.IndexFunc(specs, func(s Spec) bool { return s.Name == name })
	if i < 0 {
		return nil, &UnknownStrategy{name}
	}
	v := &values{spec: &specs[i], settings: settings}
	for _, s := range settings {
		if !slices.ContainsFunc(v.spec.Parameters, func(p Parameter) bool { return p.Name == s.Name }) {
			return nil, &UnknownParameter{name, s.Name, v.spec.parameterNames()}
		}
	}
	strategy := v.spec.make(v)
	if v.err != nil {
		return nil, v.err
	}
	return strategy, nil
}

func (s *Spec) parameterNames() []string {
	names := make([]string, len(s.Parameters))
	for i := range s.Parameters {
		names[i] = s.Parameters[i].Name
	}
	slices.Sort(names)
	return names
}

// values reads the parameters of a strategy and keeps the first error.
type values struct {
	spec     *Spec
	settings []Setting
	err      error
}

func (v *values) text(name string) string {
	for i := len(v.settings) - 1; i >= 0; i-- {
		if v.settings[i].Name == name {
			return v.settings[i].Value
		}
	}
	for _, p := range v.spec.Parameters {
		if p.Name == name {
			return p.Default
		}
	}
	panic("adversary: strategy " + v.spec.Name + " reads a parameter that it does not declare: " + name)
}

func (v *values) refuse(name, want string) {
	if v.err == nil {
		v.err = &BadParameter{v.spec.Name, name, v.text(name), want}
	}
}

// count reads a whole number of low to high.
func (v *values) count(name string, low, high int) int {
	n, err := strconv.Atoi(v.text(name))
	if err != nil || n < low || n > high {
		v.refuse(name, fmt.Sprintf("a whole number of %d to %d", low, high))
		return low
	}
	return n
}

// rate reads parts per million.
func (v *values) rate(name string) int { return v.count(name, 0, Always) }

// span reads a positive duration.
func (v *values) span(name string) time.Duration {
	d, err := time.ParseDuration(v.text(name))
	if err != nil || d <= 0 {
		v.refuse(name, "a positive duration such as 50ms")
		return time.Millisecond
	}
	return d
}

// token reads text without blanks or commas.
func (v *values) token(name string) string {
	text := v.text(name)
	if text == "" || strings.ContainsAny(text, " ,") {
		v.refuse(name, "one word")
	}
	return text
}

func (v *values) flag(name string) bool {
	switch v.text(name) {
	case "true":
		return true
	case "false":
	default:
		v.refuse(name, "true or false")
	}
	return false
}

// oneOf reads one of some words, and returns its place among them.
func (v *values) oneOf(name string, words []string) int {
	i := slices.Index(words, v.text(name))
	if i < 0 {
		v.refuse(name, "one of "+strings.Join(words, ", "))
	}
	return i
}

// aim reads rate and kinds.
func (v *values) aim() aim {
	a := v.aimAt()
	a.rate = v.rate("rate")
	return a
}

// aimAt reads kinds, for a strategy with chances of its own.
func (v *values) aimAt() aim {
	a := aim{name: v.spec.Name}
	if text := v.text("kinds"); text != "" {
		for kind := range strings.SplitSeq(text, ",") {
			a.kinds = append(a.kinds, strings.TrimSpace(kind))
		}
	}
	if slices.Contains(a.kinds, "") {
		v.refuse("kinds", "names with one comma between them")
	}
	return a
}
