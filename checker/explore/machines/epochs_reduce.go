package machines

import (
	"fmt"
	"slices"

	"turncoat/checker/explore"
	"turncoat/protocol"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/membership/view"
)

// Fewer runs of a system whose groups change, with all histories of the others.
//
// What Model.Ample says of the phases of a static system holds here too. A phase is of one
// epoch: between its request and the last reply that is counted, its client enters
// none. A phase that is cut off by a step counts for nothing, so its queries are not
// delivered at all; its writes are, as anywhere, if they change a server. (Without the
// rule on phases of one epoch replies go on to count, of the liar once in each epoch: it may
// then speak at any moment.)
//
// A transfer is a phase of a server, whose queries are Fetch. Beyond what was said of
// queries: until it is finished the server neither serves the object nor hands it on, so
// nobody sees what it has heard, and whoever asks for the object waits. So
//   - every answer of a donor that counts is taken at once, the last one too: a
//     server that is ready early only enables more;
//   - the liar speaks last. Where a transfer may be overtaken by the next one, what
//     it heard of the liar stays all the same: there the liar may speak at any moment. That is
//     so of all but the newest members, those of the last epoch alone.
//
// None of that is so when servers serve before they are ready; and when they hand on before they
// are, it is so of the newest members, whom nobody asks for anything.
//
// Who asks too early, waits: a replica keeps the request until it can be answered. A
// run in which the request arrives only then has the same answers. (That a waiting request
// makes a replica fetch the object once more changes nothing: whatever the second
// transfer hears, the first one, whose requests are as old, could have heard.) So what
// would be kept is not delivered yet. It is the same with a step that comes before its
// turn.
//
// A server that enters an epoch and sends nothing at that could as well enter later: what it does not answer any more
// is a request that need not have come. So it enters when somebody asks it for what it does in that epoch.
//
// An idle client is told of no epoch: it acts as one that is told as soon as its
// operation has begun, but for requests which nobody answers in time. A server that is
// not in a group yet is told at once: nobody asks it for anything before.

// claims says what can be left out.
func (e Epochs) claims(object protocol.ID) Claims {
	c := e.DBQS.claims()
	c.Alike = e.alike()
	c.Repeats = c.Repeats || e.Lifted.Lifted(dbqs.OneEpochPhase)
	c.Ample = e.ample
	c.Dead = func(m *Model, s *State, x *envelope) (dead, sure bool) { return e.dead(m, s, x, object) }
	return c
}

// alike returns the kinds of correct servers: those that are in the same groups.
func (e Epochs) alike() (kinds [][]int) {
	shape := e.shape()
	var member []string
	for i := range shape.Servers() {
		in := ""
		for epoch := range e.Steps + 1 {
			in += fmt.Sprint(slices.Contains(shape.Group(epoch), protocol.NodeID(i)))
		}
		member = append(member, in)
		if i <= e.Liars || in != member[i-1] {
			kinds = append(kinds, nil)
		}
		kinds[len(kinds)-1] = append(kinds[len(kinds)-1], i)
	}
	return kinds[e.Liars:]
}

// ample returns the steps to explore.
func (e Epochs) ample(m *Model, s *State, steps []explore.Step[State]) []explore.Step[State] {
	for i := range steps {
		kind, n := split(steps[i].Action)
		if kind != actDeliver {
			continue
		}
		x := m.envelopes.at(uint32(n))
		_, reply := x.msg.(dbqs.Reply)
		_, hands := x.msg.(*dbqs.FetchReply)
		if reply && m.counts(s, x) || hands && e.hidden(x.to) || e.joins(m, s, x) {
			return steps[i : i+1]
		}
	}
	kept := make([]explore.Step[State], 0, len(steps))
	for _, t := range steps {
		kind, n := split(t.Action)
		if kind == actDeliver || kind == actLie {
			x := m.envelopes.at(uint32(n))
			if kind == actDeliver && (m.kept(s, x) || m.needless(s, x) || m.covered(s, x, steps)) || kind == actLie && e.early(m, s, x) {
				continue
			}
		}
		kept = append(kept, t)
	}
	if len(kept) == 0 {
		return steps // nothing else is left to happen
	}
	return kept
}

