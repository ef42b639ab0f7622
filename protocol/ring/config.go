package ring

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Config is the configuration of one epoch: all members, active and inactive, the
// group that runs the membership service, and parameters. It is immutable; the
// next epoch's is made of it by a Delta and shares what stays the same, so that an
// epoch change costs in proportion to the changes, times log n.
//
// Left out: what the parameters mean. They are bytes that their owner encodes.
type Config struct {
	epoch      uint64
	root       *node
	service    []protocol.ID
	parameters []byte
	omitStatus bool
	digest     auth.Digest
	made       int
}

// Options are fixed for all configurations of a run.
type Options struct {
	// OmitStatus leaves the members' statuses out of the digest. It is the lifted
	// rule membership.digest-covers-status: two nodes can then hold configurations
	// with one digest and different replica groups.
	OmitStatus bool
}

// NewConfig returns a first configuration. It fails when an id occurs twice or a
// member of the service's group is not a member.
func NewConfig(epoch uint64, members []Member, service []protocol.ID, parameters []byte, o Options) (*Config, error) {
	c := &Config{epoch: epoch, service: service, parameters: parameters, omitStatus: o.OmitStatus}
	e := &edit{omitStatus: o.OmitStatus}
	own := slices.Clone(members)
	slices.SortFunc(own, func(a, b Member) int { return a.ID.Compare(b.ID) })
	for i := range own {
		if m := &own[i]; m.Status > Inactive {
			return nil, fmt.Errorf("member %v has status %d, which is none", m.ID, m.Status)
		}
		if i > 0 && own[i-1].ID == own[i].ID {
			return nil, fmt.Errorf("two members have id %v", own[i].ID)
		}
	}
	c.root = e.build(own)
	return c.sealed(e)
}

// sealed computes the digests of a configuration in the making, and checks what it
// refers to.
func (c *Config) sealed(e *edit) (*Config, error) {
	for _, id := range c.service {
		if c.root.find(&id) == nil {
			return nil, fmt.Errorf("%v is to run the service and is no member", id)
		}
	}
	e.seal(c.root)
	c.made = e.made
	top := c.root.digestOf()
	b := binary.LittleEndian.AppendUint64([]byte("configuration"), c.epoch)
	b = binary.LittleEndian.AppendUint64(b, uint64(c.Len()))
	b = append(b, top[:]...)
	c.digest = digest(protocol.AppendBytes(appendIDs(b, c.service), c.parameters))
	return c, nil
}

func digest(b []byte) auth.Digest { return sha256.Sum256(b) }

func appendIDs(b []byte, ids []protocol.ID) []byte {
	b = binary.AppendUvarint(b, uint64(len(ids)))
	for i := range ids {
		b = append(b, ids[i][:]...)
	}
	return b
}

// Epoch returns the number of the epoch.
func (c *Config) Epoch() uint64 { return c.epoch }

// Digest covers everything that the configuration says. It does not depend on the
// order in which changes arrived.
func (c *Config) Digest() auth.Digest { return c.digest }

// Service returns the members that run the membership service, by replica number.
// The caller does not write to it, nor to Parameters.
func (c *Config) Service() []protocol.ID { return c.service }

// Parameters returns the parameters as they were given.
func (c *Config) Parameters() []byte { return c.parameters }

// Digests returns how many digests of members' subtrees were computed to make this
// version of the one before: what a node is to be charged for an epoch change.
func (c *Config) Digests() int { return c.made }

// Len returns the number of members, active and inactive.
func (c *Config) Len() int {
	if c.root == nil {
		return 0
	}
	return int(c.root.size)
}

// Active returns the number of active members.
func (c *Config) Active() int {
	if c.root == nil {
		return 0
	}
	return int(c.root.active)
}

// Lookup returns the member with this id, nil if there is none.
func (c *Config) Lookup(id protocol.ID) *Member { return c.root.find(&id) }

// Rank returns how many members come before an id, which need not be a member's.
func (c *Config) Rank(id protocol.ID) int { return c.root.rank(&id) }

// At returns the i-th member by id, nil if there are not so many.
func (c *Config) At(i int) *Member {
	if i < 0 || i >= c.Len() {
		return nil
	}
	for n := c.root; ; {
		before := 0
		if n.left != nil {
			before = int(n.left.size)
		}
		switch {
		case i == before:
			return n.member
		case i < before:
			n = n.left
		default:
			i -= before + 1
			n = n.right
		}
	}
}

// All visits the members in the order of their ids.
func (c *Config) All() iter.Seq[*Member] {
	return func(yield func(*Member) bool) { c.root.each(yield) }
}

// Successors returns the first n active members clockwise from x, x's own position
// included; fewer when there are fewer. Inactive members are passed over [O]. It
// takes O(n + log N) steps; where active members are rare, each of the n may cost
// a descent of its own.
func (c *Config) Successors(x protocol.ID, n int) []*Member {
	n = min(n, c.Active())
	if n <= 0 {
		return nil
	}
	out := c.root.activeFrom(&x, n, make([]*Member, 0, n))
	return c.root.activeFrom(nil, n, out)
}

// Group returns the nodes of Successors: the replica group of x.
func (c *Config) Group(x protocol.ID, n int) []protocol.NodeID {
	members := c.Successors(x, n)
	group := make([]protocol.NodeID, len(members))
	for i, m := range members {
		group[i] = m.Node
	}
	return group
}

// AppendTo appends the wire form of the whole configuration.
func (c *Config) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, c.epoch)
	b = protocol.AppendBytes(appendIDs(b, c.service), c.parameters)
	b = binary.AppendUvarint(b, uint64(c.Len()))
	for m := range c.All() {
		b = m.appendTo(b, false)
	}
	return b
}

// ReadConfig reads what AppendTo wrote. It fails w on what AppendTo could not have
// written, and then returns nil. Whether it is the agreed configuration, the
// digest tells.
func ReadConfig(w *protocol.Wire, o Options) *Config {
	epoch, service, parameters := w.Uint64(), readIDs(w), w.Bytes()
	members := make([]Member, w.Count(memberBytes))
	for i := range members {
		members[i] = readMember(w)
		if i > 0 && members[i-1].ID.Compare(members[i].ID) >= 0 {
			w.Fail() // another order would be another form of the same
		}
	}
	c, err := NewConfig(epoch, members, service, parameters, o)
	if err != nil {
		w.Fail()
	}
	return c
}

func readIDs(w *protocol.Wire) []protocol.ID {
	ids := make([]protocol.ID, w.Count(len(protocol.ID{})))
	for i := range ids {
		ids[i] = w.ID()
	}
	return ids
}

func readMember(w *protocol.Wire) Member {
	m := Member{ID: w.ID(), Key: auth.PublicKey(w.ID())}
	m.Node = protocol.NodeID(w.Uint32())
	m.Status = readStatus(w)
	return m
}

func readStatus(w *protocol.Wire) Status {
	s := Status(w.Byte())
	if s > Inactive {
		w.Fail()
	}
	return s
}
