package pbft

import (
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol/auth"
)

// past is a history of one group up to a view change, from which the VIEW-CHANGEs
// of its correct replicas follow, and what must be kept.
type past struct {
	cfg       *Config
	view      uint64 // that is being changed to
	messages  []*ViewChange
	committed map[uint64]auth.Digest // above every stable checkpoint of the messages
}

func someBatch(t *rapid.T, label string) auth.Digest {
	return auth.Digest{byte(rapid.IntRange(1, 3).Draw(t, label))}
}

// drawPast plays views on each number: in a view the primary assigns a batch, and may
// tell some another; a correct replica prepares if f+1 correct ones, and so with the
// faulty a quorum, pre-prepared the same; if f+1 correct ones prepared, it may have
// committed, and later views know no other.
func drawPast(t *rapid.T, n int) *past {
	cfg := Config{Members: members(n), K: 2, L: 4}.WithDefaults()
	p := &past{cfg: &cfg, view: uint64(rapid.IntRange(1, 3).Draw(t, "view")), committed: map[uint64]auth.Digest{}}
	correct := n - cfg.F()
	for i := range correct {
		p.messages = append(p.messages, &ViewChange{View: p.view, Replica: int32(i), C: []CheckpointID{{0, auth.Digest{9}}}})
	}
	low := p.drawCheckpoint(t, correct)
	for seq := uint64(1); seq <= 4; seq++ {
		p.drawNumber(t, correct, seq, seq <= low)
	}
	return p
}

// drawCheckpoint lets some hold checkpoint 2 and, if f+1 do, some have it as stable.
func (p *past) drawCheckpoint(t *rapid.T, correct int) uint64 {
	holders := rapid.IntRange(0, correct).Draw(t, "holders of 2")
	for i := range holders {
		m := p.messages[i]
		m.C = append(m.C, CheckpointID{2, auth.Digest{8}})
		if holders >= p.cfg.Weak() && rapid.Bool().Draw(t, "stable") {
			m.H, m.C = 2, m.C[1:]
		}
	}
	if holders == 0 {
		return 0
	}
	return 2 // the state after 2 exists: all up to it has committed
}

func (p *past) drawNumber(t *rapid.T, correct int, seq uint64, must bool) {
	var locked *auth.Digest
	for v := range p.view {
		d := someBatch(t, "assigned")
		if locked != nil {
			d = *locked
		}
		level := make([]int, correct)
		sent := 0
		for i := range level {
			if level[i] = rapid.IntRange(0, 3).Draw(t, "progress"); must && v == 0 {
				level[i] = 2
			}
			if level[i] > 0 {
				sent++
			}
		}
		prepared := 0
		for i, l := range level {
			m := p.messages[i]
			if m.H >= seq || l == 0 {
				continue
			}
			other := someBatch(t, "equivocation")
			if l == 3 && locked == nil && other != d {
				sent--
				m.preprepare(Certified{Seq: seq, View: v, Digest: other})
				level[i] = 0
			} else {
				m.preprepare(Certified{Seq: seq, View: v, Digest: d})
			}
		}
		for i, l := range level {
			if l < 2 || sent < p.cfg.Weak() {
				continue
			}
			prepared++
			if m := p.messages[i]; m.H < seq {
				m.prepare(Certified{Seq: seq, View: v, Digest: d})
			}
		}
		if prepared >= p.cfg.Weak() {
			locked = &d
			p.committed[seq] = d
		}
	}
}

func (m *ViewChange) preprepare(e Certified) {
	var s slot
	var rest []Certified
	for _, old := range m.Q {
		if old.Seq == e.Seq {
			s.q = append(s.q, old)
		} else {
			rest = append(rest, old)
		}
	}
	s.preprepared(e)
	m.Q = append(rest, s.q...) // numbers are drawn in ascending order
}

func (m *ViewChange) prepare(e Certified) {
	if k := len(m.P); k > 0 && m.P[k-1].Seq == e.Seq {
		m.P[k-1] = e
		return
	}
	m.P = append(m.P, e)
}

