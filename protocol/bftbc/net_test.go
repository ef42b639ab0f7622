package bftbc

import (
	"fmt"
	"slices"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/ring"
	"turncoat/protocol/storytest"
)

// network is a world for tests: messages in flight wait until a test delivers,
// drops or repeats them, and timers until it lets them expire. No time passes. The
// nodes are the servers, the clients, and the admission authority, in this order.

type envelope = storytest.Envelope

type network struct {
	storytest.Post

	cfg       *Config
	authority *auth.Authority
	keys      []*auth.Keys
	replicas  []*Replica
	clients   []*Client
	admission *Admission
	timers    []map[protocol.TimerID]bool
	disks     []protocol.Disk
	votes     map[Claim]map[Stamp]*ballot // all that replicas ever signed
	objects   []string
	results   []string
	notes     map[string]int
	nonce     uint64
}

// newNetwork makes a system of one group and so many clients, all of them to be
// removed when their timer at the authority expires.
func newNetwork(cfg Config, suite auth.Suite, clients int) *network {
	n := 3*cfg.F + 1
	a, err := auth.NewAuthority(suite, 1, n+clients+1)
	if err != nil {
		panic(err)
	}
	signer := a.Owner(0)
	var members []ring.Member
	for i := range n {
		members = append(members, ring.Member{ID: protocol.ID{byte(i)}, Node: protocol.NodeID(i)})
	}
	cfg.Ring, cfg.Admission, cfg.Retry, cfg.RetryMax = ring.New(members), signer.Public, time.Second, time.Second
	var removals []Removal
	for i := range clients {
		cfg.Clients = append(cfg.Clients, protocol.NodeID(n+i))
		removals = append(removals, Removal{protocol.NodeID(n + i), time.Second})
	}
	w := &network{cfg: &cfg, authority: a, notes: map[string]int{}, votes: map[Claim]map[Stamp]*ballot{Prepared: {}, PreparedFast: {}, Written: {}}}
	w.disks = make([]protocol.Disk, n+clients+1)
	for i := range n + clients + 1 {
		w.keys = append(w.keys, a.Keys(protocol.NodeID(i)))
		w.timers = append(w.timers, map[protocol.TimerID]bool{})
	}
	for i := range n {
		w.replicas = append(w.replicas, NewReplica(w.cfg, w.keys[i]))
	}
	for i := range clients {
		w.clients = append(w.clients, NewClient(w.cfg, w.keys[n+i]))
	}
	w.admission = NewAdmission(w.cfg, w.keys[n+clients], signer, removals)
	for i := range w.keys {
		w.machine(protocol.NodeID(i)).Start(w.env(i), nil)
	}
	return w
}

func (w *network) env(node int) protocol.Env { return testEnv{w, protocol.NodeID(node)} }

func (w *network) machine(node protocol.NodeID) protocol.Machine {
	i := int(node)
	switch {
	case i < len(w.replicas):
		return w.replicas[i]
	case i < len(w.replicas)+len(w.clients):
		return w.clients[i-len(w.replicas)]
	}
	return w.admission
}

func (w *network) deliver(e envelope) {
	w.machine(e.To).Deliver(w.env(int(e.To)), e.From, e.M)
}

func (w *network) expire(node int, id protocol.TimerID) bool {
	if !w.timers[node][id] {
		return false
	}
	delete(w.timers[node], id)
	w.machine(protocol.NodeID(node)).Timer(w.env(node), id)
	return true
}

// restart crashes a replica and brings it back with its disk.
func (w *network) restart(i int) {
	disk := slices.Clone(w.disks[i])
	slices.SortFunc(disk, func(a, b protocol.Record) int { return a.Key.Compare(b.Key) })
	w.replicas[i] = NewReplica(w.cfg, w.keys[i])
	w.replicas[i].Start(w.env(i), disk)
}

// run delivers in order of sending until nothing that matches is in flight.
func (w *network) run(match func(envelope) bool) []envelope { return w.Run(match, w.deliver) }

// object returns the id of a named object.
func (w *network) object(name string) protocol.ID { return protocol.KeyOf(name, 0) }

// invoke begins an operation of a client and returns its number.
func (w *network) invoke(c int, kind protocol.OpKind, object, value string) {
	node := len(w.replicas) + c
	op := protocol.Operation{Seq: uint32(w.nonce), Kind: kind, Object: w.object(object)}
	if kind == protocol.Write {
		op.Value = []byte(value)
	}
	if !slices.Contains(w.objects, object) {
		w.objects = append(w.objects, object)
	}
	w.clients[c].Invoke(w.env(node), op)
}

// certificate assembles what a quorum has signed about a value at a counter.
func (w *network) certificate(claim Claim, s Stamp) *Certificate {
	b := w.votes[claim][s]
	if b == nil {
		return nil
	}
	return b.certificate(w.cfg.quorum())
}

func (w *network) stamp(client, counter int, value string) Stamp {
	return Stamp{Timestamp{uint64(counter), protocol.NodeID(len(w.replicas) + client)}, w.keys[0].Digest([]byte(value))}
}

type testEnv struct {
	w    *network
	self protocol.NodeID
}

func (e testEnv) Now() protocol.Time { return 0 }
func (e testEnv) Nonce() uint64      { e.w.nonce++; return e.w.nonce }
func (e testEnv) Send(to protocol.NodeID, m protocol.Message) {
	var v *Vote
	switch m := m.(type) {
	case *PrepareReply:
		v = &m.Vote
	case *WriteReply:
		v = &m.Vote
	case *ReadTSReply:
		v = m.Vote
	}
	if v != nil {
		b := e.w.votes[v.Claim][v.Stamp]
		if b == nil {
			b = &ballot{claim: v.Claim, stamp: v.Stamp}
			e.w.votes[v.Claim][v.Stamp] = b
		}
		b.add(e.self, v.Sig)
	}
	e.w.Put(e.self, to, m)
}
func (e testEnv) SetTimer(id protocol.TimerID, _ time.Duration) { e.w.timers[e.self][id] = true }
func (e testEnv) CancelTimer(id protocol.TimerID)               { delete(e.w.timers[e.self], id) }
func (e testEnv) Store(key protocol.ID, m protocol.Message) {
	d := slices.DeleteFunc(slices.Clone(e.w.disks[e.self]), func(r protocol.Record) bool { return r.Key == key })
	e.w.disks[e.self] = append(d, protocol.Record{Key: key, Value: m})
}
func (e testEnv) Sync()                           {}
func (e testEnv) Note(situation string, _ uint64) { e.w.notes[situation]++ }
func (e testEnv) Return(r protocol.Result) {
	value := "done"
	if r.Found {
		value = string(r.Value)
	}
	e.w.results = append(e.w.results, fmt.Sprintf("c%d=%s", int(e.self)-len(e.w.replicas), value))
}
