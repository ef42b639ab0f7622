package checker

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
)

// Agreement watches the correct replicas of a PBFT service and holds
// pbft.agreement, pbft.validity and pbft.checkpoint after each step of one that
// has executed something. Its clients are watched by Clients.
type Agreement struct {
	*Clients

	codec    pbft.Codec
	k        uint64
	issued   map[string]bool      // encoded requests of operations that were invoked
	seen     []uint64             // by replica: the last sequence number looked at
	order    map[uint64]agreed    // what executed, by sequence number
	once     map[execution]uint64 // where each replica executed each request
	stable   map[uint64]agreed    // checkpoints
	waiting  []bool               // by replica: it had left its view at the last look
	highest  uint64               // view
	replicas int
}

// ReachCommittedAtOne is the situation that a correct replica leaves a view, or one
// view after another, while a sequence number has executed at one correct replica only:
// the new view must keep what nobody else knows to be decided.
const ReachCommittedAtOne = "pbft.view-change-committed-at-one"

// agreed is what the first replica to come so far had, and when.
type agreed struct {
	digest auth.Digest
	node   protocol.NodeID
	event  uint64
}

// execution is a request executed at a replica.
type execution struct {
	replica   protocol.NodeID
	client    protocol.NodeID
	timestamp uint64
}

// NewAgreement returns an observer of a service whose replicas are the nodes below
// s.FirstClient and take a checkpoint each k sequence numbers.
func NewAgreement(s System, codec pbft.Codec, k uint64) *Agreement {
	s.Situations = append(pbft.Situations(), ReachCommittedAtOne)
	clients := NewClients(s)
	clients.invented = invention{"pbft.validity", "which no client had asked to write"}
	return &Agreement{
		Clients: clients, codec: codec, k: k, issued: make(map[string]bool), seen: make([]uint64, s.FirstClient), waiting: make([]bool, s.FirstClient),
		order: make(map[uint64]agreed), once: make(map[execution]uint64), stable: make(map[uint64]agreed),
		replicas: int(s.FirstClient),
	}
}

// Invoked records what a client asks for.
func (a *Agreement) Invoked(event uint64, at int64, client protocol.NodeID, op protocol.Operation) {
	request, _ := a.codec.Encode(op)
	a.issued[string(request)] = true
	a.Clients.Invoked(event, at, client, op)
}

// Noted counts situations, and keeps the highest view that was entered.
func (a *Agreement) Noted(event uint64, at int64, node protocol.NodeID, situation string, detail uint64) {
	if situation == pbft.NoteNewView && a.system.Correct(node) {
		a.highest = max(a.highest, detail)
	}
	a.Clients.Noted(event, at, node, situation, detail)
}

// Views returns the highest view that a correct replica entered.
func (a *Agreement) Views() uint64 { return a.highest }

// Stepped looks at what a replica has executed since the last look.
func (a *Agreement) Stepped(event uint64, at int64, node protocol.NodeID, m protocol.Machine) {
	r, ok := m.(*pbft.Replica)
	if !ok || !a.system.Correct(node) {
		return
	}
	last := r.LastExecuted()
	if last < a.seen[node] {
		a.seen[node] = 0 // it restarted
	}
	for seq := a.seen[node] + 1; seq <= last; seq++ {
		if digest, requests, applied, ok := r.Executed(seq); ok {
			a.executed(event, at, node, seq, digest)
			a.valid(event, at, node, seq, requests, applied)
		}
		if seq%a.k == 0 {
			a.checkpoint(event, at, node, r, seq)
		}
	}
	a.seen[node] = last
	if _, active := r.View(); a.waiting[node] == active {
		if a.waiting[node] = !active; !active && a.committedAtOne() {
			a.Reach.Add(ReachCommittedAtOne, 1)
		}
	}
}

// committedAtOne reports whether the highest sequence number that has executed has
// done so at one correct replica.
func (a *Agreement) committedAtOne() bool {
	highest, at := uint64(0), 0
	for i, last := range a.seen {
		switch {
		case !a.system.Correct(protocol.NodeID(i)):
		case last > highest:
			highest, at = last, 1
		case last == highest:
			at++
		}
	}
	return highest > 0 && at == 1
}

// executed holds pbft.agreement.
func (a *Agreement) executed(event uint64, at int64, node protocol.NodeID, seq uint64, digest auth.Digest) {
	first, known := a.order[seq]
	if !known {
		a.order[seq] = agreed{digest, node, event}
	} else if first.digest != digest {
		a.find("pbft.agreement", event, at, node, "replicas %d and %d executed different requests at sequence number %d", first.node, node, seq)
		a.since(first.event)
	}
}

// valid holds pbft.validity: a client issued each request, and it took effect
// once.
func (a *Agreement) valid(event uint64, at int64, node protocol.NodeID, seq uint64, requests []*pbft.Request, applied []bool) {
	for i, q := range requests {
		if !applied[i] {
			continue
		}
		e := execution{node, q.Client, q.Timestamp}
		switch earlier, again := a.once[e]; {
		case again:
			a.find("pbft.validity", event, at, node, "replica %d executed request %d of client %d at sequence numbers %d and %d",
				node, q.Timestamp, a.number(q.Client), earlier, seq)
		case int(q.Client) < a.replicas || a.system.Correct(q.Client) && !a.issued[string(q.Op)]:
			a.find("pbft.validity", event, at, node, "replica %d executed at sequence number %d a request that no client issued", node, seq)
		}
		a.once[e] = seq
	}
}

// checkpoint holds pbft.checkpoint.
func (a *Agreement) checkpoint(event uint64, at int64, node protocol.NodeID, r *pbft.Replica, seq uint64) {
	digest, ok := r.CheckpointDigest(seq)
	if !ok {
		return
	}
	first, known := a.stable[seq]
	if !known {
		a.stable[seq] = agreed{digest, node, event}
	} else if first.digest != digest {
		a.find("pbft.checkpoint", event, at, node, "the checkpoints of replicas %d and %d at sequence number %d differ", first.node, node, seq)
		a.since(first.event)
	}
}

// since names the event with which the last finding began, for who explains it.
func (a *Agreement) since(event uint64) {
	f := &a.findings[len(a.findings)-1]
	f.Events = []uint64{event, f.Events[0]}
}
