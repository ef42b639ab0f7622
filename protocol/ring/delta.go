package ring

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// ChangeKind says what happens to a member.
type ChangeKind uint8

// The kinds of change.
const (
	Add       ChangeKind = iota // Member joins; its id must be new
	Remove                      // the member with Member.ID leaves
	SetStatus                   // the member with Member.ID gets Member.Status, which it must not have
)

// Change is what happens to one member at an epoch change.
type Change struct {
	Kind   ChangeKind
	Member Member // Remove uses its ID alone, SetStatus its ID and Status
}

// Delta is the difference between the configurations of two consecutive epochs. It
// is immutable once it was applied or sent.
type Delta struct {
	From       uint64        // the epoch that it ends
	Changes    []Change      // in the order of the members' ids, one for each
	Service    []protocol.ID // the service's next group, none when it stays
	Parameters []byte        // the next parameters, none when they stay
}

// ErrDigest says that a delta leads to another configuration than was certified.
var ErrDigest = errors.New("the delta leads to another configuration than the certified one")

// NewDelta returns a delta of changes in any order; Apply refuses two of one member.
func NewDelta(from uint64, changes []Change) *Delta {
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, func(a, b Change) int { return a.Member.ID.Compare(b.Member.ID) })
	return &Delta{From: from, Changes: sorted}
}

// Apply returns the configuration of the next epoch. It refuses a delta of another
// epoch and any change that is not one, and says which; c is as it was.
func (c *Config) Apply(d *Delta) (*Config, error) {
	if d.From != c.epoch {
		return nil, fmt.Errorf("the delta ends epoch %d, this is epoch %d", d.From, c.epoch)
	}
	next := &Config{epoch: c.epoch + 1, root: c.root, service: c.service, parameters: c.parameters, omitStatus: c.omitStatus}
	if len(d.Service) > 0 {
		next.service = d.Service
	}
	if len(d.Parameters) > 0 {
		next.parameters = d.Parameters
	}
	e := &edit{omitStatus: c.omitStatus}
	for i := range d.Changes {
		change := &d.Changes[i]
		if i > 0 && d.Changes[i-1].Member.ID.Compare(change.Member.ID) >= 0 {
			return nil, fmt.Errorf("change %d of the delta, of %v, is out of order or the second of that member", i, change.Member.ID)
		}
		if err := next.change(e, change); err != nil {
			return nil, fmt.Errorf("change %d of the delta: %w", i, err)
		}
	}
	return next.sealed(e)
}

func (c *Config) change(e *edit, change *Change) error {
	id := &change.Member.ID
	old := c.root.find(id)
	if change.Member.Status > Inactive {
		return fmt.Errorf("%v is to have status %d, which is none", id, change.Member.Status)
	}
	switch {
	case change.Kind == Add && old == nil:
		member := change.Member
		c.root = e.add(c.root, &member)
	case change.Kind == Add:
		return fmt.Errorf("%v joins and is a member already", id)
	case change.Kind > SetStatus:
		return fmt.Errorf("kind %d is no change", change.Kind)
	case old == nil:
		return fmt.Errorf("%v is no member", id)
	case change.Kind == Remove:
		c.root = e.remove(c.root, id)
	case old.Status == change.Member.Status:
		return fmt.Errorf("%v is %v already", id, old.Status)
	default:
		member := *old
		member.Status = change.Member.Status
		c.root = e.replace(c.root, &member)
	}
	return nil
}

// AppendTo appends the wire form of the delta.
func (d *Delta) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, d.From)
	b = protocol.AppendBytes(appendIDs(b, d.Service), d.Parameters)
	b = binary.AppendUvarint(b, uint64(len(d.Changes)))
	for i := range d.Changes {
		change := &d.Changes[i]
		b = append(b, byte(change.Kind))
		switch change.Kind {
		case Add:
			b = change.Member.appendTo(b, false)
		case Remove:
			b = append(b, change.Member.ID[:]...)
		case SetStatus:
			b = append(append(b, change.Member.ID[:]...), byte(change.Member.Status))
		}
	}
	return b
}

// ReadDelta reads what AppendTo wrote.
func ReadDelta(w *protocol.Wire) *Delta {
	d := &Delta{From: w.Uint64(), Service: readIDs(w), Parameters: w.Bytes()}
	d.Changes = make([]Change, w.Count(1+len(protocol.ID{})))
	for i := range d.Changes {
		change := &d.Changes[i]
		change.Kind = ChangeKind(w.Byte())
		switch change.Kind {
		case Add:
			change.Member = readMember(w)
		case Remove:
			change.Member.ID = w.ID()
		case SetStatus:
			change.Member.ID = w.ID()
			change.Member.Status = readStatus(w)
		default:
			w.Fail()
		}
	}
	return d
}

// Versions remembers the last few outcomes of Apply by identity, so that the nodes
// of a run that hold one configuration and were sent one delta do not each spend
// the wall time and the memory of the same next version. What a node is charged in
// virtual time is Config.Digests all the same. It belongs to one run and is not
// safe for concurrent use; a nil one remembers nothing.
type Versions struct {
	recent [32]version
	next   int
}

type version struct {
	from  *Config
	delta *Delta
	to    *Config
	err   error
}

// Accept applies d to c and checks the digest that a certificate names: ErrDigest
// if it leads elsewhere, Apply's error if nowhere.
func (v *Versions) Accept(c *Config, d *Delta, certified auth.Digest) (*Config, error) {
	next, err := v.Apply(c, d)
	if err == nil && next.digest != certified {
		return nil, ErrDigest
	}
	return next, err
}

// Apply is c.Apply(d), remembered.
func (v *Versions) Apply(c *Config, d *Delta) (*Config, error) {
	if v == nil {
		return c.Apply(d)
	}
	for i := range v.recent {
		if r := &v.recent[i]; r.from == c && r.delta == d {
			return r.to, r.err
		}
	}
	next, err := c.Apply(d)
	v.recent[v.next] = version{c, d, next, err}
	v.next = (v.next + 1) % len(v.recent)
	return next, err
}
