package pbft

import (
	"container/heap"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Whole schedules on seeded virtual time: random delays, losses and repetitions
// until a moment from which the network behaves, and optionally one replica that
// lies by script. Safety is judged throughout; liveness after that moment.

type event struct {
	at, order uint64
	deliver   envelope
	timer     protocol.TimerID // 0: a message
	node      int
	armed     uint64
}

type events []event

func (q events) Len() int { return len(q) }
func (q events) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].order < q[j].order
}
func (q events) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *events) Push(x any)   { *q = append(*q, x.(event)) }
func (q *events) Pop() any {
	old := *q
	e := old[len(old)-1]
	*q = old[:len(old)-1]
	return e
}

// schedule drives a network by time.
type schedule struct {
	*network
	rng    *rand.Rand
	queue  events
	now    uint64
	order  uint64
	armed  []map[protocol.TimerID]uint64
	calm   uint64                                   // from here on nothing is lost and delays are short
	loss   int                                      // percent before that
	spread uint64                                   // of delays before that, in ns
	todo   []int                                    // operations left, by client
	lies   func(s *schedule, e envelope) []envelope // what a faulty sender makes of its message
	twins  *twins
	deaf   func(e envelope) bool // what a faulty receiver pretends not to have got
}

type timedEnv struct {
	testEnv
	s *schedule
}

func (e timedEnv) Now() protocol.Time { return protocol.Time(e.s.now) }
func (e timedEnv) SetTimer(id protocol.TimerID, d time.Duration) {
	s := e.s
	s.order++
	s.armed[e.self][id] = s.order
	heap.Push(&s.queue, event{at: s.now + uint64(max(0, d)), order: s.order, timer: id, node: int(e.self), armed: s.order})
}
func (e timedEnv) CancelTimer(id protocol.TimerID) { delete(e.s.armed[e.self], id) }
func (e timedEnv) Send(to protocol.NodeID, m protocol.Message) {
	s := e.s
	if req, ok := m.(*Request); ok && int(e.self) >= len(s.replicas) && int(e.self) < len(s.down) {
		s.learn(req, "")
	}
	out := []envelope{{From: e.self, To: to, M: m}}
	if s.lies != nil && int(e.self) < len(s.faulty) && s.faulty[e.self] {
		out = s.lies(s, out[0])
	}
	for _, x := range out {
		ok := true
		if s.twins != nil {
			x, ok = s.route(x)
		}
		if ok {
			s.post(x)
		}
	}
}
func (e timedEnv) Return(r protocol.Result) {
	e.testEnv.Return(r)
	s, c := e.s, int(e.self)-len(e.s.replicas)
	s.todo[c]--
	if s.todo[c] > 0 {
		s.order++
		heap.Push(&s.queue, event{at: s.now, order: s.order, node: int(e.self), armed: 1})
	}
}

func (s *schedule) post(e envelope) {
	copies := 1
	delay := 1_000_000 + s.rng.Uint64N(2_000_000)
	if s.now < s.calm && e.From != e.To {
		if s.rng.IntN(100) < s.loss {
			copies = 0
		} else if s.rng.IntN(100) < s.loss/2 {
			copies = 2
		}
		delay = 1_000_000 + s.rng.Uint64N(s.spread)
	}
	for range copies {
		s.order++
		heap.Push(&s.queue, event{at: s.now + delay, order: s.order, deliver: e, node: int(e.To)})
		delay += s.rng.Uint64N(s.spread)
	}
}

func newSchedule(cfg Config, suite auth.Suite, seed uint64, clients, operations int) *schedule {
	s := &schedule{network: newNetwork(cfg, suite, clients), rng: rand.New(rand.NewPCG(seed, 7)), spread: 20_000_000, loss: 10}
	s.calm = uint64(4 * time.Second)
	for range len(s.down) {
		s.armed = append(s.armed, map[protocol.TimerID]uint64{})
	}
	for c := range clients {
		s.todo = append(s.todo, operations)
		s.order++
		heap.Push(&s.queue, event{order: s.order, node: len(s.replicas) + c, armed: 1})
	}
	return s
}

// run goes on until a time, or until every client is done.
func (s *schedule) run(until uint64) {
	for len(s.queue) > 0 && !s.done() && s.queue[0].at <= until {
		s.step()
	}
}

// step handles the next event.
func (s *schedule) step() {
	e := heap.Pop(&s.queue).(event)
	s.now = e.at
	if e.node < len(s.down) && s.down[e.node] {
		return
	}
	var m protocol.Machine
	if e.node < len(s.down) {
		m = s.machine(protocol.NodeID(e.node))
	} else {
		m = s.twins.second[e.node-len(s.down)]
	}
	env := timedEnv{testEnv{s.network, protocol.NodeID(e.node)}, s}
	switch {
	case e.timer != 0:
		if s.armed[e.node][e.timer] != e.armed {
			return
		}
		delete(s.armed[e.node], e.timer)
		m.Timer(env, e.timer)
	case e.deliver.M == nil:
		s.invoke(env, e.node)
	case s.deaf == nil || !s.deaf(e.deliver):
		m.Deliver(env, e.deliver.From, e.deliver.M)
	}
	s.observe(e.node)
}

func (s *schedule) done() bool {
	for _, n := range s.todo {
		if n > 0 {
			return false
		}
	}
	return true
}

func (s *schedule) invoke(env protocol.Env, node int) {
	c := node - len(s.replicas)
	op := protocol.Operation{Seq: uint32(s.todo[c]), Kind: protocol.Write, Object: protocol.ID{byte(s.rng.IntN(3) << 4)}}
	op.Value = fmt.Appendf(nil, "%d.%d", c, s.todo[c])
	if s.rng.IntN(3) == 0 {
		op.Kind, op.Value = protocol.Read, nil
	}
	s.clients[c].Invoke(env, op)
}

// report fails the test if something wrong happened, or something right did not.
func (s *schedule) report(t *testing.T, what string) {
	t.Helper()
	if len(s.broken) > 0 {
		t.Fatalf("%s: %v", what, s.broken)
	}
	if !s.done() {
		t.Errorf("%s: stuck with %v operations left at %v", what, s.todo, time.Duration(s.now))
		for i, r := range s.replicas {
			t.Logf("%d faulty=%v down=%v: %s", i, s.faulty[i], s.down[i], describe(s.network, r))
		}
		t.FailNow()
	}
}

func describe(w *network, r *Replica) string {
	v, active := r.View()
	return fmt.Sprintf("v=%d active=%v h=%d executed=%d next=%d waiting=%d timing=%v timeout=%v", v, active, r.log.h, r.executed, r.next, r.Waiting(), r.timing, r.timeout)
}
