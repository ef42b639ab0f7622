package explore

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Param is a whole-number parameter of a shipped model.
type Param struct {
	Name     string
	Doc      string
	Default  int
	Min, Max int
}

// Values are parameters of a model by name, each within its bounds.
type Values map[string]int

// Runner explores one model, whatever the type of its states.
type Runner func(ctx context.Context, o Options) (*Result, error)

// Entry is a model that people can name.
type Entry struct {
	Name      string
	Doc       string // one line
	Params    []Param
	Rules     []string          // safety rules that can be lifted
	Least     map[string]Values // what lifting a rule sets instead of the defaults, where it takes more than those to see it missed
	Reduction Reduction         // what people get who ask for nothing else
	Alone     string            // why the simulator can repeat no counterexample, a clause; empty if it can
	Build     func(v Values, lifted []string) Runner
}

// RunnerOf returns the exploration of m under the name of its entry.
func RunnerOf[S any](name string, m Model[S]) Runner {
	return func(ctx context.Context, o Options) (*Result, error) { return Explore(ctx, name, m, o) }
}

// Registry is the list of models that people can name, sorted by name.
type Registry []Entry

// Find returns the model with the given name. The error names the nearest one.
func (r Registry) Find(name string) (Entry, error) {
	var names []string
	for _, e := range r {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return Entry{}, fmt.Errorf("no model is called %q; there are %s%s", name, strings.Join(names, ", "), suggest(name, names))
}

// New builds the model with settings of the form KEY=VALUE; what is not set has the least
// value by which the lifted rules are seen missed, or its default. The rules in lifted
// are not enforced.
func (e Entry) New(settings, lifted []string) (Runner, error) {
	v := Values{}
	var names []string
	for _, p := range e.Params {
		v[p.Name] = p.Default
		names = append(names, p.Name)
	}
	for _, rule := range lifted {
		if err := e.liftable(rule); err != nil {
			return nil, err
		}
		maps.Copy(v, e.Least[rule])
	}
	for _, s := range settings {
		key, text, ok := strings.Cut(s, "=")
		if !ok {
			return nil, fmt.Errorf("setting %q of model %s: write it as KEY=VALUE, such as %s", s, e.Name, e.example())
		}
		i := slices.Index(names, key)
		if i < 0 {
			return nil, fmt.Errorf("model %s has no parameter %q; it has %s%s", e.Name, key, strings.Join(names, ", "), suggest(key, names))
		}
		p := e.Params[i]
		n, err := strconv.Atoi(text)
		if err != nil || n < p.Min || n > p.Max {
			return nil, fmt.Errorf("parameter %s of model %s is a whole number from %d to %d, not %q", key, e.Name, p.Min, p.Max, text)
		}
		v[key] = n
	}
	return e.Build(v, lifted), nil
}

// liftable reports why a rule cannot be lifted, if it cannot.
func (e Entry) liftable(rule string) error {
	switch {
	case slices.Contains(e.Rules, rule):
		return nil
	case len(e.Rules) == 0:
		return fmt.Errorf("model %s has no rules that can be lifted", e.Name)
	}
	return fmt.Errorf("model %s has no rule %q; it has %s%s", e.Name, rule, strings.Join(e.Rules, ", "), suggest(rule, e.Rules))
}

// Needs returns what lifting a rule sets, as KEY=VALUE in the order of the parameters.
func (e Entry) Needs(rule string) []string {
	sets := []string{}
	for _, p := range e.Params {
		if n, ok := e.Least[rule][p.Name]; ok {
			sets = append(sets, fmt.Sprintf("%s=%d", p.Name, n))
		}
	}
	return sets
}

func (e Entry) example() string {
	if len(e.Params) == 0 {
		return "(this model has none)"
	}
	return fmt.Sprintf("%s=%d", e.Params[0].Name, e.Params[0].Default)
}

// suggest returns "; did you mean X?" if one of the names is near enough to
// what was written, and nothing otherwise.
func suggest(written string, names []string) string {
	best, least := "", 1+max(2, len(written)/2)
	for _, name := range names {
		if d := editDistance(written, name); d < least {
			best, least = name, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

// editDistance is the number of bytes to insert, delete or replace (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
