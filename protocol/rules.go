package protocol

// The rules of a protocol that can be lifted, as a table: what each machine
// package declares, and what scenarios and the explorer read. It leaves out what
// a rule does; each package asks its own set where the rule is enforced.

import (
	"fmt"
	"strings"
)

// RuleInfo describes one rule of a protocol, or of a set of them: R has one bit
// for each.
type RuleInfo[R ~uint32] struct {
	Rule R
	Name string // protocol.what, as people write it
	Doc  string // what the rule says, in a line
}

// RuleBook lists every rule of a protocol that can be lifted, in order of their bits.
type RuleBook[R ~uint32] []RuleInfo[R]

// Parse returns the rule of a name, or an error that lists the names there are.
func (b RuleBook[R]) Parse(name string) (R, error) {
	for _, info := range b {
		if info.Name == name {
			return info.Rule, nil
		}
	}
	return 0, fmt.Errorf("there is no rule %q; the rules are %s", name, b.Names(b.All()))
}

// Names returns the names in a set, separated by spaces.
func (b RuleBook[R]) Names(set R) string {
	var names []string
	for _, info := range b {
		if set&info.Rule != 0 {
			names = append(names, info.Name)
		}
	}
	return strings.Join(names, " ")
}

// All returns the set of every rule.
func (b RuleBook[R]) All() R {
	return b.Lifted(func(string) bool { return true })
}

// Lifted returns the set of the rules whose names lifts says yes to.
func (b RuleBook[R]) Lifted(lifts func(name string) bool) R {
	var set R
	for _, info := range b {
		if lifts(info.Name) {
			set |= info.Rule
		}
	}
	return set
}
