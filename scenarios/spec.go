// Package scenarios says what to run and runs it: scenarios as they are written
// down, the library of those that ship with the program, the draws that make one
// run of them, its verdict, sweeps over many seeds, and the artifacts that repeat
// a run. What is drawn becomes a sim.World of real machines, some of them wrapped
// by an adversary, watched by the checkers.
package scenarios

import (
	"time"

	"turncoat/protocol/bftbc"
)

// Spec is a scenario as it is written down. Every quantity may be a range, from
// which each seed draws: a scenario of wide ranges is a swarm (Groce et al.,
// ISSTA 2012).
type Spec struct {
	Name      string    `yaml:"name"`
	About     string    `yaml:"about"`
	System    System    `yaml:"system"`
	Clients   Ints      `yaml:"clients"`
	Objects   Objects   `yaml:"objects"`
	Workload  Workload  `yaml:"workload"`
	Network   Network   `yaml:"network"`
	Hosts     Hosts     `yaml:"hosts"`
	Adversary Adversary `yaml:"adversary"`
	Faults    []Fault   `yaml:"faults"`
	Limits    Limits    `yaml:"limits"`
	Reach     []string  `yaml:"reach"` // situations that a sweep must meet, each "name" or "name after RUNS"

	source source
}

// System is what is tested.
type System struct {
	Protocol   string     `yaml:"protocol"` // dbqs, pbft, membership, bftbc, epochs, dbqs-epochs, dbft
	F          Ints       `yaml:"f"`        // faults that each group tolerates; a group has 3f+1 members
	Servers    Ints       `yaml:"servers"`  // 0: 3f+1
	Retry      Span       `yaml:"retry"`    // a client's first retransmission; dBQS doubles it up to eight times
	PBFT       PBFT       `yaml:"pbft"`     // of a service, or of the groups of dbft
	Membership Membership `yaml:"membership"`
	BFTBC      BFTBC      `yaml:"bftbc"`
	Groups     GroupSteps `yaml:"groups"`
	Lift       []string   `yaml:"lift"` // rules that are left out: a protocol as it once was, or a flaw to be shown
}

// Objects says what there is to read and write.
type Objects struct {
	PublicKey   Ints `yaml:"public-key"`   // mutable registers
	ContentHash Ints `yaml:"content-hash"` // immutable values
}

// Workload says what the clients do, each one operation after another.
type Workload struct {
	Operations Ints `yaml:"operations"` // of each client
	Reads      Rate `yaml:"reads"`      // share of reads and gets
	Think      Span `yaml:"think"`      // between operations, drawn for each
}

// Network says how messages fare.
type Network struct {
	Link    `yaml:",inline"`
	Regions Ints `yaml:"regions"` // 0: one place; else hosts are spread over so many regions of the measured table

	GST   Span `yaml:"gst"`   // until then, chaos rules
	Bound Span `yaml:"bound"` // what was sent before gst arrives by gst + bound
	Chaos Link `yaml:"chaos"`
}

// Link says how messages fare between two nodes.
type Link struct {
	Latency   Latency `yaml:"latency"`
	Loss      Rate    `yaml:"loss"`
	Duplicate Rate    `yaml:"duplicate"`
	Corrupt   Rate    `yaml:"corrupt"`
	Reorder   Rate    `yaml:"reorder"`
	Hold      Span    `yaml:"hold"`      // the most that a reordered message is held
	Bandwidth Ints    `yaml:"bandwidth"` // bits a second, 0 = unlimited
}

// Latency is a distribution of one-way delays.
type Latency struct {
	Shape  string `yaml:"shape"`  // constant, uniform, log-normal, normal
	Base   Span   `yaml:"base"`   // the constant, low end, median or mean
	Spread Span   `yaml:"spread"` // uniform: width; normal: deviation
	Sigma  Rate   `yaml:"sigma"`  // log-normal: deviation of the logarithm
}

// Hosts says what the servers' and clients' computers are like.
type Hosts struct {
	CPU    CPU  `yaml:"cpu"`
	Egress Ints `yaml:"egress"` // bits a second out of each node, 0 = unlimited
	Drift  Ints `yaml:"drift"`  // ppm; each clock gains or loses at most this
	Offset Span `yaml:"offset"` // each clock starts off by at most this
	Sync   Span `yaml:"sync"`   // time of one disk sync
}

