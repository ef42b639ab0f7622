package membership_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
	"turncoat/sim"
)

// agree fails unless the servers are in one epoch, not before min, with one
// configuration, and returns it.
func (s *system) agree(t *testing.T, min uint64, servers ...int) *ring.Config {
	t.Helper()
	var first *ring.Config
	for _, i := range servers {
		c := s.server(i).View().Config()
		if c.Epoch() < min {
			t.Fatalf("server %d is in epoch %d, not yet in %d", i, c.Epoch(), min)
		}
		if first == nil {
			first = c
		}
		if same := s.server(i).View().ConfigAt(first.Epoch()); same != nil && same.Digest() != first.Digest() {
			t.Fatalf("servers %d and %d hold different configurations of epoch %d", servers[0], i, first.Epoch())
		}
	}
	return first
}

func TestMembersJoinAndLeave(t *testing.T) {
	for _, suite := range []auth.Suite{auth.Ideal, auth.Real} {
		s := newSystem(t, 8, 6, 2, suite)
		s.admit(0, 300*time.Millisecond, ring.Add, 6)
		s.admit(0, 0, ring.Add, 7)
		s.admit(0, 1500*time.Millisecond, ring.Remove, 5)
		for range 5 {
			s.order(1, 700*time.Millisecond, protocol.Operation{Kind: protocol.Read})
		}
		s.sim.Deadline = 6 * time.Second
		s.build(t).run(t)
		c := s.agree(t, 4, 0, 1, 2, 3, 4, 6, 7)
		if c.Len() != 7 || c.Lookup(idOf(5)) != nil || c.Lookup(idOf(6)) == nil {
			t.Fatalf("%s: %d members", suite, c.Len())
		}
		if gone := s.server(5).View(); gone.Epoch() == 0 || gone.Member() != nil {
			t.Fatalf("%s: the removed server was not told: it is in epoch %d", suite, gone.Epoch())
		}
		if !slices.Contains(s.ended, "c1.4 acted in 3") || len(s.ended) != 8 {
			t.Fatalf("%s: %v", suite, s.ended)
		}
	}
}

func TestDeadMemberIsEvictedAndTakenBack(t *testing.T) {
	s := newSystem(t, 6, 6, 0, auth.Ideal)
	s.sim.Strikes = []sim.Strike{{At: 300 * time.Millisecond, Act: sim.Crash, Node: 5}, {At: 4 * time.Second, Act: sim.Restart, Node: 5}}
	s.build(t).run(t)
	if s.notes[membership.NoteEvicted] != 4 || s.notes[membership.NoteReactivated] != 4 {
		t.Fatalf("one eviction and one return, each seen by 4 replicas: %v", s.notes)
	}
	if c := s.agree(t, 8, 0, 1, 2, 3, 4, 5); c.Active() != 6 {
		t.Fatalf("%d members are active, not 6", c.Active())
	}
}

func TestManyChangesEndTheEpochEarly(t *testing.T) {
	s := newSystem(t, 12, 6, 1, auth.Ideal)
	s.cfg.EpochLength = time.Minute
	for i := range 4 {
		s.admit(0, 0, ring.Add, 6+i)
	}
	s.build(t).run(t)
	if s.notes[membership.NoteEarlyEnd] == 0 || s.agree(t, 1, 0, 1, 2, 3, 4, 5, 9).Len() != 10 {
		t.Fatalf("four changes wait and the epoch goes on: %v", s.notes)
	}
}

