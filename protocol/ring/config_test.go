package ring

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"turncoat/protocol"
)

// oracle is a configuration's members as a sorted slice.
type oracle []Member

func (o oracle) index(id protocol.ID) (int, bool) {
	return slices.BinarySearchFunc(o, id, func(m Member, id protocol.ID) int { return m.ID.Compare(id) })
}

// successors turns the whole circle by hand.
func (o oracle) successors(x protocol.ID, n int) (out []Member) {
	byDistance := slices.Clone(o)
	slices.SortFunc(byDistance, func(a, b Member) int { return clockwise(x, a.ID).Compare(clockwise(x, b.ID)) })
	for _, m := range byDistance {
		if m.Status == Active && len(out) < n {
			out = append(out, m)
		}
	}
	return out
}

// apply is Delta on a slice; ok is false when a change is not one.
func (o oracle) apply(changes []Change) (oracle, bool) {
	out := slices.Clone(o)
	for _, c := range changes {
		i, known := out.index(c.Member.ID)
		switch {
		case c.Kind == Add && !known:
			out = slices.Insert(out, i, c.Member)
		case c.Kind == Remove && known:
			out = slices.Delete(out, i, i+1)
		case c.Kind == SetStatus && known && out[i].Status != c.Member.Status:
			out[i].Status = c.Member.Status
		default:
			return nil, false
		}
	}
	return out, true
}

// smallID draws from few ids, so that changes meet the same member again.
var smallID = rapid.Custom(func(t *rapid.T) (id protocol.ID) {
	id[0] = rapid.Byte().Draw(t, "id") &^ 3
	id[31] = rapid.SampledFrom([]byte{0, 1}).Draw(t, "low")
	return id
})

var anyChange = rapid.Custom(func(t *rapid.T) Change {
	c := Change{Kind: ChangeKind(rapid.IntRange(0, 2).Draw(t, "kind")), Member: Member{ID: smallID.Draw(t, "member")}}
	c.Member.Status = Status(rapid.IntRange(0, 1).Draw(t, "status"))
	if c.Kind == Add {
		c.Member.Node = protocol.NodeID(rapid.IntRange(0, 9).Draw(t, "node"))
		c.Member.Key[0] = rapid.Byte().Draw(t, "key")
	}
	return c
})

func mustConfig(t interface{ Fatal(...any) }, epoch uint64, members []Member, o Options) *Config {
	c, err := NewConfig(epoch, members, nil, []byte("f=1"), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// mustEqual compares everything that a configuration answers with the oracle.
func mustEqual(t *rapid.T, c *Config, o oracle) {
	var got []Member
	active := 0
	for m := range c.All() {
		if at := c.At(len(got)); at != m {
			t.Fatalf("member %d is another by At", len(got))
		}
		got = append(got, *m)
		if m.Status == Active {
			active++
		}
	}
	if !slices.Equal(got, o) || c.Len() != len(o) || c.Active() != active || c.At(len(o)) != nil || c.At(-1) != nil {
		t.Fatalf("members are %v, want %v", got, o)
	}
	x, n := smallID.Draw(t, "x"), rapid.IntRange(0, 9).Draw(t, "n")
	var successors []Member
	for _, m := range c.Successors(x, n) {
		successors = append(successors, *m)
	}
	if want := o.successors(x, n); !slices.Equal(successors, want) {
		t.Fatalf("successors of %v are %v, want %v", x, successors, want)
	}
	rank, known := o.index(x)
	if m := c.Lookup(x); (m != nil) != known {
		t.Fatalf("Lookup(%v) finds %v", x, m)
	}
	if got := c.Rank(x); got != rank {
		t.Fatalf("Rank(%v) is %d, want %d", x, got, rank)
	}
}

func TestConfigAgainstASortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		versions := []*Config{mustConfig(t, 0, nil, Options{})}
		oracles := []oracle{{}}
		for range rapid.IntRange(1, 8).Draw(t, "epochs") {
			last := len(versions) - 1
			changes := rapid.SliceOfNDistinct(anyChange, 0, 20, func(c Change) protocol.ID { return c.Member.ID }).Draw(t, "changes")
			// A delta with one wrong change is refused whole; most deltas are made right.
			if rapid.IntRange(0, 9).Draw(t, "leave wrong ones") > 0 {
				changes = slices.DeleteFunc(changes, func(c Change) bool { _, ok := oracles[last].apply([]Change{c}); return !ok })
			}
			want, ok := oracles[last].apply(changes)
			next, err := versions[last].Apply(NewDelta(versions[last].Epoch(), changes))
			if (err == nil) != ok {
				t.Fatalf("Apply says %v, want success: %v", err, ok)
			}
			if ok {
				versions, oracles = append(versions, next), append(oracles, want)
			}
		}
		// Every version is still what it was, and what a fresh one of its members is.
		for i, c := range versions {
			mustEqual(t, c, oracles[i])
			shuffled := rapid.Permutation([]Member(oracles[i])).Draw(t, "order")
			if fresh := mustConfig(t, c.Epoch(), shuffled, Options{}); fresh.Digest() != c.Digest() {
				t.Fatal("the digest remembers how the members came")
			}
			w := protocol.NewWire(c.AppendTo(nil))
			if back := ReadConfig(w, Options{}); w.Done() != nil || back.Digest() != c.Digest() {
				t.Fatal("a configuration does not read back")
			}
		}
	})
}

