package checker

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/bftbc"
	"turncoat/protocol/ring"
)

// A store is quorum storage of four replicas, a correct client and one in the
// adversary's hands, whose machines are real and whose messages arrive at once, but
// for what the test withholds. A ClientFaults watches it.
type store struct {
	*ClientFaults
	config   *bftbc.Config
	keys     *auth.Authority
	machines []protocol.Machine // replicas 0..3, clients 4 and 5, the authority 6
	flight   []parcel
	withheld []parcel // WRITEs of the faulty client
	event    uint64
	nonce    uint64
	object   protocol.ID
}

type parcel struct {
	from, to protocol.NodeID
	m        protocol.Message
}

const correctClient, faultyClient, authority = 4, 5, 6

func newStore(t *testing.T, machines bftbc.Config, judged bftbc.Variant) *store {
	t.Helper()
	a, err := auth.NewAuthority(auth.Ideal, 1, 7)
	if err != nil {
		t.Fatal(err)
	}
	var members []ring.Member
	for i := range correctClient {
		members = append(members, ring.Member{ID: protocol.ID{byte(i)}, Node: protocol.NodeID(i)})
	}
	signer := a.Owner(0)
	c := machines
	c.F, c.Ring, c.Clients, c.Admission, c.Retry, c.RetryMax = 1, ring.New(members), []protocol.NodeID{correctClient, faultyClient}, signer.Public, time.Second, time.Second
	s := &store{config: &c, keys: a, object: protocol.ID{7}}
	for i := range correctClient {
		s.machines = append(s.machines, bftbc.NewReplica(&c, a.Keys(protocol.NodeID(i))))
	}
	for i := correctClient; i < authority; i++ {
		s.machines = append(s.machines, bftbc.NewClient(&c, a.Keys(protocol.NodeID(i))))
	}
	s.machines = append(s.machines, bftbc.NewAdmission(&c, a.Keys(authority), signer, []bftbc.Removal{{Client: faultyClient}}))
	strict := c
	strict.Variant = judged
	s.ClientFaults = NewClientFaults(System{
		F: 1, FirstClient: correctClient, Clients: 2, Group: c.Group, Bound: time.Hour,
		Machine: func(id protocol.NodeID) protocol.Machine { return s.machines[id] },
		Correct: func(id protocol.NodeID) bool { return id != faultyClient },
	}, &strict, a.Keys(0), []protocol.ID{s.object})
	return s
}

// storeEnv is the world as one machine of a store sees it.
type storeEnv struct {
	*store
	self protocol.NodeID
}

func (e storeEnv) Now() protocol.Time                     { return 0 }
func (e storeEnv) Nonce() uint64                          { e.nonce++; return e.nonce }
func (storeEnv) SetTimer(protocol.TimerID, time.Duration) {}
func (storeEnv) CancelTimer(protocol.TimerID)             {}
func (storeEnv) Store(protocol.ID, protocol.Message)      {}
func (storeEnv) Sync()                                    {}
func (e storeEnv) Note(name string, n uint64)             { e.Noted(e.event, 0, e.self, name, n) }
func (e storeEnv) Return(r protocol.Result)               { e.Returned(e.event, 0, e.self, r) }
func (e storeEnv) Send(to protocol.NodeID, m protocol.Message) {
	p := parcel{e.self, to, m}
	if _, ok := m.(*bftbc.Write); ok && e.self == faultyClient {
		e.withheld = append(e.withheld, p)
		return
	}
	e.flight = append(e.flight, p)
}

// act lets a machine do something, and all that follows happen.
func (s *store) act(node protocol.NodeID, do func(env protocol.Env)) {
	s.event++
	do(storeEnv{s, node})
	s.Stepped(s.event, 0, node, s.machines[node])
	for len(s.flight) > 0 {
		p := s.flight[0]
		s.flight = s.flight[1:]
		s.act(p.to, func(env protocol.Env) { s.machines[p.to].Deliver(env, p.from, p.m) })
	}
}

func (s *store) invoke(client protocol.NodeID, kind protocol.OpKind, value string) {
	op := protocol.Operation{Seq: uint32(s.event), Kind: kind, Object: s.object, Value: []byte(value)}
	s.event++
	s.Invoked(s.event, 0, client, op)
	s.act(client, func(env protocol.Env) { s.machines[client].(protocol.Client).Invoke(env, op) })
}

// lurk lets the faulty client, as if it were fresh, prepare a write; ahead says how
// far beyond what it has heard of.
func (s *store) lurk(value string, ahead uint64) {
	c := bftbc.NewClient(s.config, s.keys.Keys(faultyClient))
	s.machines[faultyClient] = c
	op := protocol.Operation{Seq: uint32(s.event), Kind: protocol.Write, Object: s.object, Value: []byte(value)}
	s.act(faultyClient, func(env protocol.Env) {
		c.Invoke(env, op)
		if ahead > 0 {
			c.Believe(&bftbc.Record{Cert: &bftbc.Certificate{Claim: bftbc.Prepared, Stamp: bftbc.Stamp{TS: bftbc.Timestamp{Counter: ahead}}}})
		}
	})
}

