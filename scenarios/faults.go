package scenarios

import (
	"fmt"
	"time"

	"turncoat/protocol"
	"turncoat/sim"
)

// forever is a length beyond any deadline.
const forever = time.Duration(1 << 60)

// faults draws the scheduled faults of one run: what strikes, in no order, and
// when the last one that heals has healed.
func (d draw) faults(spec *Spec, servers, clients int) (strikes []sim.Strike, healed time.Duration) {
	for i := range spec.Faults {
		f := &spec.Faults[i]
		count := 1
		if f.Count.Hi > 0 {
			count = d.int(fmt.Sprintf("faults.%d.count", i), f.Count)
		}
		for j := range count {
			at := d.Draw(sim.Key{Choice: sim.Fault, Actor: int32(i), Peer: -1, Label: f.Kind, Index: uint32(j)}, 1+int64(f.At.Lo), 1+int64(f.At.Hi), 0) - 1
			if at < 0 {
				continue // a list of decisions left it out
			}
			path := fmt.Sprintf("faults.%d.%d", i, j)
			length := d.span(path+".for", f.For)
			start, end := time.Duration(at), time.Duration(at)+length
			if length == 0 {
				end = forever
			} else {
				healed = max(healed, end)
			}
			hit := d.some(path+".server", d.int(path+".servers", f.Servers), servers)
			for _, c := range d.some(path+".client", d.int(path+".clients", f.Clients), clients) {
				hit = append(hit, servers+c)
			}
			strikes = append(strikes, d.strikes(f, path, hit, servers+clients, start, end)...)
		}
	}
	return strikes, healed
}

// amnesia adds, for a protocol that keeps nothing on disk, the loss that each crash
// of a server is to it.
func amnesia(strikes []sim.Strike, servers int) []sim.Strike {
	for _, s := range strikes {
		if s.Act == sim.Crash && int(s.Node) < servers {
			strikes = append(strikes, sim.Strike{At: s.At, Act: sim.Wipe, Node: s.Node})
		}
	}
	return strikes
}

// strikes returns what one fault does at its beginning and at its end.
func (d draw) strikes(f *Fault, path string, hit []int, nodes int, start, end time.Duration) (out []sim.Strike) {
	if f.Kind == "crash" || f.Kind == "wipe" {
		for _, n := range hit {
			id := protocol.NodeID(n)
			out = append(out, sim.Strike{At: start, Act: sim.Crash, Node: id})
			if f.Kind == "wipe" {
				out = append(out, sim.Strike{At: start, Act: sim.Wipe, Node: id})
			}
			if end < forever {
				out = append(out, sim.Strike{At: end, Act: sim.Restart, Node: id})
			}
		}
		return out
	}
	loss := uint32(million)
	if f.Kind == "slow" {
		loss = d.rate(path+".loss", f.Loss)
	} else if f.Loss.Hi > 0 {
		loss = d.rate(path+".loss", f.Loss)
	}
	var inside, outside protocol.Bitset
	for _, n := range hit {
		inside.Add(n)
	}
	for n := range nodes {
		if !inside.Has(n) {
			outside.Add(n)
		}
	}
	cut := func(from, to protocol.Bitset) {
		c := &sim.Cut{From: from, To: to, Loss: loss, Slow: d.span(path+".slow", f.Slow)}
		for _, k := range f.Kinds {
			c.Kinds = append(c.Kinds, protocol.Kind(k))
		}
		out = append(out, sim.Strike{At: start, Act: sim.Raise, Node: protocol.None, Cut: c},
			sim.Strike{At: end, Act: sim.Lower, Node: protocol.None, Cut: c})
	}
	cut(inside, outside)
	if f.Kind != "one-way" {
		cut(outside, inside)
	}
	return out
}

// faultKinds are the kinds of scheduled fault, with what each does.
var faultKinds = []struct{ name, doc string }{
	{"crash", "nodes stop and lose their memory; they come back with their disk after `for`"},
	{"filter", "messages of some kinds between the nodes hit and the others are lost"},
	{"one-way", "what the nodes hit send to the others is lost"},
	{"partition", "all messages between the nodes hit and the others are lost"},
	{"slow", "messages between the nodes hit and the others take longer, or are lost at a rate"},
	{"wipe", "like crash, but the disk is lost too: such a node counts as faulty from then on"},
}
