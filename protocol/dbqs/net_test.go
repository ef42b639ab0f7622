package dbqs_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
	"turncoat/protocol/storytest"
)

// network is the world of a story: nothing moves unless the story says so. It
// models nodes, disks with sync, one timer each, and messages that wait to be
// delivered in the order in which they were sent. It leaves out time.
type network struct {
	storytest.Stage

	config    *dbqs.Config
	authority *auth.Authority
	owner     *auth.Signer
	servers   int
	nodes     []*node
	delivered []packet
	signed    []*dbqs.Record // all that writers have sent, to name records by their value
	nonces    uint64
	epochs    *epochs // nil in a static system
}

// node is a machine with its computer, and the machine's Env.
type node struct {
	net      *network
	id       protocol.NodeID
	machine  protocol.Machine // nil while it is down
	stored   []protocol.Record
	disk     []protocol.Record
	timer    protocol.TimerID   // 0 when it is not armed
	op       protocol.Operation // the latest
	sequence uint32
}

type packet = storytest.Envelope

func newNetwork(f, clients int, lifted dbqs.Rules) *network {
	n := &network{servers: 3*f + 1}
	var err error
	if n.authority, err = auth.NewAuthority(auth.Ideal, 1, n.servers+clients); err != nil {
		panic(err)
	}
	n.owner = n.authority.Owner(0)
	first := dbqs.ObjectID(n.owner.Public)
	var members []ring.Member
	for i := range n.servers { // clockwise from the register: every group is s0, s1, ...
		id := first
		binary.BigEndian.PutUint16(id[8:], uint16(i))
		members = append(members, ring.Member{ID: id, Node: protocol.NodeID(i)})
	}
	n.config = &dbqs.Config{F: f, Ring: ring.New(members), Lifted: lifted, Retry: 100 * time.Millisecond, RetryMax: 400 * time.Millisecond}
	for i := range n.servers + clients {
		n.nodes = append(n.nodes, &node{net: n, id: protocol.NodeID(i)})
		n.nodes[i].start()
	}
	return n
}

// start begins an incarnation with what is on the disk.
func (d *node) start() {
	k := d.net.authority.Keys(d.id)
	if e := d.net.epochs; e != nil {
		d.machine = e.machineOf(d)
	} else if int(d.id) < d.net.servers {
		d.machine = dbqs.NewReplica(d.net.config, k)
	} else {
		d.machine = dbqs.NewClient(d.net.config, k, []*auth.Signer{d.net.owner})
	}
	d.machine.Start(d, d.disk)
}

// crash takes everything but the synced records.
func (d *node) crash() { d.machine, d.stored, d.timer = nil, nil, 0 }

func (n *network) name(id protocol.NodeID) string {
	if id == service {
		return "ms"
	}
	if int(id) < n.servers {
		return fmt.Sprintf("s%d", id)
	}
	return fmt.Sprintf("c%d", int(id)-n.servers)
}

// Now implements protocol.Env: stories have no time but what they say passes.
func (d *node) Now() protocol.Time {
	if d.net.epochs == nil {
		return 0
	}
	return d.net.epochs.clock
}

// Nonce implements protocol.Env: small numbers, so that a story can show them.
func (d *node) Nonce() uint64 {
	d.net.nonces++
	return d.net.nonces
}

// Send implements protocol.Env.
func (d *node) Send(to protocol.NodeID, m protocol.Message) {
	if w, ok := m.(*dbqs.Write); ok && !slices.ContainsFunc(d.net.signed, func(r *dbqs.Record) bool { return r.Sig == w.Record.Sig }) {
		d.net.signed = append(d.net.signed, w.Record)
	}
	d.net.Put(d.id, to, m)
}

// SetTimer implements protocol.Env. The usual delay is not worth a line.
func (d *node) SetTimer(id protocol.TimerID, after time.Duration) {
	d.timer = id
	if after != d.net.config.Retry {
		d.net.Say("  %s waits for %v", d.net.name(d.id), after)
	}
}

// CancelTimer implements protocol.Env.
func (d *node) CancelTimer(id protocol.TimerID) {
	if d.timer == id {
		d.timer = 0
	}
}

// Store implements protocol.Env.
func (d *node) Store(key protocol.ID, record protocol.Message) {
	d.stored = append(d.stored, protocol.Record{Key: key, Value: record})
}

// Sync implements protocol.Env.
func (d *node) Sync() {
	for _, r := range d.stored {
		i, found := slices.BinarySearchFunc(d.disk, r.Key, func(x protocol.Record, key protocol.ID) int { return x.Key.Compare(key) })
		if !found {
			d.disk = slices.Insert(d.disk, i, r)
		}
		d.disk[i] = r
	}
	d.stored = nil
}

