package dbft_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbft"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
	"turncoat/protocol/ring"
	"turncoat/protocol/storytest"
)

// network is the world of a story: nothing moves unless the story says so. It models
// servers and clients, timers that the story lets expire, and messages that wait to be
// delivered in the order in which they were sent. A node that runs nothing stands for the
// membership service: it ends epochs when the story says so, and vouches for the present
// one to whoever asks.
type network struct {
	storytest.Stage

	config  *dbft.Config
	views   *view.Config
	keys    []*auth.Keys
	servers int
	nodes   []*node
	clock   protocol.Time
	nonces  uint64

	sharing *auth.Sharing
	shares  []auth.Share
	now     *ring.Config
	steps   []*view.Step // steps[i] leads out of epoch i
}

// node is a machine, and its Env.
type node struct {
	net      *network
	id       protocol.NodeID
	machine  protocol.Machine
	timers   []protocol.TimerID // that are armed
	op       protocol.Operation
	sequence uint32
}

type packet = storytest.Envelope

// service is the node that stands for the membership service.
const service protocol.NodeID = 99

// object is the one object. Its group is s0, s1, s2, s3 of those that are members, or
// whoever of the members comes next.
var object = protocol.ID{0x80}

func place(i int) protocol.ID { return protocol.ID{0x80, byte(i + 1)} }

// newNetwork returns a network of which the first active servers are members in epoch 0.
func newNetwork(servers, active, clients int, lifted dbft.Rule) *network {
	n := &network{servers: servers}
	authority, err := auth.NewAuthority(auth.Ideal, 1, servers+clients)
	if err != nil {
		panic(err)
	}
	if n.sharing, n.shares, err = authority.NewThreshold(auth.Group{Members: []protocol.NodeID{0, 1, 2, 3}}); err != nil {
		panic(err)
	}
	ms := ring.Member{ID: protocol.ID{1}, Node: service, Status: ring.Inactive}
	members := []ring.Member{ms}
	for i := range active {
		members = append(members, ring.Member{ID: place(i), Node: protocol.NodeID(i)})
	}
	if n.now, err = ring.NewConfig(0, members, []protocol.ID{ms.ID}, nil, ring.Options{}); err != nil {
		panic(err)
	}
	n.views = &view.Config{Service: n.sharing.Key(), Genesis: n.now, Lease: time.Second, Retry: 100 * time.Millisecond}
	replication := pbft.Config{K: 4, ViewTimeout: time.Second, StatusInterval: 100 * time.Millisecond, ClientTimeout: 100 * time.Millisecond}
	n.config = &dbft.Config{F: 1, Objects: []protocol.ID{object}, PBFT: replication.WithDefaults(), View: n.views, Retry: 100 * time.Millisecond, Lifted: lifted}
	if err := n.config.Check(); err != nil {
		panic(err)
	}
	for i := range servers + clients {
		d := &node{net: n, id: protocol.NodeID(i)}
		n.nodes, n.keys = append(n.nodes, d), append(n.keys, authority.Keys(d.id))
		if i < servers {
			v := view.New(n.views, n.keys[i], place(i))
			d.machine = dbft.NewReplica(n.config, n.keys[i], &v)
		} else {
			d.machine = dbft.NewClient(n.config, n.keys[i])
		}
		d.machine.Start(d, nil)
	}
	return n
}

func (n *network) sign(msg []byte) auth.ThresholdSignature {
	var partials []auth.Partial
	for _, share := range n.shares[1:3] {
		p, _ := n.keys[0].PartialSign(share, msg)
		partials = append(partials, p)
	}
	sig, err := n.keys[0].Combine(n.sharing, msg, partials)
	if err != nil {
		panic(err)
	}
	return sig
}

// end ends the epoch with some servers leaving and others joining.
func (n *network) end(leave, join []string) error {
	var changes []ring.Change
	for kind, names := range [][]string{ring.Add: join, ring.Remove: leave} {
		for _, name := range names {
			var i int
			if _, err := fmt.Sscanf(name, "s%d", &i); err != nil {
				return err
			}
			m := ring.Member{ID: place(i), Node: protocol.NodeID(i)}
			changes = append(changes, ring.Change{Kind: ring.ChangeKind(kind), Member: m})
		}
	}
	delta := ring.NewDelta(n.now.Epoch(), changes)
	next, err := n.now.Apply(delta)
	if err != nil {
		return err
	}
	st := view.EpochStatement{Epoch: next.Epoch(), Config: next.Digest()}
	n.steps = append(n.steps, &view.Step{Delta: delta, Certificate: view.EpochCertificate{EpochStatement: st, Signature: n.sign(st.Bytes())}})
	n.now = next
	return nil
}

