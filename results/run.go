// Package results keeps records of runs and sweeps: what they print, what they
// fold into, what may be claimed from them. It knows no protocol.
package results

import "maps"

// Run is the record of one run. Field names are part of the command line's contract.
type Run struct {
	Scenario   string            `json:"scenario"`
	Seed       uint64            `json:"seed"`
	Verdict    string            `json:"verdict"`
	Property   string            `json:"property"` // the one that broke; "" when none did
	Detail     string            `json:"detail"`   // a sentence for people
	Digest     string            `json:"digest"`   // 32 hexadecimal digits
	VirtualNS  int64             `json:"virtual_ns"`
	WallNS     int64             `json:"wall_ns"`
	Events     uint64            `json:"events"`
	Messages   uint64            `json:"messages"`
	Operations Operations        `json:"operations"`
	Epochs     uint64            `json:"epochs"`
	Views      uint64            `json:"views"`
	Reach      map[string]uint64 `json:"reach"`
	Faults     map[string]uint64 `json:"faults"`
	Lies       map[string]uint64 `json:"lies"`
	Artifact   string            `json:"artifact,omitempty"`
	Reproduce  string            `json:"reproduce"`
}

// Operations counts what the clients did.
type Operations struct {
	Invoked  uint64 `json:"invoked"`
	Returned uint64 `json:"returned"`
	Pending  uint64 `json:"pending"`
}

// Finding is a run of a sweep whose verdict is not pass.
type Finding struct {
	Scenario  string `json:"scenario"`
	Seed      uint64 `json:"seed"`
	Verdict   string `json:"verdict"`
	Property  string `json:"property"`
	Detail    string `json:"detail"`
	Artifact  string `json:"artifact"`
	Reproduce string `json:"reproduce"`
}

// Sweep is the record of many runs. Field names are part of the command line's contract.
type Sweep struct {
	Runs          uint64            `json:"runs"`
	Verdicts      map[string]uint64 `json:"verdicts"`
	Findings      []Finding         `json:"findings"`
	Reach         map[string]uint64 `json:"reach"`
	NeverReached  []string          `json:"never_reached"`
	Lies          map[string]uint64 `json:"lies"`
	Faults        map[string]uint64 `json:"faults"`
	Events        uint64            `json:"events"`
	WallNS        int64             `json:"wall_ns"`
	RunsPerSecond float64           `json:"runs_per_second"`
	Partial       bool              `json:"partial"`
	Digest        string            `json:"digest"`
	Bound         float64           `json:"bound"`
}

// Tally adds counts to a total.
func Tally(total, counts map[string]uint64) {
	for name, n := range maps.All(counts) {
		total[name] += n
	}
}
