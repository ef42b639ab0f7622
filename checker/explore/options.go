package explore

import (
	"fmt"
	"strings"
	"time"
)

// Strategy is the order in which states are explored.
type Strategy uint8

const (
	// BFS explores by distance from the initial states: the first counterexample
	// is a shortest one.
	BFS Strategy = iota
	// DFS follows each path to its end: deep states early, a small frontier.
	DFS
	// Random walks from an initial state, each enabled step equally likely.
	Random
	// PCT walks by random priorities with a few points where they change, and a
	// known probability to find a bug of a given depth.
	PCT
)

var strategies = []string{BFS: "bfs", DFS: "dfs", Random: "random", PCT: "pct"}

func (s Strategy) String() string { return strategies[s] }

// ParseStrategy reads bfs, dfs, random or pct.
func ParseStrategy(text string) (Strategy, error) {
	for i, name := range strategies {
		if name == text {
			return Strategy(i), nil
		}
	}
	return 0, fmt.Errorf("no strategy is called %q; there are %s%s", text, strings.Join(strategies, ", "), suggest(text, strategies))
}

// Defaults of the options that have one.
const (
	DefaultBytes    = 8 << 30
	DefaultWalks    = 10_000
	DefaultWalk     = 1_000 // steps of a random or PCT walk
	DefaultBugDepth = 3
)

// Options bound and shape a search. The zero value is an unreduced breadth-first
// search by one worker in at most DefaultBytes of memory.
type Options struct {
	Strategy  Strategy
	Reduction Reduction
	Workers   int // goroutines; 0 is one

	Depth    int           // longest path in steps; 0 is no bound (walks: DefaultWalk)
	States   uint64        // most unique states; 0 is no bound
	Bytes    int64         // most memory for visited table and frontier; 0 is DefaultBytes
	Duration time.Duration // 0 is no bound

	Walks    int    // number of random or PCT walks; 0 is DefaultWalks
	BugDepth int    // PCT: number of ordering constraints of the bugs looked for; 0 is DefaultBugDepth
	Seed     uint64 // of the walks

	// Factors asks for what each reduction saved: the search is repeated without
	// each of them, under the same bounds, and within FactorsFor if that is not 0.
	Factors    bool
	FactorsFor time.Duration

	// Progress, if any, is called about each ProgressEvery, never twice at once.
	Progress      func(Progress)
	ProgressEvery time.Duration // 0 is a second
}

// Progress says how far a search has come.
type Progress struct {
	States      uint64        // unique states so far
	Transitions uint64        // transitions so far
	Rate        float64       // unique states a second since the last report
	Depth       int           // of the deepest state so far
	Frontier    uint64        // states found and not yet explored
	Bytes       int64         // held by visited table and frontier
	Elapsed     time.Duration // since the start
}

// withDefaults fills in what was left zero.
func (o Options) withDefaults() Options {
	if o.Workers <= 0 {
		o.Workers = 1
	}
	if o.Bytes <= 0 {
		o.Bytes = DefaultBytes
	}
	if o.Walks <= 0 {
		o.Walks = DefaultWalks
	}
	if o.BugDepth <= 0 {
		o.BugDepth = DefaultBugDepth
	}
	if o.ProgressEvery <= 0 {
		o.ProgressEvery = time.Second
	}
	if o.Depth <= 0 {
		o.Depth = 0
		if o.Strategy == Random || o.Strategy == PCT {
			o.Depth = DefaultWalk
		}
	}
	return o
}
