package machines

import (
	"fmt"
	"strings"

	"turncoat/adversary"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
)

// ordering is the dialect of PBFT: the liar's alphabet is that of package adversary.
type ordering struct {
	adversary.PBFT
	keys    *auth.Keys // the liar's
	genesis auth.Digest
}

// pbftSlots is how many sequence numbers the liar speaks of.
const pbftSlots = 1

// Fact returns what the liar learns.
func (d ordering) Fact(m protocol.Message) protocol.Message { return d.Said(m) }

// Lies returns nil: it is asked for nothing.
func (ordering) Lies([]protocol.Message, protocol.NodeID, protocol.Message) []protocol.Message {
	return nil
}

// Near returns the views that a correct replica is in, and their neighbours, as bits.
func (ordering) Near(m *Model, s *State) (near uint32) {
	for i := m.liar + 1; i < pbftReplicas; i++ {
		view, _ := m.local(s, i).machine.(*pbft.Replica).View()
		near |= 7 << view >> 1
	}
	return near
}

// Letters returns the alphabet.
func (d ordering) Letters(facts []protocol.Message) []protocol.Message {
	return d.PBFT.Letters(d.keys, facts, d.genesis, pbftSlots)
}

// Says allows the letters about views that are near.
func (ordering) Says(letter protocol.Message, near uint32) bool {
	return near>>adversary.ViewOf(letter)&1 != 0
}

// Describe says what is in a message, with the first byte of digests.
func (ordering) Describe(m protocol.Message) string {
	text := strings.TrimPrefix(string(m.Kind()), "pbft.")
	switch m := m.(type) {
	case *pbft.PrePrepare:
		return fmt.Sprintf("%s of %x as %d in view %d", text, m.Digest[:1], m.Seq, m.View)
	case *pbft.Prepare:
		return fmt.Sprintf("%s of %x as %d in view %d", text, m.Digest[:1], m.Seq, m.View)
	case *pbft.Commit:
		return fmt.Sprintf("%s of %x as %d in view %d", text, m.Digest[:1], m.Seq, m.View)
	case *pbft.ViewChange:
		return fmt.Sprintf("%s to view %d%s%s", text, m.View, certified(", prepared", m.P), certified(", pre-prepared", m.Q))
	case *pbft.ViewChangeAck:
		return fmt.Sprintf("%s of that of r%d to view %d", text, m.Origin, m.View)
	case *pbft.NewView:
		return fmt.Sprintf("%s %d%s", text, m.View, chosen(m))
	}
	return text
}

// certified names entries of P or Q.
func certified(what string, entries []pbft.Certified) (text string) {
	for _, e := range entries {
		text += fmt.Sprintf("%s %x as %d in view %d", what, e.Digest[:1], e.Seq, e.View)
	}
	return text
}

// chosen names what a NEW-VIEW begins with.
func chosen(m *pbft.NewView) (text string) {
	for i := range m.X {
		text += fmt.Sprintf(", with %x as %d", m.X[i][:1], m.Start.Seq+1+uint64(i))
	}
	return text
}
