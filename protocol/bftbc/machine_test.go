package bftbc

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/storytest"
)

// The machines keep the contract: clones are independent, states are canonical,
// messages have one form, and suites do not matter.

// busy takes random steps in a system of two clients that are correct and the
// authority: deliveries, losses, repetitions, timers, operations, crashes.
func busy(t *rapid.T, w *network, steps int, judge func(to protocol.NodeID, e envelope)) {
	for range steps {
		what := rapid.IntRange(0, 19).Draw(t, "what")
		which := rapid.IntRange(0, 1<<16).Draw(t, "which")
		c := which % len(w.clients)
		switch {
		case what == 0 && w.clients[c].phase == idle:
			w.invoke(c, protocol.OpKind(which/2%2), "x", string(rune('a'+which%26)))
		case what == 1:
			w.expire(len(w.replicas)+c, retryTimer)
		case what == 2 && which%8 == 0:
			w.expire(len(w.keys)-1, protocol.TimerID(c))
		case what == 3 && which%8 == 0:
			w.restart(which / 8 % len(w.replicas))
		case len(w.Flight) == 0:
			if w.clients[c].phase == idle {
				w.invoke(c, protocol.OpKind(which/2%2), "x", string(rune('a'+which%26)))
			}
		default:
			i := which % len(w.Flight)
			e := w.Flight[i]
			if what > 4 {
				w.Flight = slices.Delete(slices.Clone(w.Flight), i, i+1)
			}
			if what != 5 {
				judge(e.To, e)
				w.deliver(e)
			}
		}
	}
}

func anyConfig(t *rapid.T) Config {
	return Config{F: 1, Variant: Variant(rapid.IntRange(0, 2).Draw(t, "variant"))}
}

// A clone that is given the next input ends in the state in which the original
// does, and the original is not changed by it.
func TestCloneIsIndependentAndEqual(t *testing.T) {
	compared := 0
	rapid.Check(t, func(t *rapid.T) {
		w := newNetwork(anyConfig(t), auth.Ideal, 2)
		busy(t, w, rapid.IntRange(0, 120).Draw(t, "steps"), func(to protocol.NodeID, e envelope) {
			m := w.machine(to)
			before := m.AppendState(nil)
			clone, other := m.Clone(), m.Clone()
			if !bytes.Equal(clone.AppendState(nil), before) {
				t.Fatalf("a clone of node %d is in another state", to)
			}
			mute := &network{nonce: w.nonce, votes: map[Claim]map[Stamp]*ballot{Prepared: {}, PreparedFast: {}, Written: {}},
				timers: make([]map[protocol.TimerID]bool, len(w.timers)), disks: make([]protocol.Disk, len(w.disks)), notes: map[string]int{}}
			for i := range mute.timers {
				mute.timers[i] = map[protocol.TimerID]bool{}
			}
			clone.Deliver(testEnv{mute, to}, e.From, e.M)
			mute.nonce = w.nonce
			other.Deliver(testEnv{mute, to}, e.From, e.M)
			if !bytes.Equal(m.AppendState(nil), before) {
				t.Fatalf("node %d was changed by its clone's %s", to, e.M.Kind())
			}
			if !bytes.Equal(clone.AppendState(nil), other.AppendState(nil)) {
				t.Fatalf("two clones of node %d differ after one %s", to, e.M.Kind())
			}
			compared++
		})
	})
	if compared < 1000 {
		t.Fatalf("only %d inputs were compared", compared)
	}
}

// A replica that crashes comes back in the state in which it was.
func TestNothingSignedIsForgotten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newNetwork(anyConfig(t), auth.Ideal, 2)
		busy(t, w, rapid.IntRange(0, 120).Draw(t, "steps"), func(protocol.NodeID, envelope) {})
		for i := range w.replicas {
			before := w.replicas[i].AppendState(nil)
			w.restart(i)
			if !bytes.Equal(w.replicas[i].AppendState(nil), before) {
				t.Fatalf("replica %d is another after a crash", i)
			}
		}
	})
}

// Every message, and every record on a disk, reads back as it was written, and no
// shorter form does.
func TestDecodeInvertsAppendTo(t *testing.T) {
	kinds := map[protocol.Kind]bool{}
	rapid.Check(t, func(t *rapid.T) {
		w := newNetwork(anyConfig(t), auth.Ideal, 2)
		inverts := func(m protocol.Message) {
			b := m.AppendTo(nil)
			back, err := Decode(b)
			if err != nil || back.Kind() != m.Kind() || !bytes.Equal(back.AppendTo(nil), b) {
				t.Fatalf("%s does not read back: %v", m.Kind(), err)
			}
			if _, err := Decode(b[:len(b)-1]); err == nil {
				t.Fatalf("%s reads back from less than its form", m.Kind())
			}
			kinds[m.Kind()] = true
		}
		busy(t, w, rapid.IntRange(0, 120).Draw(t, "steps"), func(_ protocol.NodeID, e envelope) { inverts(e.M) })
		for _, disk := range w.disks {
			for _, r := range disk {
				inverts(r.Value)
			}
		}
	})
	for _, k := range append(Kinds(), "bftbc.state") {
		if !kinds[protocol.Kind(k)] {
			t.Errorf("no %s was ever sent", k)
		}
	}
}

