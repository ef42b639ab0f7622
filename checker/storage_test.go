package checker

import (
	"strings"
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/ring"
)

// A Storage is fed by hand: what a simulator would report of a system of four
// replicas and three clients, some of them down or faulty.

const firstClient = 4

type watched struct {
	*Storage
	machines []protocol.Machine
	faulty   map[protocol.NodeID]bool
	register protocol.ID
	event    uint64
}

func watch(t *testing.T, calm, bound time.Duration) *watched {
	t.Helper()
	a, err := auth.NewAuthority(auth.Ideal, 1, 7)
	if err != nil {
		t.Fatal(err)
	}
	var members []ring.Member
	for i := range firstClient {
		members = append(members, ring.Member{ID: protocol.ID{byte(i)}, Node: protocol.NodeID(i)})
	}
	config := &dbqs.Config{F: 1, Ring: ring.New(members), Retry: time.Second, RetryMax: time.Second}
	owner := a.Owner(0)
	w := &watched{faulty: make(map[protocol.NodeID]bool), register: dbqs.ObjectID(owner.Public)}
	for i := range 7 {
		k := a.Keys(protocol.NodeID(i))
		if i < firstClient {
			w.machines = append(w.machines, dbqs.NewReplica(config, k))
		} else {
			w.machines = append(w.machines, dbqs.NewClient(config, k, []*auth.Signer{owner}))
		}
	}
	w.Storage = NewStorage(System{
		F: 1, FirstClient: firstClient, Clients: 3,
		Group:   func(x protocol.ID) []protocol.NodeID { return config.Ring.Group(x, 4) },
		Machine: func(id protocol.NodeID) protocol.Machine { return w.machines[id] },
		Correct: func(id protocol.NodeID) bool { return !w.faulty[id] },
		Calm:    calm, Bound: bound,
	})
	return w
}

// invoked and returned feed an event of client c, counted from 0, at a time.
func (w *watched) invoked(c int, at time.Duration, op protocol.Operation) {
	w.event++
	w.Invoked(w.event, int64(at), firstClient+protocol.NodeID(c), op)
}

func (w *watched) returned(c int, at time.Duration, found bool, value string) {
	w.event++
	w.Returned(w.event, int64(at), firstClient+protocol.NodeID(c), protocol.Result{Found: found, Value: []byte(value)})
}

func (w *watched) read() protocol.Operation {
	return protocol.Operation{Kind: protocol.Read, Object: w.register}
}

func (w *watched) write(value string) protocol.Operation {
	return protocol.Operation{Kind: protocol.Write, Object: w.register, Value: []byte(value)}
}

func get(value string) protocol.Operation {
	return protocol.Operation{Kind: protocol.Get, Object: dbqs.ContentID([]byte(value))}
}

func put(value string) protocol.Operation {
	return protocol.Operation{Kind: protocol.Put, Object: dbqs.ContentID([]byte(value)), Value: []byte(value)}
}

// want holds the findings to be of these properties, in this order.
func (w *watched) want(t *testing.T, properties ...string) {
	t.Helper()
	var got []string
	for _, f := range w.Findings() {
		got = append(got, f.Property)
		if f.Detail == "" || len(f.Events) != 1 || f.Node < firstClient {
			t.Errorf("a finding says too little: %+v", f)
		}
	}
	if strings.Join(got, " ") != strings.Join(properties, " ") {
		t.Errorf("findings %q, want %q", got, properties)
	}
}

func TestNoFabrication(t *testing.T) {
	w := watch(t, 0, time.Hour)
	w.invoked(0, 1, w.write("a"))
	w.invoked(1, 2, w.read())
	w.returned(1, 3, true, "a") // in flight, but signed
	w.invoked(1, 4, w.read())
	w.returned(1, 5, false, "") // absent is no value
	w.want(t)
	w.invoked(1, 6, w.read())
	w.returned(1, 7, true, "b")
	w.want(t, "dbqs.no-fabrication")
	other := w.read()
	other.Object[0] ^= 1
	w.invoked(2, 8, other)
	w.returned(2, 9, true, "a") // signed, for another register
	w.want(t, "dbqs.no-fabrication", "dbqs.no-fabrication")
}

func TestContentHasItsHash(t *testing.T) {
	w := watch(t, 0, time.Hour)
	w.invoked(0, 1, get("x"))
	w.returned(0, 2, true, "x") // found without a put: it proves itself
	w.want(t)
	w.invoked(0, 3, get("x"))
	w.returned(0, 4, true, "y")
	w.want(t, "dbqs.no-fabrication")
}

func TestContentIsComplete(t *testing.T) {
	w := watch(t, 0, time.Hour)
	w.invoked(0, 1, put("x"))
	w.invoked(1, 2, get("x"))
	w.returned(0, 3, false, "")
	w.returned(1, 4, false, "") // it began before the put had returned
	w.invoked(1, 5, get("y"))
	w.returned(1, 6, false, "") // nobody put that
	w.want(t)
	w.invoked(1, 7, get("x"))
	w.returned(1, 8, false, "")
	w.want(t, "dbqs.durability")
}

// silence is an Env that keeps what is sent and does nothing else.
type silence struct{ sent []protocol.Message }

