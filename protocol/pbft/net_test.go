package pbft

import (
	"fmt"
	"strings"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/storytest"
)

// network is a world for tests: messages in flight wait until a test delivers,
// drops or repeats them, and timers until it lets them expire. No time passes.

type envelope = storytest.Envelope

type network struct {
	storytest.Post

	cfg      *Config
	keys     []*auth.Keys
	replicas []*Replica
	clients  []*Client
	timers   []map[protocol.TimerID]bool // by node
	down     []bool
	faulty   []bool // what a replica did is no longer judged
	blocked  func(e envelope) bool

	requests []*Request // in the order in which they were first sent
	names    map[auth.Digest]string
	results  []string
	notes    map[string]int
	log      []map[uint64]auth.Digest        // what each replica executed, by number
	ran      []map[string]int                // how often each replica executed a request
	stable   map[uint64]map[auth.Digest]bool // checkpoint digests of correct replicas
	broken   []string
	nonce    uint64
}

func newNetwork(cfg Config, suite auth.Suite, clients int) *network {
	n := len(cfg.Members)
	a, err := auth.NewAuthority(suite, 1, n+clients)
	if err != nil {
		panic(err)
	}
	w := &network{cfg: &cfg, names: map[auth.Digest]string{nullDigest: "null"}, notes: map[string]int{}, stable: map[uint64]map[auth.Digest]bool{}}
	w.down, w.faulty = make([]bool, n+clients), make([]bool, n+clients)
	w.blocked = func(envelope) bool { return false }
	for i := range n + clients {
		w.keys = append(w.keys, a.Keys(protocol.NodeID(i)))
		w.timers = append(w.timers, map[protocol.TimerID]bool{})
	}
	for i := range n {
		r, err := NewReplica(w.cfg, w.keys[i], NewRegisters())
		if err != nil {
			panic(err)
		}
		w.replicas = append(w.replicas, r)
		w.log, w.ran = append(w.log, map[uint64]auth.Digest{}), append(w.ran, map[string]int{})
		r.Start(w.env(i), nil)
	}
	for i := range clients {
		c, err := NewClient(w.cfg, w.keys[n+i], NewRegisters())
		if err != nil {
			panic(err)
		}
		w.clients = append(w.clients, c)
		c.Start(w.env(n+i), nil)
	}
	return w
}

func (w *network) env(node int) protocol.Env { return testEnv{w, protocol.NodeID(node)} }

func (w *network) machine(node protocol.NodeID) protocol.Machine {
	if int(node) < len(w.replicas) {
		return w.replicas[node]
	}
	return w.clients[int(node)-len(w.replicas)]
}

// deliver hands e over and judges what the receiver did.
func (w *network) deliver(e envelope) {
	if int(e.To) >= len(w.down) || w.down[e.To] {
		return
	}
	w.machine(e.To).Deliver(w.env(int(e.To)), e.From, e.M)
	w.observe(int(e.To))
}

func (w *network) expire(node int, id protocol.TimerID) bool {
	if w.down[node] || !w.timers[node][id] {
		return false
	}
	delete(w.timers[node], id)
	w.machine(protocol.NodeID(node)).Timer(w.env(node), id)
	w.observe(node)
	return true
}

// observe judges agreement, validity and checkpoints after an input of node.
func (w *network) observe(node int) {
	if node >= len(w.replicas) || w.faulty[node] {
		return
	}
	r := w.replicas[node]
	for seq := r.LastExecuted(); seq > 0; seq-- {
		d, requests, applied, ok := r.Executed(seq)
		if _, seen := w.log[node][seq]; !ok || seen {
			break
		}
		w.log[node][seq] = d
		for other := range w.log {
			if o, both := w.log[other][seq]; both && o != d && !w.faulty[other] {
				w.fail("agreement: at n=%d replica %d executed %s, replica %d executed %s", seq, other, w.name(o), node, w.name(d))
			}
		}
		for i, req := range requests {
			if applied[i] {
				w.judgeRequest(node, req)
			}
		}
	}
	for seq := uint64(0); seq <= r.LastExecuted(); seq += w.cfg.K {
		d, ok := r.CheckpointDigest(seq)
		if !ok {
			continue
		}
		if w.stable[seq] == nil {
			w.stable[seq] = map[auth.Digest]bool{}
		}
		if w.stable[seq][d] = true; len(w.stable[seq]) > 1 {
			w.fail("checkpoint: correct replicas have different checkpoints at n=%d", seq)
		}
	}
}

// judgeRequest checks that a client issued what executed, and that it executed once.
func (w *network) judgeRequest(node int, req *Request) {
	d := w.replicas[0].seal.RequestDigest(req)
	name, known := w.names[w.replicas[0].seal.BatchDigest([]auth.Digest{d})]
	if !known || strings.HasPrefix(name, "made-up") {
		w.fail("validity: replica %d executed a request that no client issued", node)
	}
	if w.ran[node][name]++; w.ran[node][name] > 1 {
		w.fail("validity: replica %d executed %s more than once", node, name)
	}
}

func (w *network) fail(format string, args ...any) {
	s := fmt.Sprintf(format, args...)
	for _, old := range w.broken {
		if old == s {
			return
		}
	}
	w.broken = append(w.broken, s)
}

// learn gives a request, and the batch of it alone, a short name.
func (w *network) learn(req *Request, name string) {
	d := w.replicas[0].seal.RequestDigest(req)
	batch := w.replicas[0].seal.BatchDigest([]auth.Digest{d})
	if _, known := w.names[batch]; known {
		return
	}
	w.requests = append(w.requests, req)
	if name == "" {
		name = fmt.Sprintf("r%d", len(w.requests))
	}
	w.names[batch] = name
	w.names[d] = name
}

func (w *network) name(d auth.Digest) string {
	if name, ok := w.names[d]; ok {
		return name
	}
	return fmt.Sprintf("%x", d[:3])
}

// run delivers in order of sending until nothing that matches is in flight.
func (w *network) run(match func(envelope) bool) []envelope { return w.Run(match, w.deliver) }

type testEnv struct {
	w    *network
	self protocol.NodeID
}

func (e testEnv) Now() protocol.Time { return 0 }
func (e testEnv) Nonce() uint64      { e.w.nonce++; return e.w.nonce }
func (e testEnv) Send(to protocol.NodeID, m protocol.Message) {
	if req, ok := m.(*Request); ok && int(e.self) >= len(e.w.replicas) {
		e.w.learn(req, "")
	}
	if env := (envelope{From: e.self, To: to, M: m}); !e.w.blocked(env) {
		e.w.Flight = append(e.w.Flight, env)
	}
}
func (e testEnv) SetTimer(id protocol.TimerID, _ time.Duration) { e.w.timers[e.self][id] = true }
func (e testEnv) CancelTimer(id protocol.TimerID)               { delete(e.w.timers[e.self], id) }
func (e testEnv) Store(protocol.ID, protocol.Message)           {}
func (e testEnv) Sync()                                         {}
func (e testEnv) Note(situation string, _ uint64)               { e.w.notes[situation]++ }
func (e testEnv) Return(r protocol.Result) {
	value := "done"
	if client := e.w.clients[int(e.self)-len(e.w.replicas)]; !client.op.Kind.Changes() {
		value = "nothing"
	}
	if r.Found {
		value = string(r.Value)
	}
	e.w.results = append(e.w.results, fmt.Sprintf("c%d#%d=%s", int(e.self)-len(e.w.replicas), r.Seq, value))
}

func members(n int) (ids []protocol.NodeID) {
	for i := range n {
		ids = append(ids, protocol.NodeID(i))
	}
	return ids
}
