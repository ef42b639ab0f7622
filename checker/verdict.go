// Package checker answers one question about a run: was it right? It holds the
// histories that clients observe, decides whether they are atomic, and keeps
// the vocabulary in which every judgement of the project is given.
//
// What it models: operations on single objects as intervals between two events,
// values as opaque bytes. What it leaves out: how the system under test works;
// nothing here knows a protocol's messages.
package checker

import "fmt"

// Verdict is the judgement on one run, one history or one whole sweep. Its
// names are the words that people and JSON see.
type Verdict uint8

const (
	Pass       Verdict = iota // every property held and something was checked
	Violation                 // a safety property broke while every assumption held
	Stuck                     // something correct did not finish within its bound
	Undecided                 // a check ran out of its budget: nothing is claimed
	Invalid                   // the input or the scenario is at fault: nothing was judged
	Assumption                // a property broke after the fault bounds were exceeded
	Vacuous                   // nothing was checked, or a required situation never occurred
	Diverged                  // a replay did not repeat its recording
)

// verdicts lists name, exit status and rank (0 is worst) of each Verdict.
//
// Invalid ranks behind the three verdicts that accuse the system, which must
// not be hidden by one unreadable scenario among a thousand, and before all
// that claim nothing, because a sweep with a part that never ran is not green.
var verdicts = [...]struct {
	name   string
	status int
	rank   int
}{
	Pass:       {"pass", 0, 7},
	Violation:  {"violation", 1, 1},
	Stuck:      {"stuck", 3, 2},
	Undecided:  {"undecided", 4, 5},
	Invalid:    {"invalid", 2, 3},
	Assumption: {"assumption", 5, 4},
	Vacuous:    {"vacuous", 6, 6},
	Diverged:   {"diverged", 7, 0},
}

// String returns the verdict's lower-case name.
func (v Verdict) String() string {
	if int(v) >= len(verdicts) {
		return fmt.Sprintf("verdict(%d)", uint8(v))
	}
	return verdicts[v].name
}

// ExitStatus returns the status with which a command ends on v.
func (v Verdict) ExitStatus() int { return verdicts[v].status }

// Worst returns the graver of a and b.
func Worst(a, b Verdict) Verdict {
	if verdicts[b].rank < verdicts[a].rank {
		return b
	}
	return a
}

// ParseVerdict returns the verdict called name, or an error that names the
// nearest one.
func ParseVerdict(name string) (Verdict, error) {
	names := make([]string, 0, len(verdicts))
	for v, d := range verdicts {
		if d.name == name {
			return Verdict(v), nil
		}
		names = append(names, d.name)
	}
	return 0, fmt.Errorf("verdict %q is unknown; %s", name, suggest(name, names))
}

// MarshalText lets a Verdict appear as its name in JSON, also as a key.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (v *Verdict) UnmarshalText(text []byte) error {
	got, err := ParseVerdict(string(text))
	if err != nil {
		return err
	}
	*v = got
	return nil
}

// Finding is one broken property: which, what happened in a sentence, when (in
// virtual nanoseconds), at which node (-1 when at none in particular), and the
// sequence numbers of the events that witness it.
type Finding struct {
	Property string   `json:"property"`
	Detail   string   `json:"detail"`
	At       int64    `json:"at"`
	Node     int32    `json:"node"`
	Events   []uint64 `json:"events,omitempty"`
}
