package dbqs_test

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// epochs is the membership service of a story whose groups change: it says in the
// story's own words when an epoch ends, and vouches for the present one to whoever
// asks. It leaves out how a real service would come to.
type epochs struct {
	config  *view.Config
	keys    *auth.Keys
	sharing *auth.Sharing
	shares  []auth.Share
	now     *ring.Config
	steps   []*view.Step // steps[i] leads out of epoch i
	clock   protocol.Time
	dull    map[uint64]bool // nonces of fetches of arcs that no story is about
}

// service is the node that stands for the service.
const service protocol.NodeID = 99

// newEpochNetwork returns a network whose servers follow epochs. The first active
// of them are members in epoch 0, and serve the register clockwise from s0.
func newEpochNetwork(f, servers, active, clients int, lifted dbqs.Rules) *network {
	n := &network{servers: servers, epochs: &epochs{dull: map[uint64]bool{}}}
	e := n.epochs
	var err error
	if n.authority, err = auth.NewAuthority(auth.Ideal, 1, servers+clients); err != nil {
		panic(err)
	}
	n.owner = n.authority.Owner(0)
	e.keys = n.authority.Keys(0)
	if e.sharing, e.shares, err = n.authority.NewThreshold(auth.Group{Members: []protocol.NodeID{0, 1, 2, 3}}); err != nil {
		panic(err)
	}
	ms := ring.Member{ID: protocol.ID{1}, Node: service, Status: ring.Inactive}
	members := []ring.Member{ms}
	for i := range active {
		members = append(members, ring.Member{ID: n.place(i), Node: protocol.NodeID(i)})
	}
	if e.now, err = ring.NewConfig(0, members, []protocol.ID{ms.ID}, nil, ring.Options{}); err != nil {
		panic(err)
	}
	e.config = &view.Config{Service: e.sharing.Key(), Genesis: e.now, Lease: time.Second, Retry: 100 * time.Millisecond}
	n.config = &dbqs.Config{F: f, Lifted: lifted, Retry: 100 * time.Millisecond, RetryMax: 400 * time.Millisecond}
	for i := range servers + clients {
		n.nodes = append(n.nodes, &node{net: n, id: protocol.NodeID(i)})
		n.nodes[i].start()
	}
	return n
}

// place returns the id of a server.
func (n *network) place(i int) protocol.ID {
	id := dbqs.ObjectID(n.owner.Public)
	binary.BigEndian.PutUint16(id[8:], uint16(i))
	return id
}

// machineOf returns the machine of a node that follows epochs.
func (e *epochs) machineOf(d *node) protocol.Machine {
	k := d.net.authority.Keys(d.id)
	if int(d.id) >= d.net.servers {
		return dbqs.NewEpochClient(d.net.config, k, []*auth.Signer{d.net.owner}, e.config)
	}
	v := view.New(e.config, k, d.net.place(int(d.id)))
	r := dbqs.NewMember(d.net.config, k, &v)
	v.Start(d.disk)
	return r
}

func (e *epochs) sign(msg []byte) auth.ThresholdSignature {
	var partials []auth.Partial
	for _, share := range e.shares[1:3] {
		p, _ := e.keys.PartialSign(share, msg)
		partials = append(partials, p)
	}
	sig, err := e.keys.Combine(e.sharing, msg, partials)
	if err != nil {
		panic(err)
	}
	return sig
}

// vouch answers a client that asks whether its epoch is current.
func (e *epochs) vouch(n *network, client protocol.NodeID, m *view.FreshAsk) {
	tree := e.keys.NewMerkleTree([][]byte{view.NonceLeaf(client, m.Nonce)})
	st := view.FreshnessStatement{Epoch: e.now.Epoch(), Root: tree.Root()}
	c := &view.FreshnessCertificate{FreshnessStatement: st, Path: tree.Path(0), Signature: e.sign(st.Bytes())}
	n.Put(service, client, &view.FreshReply{Epoch: e.now.Epoch(), Certificate: c})
}

// end ends the epoch with some servers leaving and others joining.
func (e *epochs) end(n *network, leave, join []string) error {
	var changes []ring.Change
	for kind, names := range [][]string{ring.Add: join, ring.Remove: leave} {
		for _, name := range names {
			var i int
			if _, err := fmt.Sscanf(name, "s%d", &i); err != nil {
				return err
			}
			m := ring.Member{ID: n.place(i), Node: protocol.NodeID(i)}
			changes = append(changes, ring.Change{Kind: ring.ChangeKind(kind), Member: m})
		}
	}
	delta := ring.NewDelta(e.now.Epoch(), changes)
	next, err := e.now.Apply(delta)
	if err != nil {
		return err
	}
	st := view.EpochStatement{Epoch: next.Epoch(), Config: next.Digest()}
	e.steps = append(e.steps, &view.Step{Delta: delta, Certificate: view.EpochCertificate{EpochStatement: st, Signature: e.sign(st.Bytes())}})
	e.now = next
	return nil
}

