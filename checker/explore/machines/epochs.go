package machines

import (
	"fmt"

	"turncoat/adversary"
	"turncoat/checker/explore"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/membership/view/herald"
)

// Epochs is dBQS whose group changes: the replicas and clients of package dbqs as they
// are, each with a view of its own. The membership service is a herald, that is a list of
// certified configurations: the step into each reaches each node at any moment, or never.
// One member of the first group may lie, to clients and to servers that fetch.
//
// Left out, besides what package herald leaves out:
//   - Leases. No server falls into the adversary's hands during a run, so a member that
//     was left behind is as good as ever; and a client without a lease is one whose messages
//     are slow.
//   - Refusals, and asking for steps: all that comes of them is that a step arrives, and
//     it may arrive at any moment anyway. They are never delivered.
//   - Fetching of arcs without the register: whatever is said of them concerns nothing that is
//     in this system. It is never delivered.
//   - Retransmission and garbage, which are matters of timers.
type Epochs struct {
	DBQS
	Overlap int  // members that stay at each step
	Steps   int  // epochs after the first
	Silent  bool // the liar says nothing to servers that fetch
	From    int  // where a directed search begins (epochs_prefix.go); 0 for the start
}

// shape returns the groups.
func (e Epochs) shape() herald.Shape {
	return herald.Shape{Size: dbqsServers, Overlap: e.Overlap, Epochs: e.Steps}
}

// Model returns the model.
func (e Epochs) Model() *Model {
	e = e.raised()
	servers := e.shape().Servers()
	n := servers + e.Writers + e.Readers
	keys, err := auth.NewAuthority(auth.Ideal, 1, n+1)
	if err != nil {
		panic(err) // the suite is known
	}
	plan, err := herald.NewPlan(keys, e.shape())
	if err != nil {
		panic(err) // the bounds of the parameters see to it
	}
	owner := keys.Owner(0)
	object := dbqs.ObjectID(owner.Public)
	c := &dbqs.Config{F: 1, Lifted: e.Lifted, Retry: 1, RetryMax: 1}
	s := System{
		Protocol: "dbqs-epochs", Strategy: new(adversary.DBQSAnswer).Name(), Lifted: e.rules(), Object: object,
		Dialect: handover{storage{liar: keys.Keys(0)}, e.Silent}, Claims: e.claims(object), Ignore: e.ignore(object),
		Attendants: 1, Epochs: e.Steps, Overlap: e.Overlap, Prefix: e.prefix(), Extra: e.situations(object),
	}
	for i := range n {
		k := keys.Keys(protocol.NodeID(i))
		node := Node{Name: fmt.Sprintf("s%d", i), New: func() protocol.Machine {
			v := view.New(plan.View, k, herald.Place(k.Self()))
			return dbqs.NewMember(c, k, &v)
		}}
		if i < e.Liars {
			node.New = nil
		}
		if client := i - servers; client >= 0 {
			node = Node{Name: fmt.Sprintf("c%d", client), Script: e.script(client, object)}
			node.New = func() protocol.Machine { return dbqs.NewEpochClient(c, k, []*auth.Signer{owner}, plan.View) }
		}
		s.Nodes = append(s.Nodes, node)
	}
	s.Nodes = append(s.Nodes, Node{Name: "herald", New: func() protocol.Machine { return herald.New(plan, n) }})
	return New(s)
}

// ignore says which messages are never delivered.
func (e Epochs) ignore(object protocol.ID) func(int, protocol.Message) bool {
	return func(_ int, m protocol.Message) bool {
		switch m := m.(type) {
		case *view.Ask, *dbqs.Refusal:
			return true
		case *dbqs.Fetch:
			return !m.Arc.Has(object)
		}
		return false
	}
}

// situations are what a search must have met, and what holds of phases.
func (e Epochs) situations(object protocol.ID) []func(*Model) explore.Property[State] {
	property := func(name string, kind explore.Kind, holds func(m *Model, s *State) bool) func(*Model) explore.Property[State] {
		return func(m *Model) explore.Property[State] {
			return explore.Property[State]{Name: name, Kind: kind, Holds: func(s *State) bool { return holds(m, s) }}
		}
	}
	out := []func(*Model) explore.Property[State]{
		property("phase restarted", explore.Reach, func(m *Model, s *State) bool {
			return m.some(s, m.clients, func(l *local) bool { return l.busy && l.machine.(*dbqs.Client).Restarted() })
		}),
		property("transferred", explore.Reach, func(m *Model, s *State) bool {
			return m.some(s, e.newcomers(), func(l *local) bool {
				_, serves := l.machine.(*dbqs.Replica).Serves(object)
				return serves
			})
		}),
		property("donor refused", explore.Reach, func(m *Model, s *State) bool {
			for i := range int(s.count) {
				x := m.inFlight(s, i)
				if q, ok := x.msg.(*dbqs.Fetch); ok && epochOf(m.local(s, x.to)) < q.Into {
					return true
				}
			}
			return false
		}),
	}
	if !e.Lifted.Lifted(dbqs.OneEpochPhase) { // else the question is what becomes of the registers
		out = append(out, property("one-epoch", explore.Always, func(m *Model, s *State) bool {
			return !m.some(s, m.clients, func(l *local) bool { return !l.busy && l.machine.(*dbqs.Client).Mixed() })
		}))
	}
	return out
}

// newcomers returns the servers that are not in the first group.
func (e Epochs) newcomers() (ids []int) {
	for i := dbqsServers; i < e.shape().Servers(); i++ {
		ids = append(ids, i)
	}
	return ids
}

// some reports whether it is so of one of the nodes.
func (m *Model) some(s *State, nodes []int, so func(*local) bool) bool {
	for _, n := range nodes {
		if so(m.local(s, n)) {
			return true
		}
	}
	return false
}

// epochOf returns the epoch in which a node is.
func epochOf(l *local) uint64 {
	return l.machine.(interface{ View() *view.View }).View().Epoch()
}

// handover is the dialect of dBQS with what servers say to each other.
type handover struct {
	storage
	silent bool
}

// Lies returns the answers to a request of a client, or of a server that fetches.
func (d handover) Lies(facts []protocol.Message, to protocol.NodeID, request protocol.Message) []protocol.Message {
	if _, fetches := request.(*dbqs.Fetch); fetches && d.silent {
		return nil
	}
	return d.storage.Lies(facts, to, request)
}

// Describe says what is in a message.
func (d handover) Describe(m protocol.Message) string {
	switch m := m.(type) {
	case *view.Step:
		return fmt.Sprintf("the step into epoch %d", m.Certificate.Epoch)
	case *dbqs.Fetch:
		return fmt.Sprintf("fetch into epoch %d", m.Into)
	case *dbqs.FetchReply:
		if len(m.Registers) == 0 {
			return "fetch-reply with nothing"
		}
		return "fetch-reply with " + recordName(m.Registers[0].Record)
	}
	text := d.storage.Describe(m)
	if h := dbqs.HeaderOf(m); h != nil {
		text += fmt.Sprintf(" in epoch %d", h.Epoch)
	}
	return text
}
