package dbft_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"turncoat/protocol"
	"turncoat/protocol/dbft"
	"turncoat/protocol/pbft"
	"turncoat/protocol/storytest"
)

// The stories of testdata are read from top to bottom. Their commands:
//
//	system [servers=6] [active=4] [clients=2] [lift=RULE]   a new world
//	invoke CLIENT read|write [VALUE]   an operation begins
//	deliver [FILTER]   what waits and matches is delivered, once around, and what is sent told
//	settle [FILTER]    the same until nothing is left; only notes and answers are told
//	drop [FILTER]      what waits and matches is lost
//	lie FILTER value=VALUE   a vouch, handover or reply speaks of that value
//	epoch [leave=(s0,..)] [join=(s4,..)]   the epoch ends; nobody knows yet
//	learn NODE...      nodes are told all epochs that they have missed
//	tick NODE chores|client|request|view-change|status   such timers of it expire
//	wait DURATION      time passes
//	state              the groups that servers are in, and where the clients are
//
// FILTER is any of from=NODE, to=NODE, kind=NAME, epoch=NUMBER; a list in parentheses
// means any of it.
func TestStories(t *testing.T) { storytest.Play(t, "testdata/stories", systemOf, commands) }

func systemOf(t *testing.T, d *datadriven.TestData) *network {
	servers, active, clients, lifted := 6, 4, 2, ""
	d.MaybeScanArgs(t, "servers", &servers)
	d.MaybeScanArgs(t, "active", &active)
	d.MaybeScanArgs(t, "clients", &clients)
	d.MaybeScanArgs(t, "lift", &lifted)
	return newNetwork(servers, active, clients, ruleNamed(t, lifted))
}

func ruleNamed(t *testing.T, name string) (rule dbft.Rule) {
	for _, r := range dbft.Rules {
		if r.Name == name {
			rule = r.Rule
		}
	}
	if name != "" && rule == 0 {
		t.Fatalf("there is no rule %q", name)
	}
	return rule
}

var commands = map[string]func(*network, *testing.T, *datadriven.TestData){
	"invoke": func(n *network, t *testing.T, d *datadriven.TestData) {
		client := n.named(t, d, d.CmdArgs[0].Key)
		op := protocol.Operation{Seq: client.sequence, Object: object, Kind: protocol.Read}
		client.sequence++
		if d.CmdArgs[1].Key == "write" {
			op.Kind, op.Value = protocol.Write, []byte(d.CmdArgs[2].Key)
		}
		client.op = op
		client.machine.(protocol.Client).Invoke(client, op)
	},
	"deliver": func(n *network, t *testing.T, d *datadriven.TestData) {
		for _, p := range n.Take(n.filter(t, d)) {
			n.Say("%s <- %s: %s", n.name(p.To), n.name(p.From), n.words(p.M))
			sent := len(n.Flight)
			n.deliver(p)
			n.tellSent(sent)
		}
	},
	"settle": func(n *network, t *testing.T, d *datadriven.TestData) {
		n.Run(n.filter(t, d), n.deliver)
	},
	"drop": func(n *network, t *testing.T, d *datadriven.TestData) { n.Say("%d lost", len(n.Take(n.filter(t, d)))) },
	"lie": func(n *network, t *testing.T, d *datadriven.TestData) {
		match := n.filter(t, d)
		for i := range n.Flight {
			if p := &n.Flight[i]; match(*p) {
				p.M = n.lie(t, d, *p)
				n.Say("%s -> %s: %s", n.name(p.From), n.name(p.To), n.words(p.M))
			}
		}
	},
	"epoch": func(n *network, t *testing.T, d *datadriven.TestData) {
		var leave, join []string
		for _, a := range d.CmdArgs {
			switch a.Key {
			case "leave":
				leave = a.Vals
			case "join":
				join = a.Vals
			}
		}
		if err := n.end(leave, join); err != nil {
			d.Fatalf(t, "%v", err)
		}
	},
	"learn": func(n *network, t *testing.T, d *datadriven.TestData) {
		for _, a := range d.CmdArgs {
			x, sent := n.named(t, d, a.Key), len(n.Flight)
			for _, s := range n.steps {
				x.machine.Deliver(x, service, s)
			}
			n.tellSent(sent)
		}
	},
	"tick": func(n *network, t *testing.T, d *datadriven.TestData) { n.tick(t, d) },
	"wait": func(n *network, t *testing.T, d *datadriven.TestData) {
		long, err := time.ParseDuration(d.CmdArgs[0].Key)
		if err != nil {
			d.Fatalf(t, "%v", err)
		}
		n.clock = n.clock.Add(long)
	},
	"state": func(n *network, _ *testing.T, _ *datadriven.TestData) {
		for _, x := range n.nodes {
			switch m := x.machine.(type) {
			case *dbft.Replica:
				if in := groups(m); in != "" {
					n.Say("%s %s", n.name(x.id), in)
				}
			case fmt.Stringer:
				n.Say("%s %s", n.name(x.id), m)
			}
		}
	},
}

