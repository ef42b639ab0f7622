package pbft

import (
	"bytes"
	"sort"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// tally counts votes of one kind for one (view, seq): the distinct senders of each
// digest. The first vote of a sender is the one that counts; a correct sender
// never has a second.
type tally struct {
	groups []group
}

// group is those who voted for one digest.
type group struct {
	digest  auth.Digest
	senders protocol.Bitset
	count   int
	votes   []Vote // signed form: their signatures
}

// add counts a vote. sig is kept when it is not nil.
func (t *tally) add(cfg *Config, sender int32, d *auth.Digest, sig *auth.Signature) {
	if cfg.enforced(DistinctSenders) && t.has(sender) {
		return
	}
	g := t.group(d)
	if g == nil {
		t.groups = extend(t.groups)
		g = &t.groups[len(t.groups)-1]
		g.digest = *d
	}
	g.senders.Add(int(sender))
	g.count++
	if sig != nil {
		g.votes = append(g.votes, Vote{sender, *sig})
	}
}

// count returns how many votes d has. It counts the votes of a digest, never those
// of a sequence number: a primary that tells each backup another story would
// otherwise make one quorum out of all of them.
func (t *tally) count(cfg *Config, d *auth.Digest) int {
	if !cfg.enforced(DigestCheck) {
		all := 0
		for i := range t.groups {
			all += t.groups[i].count
		}
		return all
	}
	if g := t.group(d); g != nil {
		return g.count
	}
	return 0
}

func (t *tally) has(sender int32) bool {
	for i := range t.groups {
		if t.groups[i].senders.Has(int(sender)) {
			return true
		}
	}
	return false
}

func (t *tally) group(d *auth.Digest) *group {
	for i := range t.groups {
		if t.groups[i].digest == *d {
			return &t.groups[i]
		}
	}
	return nil
}

// extend grows groups by one, empty, using again the memory of one that was cleared.
func extend(groups []group) []group {
	if len(groups) == cap(groups) {
		return append(groups, group{})
	}
	groups = groups[:len(groups)+1]
	g := &groups[len(groups)-1]
	g.senders.Clear()
	g.count, g.votes = 0, g.votes[:0]
	return groups
}

func (t *tally) clear() { t.groups = t.groups[:0] }

func (t *tally) clone() tally {
	var c tally
	for i := range t.groups {
		g := t.groups[i]
		g.senders, g.votes = g.senders.Clone(), append([]Vote(nil), g.votes...)
		c.groups = append(c.groups, g)
	}
	return c
}

// appendState appends the tally in an order that does not depend on arrival.
func (t *tally) appendState(b []byte) []byte {
	order := make([]*group, len(t.groups))
	for i := range t.groups {
		order[i] = &t.groups[i]
	}
	sort.Slice(order, func(i, j int) bool { return bytes.Compare(order[i].digest[:], order[j].digest[:]) < 0 })
	b = appendCount(b, len(order))
	for _, g := range order {
		b = g.senders.AppendTo(append(b, g.digest[:]...))
		b = appendCount(b, g.count)
	}
	return b
}
