package checker

import (
	"bytes"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/bftbc"
)

// ClientFaults watches quorum storage whose clients may be in the adversary's hands.
// It joins their writes, as correct replicas and readers saw them, to the history of the
// correct ones, so that atomicity of the whole is BFT-linearizability; it holds
// that reads return what was prepared (dbqs.no-fabrication), that complete writes
// are held by enough replicas (dbqs.durability), and that no more writes of a
// removed client take effect than the variant allows (dbqs.lurking).
//
// A client is removed from when every correct replica knows it. A write of it takes
// effect then if a correct replica stores it for the first time while fewer than f+1
// of the correct ones hold it or anything newer: what an older or complete write
// has overtaken changes nothing that is read. A write that only faulty replicas held
// takes effect if a reader that began after the removal returns it.
type ClientFaults struct {
	*Clients

	config   *bftbc.Config
	keys     *auth.Keys
	objects  []protocol.ID
	held     map[holding]bftbc.Stamp  // the newest that each correct replica has stored; looked up only
	signed   map[preparedWrite]uint64 // when a correct replica first prepared it; looked up only
	accepted map[preparedWrite]bool   // faulty writes that a correct node has seen; looked up only
	faulty   []faulty
	stage    [][]int // by correct client: the overwrites of each faulty client's when its operation began
}

// faulty is a client in the adversary's hands.
type faulty struct {
	client  protocol.NodeID
	knows   protocol.Bitset // correct replicas that know of its removal
	removed bool
	effects map[protocol.ID]int // writes that took effect after the removal; looked up only
	over    map[protocol.ID]int // complete writes, one after the other, since the removal; looked up only
}

type holding struct {
	replica protocol.NodeID
	object  protocol.ID
}

type preparedWrite struct {
	object protocol.ID
	stamp  bftbc.Stamp
}

// LurkingBound is the situation that as many writes of a removed client took effect
// as the variant allows.
const LurkingBound = "bftbc.lurking-bound"

// LurkingUnmasked is the situation that a reader met a removed client's write after
// two writes of correct clients, one after the other: what the strong variant
// excludes and the others do not, when accomplices build upon each other's writes.
const LurkingUnmasked = "bftbc.lurking-unmasked"

// ClientFaultSituations returns what the machines and this observer note.
func ClientFaultSituations() []string {
	return append(bftbc.Situations(), LurkingBound, LurkingUnmasked)
}

// NewClientFaults returns an observer of a run that has not begun. k serves to
// check certificates, which are held to all rules.
func NewClientFaults(s System, c *bftbc.Config, k *auth.Keys, objects []protocol.ID) *ClientFaults {
	s.Situations = ClientFaultSituations()
	f := &ClientFaults{
		Clients: NewClients(s), config: c, keys: k, objects: objects, stage: make([][]int, s.Clients),
		held: make(map[holding]bftbc.Stamp), signed: make(map[preparedWrite]uint64), accepted: make(map[preparedWrite]bool),
	}
	for _, id := range c.Clients {
		if !s.Correct(id) {
			f.faulty = append(f.faulty, faulty{client: id, effects: make(map[protocol.ID]int), over: make(map[protocol.ID]int)})
		}
	}
	return f
}

// Noted counts situations, and learns who knows of a removal.
func (c *ClientFaults) Noted(event uint64, at int64, node protocol.NodeID, situation string, detail uint64) {
	c.Clients.Noted(event, at, node, situation, detail)
	if situation != bftbc.Revoked || !c.system.Correct(node) {
		return
	}
	for i := range c.faulty {
		f := &c.faulty[i]
		if f.client != protocol.NodeID(detail) {
			continue
		}
		f.knows.Add(int(node))
		f.removed = true
		for id := range c.system.FirstClient {
			f.removed = f.removed && (f.knows.Has(int(id)) || !c.system.Correct(id))
		}
	}
}

// Stepped looks at what a correct replica has prepared and stored in this step.
func (c *ClientFaults) Stepped(event uint64, at int64, node protocol.NodeID, m protocol.Machine) {
	r, ok := m.(*bftbc.Replica)
	if !ok || !c.system.Correct(node) {
		return
	}
	for _, object := range c.objects {
		for i := range c.faulty {
			for _, s := range r.Pending(object, c.faulty[i].client) {
				if w := (preparedWrite{object, s}); c.signed[w] == 0 {
					c.signed[w] = event
				}
			}
		}
		rec := r.Holds(object)
		h := holding{node, object}
		if rec.Stamp().Compare(c.held[h]) > 0 {
			if f, w := c.faultyWrite(object, rec); f != nil {
				c.observe(event, at, node, f, w, rec, f.removed && c.holders(w) < c.system.F+1)
			}
			c.held[h] = rec.Stamp()
		}
	}
}

// faultyWrite returns whose write a record is, nil if it is that of a correct
// client, or was seen before.
func (c *ClientFaults) faultyWrite(object protocol.ID, r *bftbc.Record) (*faulty, preparedWrite) {
	w := preparedWrite{object, r.Stamp()}
	if c.accepted[w] {
		return nil, w
	}
	return c.faultyClient(w.stamp.TS.Client), w
}

