// Package dbft is the same storage as dBQS by state machine replication: each object
// has an instance of PBFT among the 3f+1 servers that are responsible for it, and at
// an epoch's end the instance is carried over to the group of the next (Rodrigues,
// Liskov et al., TDSC 2012, who compare the two). It is a yardstick: what it stores,
// and through which client, is what package dbqs does.
//
// One file per phase: register.go is the service that a group replicates, instance.go
// a server's part in one group, epoch.go what an epoch's beginning means to it,
// handover.go how the state of a group becomes that of the next, release.go when a
// server lets go of an old group; client.go is the client's part. The replication
// itself is package pbft's, unchanged.
//
// Left out: creating and deleting objects, which exist from the first epoch on; and
// disks, for a replica of PBFT that comes back has forgotten its votes: it counts as
// faulty in the groups that it was in, and is as good as new in those of the next epoch.
package dbft

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
	"turncoat/protocol/ring"
)

// Config is what all nodes of a system agree on. It is immutable.
type Config struct {
	F       int           // faults that each group tolerates
	Objects []protocol.ID // all that there are, ascending
	PBFT    pbft.Config   // of every group; Instance and Members are each group's own
	View    *view.Config
	Retry   time.Duration // whoever has not answered is asked again after this
	Lifted  Rule
	Groups  Groups
}

// Groups remembers the configurations of the groups of a run, so that not every node
// works each of them out. It belongs to one run and is not safe for concurrent use; the
// zero value remembers nothing.
type Groups struct {
	known map[Instance]group // looked up only
}

// group is the outcome of Group.
type group struct {
	in     *ring.Config
	config *pbft.Config
}

// NewGroups returns an empty memory.
func NewGroups() Groups { return Groups{make(map[Instance]group)} }

// Of returns the configuration of an instance's group that some node has worked out, nil
// if none has: for adversaries, who know it as everyone does.
func (g *Groups) Of(i Instance) *pbft.Config { return g.known[i].config }

// Check returns an error that says what cannot be.
func (c *Config) Check() error {
	switch {
	case c.F < 1:
		return fmt.Errorf("dbft: F is %d; a group tolerates one fault at least", c.F)
	case c.PBFT.ReadOnly:
		return fmt.Errorf("dbft: ReadOnly is set; a group of which a weak quorum has handed over can still gather a quorum that has not, so reads must be ordered")
	case c.Retry <= 0:
		return fmt.Errorf("dbft: Retry must be positive")
	case len(c.Objects) == 0 || !slices.IsSortedFunc(c.Objects, protocol.ID.Compare):
		return fmt.Errorf("dbft: Objects must be some, ascending")
	}
	p := c.PBFT
	p.Members = make([]protocol.NodeID, c.size())
	for i := range p.Members {
		p.Members[i] = protocol.NodeID(i)
	}
	return p.Check()
}

// size returns how many replicas an object has.
func (c *Config) size() int { return 3*c.F + 1 }

// quorum returns 2f+1.
func (c *Config) quorum() int { return 2*c.F + 1 }

// vouchers returns how many members of the old group a handed-over state needs: one of
// f+1 is correct, and a correct one vouches for what the group has agreed on.
func (c *Config) vouchers() int {
	if !c.enforced(TransferQuorum) {
		return 1
	}
	return c.F + 1
}

// enforced reports whether a rule has not been lifted.
func (c *Config) enforced(r Rule) bool { return c.Lifted&r == 0 }

// Number returns the place of an object among all, -1 if there is no such object.
func (c *Config) Number(object protocol.ID) int {
	i, found := slices.BinarySearchFunc(c.Objects, object, protocol.ID.Compare)
	if !found {
		return -1
	}
	return i
}

// Group returns the configuration of an object's group in an epoch, nil if that has too
// few active members. The primary of view 0 is another one in each epoch [O]: the
// first server of an arc would otherwise be it in all of them.
func (c *Config) Group(in *ring.Config, object protocol.ID) *pbft.Config {
	i := Instance{object, in.Epoch()}
	known, ok := c.Groups.known[i]
	if !ok || known.in != in {
		known = group{in, c.group(in, object)}
		if c.Groups.known != nil {
			c.Groups.known[i] = known
		}
	}
	return known.config
}

func (c *Config) group(in *ring.Config, object protocol.ID) *pbft.Config {
	members := in.Group(object, c.size())
	if len(members) < c.size() {
		return nil
	}
	first := int(in.Epoch() % uint64(len(members)))
	g := c.PBFT
	g.Members = slices.Concat(members[first:], members[:first])
	g.Instance = instanceNumber(object, in.Epoch())
	return &g
}

// instanceNumber names the instance of an object in an epoch in whatever is
// authenticated. The membership service's own are small numbers.
func instanceNumber(object protocol.ID, epoch uint64) uint64 {
	return (binary.BigEndian.Uint64(object[:])+epoch*0x9e3779b97f4a7c15)>>1 | 1<<63
}