func TestSleeperCatchesUpStepByStep(t *testing.T) {
	s := newSystem(t, 6, 6, 0, auth.Ideal)
	var others, sleeper protocol.Bitset
	sleeper.Add(5)
	for i := range 5 {
		others.Add(i)
	}
	for _, c := range []*sim.Cut{{From: others, To: sleeper, Loss: 1_000_000}, {From: sleeper, To: others, Loss: 1_000_000}} {
		s.sim.Strikes = append(s.sim.Strikes, sim.Strike{At: 500 * time.Millisecond, Act: sim.Raise, Node: protocol.None, Cut: c},
			sim.Strike{At: 5 * time.Second, Act: sim.Lower, Node: protocol.None, Cut: c})
	}
	s.build(t).run(t)
	s.agree(t, 8, 0, 1, 2, 3, 4, 5)
	if s.notes[view.NoteThreeBehind] == 0 || s.notes[membership.NoteEvicted] == 0 || s.notes[membership.NoteReactivated] == 0 {
		t.Fatalf("it slept through four epochs: %v", s.notes)
	}
}

// TestKeySurvivesMoves holds that certificates of twenty epochs, with a move at each,
// verify under one public key, that the groups differ, and that nobody who has left
// keeps a share.
func TestKeySurvivesMoves(t *testing.T) {
	for _, suite := range []auth.Suite{auth.Ideal, auth.Real} {
		s := newSystem(t, 9, 9, 0, suite)
		s.cfg.MoveEvery, s.cfg.EpochLength = 1, 200*time.Millisecond
		s.sim.Deadline = 8 * time.Second
		s.build(t).run(t)
		s.agree(t, 20, 0, 1, 2, 3, 4, 5, 6, 7, 8)
		v, groups, holders := s.server(8).View(), map[string]bool{}, 0
		for e := uint64(1); e <= 20; e++ {
			if !v.Certificate(e).Verify(s.keys.Keys(8), s.sharing.Key()) {
				t.Fatalf("%s: the certificate of epoch %d does not verify under the first key", suite, e)
			}
			groups[fmt.Sprint(v.ConfigAt(e).Service())] = true
		}
		if len(groups) < 15 {
			t.Errorf("%s: %d groups in 20 epochs", suite, len(groups))
		}
		for i := range 9 {
			sharing, held := s.server(i).Share()
			if held {
				holders++
			}
			if of := s.server(i).Sharing(); held && (of == nil || of.ID() != sharing) {
				t.Errorf("%s: server %d holds a share of a group that it has left", suite, i)
			}
		}
		if holders == 0 || holders > 8 { // 8 while it moves
			t.Errorf("%s: %d servers hold shares", suite, holders)
		}
	}
}

func TestClonesAreIndependent(t *testing.T) {
	s := newSystem(t, 6, 6, 1, auth.Ideal)
	s.order(0, 0, protocol.Operation{Kind: protocol.Read})
	s.sim.Deadline = 1200 * time.Millisecond
	s.build(t).run(t)
	for i := range 7 {
		m := s.world.Machine(protocol.NodeID(i))
		before := string(m.AppendState(nil))
		c := m.Clone()
		if string(c.AppendState(nil)) != before {
			t.Fatalf("node %d: a clone has another state", i)
		}
		for id := range protocol.TimerID(40) {
			c.Timer(mute{}, id)
		}
		for from := range protocol.NodeID(7) {
			c.Deliver(mute{}, from, &membership.Ping{Epoch: 9, Nonce: 5, Signed: true})
			c.Deliver(mute{}, from, &view.FreshAsk{Epoch: 0, Nonce: 7})
		}
		if string(m.AppendState(nil)) != before {
			t.Fatalf("node %d: its clone's inputs changed it", i)
		}
	}
}

// mute is a world in which nothing has an effect.
type mute struct{}

func (mute) Now() protocol.Time                        { return protocol.Time(time.Hour) }
func (mute) Nonce() uint64                             { return 1 }
func (mute) Send(protocol.NodeID, protocol.Message)    {}
func (mute) SetTimer(protocol.TimerID, time.Duration)  {}
func (mute) CancelTimer(protocol.TimerID)              {}
func (mute) Store(key protocol.ID, m protocol.Message) {}
func (mute) Sync()                                     {}
func (mute) Return(protocol.Result)                    {}
func (mute) Note(string, uint64)                       {}

