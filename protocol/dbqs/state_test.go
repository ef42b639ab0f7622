package dbqs_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
	"turncoat/protocol/dbqs"
)

// encoding returns the states of all machines and what waits between them.
func (n *network) encoding() []byte {
	var b []byte
	for _, x := range n.nodes {
		b = x.machine.AppendState(b)
	}
	for _, p := range n.Flight {
		b = p.M.AppendTo(append(b, byte(p.From), byte(p.To)))
	}
	return b
}

// step is one input of a random schedule: a message, a timer or an operation.
type step struct{ what, which int }

func drawSteps(t *rapid.T, label string) []step {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{rapid.IntRange(0, 11).Draw(t, "what"), rapid.IntRange(0, 40).Draw(t, "which")}
	}), 0, 60).Draw(t, label)
}

// take carries out a step: mostly a delivery; else a loss, a repetition, a timer
// or an operation.
func (s step) take(n *network) {
	client := n.nodes[n.servers+s.which%(len(n.nodes)-n.servers)]
	i := 0
	if len(n.Flight) > 0 {
		i = s.which % len(n.Flight)
	}
	switch {
	case s.what == 0 && client.machine.AppendState(nil)[0] == 0: // idle
		object, value := dbqs.ObjectID(n.owner.Public), []byte{byte(client.sequence)}
		op := protocol.Operation{Seq: client.sequence, Object: object, Kind: protocol.OpKind(s.which % 4), Value: value}
		if op.Kind == protocol.Put || op.Kind == protocol.Get {
			op.Object = dbqs.ContentID(value)
		}
		client.sequence++
		client.op = op
		client.machine.(protocol.Client).Invoke(client, op)
	case s.what == 1 && client.timer != 0:
		client.machine.Timer(client, client.timer)
	case len(n.Flight) == 0:
	case s.what == 2:
		n.Flight = append(n.Flight[:i:i], n.Flight[i+1:]...)
	case s.what == 3:
		n.deliver(n.Flight[i], false)
	default:
		p := n.Flight[i]
		n.Flight = append(n.Flight[:i:i], n.Flight[i+1:]...)
		n.deliver(p, false)
	}
}

func drawRules(t *rapid.T) (set dbqs.Rules) {
	for _, r := range dbqs.AllRules() {
		if rapid.IntRange(0, 5).Draw(t, r.String()) == 5 {
			set = set.Lift(r)
		}
	}
	return set
}

func TestEqualInputsGiveEqualStates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		a, b := newNetwork(1, 2, rules), newNetwork(1, 2, rules)
		for i, s := range drawSteps(t, "steps") {
			s.take(a)
			s.take(b)
			if !bytes.Equal(a.encoding(), b.encoding()) || a.Out.String() != b.Out.String() {
				t.Fatalf("two worlds of one history differ after step %d", i)
			}
		}
	})
}

// clone returns a network that goes on from here by itself.
func (n *network) clone() *network {
	c := *n
	c.Out.Reset()
	c.Out.WriteString(n.Out.String())
	c.Flight = append([]packet(nil), n.Flight...)
	c.delivered, c.nodes = nil, nil
	for _, x := range n.nodes {
		y := *x
		y.net, y.machine = &c, x.machine.Clone()
		c.nodes = append(c.nodes, &y)
	}
	return &c
}

func TestClonesAreIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		before, one, other := drawSteps(t, "before"), drawSteps(t, "one"), drawSteps(t, "other")
		n, alone := newNetwork(1, 2, rules), newNetwork(1, 2, rules)
		follow := func(n *network, steps []step) {
			for _, s := range steps {
				s.take(n)
			}
		}
		follow(n, before)
		frozen, clone := n.encoding(), n.clone()
		if !bytes.Equal(frozen, clone.encoding()) {
			t.Fatal("a clone has another state")
		}
		follow(clone, other)
		if !bytes.Equal(frozen, n.encoding()) {
			t.Fatal("the clone's inputs were seen by the original")
		}
		follow(n, one)
		follow(clone, other)
		follow(n, one)
		for _, steps := range [][]step{before, one, one} {
			follow(alone, steps)
		}
		if !bytes.Equal(n.encoding(), alone.encoding()) {
			t.Fatal("the original does not do what it would have done without a clone")
		}
	})
}

// put lets the first client put a value.
func put(n *network, value string) {
	c := n.nodes[n.servers]
	c.op = protocol.Operation{Kind: protocol.Put, Object: dbqs.ContentID([]byte(value)), Value: []byte(value)}
	c.machine.(protocol.Client).Invoke(c, c.op)
	for len(n.Flight) > 0 {
		p := n.Flight[0]
		n.Flight = n.Flight[1:]
		n.deliver(p, false)
	}
}

func TestClonesHoldTheirOwnObjects(t *testing.T) {
	n, alone := newNetwork(1, 1, 0), newNetwork(1, 1, 0)
	for _, value := range []string{"u", "v", "w"} {
		put(n, value)
		put(alone, value)
	}
	clone := n.clone()
	put(n, "x")
	put(alone, "x")
	put(clone, "y")
	if !bytes.Equal(n.encoding(), alone.encoding()) {
		t.Error("what the clone was given is found in the original")
	}
}

// TestStateForgetsWhatDoesNotMatter holds the encoding to be one of what matters: the
// order in which objects arrived does not, nor what an earlier operation left.
func TestStateForgetsWhatDoesNotMatter(t *testing.T) {
	a, b := newNetwork(1, 1, 0), newNetwork(1, 1, 0)
	put(a, "x")
	put(a, "y")
	put(b, "y")
	put(b, "x")
	if !bytes.Equal(a.encoding(), b.encoding()) {
		t.Error("replicas that hold the same objects differ by the order of arrival")
	}
	put(b, "z")
	if bytes.Equal(a.encoding(), b.encoding()) {
		t.Error("an object more makes no difference")
	}
}

// TestStateIsAllThatMatters holds that two clients differ if they will behave
// differently, and do not if they only have different pasts.
func TestStateIsAllThatMatters(t *testing.T) {
	begin := func(op protocol.Operation, past bool) []byte {
		n := newNetwork(1, 1, 0)
		c := n.nodes[n.servers]
		if past {
			c.machine.(protocol.Client).Invoke(c, protocol.Operation{Kind: protocol.Read, Object: op.Object})
			for len(n.Flight) > 0 {
				p := n.Flight[0]
				n.Flight = n.Flight[1:]
				n.deliver(p, false)
			}
		}
		n.nonces = 100
		c.machine.(protocol.Client).Invoke(c, op)
		return c.machine.AppendState(nil)
	}
	n := newNetwork(1, 1, 0)
	write := protocol.Operation{Kind: protocol.Write, Object: dbqs.ObjectID(n.owner.Public), Value: []byte("a")}
	otherValue, otherObject, otherSeq := write, write, write
	otherValue.Value, otherObject.Object[0], otherSeq.Seq = []byte("b"), write.Object[0]^1, 1
	want := begin(write, false)
	for _, op := range []protocol.Operation{otherValue, otherObject, otherSeq} {
		if bytes.Equal(begin(op, false), want) {
			t.Errorf("%+v is the same state as %+v", op, write)
		}
	}
	if !bytes.Equal(begin(write, true), want) {
		t.Error("a read that is over makes a difference")
	}
}
