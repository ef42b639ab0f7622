package machines

import (
	"turncoat/checker/explore"
	"turncoat/protocol"
)

// A liar that speaks unasked: to all servers at once, within a budget. What it says
// travels like anything else, so on each link it may be late, or never arrive.

// Speaker is a Dialect of a protocol whose liar does.
type Speaker interface {
	Dialect

	// Near returns what of the state of the others decides what the liar may say.
	Near(m *Model, s *State) uint32

	// Letters returns everything that the liar can say when these are the facts. It
	// does not depend on their order.
	Letters(facts []protocol.Message) []protocol.Message

	// Says reports whether it may say a letter now.
	Says(letter protocol.Message, near uint32) bool
}

// speech is one letter on its way to every server.
type speech struct {
	id     uint32
	msg    protocol.Message
	copies []*envelope
}

// says appends what the liar may say to a state. A letter that nobody heeds
// now it can say later.
func (m *Model) says(s *State, out []explore.Step[State]) []explore.Step[State] {
	speaker, ok := m.Dialect.(Speaker)
	if !ok || m.liar < 0 || int(s.spent[lies]) >= m.budget[lies] {
		return out
	}
	for _, x := range m.speeches(speaker, s) {
		if !m.heeded(s, x) {
			continue
		}
		var t *explore.Step[State]
		out, t = extend(out, s, action(actSay, uint64(x.id)))
		if t.State.spent[lies]++; m.mute(&t.State) {
			t.State.known = m.first.known
		}
		for _, e := range x.copies {
			m.insert(&t.State, e)
		}
	}
	return out
}

// heeded reports whether a letter would change some server.
func (m *Model) heeded(s *State, x *speech) bool {
	for _, e := range x.copies {
		if !m.step(m.local(s, e.to), input{deliver, e.id}).quiet {
			return true
		}
	}
	return false
}

// speeches returns what the liar may say in a state.
func (m *Model) speeches(speaker Speaker, s *State) []*speech {
	near := speaker.Near(m, s)
	k := key(s.known, near)
	if known := m.letters.get(k); known != nil {
		return *known
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []*speech
	for _, msg := range speaker.Letters(m.facts.at(s.known).all) {
		if speaker.Says(msg, near) {
			all = append(all, m.keepSpeech(msg))
		}
	}
	return *m.letters.put(k, &all)
}

func (m *Model) keepSpeech(msg protocol.Message) *speech {
	form := string(msg.AppendTo(nil))
	if old := m.known.speeches[form]; old != nil {
		return old
	}
	x := &speech{msg: msg}
	for node := range len(m.Nodes) - len(m.clients) - m.Attendants {
		if node != m.liar {
			x.copies = append(x.copies, m.keepEnvelope(&envelope{from: m.liar, to: node, msg: msg, nth: -1}))
		}
	}
	x.id = m.spoken.add(x)
	m.known.speeches[form] = x
	return x
}

// unasked reports whether there is a liar that speaks only when it likes: silent, it is a
// server that has crashed.
func (m *Model) unasked() bool {
	_, ok := m.Dialect.(Speaker)
	return ok && m.liar >= 0
}

// mute reports whether nobody will say anything more that depends on what he knows: then it
// is no part of the state.
func (m *Model) mute(s *State) bool {
	return m.liar < 0 || m.unasked() && int(s.spent[lies]) >= m.budget[lies]
}
