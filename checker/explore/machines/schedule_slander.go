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

// A path on which a client in the adversary's hands speaks, told to the simulator.
//
// The client begins an operation a quarter of a step after the start, whose messages it
// drops, and never ends it. It says each letter half a step before the letter arrives; what replicas
// tell it, it hears at once. So it knows then what the slanderer of the path knew.

const (
	briefed = unit / 4 // after the start, the slanderer is asked to do something
	ahead   = unit / 2 // of its arrival, a letter is said
)

// slur is a letter on its way.
type slur struct {
	parcel *parcel
	letter int
}

// slander writes a letter down.
func (w *scribe) slander(e *envelope) error {
	m := w.m
	letters := m.slanderer.Says(m.facts.at(w.state.known).all)
	letter := slices.IndexFunc(letters, func(l protocol.Message) bool { return bytes.Equal(l.AppendTo(nil), e.msg.AppendTo(nil)) })
	if letter < 0 {
		return fmt.Errorf("the client in the adversary's hands cannot know enough to say %q", m.Dialect.Describe(e.msg))
	}
	p := w.post(&parcel{envelope: e, sent: w.now - ahead, arrive: w.now})
	w.said = append(w.said, slur{p, letter})
	return nil
}

// perform writes down when the slanderer begins, what it says and when. The error says that
// the simulator would not see what is wrong.
func (w *scribe) perform() error {
	m := w.m
	if d, ok := m.Dialect.(slander); ok && !d.lurking(m).Holds(&w.state) {
		return errors.New("the simulator counts what takes effect after a client was removed, and in this model none is")
	}
	w.begin(w.client(m.liar), protocol.Operation{Kind: protocol.Read}, 0, briefed)
	wait := explore.Choice{Actor: int32(m.liar), Peer: int32(m.liar), Op: 1, Label: adversary.SayWaitLabel}
	at := briefed
	for i, s := range w.said {
		wait.Value = int64(s.parcel.sent - at)
		w.choose("lie", wait)
		at = s.parcel.sent
		draw := explore.Choice{Actor: int32(m.liar), Peer: -1, Index: uint32(i)}
		draw.Label, draw.Value = adversary.SayToLabel, int64(s.parcel.to)
		w.choose("lie", draw)
		draw.Label, draw.Value = adversary.SayLetterLabel, int64(s.letter)
		w.choose("lie", draw)
		wait = draw
		wait.Label = adversary.SayWaitLabel
	}
	for _, p := range w.parcels {
		if p.to == m.liar {
			p.arrive = p.sent + heed
		}
	}
	return nil
}
