package membership

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
)

// When the service moves, what its replicas have counted moves with it: else no member
// that is gone would be evicted where the service moves sooner than a prober makes up its
// mind. Each old replica says what it has counted beside the handover that it is asked
// for, and a new one believes of each member what f+1 of them say at least: one of these
// is correct, and has counted as much [O]. It does not wait for them: counts are a head
// start. What a new replica hears itself overrides them.

// Count is what a replica of the old group has counted of one member.
type Count struct {
	Member               protocol.ID
	Misses, Silent, Good int
}

// legacy is what a probe has taken over.
type legacy struct {
	misses, silent, good int32
	over                 bool // the member has answered since
}

// counts returns what a prober has counted, of those members alone of which it has
// anything to say, by id.
func (t *prober) counts() (out []Count) {
	for i := range t.probes {
		p := &t.probes[i]
		c := Count{p.id, int(p.misses + p.legacy.misses), int(p.silent + p.legacy.silent), int(p.good + p.legacy.good)}
		if c.Misses+c.Silent+c.Good > 0 {
			out = append(out, c)
		}
	}
	return out
}

// inherit takes over what a replica of the group before has counted.
func (t *seat) inherit(env protocol.Env, from protocol.NodeID, counts []Count) {
	s := t.server
	before := s.view.ConfigAt(t.instance - 1)
	if before == nil || s.view.Epoch() != t.instance {
		return
	}
	old := groupOf(before, before.Service()).Members
	number := slices.Index(old, from)
	if number < 0 || t.heard[number] != nil {
		return
	}
	t.heard[number] = append([]Count{}, counts...) // not nil: it has spoken
	t.follow(s.view.Config())
	for range t.believe(s.view.Self(), t.heard, weak(before)) {
		env.Note(NoteCountInherited, t.instance)
	}
}

// believe takes over of each member what so many of those that were heard say at least,
// and returns of how many members that is. Nothing is believed of self: nobody probes
// itself, and so would never find out that it answers.
func (t *prober) believe(self protocol.ID, heard [][]Count, weak int) (members int) {
	for _, id := range mentioned(heard) {
		p := t.probe(id)
		if p == nil || p.legacy.over || id == self {
			continue
		}
		var said [3][]int
		for _, c := range heard {
			if j, found := slices.BinarySearchFunc(c, id, func(c Count, id protocol.ID) int { return c.Member.Compare(id) }); found {
				for k, n := range [...]int{c[j].Misses, c[j].Silent, c[j].Good} {
					said[k] = append(said[k], n)
				}
			}
		}
		if len(said[0]) < weak {
			continue
		}
		for k := range said {
			slices.Sort(said[k])
		}
		at := len(said[0]) - weak // so many from the top say as much or more
		p.legacy.misses, p.legacy.silent, p.legacy.good = counted(said[0][at]), counted(said[1][at]), counted(said[2][at])
		members++
	}
	return members
}

// mentioned returns the members of which a replica of the group before has said anything,
// by id.
func mentioned(heard [][]Count) (ids []protocol.ID) {
	for _, counts := range heard {
		for i := range counts {
			ids = append(ids, counts[i].Member)
		}
	}
	slices.SortFunc(ids, protocol.ID.Compare)
	return slices.Compact(ids)
}

// counted returns what is added to a prober's own count: no lie makes that overflow.
func counted(said int) int32 { return int32(min(said, 1<<30)) }

// maxInquiries is how often a new replica asks for counts [O]; a member of the group
// before answers once it has left that.
const maxInquiries = 3

// inquire asks those of the group before for their counts who have not said theirs.
func (t *seat) inquire(env protocol.Env) {
	s := t.server
	before := s.view.ConfigAt(t.instance - 1)
	if t.instance == s.cfg.View.Genesis.Epoch() || before == nil || s.view.Epoch() != t.instance || t.inquiries == maxInquiries {
		return
	}
	t.inquiries++
	for i, to := range groupOf(before, before.Service()).Members {
		if t.heard[i] == nil && to != s.keys.Self() {
			env.Send(to, &HandoverAsk{t.instance})
		}
	}
}

func appendCounts(b []byte, counts []Count) []byte {
	b = binary.AppendUvarint(b, uint64(len(counts)))
	for i := range counts {
		c := &counts[i]
		b = append(b, c.Member[:]...)
		for _, n := range [...]int{c.Misses, c.Silent, c.Good} {
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	return b
}

// readCounts reads what appendCounts wrote. They ascend by member, or are none.
func readCounts(w *protocol.Wire) []Count {
	out := make([]Count, w.Count(len(protocol.ID{})+3))
	for i := range out {
		out[i] = Count{w.ID(), readIndex(w), readIndex(w), readIndex(w)}
		if i > 0 && out[i-1].Member.Compare(out[i].Member) >= 0 {
			w.Fail()
		}
	}
	return out
}