// dull reports whether a message is about other arcs than the register's, of which a
// story does not tell.
func (n *network) dull(m protocol.Message) bool {
	register := dbqs.ObjectID(n.owner.Public)
	switch m := m.(type) {
	case *dbqs.Fetch:
		if !m.Arc.Has(register) {
			n.epochs.dull[m.Nonce] = true
		}
		return !m.Arc.Has(register)
	case *dbqs.FetchReply:
		return n.epochs.dull[m.Nonce]
	case *dbqs.Confirm:
		return !m.Arc.Has(register)
	case *dbqs.Confirmed:
		return !m.Arc.Has(register)
	}
	return false
}

// words returns what a message of an epoch says.
func (n *network) words(name string, m protocol.Message) string {
	switch m := m.(type) {
	case *dbqs.Refusal:
		return fmt.Sprintf("%s #%d now %d", name, m.Nonce, m.Now)
	case *dbqs.Fetch:
		return fmt.Sprintf("%s into %d", name, m.Into)
	case *dbqs.FetchReply:
		held := []string{}
		for _, h := range m.Registers {
			held = append(held, n.record(h.Record))
		}
		return fmt.Sprintf("%s [%s]", name, strings.Join(held, " "))
	case *dbqs.Confirm:
		return fmt.Sprintf("%s %d", name, m.Into)
	case *dbqs.Confirmed:
		return fmt.Sprintf("%s %d", name, m.Into)
	case *view.Ask:
		return fmt.Sprintf("ask after %d", m.Epoch)
	case *view.Step:
		return fmt.Sprintf("step to %d", m.Certificate.Epoch)
	case *view.FreshAsk:
		return fmt.Sprintf("fresh-ask in %d", m.Epoch)
	case *view.FreshReply:
		return fmt.Sprintf("fresh-reply for %d", m.Certificate.Epoch)
	}
	return name
}

// standing says where a replica that follows epochs is.
func (n *network) standing(r *dbqs.Replica) string {
	register := dbqs.ObjectID(n.owner.Public)
	epoch, serves := r.Serves(register)
	out := fmt.Sprintf("%s in epoch %d", n.record(r.Holds(register)), epoch)
	if serves {
		return out + ", serves"
	}
	if !r.Settled(register, epoch) {
		return out + ", to fetch"
	}
	return out
}

// The stories of groups that change have these commands besides those of TestStories:
//
//	system [servers=6] [active=4] [clients=2] [lift=RULE]   every client holds a lease
//	epoch [leave=(s0,..)] [join=(s4,..)]   the epoch ends; nobody knows yet
//	learn NODE...                           nodes are told all that they have missed
//	wait DURATION                           time passes
//	rebuild NODE                            a server that has lost its objects is put right
func TestEpochStories(t *testing.T) {
	datadriven.Walk(t, "testdata/epochs", func(t *testing.T, path string) {
		var n *network
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "system" {
				servers, active, clients, lifted := 6, 4, 2, ""
				d.MaybeScanArgs(t, "servers", &servers)
				d.MaybeScanArgs(t, "active", &active)
				d.MaybeScanArgs(t, "clients", &clients)
				d.MaybeScanArgs(t, "lift", &lifted)
				n = newEpochNetwork(1, servers, active, clients, ruleNamed(t, lifted))
				return ""
			}
			n.Out.Reset()
			switch d.Cmd {
			case "epoch":
				var leave, join []string
				for _, a := range d.CmdArgs {
					switch a.Key {
					case "leave":
						leave = a.Vals
					case "join":
						join = a.Vals
					}
				}
				if err := n.epochs.end(n, leave, join); err != nil {
					d.Fatalf(t, "%v", err)
				}
			case "learn":
				for _, a := range d.CmdArgs {
					n.learn(t, d, a.Key)
				}
			case "rebuild":
				n.rebuild(t, d, d.CmdArgs[0].Key)
			case "wait":
				long, err := time.ParseDuration(d.CmdArgs[0].Key)
				if err != nil {
					d.Fatalf(t, "%v", err)
				}
				n.epochs.clock = n.epochs.clock.Add(long)
			default:
				command := commands[d.Cmd]
				if command == nil {
					d.Fatalf(t, "there is no command %q", d.Cmd)
				}
				command(n, t, d)
			}
			return n.Out.String()
		})
	})
}

// rebuild puts a server right that was in other hands, and told the epoch in which it is.
func (n *network) rebuild(t *testing.T, d *datadriven.TestData, name string) {
	for _, x := range n.nodes {
		if r, ok := x.machine.(*dbqs.Replica); ok && n.name(x.id) == name {
			r.Lose()
			r.Doubt(r.View().Epoch())
			return
		}
	}
	d.Fatalf(t, "there is no server %q", name)
}

// learn delivers to a node the steps that it has not seen, and tells what it sends.
func (n *network) learn(t *testing.T, d *datadriven.TestData, name string) {
	for _, x := range n.nodes {
		if n.name(x.id) != name {
			continue
		}
		sent := len(n.Flight)
		for _, s := range slices.Backward(n.epochs.steps) { // so that the last one to come is what they all waited for
			x.machine.Deliver(x, service, s)
		}
		n.tellSent(sent)
		return
	}
	d.Fatalf(t, "there is no node %q", name)
}
