// Package membership is the membership service of Rodrigues, Liskov, Chen, Liskov
// and Schultz (IEEE TDSC 9(2), 2012): a service, replicated with PBFT on 3f+1 of
// the ordinary servers, that says who is in the system. Time is divided into
// epochs, each with one configuration. The service probes all members, admits
// and removes whom the authority tells it to, evicts who does not answer, and
// ends epochs; its threshold signature tells everyone what the next begins with.
//
// Every server runs a Server: a member that answers probes and keeps a view of the
// membership (package view), and that is one of the service's replicas besides if
// the configuration says so. A Client asks the service for changes, or acts
// under a freshness lease.
package membership

import (
	"fmt"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
	"turncoat/protocol/ring"
)

// Config is what all nodes of a run have in common. Nobody changes it once it is in use.
type Config struct {
	View      *view.Config
	PBFT      pbft.Config    // what the service's replicas have in common; Members and Instance are filled in here
	Authority auth.PublicKey // who admits and removes members
	Sharing   *auth.Sharing  // of the service's key, in the genesis group
	MoveEvery uint64         // the service moves as epochs begin whose number this divides; 0: never

	EpochLength time.Duration // how long a replica waits in an epoch before it votes to end it
	EarlyEnd    int           // so many pending changes end an epoch at once; 0: never
	Least       int           // no change leaves fewer active members; 0: no bound

	ProbeEvery  time.Duration // one ping of each member by each replica; also the pace of retransmission
	SignedEvery int           // every so many pings ask for a signed answer; at least 1
	Propose     int           // consecutive misses after which a prober proposes an eviction, and signed answers after which a return
	Accept      int           // those after which it supports another's proposal; below Propose

	Committees int // slices of the ring, each probed by a committee in the replicas' place; 0: none
	CommitteeF int // f_c: a committee has 2f_c+1 members

	FreshEvery time.Duration // how long a replica collects nonces for one certificate
	Retry      time.Duration // a node's first wait before it asks for a lease again; doubles up to eight times
}

// Check returns an error that names the field which cannot be.
func (c *Config) Check() error {
	switch {
	case c.EpochLength <= 0 || c.ProbeEvery <= 0 || c.FreshEvery <= 0 || c.Retry <= 0:
		return fmt.Errorf("membership: EpochLength, ProbeEvery, FreshEvery and Retry must be positive")
	case c.SignedEvery < 1:
		return fmt.Errorf("membership: SignedEvery is %d; 1 signs every answer", c.SignedEvery)
	case c.Accept < 1 || c.Accept >= c.Propose:
		return fmt.Errorf("membership: Accept=%d must be in 1..Propose-1=%d, or nobody supports a proposal before having made it", c.Accept, c.Propose-1)
	}
	if c.Committees < 0 || c.CommitteeF < 0 {
		return fmt.Errorf("membership: Committees=%d and CommitteeF=%d cannot be negative", c.Committees, c.CommitteeF)
	}
	if c.PBFT.Tentative {
		return fmt.Errorf("membership: what executes tentatively cannot be unsigned; leave PBFT.Tentative out")
	}
	group := c.Group(c.View.Genesis)
	return group.Check()
}

// Group returns the configuration of the PBFT group that runs the service in an
// epoch.
func (c *Config) Group(in *ring.Config) pbft.Config {
	p := c.PBFT.WithDefaults()
	p.Instance = c.Instance(in.Epoch())
	p.Members = make([]protocol.NodeID, len(in.Service()))
	for i, id := range in.Service() {
		p.Members[i] = in.Lookup(id).Node
	}
	return p
}

// enforced reports whether a rule has not been lifted.
func (c *Config) enforced(rule view.Rule) bool { return c.View.Lifted&rule == 0 }

// weak returns f+1 of the service in a configuration: any so many of its replicas
// have a correct one among them.
func weak(in *ring.Config) int { return (len(in.Service())-1)/3 + 1 }

// replicaOf returns the number of a node's replica in the service, or -1.
func replicaOf(in *ring.Config, id protocol.ID) int {
	for i, r := range in.Service() {
		if r == id {
			return i
		}
	}
	return -1
}
