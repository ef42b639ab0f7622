package dbqs_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
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
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		var n *network
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			if d.Cmd == "system" {
				n = systemOf(t, d)
				return ""
			}
			n.out.Reset()
			command := commands[d.Cmd]
			if command == nil {
				d.Fatalf(t, "there is no command %q", d.Cmd)
			}
			command(n, t, d)
			return n.out.String()
		})
	})
}

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
		sent := len(n.waiting)
		client.machine.(protocol.Client).Invoke(client, op)
		n.tellSent(sent)
	},
	"deliver": func(n *network, t *testing.T, d *datadriven.TestData) {
		for _, p := range n.take(t, d) {
			n.deliver(p, true)
		}
	},
	"settle": func(n *network, t *testing.T, d *datadriven.TestData) {
		for batch := n.take(t, d); len(batch) > 0; batch = n.take(t, d) {
			for _, p := range batch {
				n.deliver(p, false)
			}
		}
	},
	"drop": func(n *network, t *testing.T, d *datadriven.TestData) {
		lost := slices.DeleteFunc(n.take(t, d), func(p packet) bool { return n.dull(p.m) })
		n.say("%d lost", len(lost))
	},
	"duplicate": func(n *network, t *testing.T, d *datadriven.TestData) {
		n.waiting = append(n.waiting, n.match(t, d, n.waiting)...)
	},
	"replay": func(n *network, t *testing.T, d *datadriven.TestData) {
		n.waiting = append(n.waiting, n.match(t, d, n.delivered)...)
	},
	"lie": func(n *network, t *testing.T, d *datadriven.TestData) {
		for i := range n.waiting {
			if p := &n.waiting[i]; n.matches(t, d, *p) {
				p.m = n.lie(t, d, *p)
				if as := ""; d.HasArg("as") {
					d.ScanArgs(t, "as", &as)
					p.from = n.named(t, d, as).id
				}
				n.say("%s -> %s: %s", n.name(p.from), n.name(p.to), n.describe(p.m))
			}
		}
	},
	"tick": func(n *network, t *testing.T, d *datadriven.TestData) {
		x, sent := n.node(t, d), len(n.waiting)
		if x.timer == 0 {
			n.say("no timer")
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
				n.say("%s down", n.name(x.id))
			case *dbqs.Replica:
				if n.epochs != nil {
					n.say("%s %s", n.name(x.id), n.standing(m))
					continue
				}
				n.say("%s %s", n.name(x.id), n.record(m.Holds(dbqs.ObjectID(n.owner.Public))))
			case fmt.Stringer:
				n.say("%s %s", n.name(x.id), m)
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

func (n *network) matches(t *testing.T, d *datadriven.TestData, p packet) bool {
	for _, a := range d.CmdArgs {
		var is string
		switch a.Key {
		case "from":
			is = n.name(p.from)
		case "to":
			is = n.name(p.to)
		case "kind":
			_, is, _ = strings.Cut(string(p.m.Kind()), ".")
		case "record", "ts", "bent", "as":
			continue
		default:
			d.Fatalf(t, "a filter has from, to and kind, not %q", a.Key)
		}
		if !slices.Contains(a.Vals, is) {
			return false
		}
	}
	return true
}

func (n *network) match(t *testing.T, d *datadriven.TestData, all []packet) (out []packet) {
	for _, p := range all {
		if n.matches(t, d, p) {
			out = append(out, p)
		}
	}
	return out
}

// take removes what waits and matches.
func (n *network) take(t *testing.T, d *datadriven.TestData) []packet {
	out := n.match(t, d, n.waiting)
	n.waiting = slices.DeleteFunc(n.waiting, func(p packet) bool { return n.matches(t, d, p) })
	return out
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
	switch m := p.m.(type) {
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
		reply.Seal(n.authority.Keys(p.from), p.to)
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
	dbqs.Authenticate(n.authority.Keys(p.from), p.to, out)
	return out
}
