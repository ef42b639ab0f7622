package machines

import (
	"fmt"
	"strings"
	"time"

	"turncoat/adversary"
	"turncoat/checker/explore"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/bftbc"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/ring"
)

// BFTBC is quorum storage with Byzantine clients in the base variant: four correct
// replicas, correct clients that write and read, and one client in the adversary's hands. It
// says to any replica at any moment any letter of a finite alphabet
// (adversary.BFTBCLetters), and knows what replicas have told it; what it says arrives
// at once, because a letter that travels is one that it says later.
//
// Left out: replicas that lie; the removal of the client, and with it how many of its
// writes take effect afterwards: what is held instead is how many it has
// prepared and not written, of which that is the number.
type BFTBC struct {
	Stamps  int // timestamps in play for the bad client
	Writers int // correct clients that write once
	Readers int
	Reads   int // of each reader
	Lifted  bftbc.Rule
}

const bftbcServers = 4

// Model returns the model. The bad client is the first client.
func (b BFTBC) Model() *Model {
	n := bftbcServers + 1 + b.Writers + b.Readers
	keys, err := auth.NewAuthority(auth.Ideal, 1, n+1)
	if err != nil {
		panic(err) // the suite is known
	}
	object := dbqs.ObjectID(keys.Owner(0).Public) // as the simulator names registers
	var members []ring.Member
	for i := range bftbcServers {
		members = append(members, ring.Member{ID: protocol.ID{byte(i + 1)}, Node: protocol.NodeID(i)})
	}
	c := &bftbc.Config{F: 1, Ring: ring.New(members), Lifted: b.Lifted, Retry: time.Second, RetryMax: time.Second}
	for i := bftbcServers; i < n; i++ {
		c.Clients = append(c.Clients, protocol.NodeID(i))
	}
	bad := slander{
		keys: keys.Keys(bftbcServers), letters: adversary.BFTBCLetters{Object: object, Self: bftbcServers, Quorum: 3, Stamps: b.Stamps},
	}
	s := System{
		Protocol: "bftbc", Strategy: fmt.Sprintf("%s(stamps=%d)", new(adversary.BFTBCSay).Name(), b.Stamps), Object: object, Dialect: bad,
		Claims: Claims{Ample: bad.ample, Alike: [][]int{{0, 1, 2, 3}}, Late: true, Counting: true, Ack: func(protocol.Message) bool { return false }},
		Joins:  func(value string) bool { return strings.HasPrefix(value, "bad") },
		Extra:  []func(*Model) explore.Property[State]{bad.fabricated, bad.lurking, bad.prepared},
	}
	for _, r := range bftbc.Rules {
		if b.Lifted&r.Rule != 0 {
			s.Lifted = append(s.Lifted, r.Name)
		}
	}
	for i := range n {
		k := keys.Keys(protocol.NodeID(i))
		node := Node{Name: fmt.Sprintf("s%d", i), New: func() protocol.Machine { return bftbc.NewReplica(c, k) }}
		if client := i - bftbcServers; client == 0 {
			node = Node{Name: "c0"}
		} else if client > 0 {
			node = Node{Name: fmt.Sprintf("c%d", client), Script: b.script(client, object)}
			node.New = func() protocol.Machine { return bftbc.NewClient(c, k) }
		}
		s.Nodes = append(s.Nodes, node)
	}
	return New(s)
}

// script returns what a correct client does; writers come first.
func (b BFTBC) script(client int, object protocol.ID) (ops []protocol.Operation) {
	if client <= b.Writers {
		return []protocol.Operation{{Kind: protocol.Write, Object: object, Value: fmt.Appendf(nil, "c%d", client)}}
	}
	for range b.Reads {
		ops = append(ops, protocol.Operation{Kind: protocol.Read, Object: object})
	}
	return ops
}

// slander is the dialect of the bad client.
type slander struct {
	keys    *auth.Keys
	letters adversary.BFTBCLetters
}

// Fact returns nil: the bad client hears only what it is told.
func (slander) Fact(protocol.Message) protocol.Message { return nil }

// Lies returns nil: nobody asks the bad client anything.
func (slander) Lies([]protocol.Message, protocol.NodeID, protocol.Message) []protocol.Message {
	return nil
}

// Heard returns what the bad client knows after a reply.
func (d slander) Heard(facts []protocol.Message, from protocol.NodeID, m protocol.Message) []protocol.Message {
	return d.letters.Heard(facts, from, m)
}

// Says returns what it can say to a replica.
func (d slander) Says(facts []protocol.Message) []protocol.Message {
	return d.letters.Says(d.keys, facts)
}

// ample leaves out what the bad client does when nobody is there any more to read it; what it
// has prepared by then, it may as well have prepared before anybody began. Else it is
// Model.Ample, for which a letter is no reply and changes a server like any request.
func (slander) ample(m *Model, s *State, steps []explore.Step[State]) []explore.Step[State] {
	if m.done(s) {
		return nil
	}
	return m.ample(s, steps)
}

// fabricated is the property that what is read, if it is the bad client's, was prepared by a quorum.
func (d slander) fabricated(m *Model) explore.Property[State] {
	return explore.Property[State]{Name: "no-fabrication", Kind: explore.Always, Holds: func(s *State) bool {
		_, values := d.letters.Certified(d.keys, m.facts.at(s.known).all)
		for _, value := range m.past(s).joined(m.Joins) {
			genuine := false
			for _, v := range values {
				genuine = genuine || string(v) == value
			}
			if !genuine {
				return false
			}
		}
		return true
	}}
}

// lurking is the property that the bad client has prepared at most one write that f+1
// replicas have yet to hold or to see overwritten.
func (d slander) lurking(m *Model) explore.Property[State] {
	return explore.Property[State]{Name: "lurking", Kind: explore.Always, Holds: func(s *State) bool {
		stamps, _ := d.letters.Certified(d.keys, m.facts.at(s.known).all)
		lurks := 0
		for _, stamp := range stamps {
			holders := 0
			for i := range bftbcServers {
				if m.local(s, i).machine.(*bftbc.Replica).Holds(m.Object).Stamp().Compare(stamp) >= 0 {
					holders++
				}
			}
			if holders < 2 {
				lurks++
			}
		}
		return lurks <= bftbc.Base.MaxLurking()
	}}
}

// prepared is the situation that the bad client has a prepare certificate.
func (d slander) prepared(m *Model) explore.Property[State] {
	return explore.Property[State]{Name: "a bad write prepared", Kind: explore.Reach, Holds: func(s *State) bool {
		stamps, _ := d.letters.Certified(d.keys, m.facts.at(s.known).all)
		return len(stamps) > 0
	}}
}

// Describe says what is in a message.
func (slander) Describe(m protocol.Message) string {
	text := strings.TrimPrefix(string(m.Kind()), "bftbc.")
	held := func(r *bftbc.Record) string {
		if r == nil {
			return "nothing"
		}
		return fmt.Sprintf("%s at timestamp %d", r.Value, r.Stamp().TS.Counter)
	}
	switch m := m.(type) {
	case *bftbc.Write:
		if len(m.Record.Cert.Proof) == 0 {
			return text + " of " + held(m.Record) + ", which nobody prepared"
		}
		return text + " of " + held(m.Record)
	case *bftbc.ReadReply:
		return text + " with " + held(m.Record)
	case *bftbc.Prepare:
		return fmt.Sprintf("%s at timestamp %d", text, m.TS.Counter)
	}
	return text
}
