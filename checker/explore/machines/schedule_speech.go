package machines

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"turncoat/adversary"
	"turncoat/checker/explore"
	"turncoat/protocol"
)

// What a liar says unasked, told to the simulator. There too it speaks when a message
// comes in: each reaches it as soon as it is sent, and what it says on a
// step of the path it says on the last of them before. Then its words travel until theirs.

// speak puts a speech into the mouth of the liar.
func (w *scribe) speak(x *speech) error {
	if w.heard == nil {
		return errors.New("the liar speaks before any message has come to it")
	}
	w.heard.speeches = append(w.heard.speeches, x)
	for _, e := range x.copies {
		w.flying[e.id] = append(w.flying[e.id], w.post(&parcel{envelope: e, sent: w.heard.sent + heed, arrive: never}))
	}
	return nil
}

// recite writes down what the liar says as each message comes in: on all others nothing.
func (w *scribe) recite(speaker Speaker) error {
	var facts []protocol.Message
	said := make(map[trip]uint32)
	spoke := make(map[trip]uint32)
	for _, p := range w.parcels {
		if p.to != w.m.liar {
			continue
		}
		p.arrive = p.sent + heed
		facts = withFact(facts, w.m.Dialect.Fact(p.msg))
		at := trip{p.from, p.to, p.op}
		draw := func(label string, index uint32, value int) {
			w.choose("lie", explore.Choice{Actor: int32(w.m.liar), Peer: int32(p.from), Op: p.op, Label: label, Index: index, Value: int64(value)})
		}
		draw(adversary.SpeakLabel, spoke[at], 1)
		spoke[at]++
		letters := speaker.Letters(facts)
		for i, x := range p.speeches {
			form := x.msg.AppendTo(nil)
			letter := slices.IndexFunc(letters, func(m protocol.Message) bool { return bytes.Equal(m.AppendTo(nil), form) })
			if letter < 0 {
				return fmt.Errorf("the liar does not know enough to say %q when it has to", w.m.Dialect.Describe(x.msg))
			}
			draw(adversary.SayLabel, said[at], letter+1)
			if i < len(p.speeches)-1 {
				draw(adversary.SayAgainLabel, said[at], 1)
			}
			said[at]++
		}
		if len(p.speeches) == 0 {
			said[at]++ // it draws that it says nothing
		}
	}
	return nil
}