// answer is what the membership service says to a message.
func (n *network) answer(p packet) {
	switch m := p.M.(type) {
	case *view.FreshAsk:
		tree := n.keys[0].NewMerkleTree([][]byte{view.NonceLeaf(p.From, m.Nonce)})
		st := view.FreshnessStatement{Epoch: n.now.Epoch(), Root: tree.Root()}
		c := &view.FreshnessCertificate{FreshnessStatement: st, Path: tree.Path(0), Signature: n.sign(st.Bytes())}
		n.Put(service, p.From, &view.FreshReply{Epoch: st.Epoch, Certificate: c})
	case *view.Ask:
		for _, s := range n.steps[m.Epoch:] {
			n.Put(service, p.From, s)
		}
	}
}

// deliver hands over one message.
func (n *network) deliver(p packet) {
	if p.To == service {
		n.answer(p)
		return
	}
	d := n.nodes[p.To]
	d.machine.Deliver(d, p.From, p.M)
}

func (n *network) name(id protocol.NodeID) string {
	switch {
	case id == service:
		return "ms"
	case int(id) < n.servers:
		return fmt.Sprintf("s%d", id)
	}
	return fmt.Sprintf("c%d", int(id)-n.servers)
}

// Now implements protocol.Env.
func (d *node) Now() protocol.Time { return d.net.clock }

// Nonce implements protocol.Env.
func (d *node) Nonce() uint64 {
	d.net.nonces++
	return d.net.nonces
}

// Send implements protocol.Env.
func (d *node) Send(to protocol.NodeID, m protocol.Message) {
	d.net.Put(d.id, to, m)
}

// SetTimer implements protocol.Env.
func (d *node) SetTimer(id protocol.TimerID, _ time.Duration) {
	d.CancelTimer(id)
	d.timers = append(d.timers, id)
}

// CancelTimer implements protocol.Env.
func (d *node) CancelTimer(id protocol.TimerID) {
	d.timers = slices.DeleteFunc(d.timers, func(t protocol.TimerID) bool { return t == id })
}

// Store and Sync implement protocol.Env: nobody crashes in these stories.
func (d *node) Store(protocol.ID, protocol.Message) {}
func (d *node) Sync()                               {}

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
func (d *node) Note(situation string, detail uint64) {
	if name, ours := strings.CutPrefix(situation, "dbft."); ours {
		d.net.Say("  %s notes %s %d", d.net.name(d.id), name, detail)
	}
}

// words returns a message in words.
func (n *network) words(m protocol.Message) string {
	_, name, _ := strings.Cut(string(m.Kind()), ".")
	switch m := m.(type) {
	case *dbft.Carry:
		if q, ok := m.Inner.(*pbft.Request); ok && dbft.IsEnd(q) {
			return fmt.Sprintf("%s to end epoch %d", name, m.Epoch)
		}
		return fmt.Sprintf("%s in epoch %d", name, m.Epoch)
	case *dbft.Refusal:
		return fmt.Sprintf("refusal: epoch %d is over, this is %d", m.Epoch, m.Now)
	case *dbft.Ask:
		return fmt.Sprintf("ask for the end of epoch %d", m.Epoch)
	case *dbft.Vouch:
		return fmt.Sprintf("vouch for the state %x", m.Digest[:3])
	case *dbft.Fetch:
		return fmt.Sprintf("fetch the end of epoch %d", m.Epoch)
	case *dbft.Handover:
		return fmt.Sprintf("handover of %q", m.State.Service[0][9:])
	case *dbft.Confirm:
		return fmt.Sprintf("confirm that epoch %d has begun", m.Epoch)
	case *dbft.Confirmed:
		return fmt.Sprintf("confirmed that epoch %d has begun", m.Epoch)
	case *view.FreshAsk:
		return fmt.Sprintf("fresh-ask in %d", m.Epoch)
	}
	return name
}
