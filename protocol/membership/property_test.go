package membership_test

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership"
	"turncoat/protocol/ring"
)

// TestServiceAgainstTable compares the service, under orders and votes that are all
// supported, with a table of what each server is now and will be.
func TestServiceAgainstTable(t *testing.T) {
	sys := newSystem(t, 10, 7, 0, auth.Ideal)
	type row struct{ in, inactive bool }
	rapid.Check(t, func(t *rapid.T) {
		s := membership.NewService(&sys.cfg, sys.keys.Keys(9))
		now, next := make([]row, 10), make([]row, 10)
		for i := range 7 {
			now[i].in, next[i].in = true, true
		}
		vote := func(kind membership.VoteKind, target protocol.ID) (out []membership.Statement) {
			for i := range 2 {
				id := protocol.NodeID(i)
				v, _ := membership.SignVote(&sys.cfg, sys.keys.Keys(id), sys.keys.EpochKey(id), s.Epoch(), kind, target)
				out = append(out, membership.Statement{Replica: i, Sig: v.Sig})
			}
			return out
		}
		for serial := range rapid.IntRange(1, 40).Draw(t, "operations") {
			i := rapid.IntRange(0, 9).Draw(t, "server")
			var op []byte
			want := membership.Done
			leaving := now[i].in && !next[i].in
			switch what := rapid.SampledFrom([]string{"add", "remove", "evict", "return", "end", "restore"}).Draw(t, "what"); what {
			case "add", "remove":
				a := membership.Admission{Change: ring.Add, Member: sys.members[i], Serial: uint64(serial), Expiry: 1000}
				switch {
				case what == "add" && (now[i].in || next[i].in):
					want = membership.Duplicate
				case what == "add":
					next[i] = row{in: true}
				case !now[i].in && !next[i].in:
					want = membership.Unknown
				case i < 4:
					want = membership.Serving
				case leaving:
					want = membership.Duplicate
				default:
					next[i] = row{}
				}
				if what == "remove" {
					a.Change = ring.Remove
				}
				a = membership.SignAdmission(sys.keys.Keys(9), sys.authority, a)
				op = a.Encode()
			case "evict", "return":
				kind := map[bool]membership.VoteKind{true: membership.VoteEvict, false: membership.VoteReactivate}[what == "evict"]
				switch {
				case !now[i].in:
					want = membership.Unknown
				case leaving || next[i].inactive == (what == "evict"):
					want = membership.Duplicate
				default:
					next[i].inactive = what == "evict"
				}
				op = membership.EncodeStatus(s.Epoch(), kind, idOf(i), vote(kind, idOf(i)))
			case "end":
				op = membership.EncodeEnd(s.Epoch(), vote(membership.VoteEnd, protocol.ID{}))
				copy(now, next)
			case "restore":
				other := membership.NewService(&sys.cfg, sys.keys.Keys(8))
				if err := other.Restore(s.Snapshot()); err != nil || !bytes.Equal(other.AppendState(nil), s.AppendState(nil)) {
					t.Fatalf("a restored service has another state: %v", err)
				}
				s = other
				continue
			}
			if got := membership.Outcome(s.Execute(0, op, false)[0]); got != want {
				t.Fatalf("server %d: %v, the table says %v", i, got, want)
			}
			for i := range now {
				m := s.Config().Lookup(idOf(i))
				if (m != nil) != now[i].in || m != nil && (m.Status == ring.Inactive) != now[i].inactive {
					t.Fatalf("epoch %d has server %d as %+v, the table as %+v", s.Epoch(), i, m, now[i])
				}
			}
		}
	})
}

// TestWireForms holds that every message that a run sends reads back as itself.
func TestWireForms(t *testing.T) {
	s := newSystem(t, 8, 6, 2, auth.Ideal)
	s.sim.Network.Link.Corrupt = 20_000
	s.sim.Network.Decode = func(b []byte) (protocol.Message, error) {
		m, err := membership.Decode(b)
		if err == nil && !bytes.Equal(m.AppendTo(nil), b) {
			t.Errorf("%s: %x reads back as %x", m.Kind(), b, m.AppendTo(nil))
		}
		return m, err
	}
	s.admit(0, 0, ring.Add, 6)
	s.sim.Deadline = 4 * time.Second
	s.order(1, 0, protocol.Operation{Kind: protocol.Read})
	s.build(t).run(t)
	s.agree(t, 2, 0, 1, 2, 3)
}

func FuzzDecode(f *testing.F) {
	for _, m := range []protocol.Message{
		&membership.Ping{Epoch: 1, Nonce: 2, Signed: true}, &membership.Pong{Epoch: 1, Sig: new(auth.Signature)},
		&membership.Partial{Epoch: 3, Purpose: membership.PurposeFresh}, &membership.Vote{Epoch: 1, Vote: membership.VoteEvict},
		&membership.Report{Epoch: 1, Vote: membership.VoteReactivate, Evidence: []membership.Statement{{Replica: 2}}},
	} {
		f.Add(m.AppendTo(nil))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := membership.Decode(b)
		if err != nil {
			return
		}
		if !bytes.Equal(m.AppendTo(nil), b) {
			t.Fatalf("%s: %x is read from %x", m.Kind(), m.AppendTo(nil), b)
		}
	})
}