func members(n int, r *rand.Rand) (all []Member) {
	for i := range n {
		m := Member{Node: protocol.NodeID(i)}
		for j := 0; j < 32; j += 8 {
			binary.BigEndian.PutUint64(m.ID[j:], r.Uint64())
			binary.BigEndian.PutUint64(m.Key[j:], r.Uint64())
		}
		all = append(all, m)
	}
	return all
}

func TestDigestCoversEverything(t *testing.T) {
	all := members(20, rand.New(rand.NewPCG(1, 1)))
	service := []protocol.ID{all[3].ID, all[4].ID}
	digestWith := func(epoch uint64, bend func(m []Member), service []protocol.ID, parameters string, o Options) [32]byte {
		own := slices.Clone(all)
		bend(own)
		c, err := NewConfig(epoch, own, service, []byte(parameters), o)
		if err != nil {
			t.Fatal(err)
		}
		return c.Digest()
	}
	same := func([]Member) {}
	deactivate := func(m []Member) { m[7].Status = Inactive }
	want := digestWith(1, same, service, "f=1", Options{})
	for name, got := range map[string][32]byte{
		"epoch":      digestWith(2, same, service, "f=1", Options{}),
		"status":     digestWith(1, deactivate, service, "f=1", Options{}),
		"address":    digestWith(1, func(m []Member) { m[7].Node = 99 }, service, "f=1", Options{}),
		"key":        digestWith(1, func(m []Member) { m[7].Key[5]++ }, service, "f=1", Options{}),
		"id":         digestWith(1, func(m []Member) { m[7].ID[31]++ }, service, "f=1", Options{}),
		"service":    digestWith(1, same, service[:1], "f=1", Options{}),
		"its order":  digestWith(1, same, []protocol.ID{all[4].ID, all[3].ID}, "f=1", Options{}),
		"parameters": digestWith(1, same, service, "f=2", Options{}),
	} {
		if got == want {
			t.Errorf("the digest does not cover: %s", name)
		}
	}
	if digestWith(1, same, service, "f=1", Options{OmitStatus: true}) != digestWith(1, deactivate, service, "f=1", Options{OmitStatus: true}) {
		t.Error("the lifted rule still covers the status")
	}
}

// A change costs a path, not a membership.
func TestChangeRehashesAPathOnly(t *testing.T) {
	all := members(10_000, rand.New(rand.NewPCG(4, 4)))
	c := mustConfig(t, 0, all, Options{})
	if c.Digests() != len(all) {
		t.Fatalf("a first configuration takes %d digests, want %d", c.Digests(), len(all))
	}
	deepest := 0
	for i, m := range all[:500] {
		next, err := c.Apply(NewDelta(uint64(i), []Change{{Kind: SetStatus, Member: Member{ID: m.ID, Status: Inactive}}}))
		if err != nil {
			t.Fatal(err)
		}
		c, deepest = next, max(deepest, next.Digests())
	}
	if limit := int(5 * math.Log2(10_000)); deepest > limit {
		t.Fatalf("one change takes %d digests, more than %d", deepest, limit)
	}
}

func TestReadConfigRefusesAnotherOrder(t *testing.T) {
	c := mustConfig(t, 0, members(2, rand.New(rand.NewPCG(6, 6))), Options{})
	form := c.AppendTo(nil)
	first, second := form[len(form)-2*memberBytes:len(form)-memberBytes], form[len(form)-memberBytes:]
	swapped := slices.Concat(form[:len(form)-2*memberBytes], second, first)
	w := protocol.NewWire(swapped)
	if ReadConfig(w, Options{}); w.Done() == nil {
		t.Fatal("members out of order: no error")
	}
}

func FuzzReadConfig(f *testing.F) {
	c := mustConfig(f, 3, members(4, rand.New(rand.NewPCG(5, 5))), Options{})
	f.Add(c.AppendTo(nil))
	f.Add(NewDelta(3, []Change{{Kind: Remove, Member: *c.At(1)}}).AppendTo(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := protocol.NewWire(b)
		if got := ReadConfig(w, Options{}); w.Done() == nil && !bytes.Equal(got.AppendTo(nil), b) {
			t.Fatal("two wire forms of one configuration")
		}
		w = protocol.NewWire(b)
		d := ReadDelta(w)
		if w.Done() == nil && !bytes.Equal(d.AppendTo(nil), b) {
			t.Fatal("two wire forms of one delta")
		}
		_, _ = c.Apply(d)
	})
}