// Return implements protocol.Env.
func (d *node) Return(r protocol.Result) {
	answer := "nothing there"
	switch {
	case r.Found:
		answer = string(r.Value)
	case d.op.Kind.Changes():
		answer = "done"
	}
	d.net.Say("  %s returns: %s", d.net.name(d.id), answer)
}

// Note implements protocol.Env.
func (d *node) Note(situation string, _ uint64) {
	if strings.HasPrefix(situation, "membership.") {
		return // the service's own stories tell of these
	}
	d.net.Say("  %s notes %s", d.net.name(d.id), situation)
}

// deliver hands over one message and tells what came of it.
func (n *network) deliver(p packet, loud bool) {
	n.delivered = append(n.delivered, p)
	if n.dull(p.M) {
		told := n.Out.String()
		defer func() { n.Out.Reset(); n.Out.WriteString(told) }()
		loud = false
	}
	if loud {
		n.Say("%s <- %s: %s", n.name(p.To), n.name(p.From), n.describe(p.M))
	}
	if m, ok := p.M.(*view.FreshAsk); ok {
		n.epochs.vouch(n, p.From, m)
		return
	}
	if p.To == service {
		if m, ok := p.M.(*view.Ask); ok {
			for _, s := range n.epochs.steps[m.Epoch:] {
				n.Put(service, p.From, s)
			}
		}
		return
	}
	to := n.nodes[p.To]
	if to.machine == nil {
		n.Say("  %s is down", n.name(p.To))
		return
	}
	sent := len(n.Flight)
	to.machine.Deliver(to, p.From, p.M)
	if loud {
		n.tellSent(sent)
	}
}

// tellSent names what was sent since the queue had the given length, one line for
// one message to many.
func (n *network) tellSent(since int) {
	for i := since; i < len(n.Flight); {
		p := n.Flight[i]
		var to []string
		for ; i < len(n.Flight) && n.Flight[i].M == p.M; i++ {
			to = append(to, n.name(n.Flight[i].To))
		}
		if n.dull(p.M) {
			continue
		}
		n.Say("  %s -> %s: %s", n.name(p.From), strings.Join(to, " "), n.describe(p.M))
	}
}

// describe returns a message in words: its name, nonce and content.
func (n *network) describe(m protocol.Message) string {
	_, name, _ := strings.Cut(string(m.Kind()), ".")
	switch m := m.(type) {
	case *dbqs.ReadTS:
		return fmt.Sprintf("%s #%d", name, m.Nonce)
	case *dbqs.Read:
		return fmt.Sprintf("%s #%d", name, m.Nonce)
	case *dbqs.Get:
		return fmt.Sprintf("%s #%d", name, m.Nonce)
	case *dbqs.Put:
		value := string(m.Value)
		if value == string(n.owner.Public[:]) {
			value = "OWNER-KEY"
		}
		return fmt.Sprintf("%s #%d %s", name, m.Nonce, value)
	case *dbqs.Write:
		return fmt.Sprintf("%s #%d %s", name, m.Nonce, n.record(m.Record))
	case *dbqs.ReadReply:
		return fmt.Sprintf("%s #%d %s", name, m.Nonce, n.record(m.Record))
	case *dbqs.ReadTSReply:
		if m.Stamp == nil {
			return fmt.Sprintf("%s #%d none", name, m.Nonce)
		}
		return fmt.Sprintf("%s #%d %s", name, m.Nonce, n.timestamp(m.Stamp.TS))
	case *dbqs.WriteReply:
		i := slices.IndexFunc(n.signed, func(r *dbqs.Record) bool { return r.Sig == m.Sig })
		return fmt.Sprintf("%s #%d %s", name, m.Nonce, n.record(n.signed[i]))
	case *dbqs.GetReply:
		if !m.Found {
			return fmt.Sprintf("%s #%d none", name, m.Nonce)
		}
		return fmt.Sprintf("%s #%d %s", name, m.Nonce, m.Value)
	case dbqs.Reply:
		return fmt.Sprintf("%s #%d", name, m.Binding())
	}
	return n.words(name, m)
}

func (n *network) timestamp(ts dbqs.Timestamp) string {
	return fmt.Sprintf("(%d,%s)", ts.Counter, n.name(ts.Writer))
}

func (n *network) record(r *dbqs.Record) string {
	if r == nil {
		return "none"
	}
	return n.timestamp(r.TS) + "=" + string(r.Value)
}
