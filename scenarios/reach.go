package scenarios

import (
	"strconv"
	"strings"

	"turncoat/results"
)

// A scenario lists the situations that a sweep of it must meet: green without them
// is not green. "pbft.new-view" must be met by any sweep; what is rare says after
// how many runs of the scenario it is due, "pbft.wrong-part after 300", so that a
// short sweep is not called vacuous for want of luck.

// expected returns the situation of an entry, and after how many runs it is due; ok
// is false if the entry is of neither form.
func expected(entry string) (name string, after uint64, ok bool) {
	name, number, rare := strings.Cut(entry, " after ")
	if !rare {
		return name, 0, true
	}
	after, err := strconv.ParseUint(number, 10, 32)
	return name, after, err == nil
}

// ran is what a sweep has seen of one scenario.
type ran struct {
	runs  uint64
	reach map[string]uint64
}

func (r *ran) add(run *results.Run) {
	r.runs++
	results.Tally(r.reach, run.Reach)
}

// overdue returns the situations that should have been met by now and were not.
func (r *ran) overdue(s *Spec) []string {
	var out []string
	for _, entry := range s.Reach {
		if name, after, _ := expected(entry); r.reach[name] == 0 && r.runs >= after {
			out = append(out, s.Name+": "+name)
		}
	}
	return out
}