func (*silence) Now() protocol.Time                           { return 0 }
func (*silence) Nonce() uint64                                { return 1 }
func (s *silence) Send(_ protocol.NodeID, m protocol.Message) { s.sent = append(s.sent, m) }
func (*silence) SetTimer(protocol.TimerID, time.Duration)     {}
func (*silence) CancelTimer(protocol.TimerID)                 {}
func (*silence) Store(protocol.ID, protocol.Message)          {}
func (*silence) Sync()                                        {}
func (*silence) Return(protocol.Result)                       {}
func (*silence) Note(string, uint64)                          {}

// writeAt lets client c write a value and deliver it to some replicas alone. That
// the write returned is another event.
func (w *watched) writeAt(c int, value string, replicas ...int) {
	client := w.machines[firstClient+c].(protocol.Client)
	op := w.write(value)
	w.invoked(c, 1, op)
	var asked, answers silence
	client.Invoke(&asked, op)
	for i := range firstClient {
		w.machines[i].Deliver(&answers, firstClient+protocol.NodeID(c), asked.sent[0])
		client.Deliver(&asked, protocol.NodeID(i), answers.sent[i])
	}
	record := asked.sent[len(asked.sent)-1]
	for _, i := range replicas {
		w.machines[i].Deliver(&answers, firstClient+protocol.NodeID(c), record)
	}
}

func TestDurability(t *testing.T) {
	w := watch(t, 0, time.Hour)
	w.writeAt(0, "a", 0, 1) // w = 2 correct members hold it
	w.returned(0, 2, false, "")
	w.want(t)
	w.writeAt(0, "b", 2)
	w.returned(0, 2, false, "")
	w.want(t, "dbqs.durability")
}

func TestDurabilityCountsNewerRecords(t *testing.T) {
	w := watch(t, 0, time.Hour)
	w.writeAt(0, "a", 0, 1, 2)
	w.returned(0, 2, false, "")
	older := w.machines[firstClient]
	w.writeAt(1, "b", 0, 1, 2)
	w.returned(1, 2, false, "")
	w.machines[firstClient] = older
	w.invoked(0, 3, w.write("a"))
	w.returned(0, 4, false, "") // Written is still a, which b has overtaken everywhere
	w.want(t)
}

func TestDurabilityLeavesOutTheFaulty(t *testing.T) {
	w := watch(t, 0, time.Hour)
	w.faulty[1] = true
	w.writeAt(0, "a", 0, 1)
	w.returned(0, 2, false, "")
	w.want(t, "dbqs.durability")
}

func TestDurabilityTrustsDisks(t *testing.T) {
	w := watch(t, 0, time.Hour)
	w.writeAt(0, "a", 0)
	w.machines[1] = nil // what is on its disk will be known when it is back
	w.returned(0, 2, false, "")
	w.want(t)
}

func TestLivenessBound(t *testing.T) {
	const bound = 10 * time.Second
	for _, c := range []struct {
		name               string
		calm, begun, ended time.Duration // ended 0: never
		now                time.Duration
		idle               bool
		want               Verdict
	}{
		{"returned in time", 0, time.Second, 11 * time.Second, time.Minute, true, Pass},
		{"returned late", 0, time.Second, 12 * time.Second, time.Minute, true, Stuck},
		{"late, but the faults had not healed", time.Minute, time.Second, 70 * time.Second, 2 * time.Minute, true, Pass},
		{"late after the faults had healed", time.Minute, time.Second, 71 * time.Second, 2 * time.Minute, true, Stuck},
		{"pending and nothing left to happen", 0, time.Second, 0, 2 * time.Second, true, Stuck},
		{"pending beyond the bound", 0, time.Second, 0, 12 * time.Second, false, Stuck},
		{"cut off while it had time", 0, time.Second, 0, 10 * time.Second, false, Undecided},
		{"cut off before the faults had healed", time.Minute, time.Second, 0, 65 * time.Second, false, Undecided},
	} {
		w := watch(t, c.calm, bound)
		w.invoked(2, c.begun, w.read())
		if c.ended > 0 {
			w.returned(2, c.ended, false, "")
		}
		got, detail := w.Liveness(int64(c.now), c.idle)
		if got != c.want || (got != Pass) != (detail != "") {
			t.Errorf("%s: %v, %q; want %v", c.name, got, detail, c.want)
		}
	}
}

func TestLivenessForgivesCrashedClients(t *testing.T) {
	w := watch(t, 0, time.Second)
	w.invoked(0, 1, w.read())
	w.machines[firstClient] = nil
	if got, detail := w.Liveness(int64(time.Hour), true); got != Pass {
		t.Errorf("a client that is down: %v, %s", got, detail)
	}
}

func TestStorageKeepsTheHistory(t *testing.T) {
	w := watch(t, 0, time.Hour)
	w.writeAt(0, "a", 0, 1, 2)
	w.returned(0, 2, false, "")
	w.invoked(1, 3, w.read())
	w.returned(1, 4, false, "")
	w.invoked(0, 5, put("x")) // content-hash objects are no registers
	w.returned(0, 6, false, "")
	w.Noted(w.event, 7, 0, dbqs.WroteBack, 1)
	if n := w.History.Len(); n != 2 {
		t.Errorf("%d operations, want the write and the read", n)
	}
	if r := Check(&w.History, Options{}); r.Verdict != Violation {
		t.Errorf("a read of nothing after a write is a %v", r.Verdict)
	}
	if n := w.Reach.Count(dbqs.WroteBack); n != 1 {
		t.Errorf("reach counts %d", n)
	}
}
