package dbft_test

import (
	"bytes"
	"reflect"
	"testing"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbft"
	"turncoat/protocol/pbft"
)

// Every message reads as it was written, under its kind, and no shorter form or longer
// one reads at all.
func TestWire(t *testing.T) {
	i := dbft.Instance{Object: object, Epoch: 7}
	state := dbft.StateOf(6, []byte("value"))
	state.Replies = [][]byte{{1, 2, 3}, {4}}
	all := []protocol.Message{
		&dbft.Carry{Instance: i, Inner: &pbft.Prepare{View: 1, Seq: 2, Digest: auth.Digest{3}, Replica: 1, Auth: pbft.Auth{MACs: make([]auth.MAC, 4)}}},
		&dbft.Refusal{Instance: i, Now: 9}, &dbft.Ask{Instance: i}, &dbft.Vouch{Instance: i, Digest: auth.Digest{4}, MAC: auth.MAC{5}},
		&dbft.Fetch{Instance: i}, &dbft.Handover{Instance: i, State: state}, &dbft.Confirm{Instance: i}, &dbft.Confirmed{Instance: i, MAC: auth.MAC{6}},
	}
	kinds := map[string]bool{}
	for _, k := range dbft.Kinds() {
		kinds[k] = true
	}
	for _, m := range all {
		form := m.AppendTo(nil)
		read, err := dbft.Decode(form)
		if err != nil || !bytes.Equal(read.AppendTo(nil), form) || reflect.TypeOf(read) != reflect.TypeOf(m) || !dbft.Speaks(read) || !dbft.Decodes(form[0]) {
			t.Errorf("%s reads as %+v, %v", m.Kind(), read, err)
		}
		if !kinds[string(m.Kind())] {
			t.Errorf("%s is not among the kinds", m.Kind())
		}
		for n := range form {
			if _, err := dbft.Decode(form[:n]); err == nil {
				t.Errorf("the first %d bytes of %s are a message", n, m.Kind())
			}
		}
		if _, err := dbft.Decode(append(form, 0)); err == nil {
			t.Errorf("%s with a byte more is a message", m.Kind())
		}
	}
}

// A copy of a machine is in the same state, and goes its own way.
func TestClone(t *testing.T) {
	n := newNetwork(6, 4, 1, 0)
	client := n.nodes[6]
	client.machine.(protocol.Client).Invoke(client, protocol.Operation{Kind: protocol.Write, Object: object, Value: []byte("a")})
	if err := n.end([]string{"s0"}, []string{"s4"}); err != nil {
		t.Fatal(err)
	}
	for round := 0; len(n.Flight) > 0; round++ {
		if round == 30 {
			for i, s := range n.steps {
				for _, d := range n.nodes[i:5] {
					d.machine.Deliver(d, service, s)
				}
			}
		}
		p := n.Flight[0]
		n.Flight = n.Flight[1:]
		if p.To == service {
			n.answer(p)
			continue
		}
		d := n.nodes[p.To]
		before := d.machine.AppendState(nil)
		c := d.machine.Clone()
		if !bytes.Equal(c.AppendState(nil), before) {
			t.Fatalf("a copy of %s differs in round %d", n.name(p.To), round)
		}
		d.machine.Deliver(d, p.From, p.M)
		if !bytes.Equal(c.AppendState(nil), before) {
			t.Fatalf("a copy of %s has taken %s in round %d", n.name(p.To), n.words(p.M), round)
		}
	}
	value, written := []byte(nil), false
	for p := range n.nodes[4].machine.(*dbft.Replica).Parts() {
		value, written = p.Replica.Service().(interface{ Value() ([]byte, bool) }).Value()
	}
	if !written || string(value) != "a" {
		t.Errorf("s4 has %q", value)
	}
}

// What cannot be is refused with the field's name.
func TestConfig(t *testing.T) {
	good := newNetwork(4, 4, 1, 0).config
	for name, change := range map[string]func(*dbft.Config){
		"F": func(c *dbft.Config) { c.F = 0 }, "ReadOnly": func(c *dbft.Config) { c.PBFT.ReadOnly = true },
		"Retry": func(c *dbft.Config) { c.Retry = 0 }, "Objects": func(c *dbft.Config) { c.Objects = nil }, "K": func(c *dbft.Config) { c.PBFT.K = 0 },
	} {
		c := *good
		change(&c)
		if err := c.Check(); err == nil || !bytes.Contains([]byte(err.Error()), []byte(name)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
