package machines

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"turncoat/adversary"
	"turncoat/checker/explore"
	"turncoat/protocol"
)

// What a liar answers, told to the simulator.

// confess writes down when each request reaches the liar and what it answers.
func (w *scribe) confess() error {
	var asked []*parcel
	for _, p := range w.parcels {
		if p.to != w.m.liar {
			continue
		}
		if w.m.Dialect.Fact(p.msg) != nil {
			p.arrive = p.sent + heed
		} else if len(p.lies) > 0 {
			p.arrive = p.lies[0].arrive - heed
		} else {
			continue
		}
		asked = append(asked, p)
	}
	slices.SortFunc(asked, func(a, b *parcel) int { return cmp.Compare(a.arrive, b.arrive) })
	var facts []protocol.Message
	draws := make(map[trip]uint32)
	agains := make(map[trip]uint32)
	for _, p := range asked {
		facts = withFact(facts, w.m.Dialect.Fact(p.msg))
		letters := w.m.Dialect.Lies(facts, protocol.NodeID(p.from), p.msg)
		told := []int{adversary.DBQS{}.NoLetter()}
		for i, lie := range p.lies {
			letter := slices.IndexFunc(letters, func(m protocol.Message) bool { return bytes.Equal(m.AppendTo(nil), lie.msg.AppendTo(nil)) })
			if letter < 0 {
				return fmt.Errorf("the liar's answer %q needs what it learns after it was asked", w.m.Dialect.Describe(lie.msg))
			}
			told = append(told[:i], adversary.DBQS{}.Letter(letter))
			lie.sent = p.arrive
			w.post(lie)
		}
		at := trip{p.from, p.to, p.op}
		lie := explore.Choice{Actor: int32(w.m.liar), Peer: int32(p.from), Op: p.op}
		for i, letter := range told {
			lie.Label, lie.Index, lie.Value = adversary.AnswerLabel, draws[at], int64(letter)
			w.choose("lie", lie)
			draws[at]++
			if i < len(told)-1 {
				lie.Label, lie.Index, lie.Value = adversary.AgainLabel, agains[at], 1
				w.choose("lie", lie)
			}
			agains[at]++
		}
	}
	return nil
}

// withFact returns the facts with another, sorted by wire form.
func withFact(facts []protocol.Message, fact protocol.Message) []protocol.Message {
	if fact == nil {
		return facts
	}
	i, known := slices.BinarySearchFunc(facts, fact, compareForms)
	if known {
		return facts
	}
	return slices.Insert(facts, i, fact)
}

// compareForms orders messages by wire form.
func compareForms(a, b protocol.Message) int { return bytes.Compare(a.AppendTo(nil), b.AppendTo(nil)) }
