// Package pbft is the replication protocol of Castro and Liskov: n = 3f+1
// replicas execute the operations of one service in one order, with up to f of
// them Byzantine, and any number of Byzantine clients.
//
// The form is that of "Practical Byzantine Fault Tolerance and Proactive
// Recovery" (TOCS 20(4), 2002): MAC authenticators, and view changes whose
// messages are vouched for by acknowledgements. Config.Signed gives the form of
// OSDI 1999: every message signed, certificates carried as proofs. Left out:
// proactive recovery with its key refreshment, and page-level state trees deeper
// than one level. FIDELITY.md lists what the papers leave open and we decided.
//
// There is one file per phase, under the paper's names. Every count in them is of
// distinct senders of the same (view, sequence number, digest).
package pbft

import (
	"fmt"
	"time"

	"turncoat/protocol"
)

// Config is the configuration of one replicated service. All its replicas and
// clients share one value, which nobody changes once it is in use.
type Config struct {
	Instance uint64            // mixed into whatever is authenticated: no message of one instance counts in another
	Members  []protocol.NodeID // the replicas; n = len = 3f+1, and a replica's number is its index here

	// Leaders are the primaries of the first views, by their numbers, if they are not
	// those of v mod n: the protocol needs only that all agree on them, and a tester
	// draws them (Bano et al., OPODIS 2021).
	Leaders []int32

	K      uint64 // a checkpoint is taken every K sequence numbers
	L      uint64 // length of the log: sequence numbers in (h, h+L] are accepted; a multiple of K, at least 2K
	Batch  int    // most requests under one sequence number
	Window int    // most sequence numbers that a primary has proposed and not executed, at most L

	Signed        bool // signatures and proofs (OSDI 1999) in place of authenticators and acknowledgements (TOCS 2002)
	Tentative     bool // execute at prepared, roll back if the view changes first
	ReadOnly      bool // answer read-only requests at once, without ordering them
	DigestReplies bool // only the replica that a request names sends a long result whole

	ViewTimeout    time.Duration // T: how long the first request of the queue may take
	StatusInterval time.Duration // how long nothing may move before a replica asks for retransmission
	ClientTimeout  time.Duration // a client's first wait before it sends again; doubles four times

	Lifted Rule // the rules left out; none by default
}

// WithDefaults returns c with what is zero filled in: K = 128, L = 2K, batches of
// one request, a window of L, T = 2 s, status 250 ms, clients 1 s.
func (c Config) WithDefaults() Config {
	if c.K == 0 {
		c.K = 128
	}
	if c.L == 0 {
		c.L = 2 * c.K
	}
	if c.Batch == 0 {
		c.Batch = 1
	}
	if c.Window == 0 {
		c.Window = int(c.L)
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{{&c.ViewTimeout, 2 * time.Second}, {&c.StatusInterval, 250 * time.Millisecond}, {&c.ClientTimeout, time.Second}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return c
}

// Check returns an error that names the field which cannot be.
func (c *Config) Check() error {
	n := len(c.Members)
	switch {
	case n < 4 || n%3 != 1:
		return fmt.Errorf("pbft: Members has %d replicas; PBFT needs 3f+1 of them, such as 4, 7 or 10", n)
	case c.K == 0 || c.L < 2*c.K || c.L%c.K != 0:
		return fmt.Errorf("pbft: L=%d must be a multiple of K=%d and at least twice as much, or the primary waits at every checkpoint", c.L, c.K)
	case c.Batch < 1:
		return fmt.Errorf("pbft: Batch is %d; a sequence number needs room for 1 request or more", c.Batch)
	case c.Window < 1 || uint64(c.Window) > c.L:
		return fmt.Errorf("pbft: Window is %d; it must be in 1..L=%d", c.Window, c.L)
	case c.ViewTimeout <= 0 || c.StatusInterval <= 0 || c.ClientTimeout <= 0:
		return fmt.Errorf("pbft: ViewTimeout, StatusInterval and ClientTimeout must be positive")
	}
	for view, i := range c.Leaders {
		if !c.member(i) {
			return fmt.Errorf("pbft: Leaders has replica %d lead view %d; the replicas are 0 to %d", i, view, n-1)
		}
	}
	for i, m := range c.Members {
		if c.index(m) != i {
			return fmt.Errorf("pbft: Members names node %d twice", m)
		}
	}
	return nil
}

// N returns the number of replicas.
func (c *Config) N() int { return len(c.Members) }

// F returns how many of them may be faulty.
func (c *Config) F() int { return (len(c.Members) - 1) / 3 }

// Quorum returns 2f+1: any two quorums share a correct replica.
func (c *Config) Quorum() int { return 2*c.F() + 1 }

// Weak returns f+1: any weak quorum has a correct replica.
func (c *Config) Weak() int { return c.F() + 1 }

// Primary returns the number of the primary of a view.
func (c *Config) Primary(view uint64) int {
	if view < uint64(len(c.Leaders)) {
		return int(c.Leaders[view])
	}
	return int(view % uint64(len(c.Members)))
}

// index returns the number of a node among the replicas, or -1.
func (c *Config) index(id protocol.NodeID) int {
	for i, m := range c.Members {
		if m == id {
			return i
		}
	}
	return -1
}

// member reports whether i is the number of a replica.
func (c *Config) member(i int32) bool { return i >= 0 && int(i) < len(c.Members) }

// enforced reports whether a rule has not been lifted.
func (c *Config) enforced(rule Rule) bool { return c.Lifted&rule == 0 }