// CPU is the price of work, per piece.
type CPU struct {
	Input  Span `yaml:"input"`
	Send   Span `yaml:"send"`
	Sign   Span `yaml:"sign"`
	Verify Span `yaml:"verify"`
	MAC    Span `yaml:"mac"`
	Digest Span `yaml:"digest"`
	Share  Span `yaml:"share"` // each threshold share made or checked
	KB     Span `yaml:"kb"`    // hashing 1,024 bytes
}

// Adversary says which servers and clients lie and how.
type Adversary struct {
	Liars            Ints     `yaml:"liars"`             // servers in the adversary's hands
	Strategies       []string `yaml:"strategies"`        // each "name" or "name(key=value, ...)", or several of them joined by " + "; each liar draws one
	Collude          bool     `yaml:"collude"`           // all liars draw the same and share what they know
	BadClients       Ints     `yaml:"bad-clients"`       // clients in its hands; their operations are not judged, only joined
	ClientStrategies []string `yaml:"client-strategies"` // the same for clients
	BeyondBound      bool     `yaml:"beyond-bound"`      // more than f liars are meant
	Mobile           Mobile   `yaml:"mobile"`            // servers that are taken over and let go again
}

// Fault is a scheduled fault, drawn Count times.
type Fault struct {
	Kind    string   `yaml:"kind"`    // partition, one-way, slow, filter, crash, wipe
	Count   Ints     `yaml:"count"`   // how often; not given: once
	At      Span     `yaml:"at"`      // when it strikes
	For     Span     `yaml:"for"`     // how long it lasts; crash and wipe: 0 = for good
	Servers Ints     `yaml:"servers"` // how many servers it hits
	Clients Ints     `yaml:"clients"` // how many clients it hits
	Kinds   []string `yaml:"kinds"`   // filter: message kinds that are lost
	Loss    Rate     `yaml:"loss"`    // slow, filter: not given: none, all
	Slow    Span     `yaml:"slow"`    // slow: added to each delay
}

// Limits bound a run.
type Limits struct {
	Deadline Span   `yaml:"deadline"` // virtual time
	Bound    Span   `yaml:"bound"`    // liveness: an operation takes at most this after GST and the last fault
	Settle   Span   `yaml:"settle"`   // run on for this long after the last operation
	Events   Ints   `yaml:"events"`   // 0 = unlimited
	Instant  Ints   `yaml:"instant"`  // events within one instant
	Watchdog string `yaml:"watchdog"` // wall time that one event may take
}

// ref is how the command line names the scenario.
func (s *Spec) ref() string {
	if s.source.library || s.source.file == "" {
		return s.Name
	}
	return s.source.file
}

// Patience is how long of wall time one event may take. It was validated.
func (s *Spec) Patience() time.Duration {
	d, err := time.ParseDuration(s.Limits.Watchdog)
	if err != nil {
		panic(err)
	}
	return d
}

// defaults returns what a scenario need not say.
func defaults() Spec {
	latency := Latency{Shape: "uniform", Base: Span{time.Millisecond, time.Millisecond}, Spread: Span{4 * time.Millisecond, 4 * time.Millisecond}}
	return Spec{
		System: System{Protocol: "dbqs", F: Ints{1, 1}, Retry: Span{200 * time.Millisecond, 200 * time.Millisecond},
			BFTBC: BFTBC{Variants: []string{bftbc.Base.String()}}},
		Clients:   Ints{3, 3},
		Objects:   Objects{PublicKey: Ints{1, 1}},
		Adversary: Adversary{Mobile: Mobile{Prey: preys[0]}},
		Workload:  Workload{Operations: Ints{20, 20}, Reads: Rate{500_000, 500_000}},
		Network:   Network{Link: Link{Latency: latency}, Chaos: Link{Latency: latency}},
		Limits: Limits{Deadline: Span{10 * time.Minute, 10 * time.Minute}, Bound: Span{20 * time.Second, 20 * time.Second},
			Events: Ints{5_000_000, 5_000_000}, Instant: Ints{100_000, 100_000}, Watchdog: "5s"},
	}
}
