package explore

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Verdicts of an exploration.
const (
	Pass      = "pass"      // every state was seen, every property holds
	Violation = "violation" // an Always property is false in a reachable state
	Stuck     = "stuck"     // a state without transitions in which the system may not end
	Undecided = "undecided" // cut short by a bound, and nothing was found until then
	Vacuous   = "vacuous"   // every state was seen, and a Reach property never held
)

// Reasons for which a search is cut short.
const (
	ByDepth       = "depth"
	ByStates      = "states"
	ByMemory      = "memory"
	ByTime        = "time"
	ByWalks       = "walks" // random and PCT walks never claim to have seen everything
	ByInterrupt   = "interrupt"
	notTruncated  = ""
	stopViolation = "violation" // why workers stop, not a truncation
)

// Result is what a search found out. Its JSON is that of the command line.
type Result struct {
	Model    string `json:"model"`
	Verdict  string `json:"verdict"`
	Property string `json:"property"` // the one that decided a verdict other than pass
	Detail   string `json:"detail"`

	// UniqueStates counts distinct states found, Transitions the steps taken from
	// those that were explored, those to known states included. Depth is that of
	// the deepest state found: by BFS its distance, else the length of a path.
	UniqueStates uint64 `json:"unique_states"`
	Transitions  uint64 `json:"transitions"`
	Depth        int    `json:"depth"`

	Exhaustive  bool   `json:"exhaustive"`
	TruncatedBy string `json:"truncated_by"`

	// MissedProbability bounds the probability that some state was taken for
	// another because their fingerprints are equal, and so was not explored.
	MissedProbability float64 `json:"missed_probability"`

	// Reach counts for each Reach property the unique states where it holds.
	Reach        map[string]uint64 `json:"reach"`
	NeverReached []string          `json:"never_reached"`

	// Reduction is, for each kind in use, the number of unique states without it
	// over the number with it.
	Reduction map[string]Factor `json:"reduction"`

	WallNS int64 `json:"wall_ns"`

	// PeakBytes is the most that visited table, frontier, the model's own tables and the
	// copies made while the visited table grows held at one time.
	PeakBytes int64 `json:"peak_bytes"`

	// Counterexample leads to the state that decided the verdict, if there is one.
	Counterexample *Counterexample `json:"-"`
}

// Factor is how many times fewer states a reduction left; 0, and null as JSON, where that was not measured.
type Factor float64

// MarshalJSON implements json.Marshaler.
func (f Factor) MarshalJSON() ([]byte, error) {
	if f == 0 {
		return []byte("null"), nil
	}
	return json.Marshal(float64(f))
}

// Counterexample is a path from an initial state to a state that breaks a property.
type Counterexample struct {
	Property string
	Initial  int      // index of the initial state
	Actions  []Action // what was done, in order
	Lines    []string // the same for people, one line each
	Final    string   // the last state, if the model can show it

	Schedule    *Schedule // what repeats it in the simulator, if the model is a Scheduler
	Unscheduled error     // why there is none
}

// String renders c as numbered steps, followed by the last state.
func (c *Counterexample) String() string {
	var b strings.Builder
	for i, line := range c.Lines {
		fmt.Fprintf(&b, "%d. %s\n", i+1, line)
	}
	if len(c.Lines) == 0 {
		b.WriteString("the initial state\n")
	}
	if c.Final != "" {
		for _, line := range strings.Split(c.Final, "\n") {
			fmt.Fprintf(&b, "   %s\n", line)
		}
	}
	return b.String()
}

// conclude sets verdict, property and detail from what the search saw.
func (r *Result) conclude(found *finding) {
	switch {
	case found != nil && found.kind == NoDeadlock:
		r.Verdict, r.Property = Stuck, found.property
		r.Detail = fmt.Sprintf("a state %d steps from the start has no transition and is no proper end", found.depth)
	case found != nil:
		r.Verdict, r.Property = Violation, found.property
		r.Detail = fmt.Sprintf("%q is false in a state %d steps from the start", found.property, found.depth)
	case r.TruncatedBy != notTruncated:
		r.Verdict = Undecided
		r.Detail = fmt.Sprintf("cut short by %s after %d unique states; nothing was found until then", r.TruncatedBy, r.UniqueStates)
	case len(r.NeverReached) > 0:
		r.Verdict, r.Property = Vacuous, r.NeverReached[0]
		r.Detail = fmt.Sprintf("no reachable state has %q: the search checked less than it claims", r.NeverReached[0])
		r.Exhaustive = true
	default:
		r.Verdict, r.Exhaustive = Pass, true
		r.Detail = fmt.Sprintf("every property holds in all %d reachable states", r.UniqueStates)
	}
}
