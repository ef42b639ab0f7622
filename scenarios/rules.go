package scenarios

import (
	"fmt"
	"slices"

	"turncoat/protocol"
)

// RuleDoc is a safety rule that can be lifted.
type RuleDoc struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
}

// docs returns what the book of a protocol says of its rules.
func docs[R ~uint32](book protocol.RuleBook[R]) []RuleDoc {
	var out []RuleDoc
	for _, r := range book {
		out = append(out, RuleDoc{r.Name, r.Doc})
	}
	return out
}

// Rules returns every rule that can be lifted. What two protocols have in common is
// there once, in the words of the first.
func Rules() []RuleDoc {
	var out []RuleDoc
	for _, s := range systems {
		for _, r := range s.rules {
			if !slices.ContainsFunc(out, func(o RuleDoc) bool { return o.Name == r.Name }) {
				out = append(out, r)
			}
		}
	}
	return out
}

// RulesOf returns the rules of the protocol that a scenario tests.
func RulesOf(s *Spec) []string {
	var names []string
	for _, r := range systemOf(s.System.Protocol).rules {
		names = append(names, r.Name)
	}
	return names
}

// CheckRules reports the first name that is no rule.
func CheckRules(names []string) error {
	var all []string
	known := make(map[string]bool)
	for _, r := range Rules() {
		all = append(all, r.Name)
		known[r.Name] = true
	}
	for _, name := range names {
		if !known[name] {
			return fmt.Errorf("there is no rule %q%s", name, DidYouMean(name, all))
		}
	}
	return nil
}
