package dbqs_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/cockroachdb/datadriven"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/storytest"
)

// The stories of testdata are read from top to bottom. Their commands:
//
//	system [f=1] [clients=3] [lift=RULE]      a new world; nothing was ever written
//	invoke CLIENT read|write|get|put [VALUE]  an operation begins
//	deliver [FILTER]    what waits and matches is delivered, once around
//	settle [FILTER]     the same until nothing is left; only notes and answers are told
//	drop [FILTER]       what waits and matches is lost
//	duplicate [FILTER]  what waits and matches waits twice
//	replay [FILTER]     what was delivered and matches waits again
//	lie FILTER record=none|VALUE [ts=N] [bent] [as=NODE]   what waits and matches says
//	                    something else, with the authenticator of its sender; a VALUE that the
//	                    owner signed has that signature, or one bit off; it may claim another sender
//	tick CLIENT         its timer expires
//	crash NODE, restart NODE, wipe NODE   wipe takes the disk of a node that is down
//	state               what the replicas hold, and where the clients are
//
// FILTER is any of from=NODE, to=NODE, kind=NAME; a list in parentheses means any of it.
func TestStories(t *testing.T) { storytest.Play(t, "testdata/stories", systemOf, commands) }

func systemOf(t *testing.T, d *datadriven.TestData) *network {
	f, clients, lifted := 1, 3, ""
	d.MaybeScanArgs(t, "f", &f)
	d.MaybeScanArgs(t, "clients", &clients)
	d.MaybeScanArgs(t, "lift", &lifted)
	return newNetwork(f, clients, ruleNamed(t, lifted))
}

func ruleNamed(t *testing.T, name string) (set dbqs.Rules) {
	for _, r := range dbqs.AllRules() {
		if r.String() == name {
			set = set.Lift(r)
		}
	}
	if name != "" && set == 0 {
		t.Fatalf("there is no rule %q", name)
	}
	return set
}

var commands = map[string]func(*network, *testing.T, *datadriven.TestData){
	"invoke": func(n *network, t *testing.T, d *datadriven.TestData) {
		client, words := n.node(t, d), d.CmdArgs[1:]
		op := protocol.Operation{Seq: client.sequence, Object: dbqs.ObjectID(n.owner.Public)}
		client.sequence++
		op.Kind = protocol.OpKind(slices.Index([]string{"read", "write", "get", "put"}, words[0].Key))
		if len(words) > 1 {
			op.Value = n.value(words[1].Key)
		}
		if op.Kind == protocol.Get || op.Kind == protocol.Put {
			op.Object = dbqs.ContentID(op.Value)
		}
		client.op = op
		sent := len(n.Flight)
		client.machine.(protocol.Client).Invoke(client, op)
		n.tellSent(sent)
	},
	"deliver": func(n *network, t *testing.T, d *datadriven.TestData) {
		for _, p := range n.Take(n.filter(t, d)) {
			n.deliver(p, true)
		}
	},
	"settle": func(n *network, t *testing.T, d *datadriven.TestData) {
		n.Run(n.filter(t, d), func(p packet) { n.deliver(p, false) })
	},
	"drop": func(n *network, t *testing.T, d *datadriven.TestData) {
		lost := slices.DeleteFunc(n.Take(n.filter(t, d)), func(p packet) bool { return n.dull(p.M) })
		n.Say("%d lost", len(lost))
	},
	"duplicate": func(n *network, t *testing.T, d *datadriven.TestData) {
		n.Again(n.filter(t, d))
	},
	"replay": func(n *network, t *testing.T, d *datadriven.TestData) {
		n.Flight = append(n.Flight, storytest.Matching(n.delivered, n.filter(t, d))...)
	},
	"lie": func(n *network, t *testing.T, d *datadriven.TestData) {
		match := n.filter(t, d)
		for i := range n.Flight {
			if p := &n.Flight[i]; match(*p) {
				p.M = n.lie(t, d, *p)
				if as := ""; d.HasArg("as") {
					d.ScanArgs(t, "as", &as)
					p.From = n.named(t, d, as).id
				}
				n.Say("%s -> %s: %s", n.name(p.From), n.name(p.To), n.describe(p.M))
			}
		}
	},
	"tick": func(n *network, t *testing.T, d *datadriven.TestData) {
		x, sent := n.node(t, d), len(n.Flight)
		if x.timer == 0 {
			n.Say("no timer")
			return
		}
		x.machine.Timer(x, x.timer)
		n.tellSent(sent)
	},
	"crash":   func(n *network, t *testing.T, d *datadriven.TestData) { n.node(t, d).crash() },
	"restart": func(n *network, t *testing.T, d *datadriven.TestData) { n.node(t, d).start() },
	"wipe":    func(n *network, t *testing.T, d *datadriven.TestData) { n.node(t, d).disk = nil },
	"state": func(n *network, _ *testing.T, _ *datadriven.TestData) {
		for _, x := range n.nodes {
			switch m := x.machine.(type) {
			case nil:
				n.Say("%s down", n.name(x.id))
			case *dbqs.Replica:
				if n.epochs != nil {
					n.Say("%s %s", n.name(x.id), n.standing(m))
					continue
				}
				n.Say("%s %s", n.name(x.id), n.record(m.Holds(dbqs.ObjectID(n.owner.Public))))
			case fmt.Stringer:
				n.Say("%s %s", n.name(x.id), m)
			}
		}
	},
}