// Both suites give one flow of messages and one result.
func TestSuitesAgree(t *testing.T) {
	for _, variant := range []Variant{Base, Optimised, Strong} {
		var flows [2]string
		for i, suite := range []auth.Suite{auth.Ideal, auth.Real} {
			w := newNetwork(Config{F: 1, Variant: variant}, suite, 2)
			for _, value := range []string{"a", "b"} {
				w.invoke(0, protocol.Write, "x", value)
				flows[i] += storytest.Summary(w.run(storytest.Everything))
				w.invoke(1, protocol.Read, "x", "")
				flows[i] += storytest.Summary(w.run(storytest.Everything)) + w.results[len(w.results)-1]
			}
		}
		if flows[0] != flows[1] {
			t.Errorf("%v: %q under one suite, %q under the other", variant, flows[0], flows[1])
		}
	}
}

// A signature names its epoch and what it is about: relabelled it is worth nothing.
func TestVotesCannotBeRelabelled(t *testing.T) {
	w := newNetwork(Config{F: 1}, auth.Ideal, 1)
	object, s := w.object("x"), w.stamp(0, 1, "v")
	k := w.keys[0]
	v := w.replicas[2].vote(Prepared, object, s)
	next := *w.cfg
	next.Epoch++
	for name, ok := range map[string]bool{
		"the vote itself":   w.cfg.endorses(k, 2, object, &v),
		"another claim":     !w.cfg.endorses(k, 2, object, &Vote{Written, s, v.Sig}),
		"the other list":    !w.cfg.endorses(k, 2, object, &Vote{PreparedFast, s, v.Sig}),
		"another value":     !w.cfg.endorses(k, 2, object, &Vote{Prepared, w.stamp(0, 1, "w"), v.Sig}),
		"another timestamp": !w.cfg.endorses(k, 2, object, &Vote{Prepared, w.stamp(0, 2, "v"), v.Sig}),
		"another object":    !w.cfg.endorses(k, 2, w.object("y"), &v),
		"another replica":   !w.cfg.endorses(k, 1, object, &v),
		"another epoch":     !next.endorses(k, 2, object, &v),
		"no such replica":   !w.cfg.endorses(k, 99, object, &v),
	} {
		if !ok {
			t.Errorf("%s: wrongly judged", name)
		}
	}
}

// A certificate is a quorum of distinct members, no more and no fewer.
func TestCertificates(t *testing.T) {
	w := newNetwork(Config{F: 1}, auth.Ideal, 1)
	object, s := w.object("x"), w.stamp(0, 1, "v")
	proof := func(replicas ...protocol.NodeID) *Certificate {
		c := &Certificate{Claim: Prepared, Stamp: s}
		for _, id := range replicas {
			v := NewReplica(w.cfg, w.keys[id]).vote(Prepared, object, s)
			c.Proof = append(c.Proof, Endorsement{id, v.Sig})
		}
		return c
	}
	for _, x := range []struct {
		name string
		cert *Certificate
		want bool
	}{
		{"a quorum", proof(0, 1, 3), true},
		{"nothing", nil, false},
		{"too few", proof(0, 1), false},
		{"one twice", proof(0, 1, 1), false},
		{"out of order", proof(1, 0, 2), false},
		{"a stranger", proof(0, 1, 4), false},
	} {
		if w.cfg.prepared(w.keys[0], object, x.cert) != x.want {
			t.Errorf("%s: judged %v", x.name, !x.want)
		}
		if w.cfg.complete(w.keys[0], object, x.cert) {
			t.Errorf("%s passes for a write certificate", x.name)
		}
	}
}

func FuzzDecode(f *testing.F) {
	w := newNetwork(Config{F: 1, Variant: Strong}, auth.Ideal, 1)
	for range 2 {
		w.invoke(0, protocol.Write, "x", "v")
		for _, e := range w.run(storytest.Everything) {
			f.Add(e.M.AppendTo(nil))
		}
	}
	w.expire(len(w.keys)-1, 0)
	for _, e := range w.run(storytest.Everything) {
		f.Add(e.M.AppendTo(nil))
	}
	for _, r := range w.disks[0] {
		f.Add(r.Value.AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Decode(b)
		if err != nil {
			return
		}
		if !bytes.Equal(m.AppendTo(nil), b) {
			t.Fatalf("%s has two forms", m.Kind())
		}
		// Whatever can be read can be delivered.
		for to := range w.keys {
			w.machine(protocol.NodeID(to)).Clone().Deliver(w.env(to), 0, m)
		}
	})
}
