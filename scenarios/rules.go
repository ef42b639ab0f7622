package scenarios

import (
	"fmt"

	"turncoat/protocol/dbqs"
)

// RuleDoc is a safety rule that can be lifted.
type RuleDoc struct {
	Name string `json:"name"`
	Doc  string `json:"doc"`
}

// Rules returns every rule that can be lifted.
func Rules() []RuleDoc {
	var out []RuleDoc
	for _, r := range dbqs.AllRules() {
		out = append(out, RuleDoc{r.String(), r.Doc()})
	}
	return out
}

// CheckRules reports the first name that is no rule.
func CheckRules(names []string) error {
	_, err := parseLifted(names)
	return err
}

// lifted is the rules that a run leaves out, by protocol.
type lifted struct {
	dbqs dbqs.Rules
}

func parseLifted(names []string) (l lifted, err error) {
	for _, name := range names {
		found := false
		for _, r := range dbqs.AllRules() {
			if r.String() == name {
				l.dbqs, found = l.dbqs.Lift(r), true
			}
		}
		if !found {
			var all []string
			for _, r := range Rules() {
				all = append(all, r.Name)
			}
			return l, fmt.Errorf("there is no rule %q%s", name, didYouMean(name, all))
		}
	}
	return l, nil
}