// tick lets timers of a kind expire.
func (n *network) tick(t *testing.T, d *datadriven.TestData) {
	x, sent := n.named(t, d, d.CmdArgs[0].Key), len(n.Flight)
	kinds := []string{"", "request", "view-change", "status", "transfer", "client"}
	fired := 0
	for _, id := range slices.Clone(x.timers) {
		name := "chores"
		if id < 8 || id >= 1<<20 {
			name = kinds[id%8]
		}
		if name == d.CmdArgs[1].Key {
			x.CancelTimer(id)
			x.machine.Timer(x, id)
			fired++
		}
	}
	if fired == 0 {
		n.Say("no such timer")
	}
	n.tellSent(sent)
}

// groups returns the groups that a server is in.
func groups(r *dbft.Replica) string {
	var out []string
	for p := range r.Parts() {
		is := "waits for the state"
		if p.Replica != nil {
			value, written := p.Replica.Service().(interface{ Value() ([]byte, bool) }).Value()
			is = "nothing"
			if written {
				is = string(value)
			}
			if v, _ := p.Replica.View(); v > 0 {
				is += fmt.Sprintf(" in view %d", v)
			}
			if p.Over {
				is += ", over"
			}
		}
		out = append(out, fmt.Sprintf("epoch %d: %s", p.Epoch, is))
	}
	return strings.Join(out, "; ")
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

// filter returns what a command's arguments match, those of a lie aside.
func (n *network) filter(t *testing.T, d *datadriven.TestData) func(packet) bool {
	return storytest.Filter(t, d, n.name, map[string]func(packet) string{
		"epoch": func(p packet) string {
			c, ok := p.M.(*dbft.Carry)
			if !ok {
				return ""
			}
			return fmt.Sprint(c.Epoch)
		},
		"value": nil,
	})
}

// tellSent names what was sent since the queue had the given length, a line for what is
// said to many.
func (n *network) tellSent(since int) {
	for i := since; i < len(n.Flight); {
		from, what := n.Flight[i].From, n.words(n.Flight[i].M)
		var to []string
		for ; i < len(n.Flight) && n.Flight[i].From == from && n.words(n.Flight[i].M) == what; i++ {
			to = append(to, n.name(n.Flight[i].To))
		}
		n.Say("  %s -> %s: %s", n.name(from), strings.Join(to, " "), what)
	}
}

// lie returns what a faulty sender puts in place of a message.
func (n *network) lie(t *testing.T, d *datadriven.TestData, p packet) protocol.Message {
	value := ""
	d.ScanArgs(t, "value", &value)
	keys := n.keys[p.From]
	switch m := p.M.(type) {
	case *dbft.Vouch:
		s := dbft.StateOf(m.Epoch, []byte(value))
		v := &dbft.Vouch{Instance: m.Instance, Digest: s.Digest(keys)}
		v.Seal(keys, p.To)
		return v
	case *dbft.Handover:
		return &dbft.Handover{Instance: m.Instance, State: dbft.StateOf(m.Epoch, []byte(value))}
	case *dbft.Carry:
		if q, ok := m.Inner.(*pbft.Reply); ok {
			lie := *q
			lie.Result = append([]byte{1}, value...)
			pbft.NewSealer(n.config.Group(n.now, object), keys).SealFor(p.To, &lie)
			return &dbft.Carry{Instance: m.Instance, Inner: &lie}
		}
	}
	d.Fatalf(t, "there is no lie about %s", p.M.Kind())
	return nil
}