// TestCommitteesProbeForTheService holds that a member is evicted and taken back on the
// reports of committees, that each slice has its own, and that the replicas themselves
// ping nobody.
func TestCommitteesProbeForTheService(t *testing.T) {
	s := newSystem(t, 10, 10, 0, auth.Ideal)
	s.cfg.Committees, s.cfg.CommitteeF = 3, 1
	s.sim.Strikes = []sim.Strike{{At: 300 * time.Millisecond, Act: sim.Crash, Node: 9}, {At: 4 * time.Second, Act: sim.Restart, Node: 9}}
	tell := &pings{servers: map[protocol.NodeID]bool{}}
	s.sim.Tracer = tell
	s.build(t).run(t)
	if s.notes[membership.NoteEvicted] == 0 || s.notes[membership.NoteReactivated] == 0 || s.notes[membership.NoteCommitteeReport] == 0 {
		t.Fatalf("no committee had it evicted and taken back: %v", s.notes)
	}
	if c := s.agree(t, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9); c.Active() != 10 {
		t.Fatalf("%d members are active, not 10", c.Active())
	}
	keys, genesis := s.keys.Keys(0), s.cfg.View.Genesis
	for i := range 4 {
		id, wanted := protocol.NodeID(i), false
		for number := range s.cfg.Committees {
			wanted = wanted || slices.Contains(s.cfg.Committee(keys, genesis, number), id)
		}
		if tell.servers[id] != wanted {
			t.Errorf("replica %d pings members: %t; a committee wants it to: %t", i, tell.servers[id], wanted)
		}
	}
}

// pings notes which servers have pinged somebody before the first eviction.
type pings struct{ servers map[protocol.NodeID]bool }

func (p *pings) Step(s sim.Step) {
	if s.Kind == sim.StepMessage && s.At < int64(300*time.Millisecond) && s.Message.Kind() == (&membership.Ping{}).Kind() {
		p.servers[s.From] = true
	}
}

// TestRelaysGatherNonces holds that leases come through relays, with fewer nonces for the
// service than clients have, and come all the same when a relay is down.
func TestRelaysGatherNonces(t *testing.T) {
	s := newSystem(t, 12, 12, 8, auth.Ideal)
	s.cfg.View.Relays, s.cfg.EpochLength = true, time.Minute
	for client := range 8 {
		for range 4 {
			s.order(client, 700*time.Millisecond, protocol.Operation{Kind: protocol.Read})
		}
	}
	for i := range 4 { // of eight that are no replicas
		s.sim.Strikes = append(s.sim.Strikes, sim.Strike{At: 2 * time.Second, Act: sim.Crash, Node: protocol.NodeID(8 + i)})
	}
	s.build(t).run(t)
	if len(s.ended) != 8*4 || s.notes[membership.NoteFreshRelayed] == 0 {
		t.Fatalf("%d of 32 clients' operations ended, %v", len(s.ended), s.notes)
	}
}

// TestCountsMoveWithTheService holds that a member that is gone is evicted though the
// service moves sooner than any of its groups could make up its mind by itself.
func TestCountsMoveWithTheService(t *testing.T) {
	s := newSystem(t, 14, 14, 0, auth.Ideal)
	s.cfg.MoveEvery, s.cfg.EpochLength, s.cfg.Propose, s.cfg.Accept = 1, 300*time.Millisecond, 12, 8
	s.sim.Strikes = []sim.Strike{{At: 400 * time.Millisecond, Act: sim.Crash, Node: 13}}
	s.sim.Deadline = 12 * time.Second
	s.build(t).run(t)
	c := s.agree(t, 10, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
	if s.notes[membership.NoteCountInherited] == 0 || c.Lookup(idOf(13)).Status != ring.Inactive || c.Active() != 13 {
		t.Fatalf("epoch %d has %d active members; notes: %v", c.Epoch(), c.Active(), s.notes)
	}
}
