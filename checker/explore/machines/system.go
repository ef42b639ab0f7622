package machines

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"turncoat/checker/explore"
	"turncoat/protocol"
)

// System is a small system of machines: who takes part, what the clients do, and
// which faults may befall it.
type System struct {
	Protocol string             // as scenarios name it
	Strategy string             // of the simulator's adversary, which can tell the liar's lies
	Lifted   []string           // names of the rules that are not enforced
	K        int                // PBFT's, 0 where there is none
	Nodes    []Node             // numbered by their place; all share one object
	Object   protocol.ID        // the register that the clients use
	Expire   []protocol.TimerID // the timers that may expire; nil for all

	// Attendants is how many nodes, the last ones, are neither servers nor clients.
	Attendants int
	// Ignore reports whether a message never arrives, because nothing would come of it
	// that does not come about otherwise; nil if all may. The model of the system says why.
	Ignore func(to int, m protocol.Message) bool
	// Joins reports whether a value is one that the adversary may write, so that it is no wonder when
	// it is read; nil if it writes nothing.
	Joins func(value string) bool
	// Epochs and Overlap are the shape of the groups, where those change.
	Epochs, Overlap int

	Faults  Faults
	Dialect Dialect
	Claims  Claims
	Prefix  []Cue                                    // how every run begins
	Extra   []func(m *Model) explore.Property[State] // besides atomicity and that every operation ends
}

// Node is one participant. A node with a script is a client; one without a
// machine is in the adversary's hands.
type Node struct {
	Name   string // for people: "s0", "c1"
	New    func() protocol.Machine
	Script []protocol.Operation
}

// Faults says how often each fault may happen on one path.
type Faults struct {
	Timers     int // an armed timer expires
	Losses     int // a message is lost
	Duplicates int // a message is there once more
	Crashes    int // a correct server restarts with what it had synced
	Lies       int // the liar says something unasked (see Speaker)
}

// Dialect is what a model knows of the protocol whose machines it runs.
type Dialect interface {
	// Fact returns what the adversary learns from a message that somebody sends, nil for
	// nothing. Facts are kept for ever, each once.
	Fact(m protocol.Message) protocol.Message

	// Lies returns the answers that the liar may give to a request of a node
	// when these are the facts: the whole alphabet, silence apart.
	Lies(facts []protocol.Message, to protocol.NodeID, request protocol.Message) []protocol.Message

	// Describe says what is in a message.
	Describe(m protocol.Message) string
}

// Slanderer is the dialect of a system whose node in the adversary's hands is a client: it
// speaks unasked, to servers, and hears what they tell it and nothing else.
type Slanderer interface {
	// Heard returns the facts, sorted by wire form, with what the client learns of a
	// message to it; the same facts, if that is nothing.
	Heard(facts []protocol.Message, from protocol.NodeID, m protocol.Message) []protocol.Message

	// Says returns what it may say to any server when these are the facts.
	Says(facts []protocol.Message) []protocol.Message
}

const (
	maxNodes  = 17
	maxFlight = 160 // messages in flight
)

// The faults, as indices of State.spent.
const (
	timers = iota
	losses
	duplicates
	crashes
	lies
	faultKinds
)

// State is a state of the system: the local state of each node, the messages in
// flight (a multiset, sorted by rank), the history, what the adversary knows, and the faults so far.
type State struct {
	nodes  [maxNodes]uint32
	flight [maxFlight]uint32
	count  uint8 // of flight
	spent  [faultKinds]uint8
	past   uint32 // history
	known  uint32 // facts
	cue    uint8  // of the prefix, the next; always 0 if there is none
}

// Model is a system as explore wants it.
type Model struct {
	System
	liar      int       // its node, -1 if there is none
	slanderer Slanderer // nil where the liar is a server
	clients   []int
	budget    [faultKinds]int
	first     State
	script    []explore.Action // of the prefix

	locals    values[local]
	envelopes values[envelope]
	histories values[history]
	facts     values[facts]

	outcomes memo[outcome]     // by local state and input
	answers  memo[[]*envelope] // by facts and local state of a client
	letters  memo[[]*speech]   // by facts and what is near
	spoken   values[speech]
	learned  memo[facts]   // by facts and envelope
	pasts    memo[history] // by history and event

	images      memo[local] // by local state and permutation
	imagesOf    memo[envelope]
	imagesKnown memo[facts]
	orders      [][]int // permutations of nodes that are alike, the identity first

	held atomic.Int64 // bytes of what is interned (held.go)

	// mu is held while something new is computed. Machines of one node share
	// the scratch memory of its keys, so they never run at the same time.
	mu       sync.Mutex
	known    interned
	initial  []*local
	started  []*outcome // of each node's start
	results  []protocol.Result
	machines int // inputs that were computed
}