// hidden reports whether nobody sees what a server has heard of a transfer before it is finished.
func (e Epochs) hidden(server int) bool {
	return !e.Lifted.Lifted(dbqs.ServeWhenReady) && (!e.Lifted.Lifted(dbqs.DonorComplete) || e.newest(server))
}

// newest reports whether a server is a member in the last epoch alone: its one transfer is overtaken by
// none, and nobody fetches from it.
func (e Epochs) newest(server int) bool {
	return !slices.Contains(e.shape().Group(e.Steps-1), protocol.NodeID(server))
}

// joins reports whether x is the next step of a server that is in no group yet.
func (e Epochs) joins(m *Model, s *State, x *envelope) bool {
	step, ok := x.msg.(*view.Step)
	l := m.local(s, x.to)
	if !ok || len(m.Nodes[x.to].Script) > 0 || step.Delta.From != epochOf(l) {
		return false
	}
	group := e.shape().Group(int(step.Delta.From))
	return x.to > int(group[len(group)-1])
}

// kept reports whether the receiver of x would only keep it, or is a client that need
// not be told now.
func (m *Model) kept(s *State, x *envelope) bool {
	l := m.local(s, x.to)
	if step, ok := x.msg.(*view.Step); ok {
		return step.Delta.From != epochOf(l) || len(m.Nodes[x.to].Script) > 0 && !l.busy
	}
	r, ok := l.machine.(*dbqs.Replica)
	return ok && m.step(l, input{deliver, x.id}).next.machine.(*dbqs.Replica).Waiting() > r.Waiting()
}

// needless reports whether x is a step that only has its receiver enter an epoch for which
// nobody has asked it anything yet.
func (m *Model) needless(s *State, x *envelope) bool {
	l := m.local(s, x.to)
	if _, ok := x.msg.(*view.Step); !ok || len(m.Nodes[x.to].Script) > 0 || len(m.step(l, input{deliver, x.id}).sent) > 0 {
		return false
	}
	for i := range int(s.count) {
		if y := m.inFlight(s, i); y.to == x.to && meant(y.msg) > epochOf(l) {
			return false
		}
	}
	return true
}

// meant returns the epoch that a server must have entered to answer a request, 0 for what is none.
func meant(m protocol.Message) uint64 {
	if q, ok := m.(*dbqs.Fetch); ok {
		return q.Into
	}
	if h := dbqs.HeaderOf(m); h != nil {
		return h.Epoch
	}
	return 0
}

// early reports whether x is a lie that completes nothing and can be told later.
func (e Epochs) early(m *Model, s *State, x *envelope) bool {
	if len(m.Nodes[x.to].Script) > 0 {
		return !m.Claims.Repeats && m.counts(s, x)
	}
	l := m.local(s, x.to)
	_, was := l.machine.(*dbqs.Replica).Moved()
	_, is := m.step(l, input{deliver, x.id}).next.machine.(*dbqs.Replica).Moved()
	return e.hidden(x.to) && e.newest(x.to) && is == was
}

// dead reports whether a message will never matter. What it cannot tell, the receiver
// can: if it ignores the message now, it will for ever.
func (e Epochs) dead(m *Model, s *State, x *envelope, object protocol.ID) (dead, sure bool) {
	switch q := x.msg.(type) {
	case *view.Step:
		if len(m.Nodes[x.to].Script) > 0 {
			return m.finished(m.local(s, x.to)), true
		}
		return false, true
	case *dbqs.Fetch:
		return m.local(s, x.from).machine.(*dbqs.Replica).Settled(object, q.Into), true
	case *dbqs.Read, *dbqs.ReadTS:
		if from := m.local(s, x.from); !from.busy || dbqs.HeaderOf(from.asked[0].msg).Nonce != dbqs.HeaderOf(q).Nonce {
			return true, true
		}
	}
	if h := dbqs.HeaderOf(x.msg); h != nil && h.Epoch > epochOf(m.local(s, x.to)) {
		return false, true
	}
	return false, false
}