// drawLie is any well-formed message.
func (p *past) drawLie(t *rapid.T, replica int32) *ViewChange {
	m := &ViewChange{View: p.view, Replica: replica, H: 2 * uint64(rapid.IntRange(0, 1).Draw(t, "H"))}
	for seq := m.H; seq <= 4; seq += 2 {
		if rapid.Bool().Draw(t, "claims") {
			m.C = append(m.C, CheckpointID{seq, auth.Digest{byte(rapid.IntRange(7, 9).Draw(t, "checkpoint"))}})
		}
	}
	for seq := m.H + 1; seq <= m.H+4; seq++ {
		view := uint64(rapid.IntRange(0, int(p.view)-1).Draw(t, "of view"))
		e := Certified{Seq: seq, View: view, Digest: someBatch(t, "lie")}
		if rapid.Bool().Draw(t, "in P") {
			m.P = append(m.P, e)
		}
		if rapid.Bool().Draw(t, "in Q") {
			m.Q = append(m.Q, e)
		}
	}
	return m
}

// What has committed survives, whichever messages are in the set and whatever f
// replicas say; and the messages of all correct replicas always suffice.
func TestDecisionKeepsWhatCommitted(t *testing.T) {
	decided := 0
	rapid.Check(t, func(t *rapid.T) {
		n := 4 + 3*rapid.IntRange(0, 1).Draw(t, "size")
		p := drawPast(t, n)
		all := p.messages
		for i := n - p.cfg.F(); i < n; i++ {
			all = append(all, p.drawLie(t, int32(i)))
		}
		for _, m := range all {
			if !m.wellFormed(p.cfg) {
				t.Fatalf("the generator made a malformed message: %+v", m)
			}
		}
		if _, ok := Decide(p.cfg, all); !ok {
			t.Fatal("the messages of all correct replicas do not suffice")
		}
		var set []*ViewChange
		for _, m := range rapid.Permutation(all).Draw(t, "order") {
			if rapid.IntRange(0, 3).Draw(t, "in the set") > 0 {
				set = append(set, m)
			}
		}
		d, ok := Decide(p.cfg, set)
		if !ok {
			return
		}
		decided++
		for seq, want := range p.committed {
			if seq <= d.Start.Seq {
				continue
			}
			if i := int(seq - d.Start.Seq - 1); i >= len(d.X) || d.X[i] != want {
				t.Fatalf("number %d had committed %x; the new view starts from %d with %x", seq, want[0], d.Start.Seq, d.X)
			}
		}
	})
	if decided == 0 {
		t.Fatal("no set of messages was ever enough")
	}
}

// holdsFor reports whether some subset of at least size messages satisfies ok, by
// trying every subset.
func holdsFor(set []*ViewChange, size int, ok func(*ViewChange) bool) bool {
	for subset := range 1 << len(set) {
		members, all := 0, true
		for i, m := range set {
			if subset>>i&1 == 1 {
				members++
				all = all && ok(m)
			}
		}
		if members >= size && all {
			return true
		}
	}
	return false
}

// oracle decides on one number by the letter of figure 4, with quantifiers over subsets.
func oracle(cfg *Config, set []*ViewChange, seq uint64) (choices map[auth.Digest]bool) {
	choices = map[auth.Digest]bool{}
	entry := func(m *ViewChange) (e Certified, ok bool) {
		for _, p := range m.P {
			if p.Seq == seq {
				return p, true
			}
		}
		return e, false
	}
	for _, m := range set {
		e, ok := entry(m)
		if !ok {
			continue
		}
		a1 := holdsFor(set, cfg.Quorum(), func(m *ViewChange) bool {
			o, has := entry(m)
			return m.H < seq && (!has || o.View < e.View || o.View == e.View && o.Digest == e.Digest)
		})
		a2 := holdsFor(set, cfg.Weak(), func(m *ViewChange) bool {
			for _, q := range m.Q {
				if q.Seq == seq && q.Digest == e.Digest && q.View >= e.View {
					return true
				}
			}
			return false
		})
		if a1 && a2 {
			choices[e.Digest] = true
		}
	}
	if len(choices) == 0 && holdsFor(set, cfg.Quorum(), func(m *ViewChange) bool { _, has := entry(m); return m.H < seq && !has }) {
		choices[nullDigest] = true
	}
	return choices
}

func TestDecisionAgainstTheFigure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPast(t, 4)
		set := append(p.messages[:rapid.IntRange(2, 3).Draw(t, "of the correct")], p.drawLie(t, 3))
		if rapid.Bool().Draw(t, "two liars") {
			set[0] = p.drawLie(t, 0)
		}
		for seq := uint64(1); seq <= 6; seq++ {
			want := oracle(p.cfg, set, seq)
			got, ok := chooseRequest(p.cfg, set, seq)
			if ok != (len(want) > 0) || ok && !want[got] {
				t.Fatalf("number %d: chose %x (%v), the figure allows %v", seq, got, ok, want)
			}
		}
	})
}