// node returns the node that is a command's first word.
func (n *network) node(t *testing.T, d *datadriven.TestData) *node {
	return n.named(t, d, d.CmdArgs[0].Key)
}

func (n *network) named(t *testing.T, d *datadriven.TestData, name string) *node {
	for _, x := range n.nodes {
		if n.name(x.id) == name {
			return x
		}
	}
	d.Fatalf(t, "there is no node %q", name)
	return nil
}

// value returns the bytes that a word of a story stands for: itself, or the
// owner's public key.
func (n *network) value(word string) []byte {
	if word == "OWNER-KEY" {
		return n.owner.Public[:]
	}
	return []byte(word)
}

// filter returns what a command's arguments match, those of a lie aside.
func (n *network) filter(t *testing.T, d *datadriven.TestData) func(packet) bool {
	return storytest.Filter(t, d, n.name, map[string]func(packet) string{"record": nil, "ts": nil, "bent": nil, "as": nil})
}

// invented returns the record that a lie speaks of.
func (n *network) invented(t *testing.T, d *datadriven.TestData) *dbqs.Record {
	value, ts := "none", ""
	d.ScanArgs(t, "record", &value)
	if value == "none" {
		return nil
	}
	d.MaybeScanArgs(t, "ts", &ts)
	if ts == "" {
		i := slices.IndexFunc(n.signed, func(r *dbqs.Record) bool { return string(r.Value) == value })
		if i < 0 {
			d.Fatalf(t, "nobody signed %q; say ts=N to forge it", value)
		}
		r := *n.signed[i]
		if d.HasArg("bent") {
			r.Sig[0] ^= 1
		}
		return &r
	}
	counter, err := strconv.ParseUint(ts, 10, 64)
	if err != nil {
		d.Fatalf(t, "ts: %v", err)
	}
	return &dbqs.Record{Public: n.owner.Public, TS: dbqs.Timestamp{Counter: counter}, Value: []byte(value)}
}

// lie returns the message that a faulty sender puts in place of p's.
func (n *network) lie(t *testing.T, d *datadriven.TestData, p packet) protocol.Message {
	r := n.invented(t, d)
	var out dbqs.Reply
	switch m := p.M.(type) {
	case *dbqs.Write:
		return &dbqs.Write{Header: m.Header, Record: r}
	case *dbqs.ReadReply:
		out = &dbqs.ReadReply{Header: m.Header, Record: r}
	case *dbqs.ReadTSReply:
		reply := &dbqs.ReadTSReply{Header: m.Header}
		if r != nil {
			reply.Stamp = &dbqs.Stamp{Public: r.Public, TS: r.TS, Digest: auth.Digest(dbqs.ContentID(r.Value)), Sig: r.Sig}
		}
		out = reply
	case *dbqs.FetchReply:
		reply := &dbqs.FetchReply{Nonce: m.Nonce, Upto: m.Upto}
		if r != nil {
			reply.Registers = []dbqs.Held{{Object: dbqs.ObjectID(n.owner.Public), Record: r}}
		}
		reply.Seal(n.authority.Keys(p.From), p.To)
		return reply
	case *dbqs.GetReply:
		reply := &dbqs.GetReply{Header: m.Header, Found: r != nil}
		if r != nil {
			reply.Value = r.Value
		}
		out = reply
	default:
		d.Fatalf(t, "there is no lie about %s", m.Kind())
	}
	dbqs.Authenticate(n.authority.Keys(p.From), p.To, out)
	return out
}