func (s *store) remove() {
	s.act(authority, func(env protocol.Env) { s.machines[authority].Timer(env, 0) })
}

// release delivers what the faulty client withheld, all of it.
func (s *store) release() {
	for _, p := range s.withheld {
		s.act(p.to, func(env protocol.Env) { s.machines[p.to].Deliver(env, p.from, p.m) })
	}
	s.withheld = nil
}

func (s *store) want(t *testing.T, properties ...string) {
	t.Helper()
	var got []string
	for _, f := range s.Findings() {
		got = append(got, f.Property)
	}
	if strings.Join(got, " ") != strings.Join(properties, " ") {
		t.Errorf("findings %v, want %q", s.Findings(), properties)
	}
}

// verdict joins the faulty writes to the history and judges it.
func (s *store) verdict() Verdict {
	s.Join()
	return Check(&s.History, Options{}).Verdict
}

func TestOneLurkingWriteMeetsTheBound(t *testing.T) {
	s := newStore(t, bftbc.Config{}, bftbc.Base)
	s.invoke(correctClient, protocol.Write, "v")
	s.lurk("lurking", 0)
	s.remove()
	s.invoke(correctClient, protocol.Read, "")
	s.release()
	s.invoke(correctClient, protocol.Read, "")
	s.want(t)
	if s.Reach.Count(LurkingBound) != 1 {
		t.Error("the bound was not seen to be met")
	}
	if v := s.verdict(); v != Pass {
		t.Errorf("with the faulty client's write in it the history is %v", v)
	}
}

func TestTwoLurkingWritesExceedTheBound(t *testing.T) {
	s := newStore(t, bftbc.Config{Lifted: bftbc.OnePerClient}, bftbc.Base)
	for i := range 6 { // under one timestamp; those with ever higher digests take effect
		s.lurk(fmt.Sprint("lurking ", i), 0)
	}
	s.remove()
	s.release()
	if f := s.Findings(); len(f) == 0 || f[0].Property != "dbqs.lurking" || s.Reach.Count(LurkingBound) != 1 {
		t.Errorf("findings %v", f)
	}
}

// What took effect before the removal, or has been overwritten by then, does not lurk.
func TestOnlyEffectsAfterTheRemovalCount(t *testing.T) {
	s := newStore(t, bftbc.Config{}, bftbc.Base)
	s.lurk("in time", 0)
	s.release()
	s.remove()
	s.want(t)
	s = newStore(t, bftbc.Config{}, bftbc.Base)
	s.lurk("overwritten", 0)
	s.remove()
	s.invoke(correctClient, protocol.Write, "a")
	s.invoke(correctClient, protocol.Write, "b")
	s.release()
	s.want(t)
	if s.Reach.Count(LurkingBound) != 0 {
		t.Error("an overwritten write was taken for a lurking one")
	}
}

// In the strong variant no reader meets a lurking write after two overwrites; a
// timestamp far ahead, which only a lifted rule allows, shows that this is checked.
func TestLurkingWritesAreMasked(t *testing.T) {
	for _, judged := range []bftbc.Variant{bftbc.Base, bftbc.Strong} {
		s := newStore(t, bftbc.Config{Lifted: bftbc.Successor}, judged)
		s.lurk("far ahead", 1000)
		s.remove()
		s.invoke(correctClient, protocol.Write, "a")
		s.invoke(correctClient, protocol.Write, "b")
		s.release()
		s.invoke(correctClient, protocol.Read, "")
		if judged == bftbc.Strong {
			s.want(t, "dbqs.lurking")
		} else {
			s.want(t)
		}
	}
}

// A reader that returns what nobody prepared is seen, whatever it thought.
func TestReadsReturnWhatWasPrepared(t *testing.T) {
	s := newStore(t, bftbc.Config{Lifted: bftbc.DigestMatch}, bftbc.Base)
	s.lurk("prepared", 0)
	for i := range s.withheld {
		w := *s.withheld[i].m.(*bftbc.Write)
		w.Record = &bftbc.Record{Value: []byte("another"), Cert: w.Record.Cert}
		s.withheld[i].m = &w
	}
	s.release()
	s.invoke(correctClient, protocol.Read, "")
	s.want(t, "dbqs.no-fabrication", "dbqs.no-fabrication")
}

// A write of a faulty client may take effect from when a correct replica first
// prepared it, and not before.
func TestFaultyWritesBeginWhenPrepared(t *testing.T) {
	s := newStore(t, bftbc.Config{}, bftbc.Base)
	s.invoke(correctClient, protocol.Read, "")
	before := int64(s.event)
	s.lurk("later", 0)
	prepared := int64(s.event)
	s.release()
	s.invoke(correctClient, protocol.Read, "")
	s.Join()
	op := s.History.Operation(OpID(s.History.Len() - 1))
	if text, _ := s.History.Text(op.Input); text != "later" || op.Outcome != Pending || op.Invoke <= before || op.Invoke > prepared {
		t.Errorf("joined as %s", s.History.Describe(op))
	}
	if v := Check(&s.History, Options{}).Verdict; v != Pass {
		t.Errorf("the history is %v", v)
	}
}
