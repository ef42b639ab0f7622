// Package storytest is what the golden stories of the protocols have in common: the post
// between machines, which stands still until a story moves it, the scripts and their
// arguments. Each protocol's network of machines, its faults and its words are its own.
package storytest

import (
	"fmt"
	"slices"
	"strings"

	"turncoat/protocol"
)

// Envelope is a message on its way.
type Envelope struct {
	From, To protocol.NodeID
	M        protocol.Message
}

// Kind returns what kind of message it is, without the protocol's name.
func (e Envelope) Kind() string {
	_, kind, _ := strings.Cut(string(e.M.Kind()), ".")
	return kind
}

// Post holds the messages in flight, in the order in which they were sent.
type Post struct{ Flight []Envelope }

// Put adds a message.
func (p *Post) Put(from, to protocol.NodeID, m protocol.Message) {
	p.Flight = append(p.Flight, Envelope{from, to, m})
}

// Take removes the messages that match, and returns them.
func (p *Post) Take(match func(Envelope) bool) (taken []Envelope) {
	kept := p.Flight[:0:0]
	for _, e := range p.Flight {
		if match(e) {
			taken = append(taken, e)
		} else {
			kept = append(kept, e)
		}
	}
	p.Flight = kept
	return taken
}

// Again adds the messages that match once more, and returns them.
func (p *Post) Again(match func(Envelope) bool) []Envelope {
	again := Matching(p.Flight, match)
	p.Flight = append(p.Flight, again...)
	return again
}

// Run hands messages to deliver, in the order in which they were sent, until none that
// matches is in flight, and returns them.
func (p *Post) Run(match func(Envelope) bool, deliver func(Envelope)) (delivered []Envelope) {
	for len(delivered) < 100_000 {
		batch := p.Take(match)
		if len(batch) == 0 {
			return delivered
		}
		for _, e := range batch {
			deliver(e)
		}
		delivered = append(delivered, batch...)
	}
	panic("the messages do not end")
}

// Everything matches all messages.
func Everything(Envelope) bool { return true }

// Matching returns those of a list that match.
func Matching(list []Envelope, match func(Envelope) bool) (out []Envelope) {
	for _, e := range list {
		if match(e) {
			out = append(out, e)
		}
	}
	return out
}

// Summary counts messages by kind: "3 commit, 1 reply".
func Summary(list []Envelope) string {
	counts := map[string]int{}
	var kinds []string
	for _, e := range list {
		k := e.Kind()
		if counts[k]++; counts[k] == 1 {
			kinds = append(kinds, k)
		}
	}
	slices.Sort(kinds)
	for i, k := range kinds {
		kinds[i] = fmt.Sprintf("%d %s", counts[k], k)
	}
	if len(kinds) == 0 {
		return "nothing"
	}
	return strings.Join(kinds, ", ")
}