// observe takes note of a faulty client's write when a correct node, a replica or a
// reader, first accepts it; lurks says whether it took effect after the removal.
func (c *ClientFaults) observe(event uint64, at int64, node protocol.NodeID, f *faulty, w preparedWrite, r *bftbc.Record, lurks bool) {
	c.accepted[w] = true
	if lurks {
		c.lurked(event, at, node, w.object, f)
	}
	if !c.config.Certified(c.keys, w.object, r) {
		return // a reader that returns it is deceived
	}
	c.written[attempt{w.object, string(r.Value)}] = true
	c.observed = append(c.observed, ObservedWrite{
		Client: int32(c.number(f.client)), Object: c.History.Object(w.object[:]), Value: c.History.Value(r.Value),
		Stamp: string(bftbc.AppendStamp(nil, w.stamp)), Signed: int64(c.signed[w]),
	})
}

// lurked counts a write that took effect after its client's removal.
func (c *ClientFaults) lurked(event uint64, at int64, node protocol.NodeID, object protocol.ID, f *faulty) {
	f.effects[object]++
	n, most := f.effects[object], c.config.Variant.MaxLurking()
	if n == most {
		c.Reach.Add(LurkingBound, 1)
	}
	if n > most {
		c.find("dbqs.lurking", event, at, node, "%d writes of client %d to %v took effect after its removal, where the %v variant allows %d",
			n, c.number(f.client), object, c.config.Variant, most)
	}
}

// Lurking returns the most writes of one removed client to one object that took effect
// after its removal.
func (c *ClientFaults) Lurking() int {
	most := 0
	for i := range c.faulty {
		for _, object := range c.objects {
			most = max(most, c.faulty[i].effects[object])
		}
	}
	return most
}

// holders counts the correct replicas that have stored w or anything newer. What
// an incarnation stored and lost in a crash counts too: that accuses nobody.
func (c *ClientFaults) holders(w preparedWrite) int {
	n := 0
	for _, id := range c.system.Group(w.object) {
		if c.system.Correct(id) && c.held[holding{id, w.object}].Compare(w.stamp) >= 0 {
			n++
		}
	}
	return n
}

func (c *ClientFaults) faultyClient(id protocol.NodeID) *faulty {
	for i := range c.faulty {
		if c.faulty[i].client == id {
			return &c.faulty[i]
		}
	}
	return nil
}

// Invoked records the beginning of an operation, and how often what each removed
// client may have left has been overwritten by then.
func (c *ClientFaults) Invoked(event uint64, at int64, client protocol.NodeID, op protocol.Operation) {
	c.Clients.Invoked(event, at, client, op)
	stage := make([]int, len(c.faulty))
	for i := range c.faulty {
		if stage[i] = c.faulty[i].over[op.Object]; !c.faulty[i].removed {
			stage[i] = -1
		}
	}
	c.stage[c.number(client)] = stage
}

// Returned records the end of an operation and holds what must be true of it.
func (c *ClientFaults) Returned(event uint64, at int64, client protocol.NodeID, r protocol.Result) {
	machine, ok := c.system.Machine(client).(*bftbc.Client)
	if !ok {
		c.Clients.Returned(event, at, client, r)
		return // a client in the adversary's hands is promised nothing
	}
	f, stage := c.flight(client), c.stage[c.number(client)]
	rec := machine.Record()
	if f.op.Kind == protocol.Read && r.Found {
		c.readFirst(event, at, client, f, rec)
	}
	c.Clients.Returned(event, at, client, r)
	if f.op.Kind == protocol.Write {
		for i, over := range stage {
			if over >= 0 {
				c.faulty[i].over[f.op.Object] = max(c.faulty[i].over[f.op.Object], over+1)
			}
		}
		c.durable(event, at, client, f, rec)
	} else if r.Found {
		c.returned(event, at, client, f, rec, r.Value)
	}
}

// readFirst takes note of a faulty client's write that no correct replica has
// stored when a read of it returns: a faulty replica showed it, and those that it
// was written back to held something newer by then. When the read began, f+1 of
// them did not.
func (c *ClientFaults) readFirst(event uint64, at int64, client protocol.NodeID, f *flight, rec *bftbc.Record) {
	who, w := c.faultyWrite(f.op.Object, rec)
	for i := range c.faulty {
		if who == &c.faulty[i] {
			c.observe(event, at, client, who, w, rec, c.stage[c.number(client)][i] >= 0)
		}
	}
}

// durable holds dbqs.durability when a write returns.
func (c *ClientFaults) durable(event uint64, at int64, client protocol.NodeID, f *flight, rec *bftbc.Record) {
	if n := c.holders(preparedWrite{f.op.Object, rec.Stamp()}); n < c.system.F+1 {
		c.find("dbqs.durability", event, at, client, "client %d's write of %q returned while %d correct members held it, fewer than %d",
			c.number(client), f.op.Value, n, c.system.F+1)
	}
}

// returned holds of a read that what it returned was prepared and, in the strong
// variant, was not left by a client since whose removal two writes completed, one
// after the other.
func (c *ClientFaults) returned(event uint64, at int64, client protocol.NodeID, f *flight, rec *bftbc.Record, value []byte) {
	if !bytes.Equal(rec.Value, value) || !c.config.Certified(c.keys, f.op.Object, rec) {
		c.find("dbqs.no-fabrication", event, at, client, "client %d read %q, which no quorum had prepared", c.number(client), value)
	}
	for i, over := range c.stage[c.number(client)] {
		if over < 2 || rec.Stamp().TS.Client != c.faulty[i].client {
			continue
		}
		c.Reach.Add(LurkingUnmasked, 1)
		if c.config.Variant == bftbc.Strong {
			c.find("dbqs.lurking", event, at, client, "client %d read %q of client %d, which %d writes since its removal should have masked",
				c.number(client), value, c.number(c.faulty[i].client), over)
		}
	}
}