// New returns the model of a system.
func New(s System) *Model {
	m := &Model{System: s, liar: -1}
	m.slanderer, _ = s.Dialect.(Slanderer)
	m.known = interned{locals: make(map[string]*local), envelopes: make(map[string]*envelope), histories: make(map[string]*history),
		facts: make(map[string]*facts), ranks: make(map[uint64]string), results: make(map[string]uint32), speeches: make(map[string]*speech)}
	if len(s.Nodes) > maxNodes {
		panic(fmt.Sprintf("machines: %d nodes where %d have room", len(s.Nodes), maxNodes))
	}
	for i, n := range s.Nodes {
		switch {
		case n.New == nil:
			m.liar = i
		case len(n.Script) > 0:
			m.clients = append(m.clients, i)
		}
	}
	m.budget = [faultKinds]int{s.Faults.Timers, s.Faults.Losses, s.Faults.Duplicates, s.Faults.Crashes, s.Faults.Lies}
	m.orders = permutations(len(s.Nodes), s.Claims.Alike)
	m.begin()
	m.rehearse()
	return m
}

// begin starts all machines and sets the initial state. Nobody else knows m yet.
func (m *Model) begin() {
	m.first.past = m.keepHistory(&history{clients: make([][]operation, len(m.clients))}).id
	m.first.known = m.keepFacts(nil).id
	for i := range m.Nodes {
		o := m.start(i)
		if len(o.sent) > 0 && slices.ContainsFunc(m.Claims.Alike, func(alike []int) bool { return slices.Contains(alike, i) }) {
			panic("machines: nodes that send as they start cannot be renamed")
		}
		m.started, m.initial = append(m.started, o), append(m.initial, o.next)
	}
	for i, o := range m.started {
		m.apply(&m.first, i, o)
	}
}

// Initial returns the state in which every machine has started.
func (m *Model) Initial() []State { return []State{m.first} }

// AppendState appends the numbers of which a state consists.
func (m *Model) AppendState(b []byte, s *State) []byte {
	for _, id := range s.nodes[:len(m.Nodes)] {
		b = appendID(b, id)
	}
	b = appendID(appendID(b, s.past), s.known)
	b = append(b, s.spent[:]...)
	if len(m.script) > 0 {
		b = append(b, s.cue)
	}
	for _, id := range s.flight[:s.count] {
		b = appendID(b, id)
	}
	return b
}

func appendID(b []byte, id uint32) []byte {
	return append(b, byte(id), byte(id>>8), byte(id>>16), byte(id>>24))
}

// DecodeState inverts AppendState.
func (m *Model) DecodeState(b []byte, s *State) {
	next := func() uint32 {
		id := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
		b = b[4:]
		return id
	}
	for i := range m.Nodes {
		s.nodes[i] = next()
	}
	s.past, s.known = next(), next()
	copy(s.spent[:], b)
	b = b[faultKinds:]
	if len(m.script) > 0 {
		s.cue, b = b[0], b[1:]
	}
	s.count = uint8(len(b) / 4)
	for i := range s.count {
		s.flight[i] = next()
	}
}

// servers returns how many of the nodes, the first ones, are servers.
func (m *Model) servers() int {
	n := len(m.Nodes) - len(m.clients) - m.Attendants
	if m.slanderer != nil {
		n--
	}
	return n
}

// local returns the local state of a node.
func (m *Model) local(s *State, node int) *local { return m.locals.at(s.nodes[node]) }

// inFlight returns the i-th message in flight.
func (m *Model) inFlight(s *State, i int) *envelope { return m.envelopes.at(s.flight[i]) }

// past returns the history of a state.
func (m *Model) past(s *State) *history { return m.histories.at(s.past) }

// insert puts a message into flight.
func (m *Model) insert(s *State, e *envelope) {
	if int(s.count) == maxFlight {
		panic(fmt.Sprintf("machines: more than %d messages are in flight; the model is too large for this explorer", maxFlight))
	}
	i := int(s.count)
	for ; i > 0 && m.inFlight(s, i-1).rank > e.rank; i-- {
		s.flight[i] = s.flight[i-1]
	}
	s.flight[i] = e.id
	s.count++
}

// remove takes the i-th message out of flight.
func (s *State) remove(i int) {
	copy(s.flight[i:s.count], s.flight[i+1:s.count])
	s.count--
	s.flight[s.count] = 0
}

// done reports whether every client has carried out its script.
func (m *Model) done(s *State) bool {
	return !slices.ContainsFunc(m.clients, func(c int) bool { return !m.finished(m.local(s, c)) })
}

// finished reports whether a client has nothing more to do.
func (m *Model) finished(l *local) bool {
	return !l.busy && int(l.invoked) == len(m.Nodes[l.node].Script)
}

// current returns the operation that a client has begun last.
func (m *Model) current(l *local) protocol.Operation { return m.Nodes[l.node].Script[l.invoked-1] }

// Properties returns what is checked in every state.
func (m *Model) Properties() []explore.Property[State] {
	out := []explore.Property[State]{
		{Name: "atomic", Kind: explore.Always, Holds: func(s *State) bool { return m.past(s).atomic }},
		{Name: "every operation returned", Kind: explore.Reach, Holds: m.done},
	}
	// Where messages are lost or timers expire only so often, a system may come to
	// a stop that it would leave with one more expiry.
	if m.budget[losses] == 0 && m.budget[timers] == 0 && !m.unasked() {
		out = append(out, explore.Property[State]{Name: "operations end", Kind: explore.NoDeadlock, Holds: m.done})
	}
	for _, extra := range m.Extra {
		out = append(out, extra(m))
	}
	return out
}
