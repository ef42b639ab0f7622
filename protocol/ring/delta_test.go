package ring

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"turncoat/protocol"
)

func TestConfigRefuses(t *testing.T) {
	all := members(3, rand.New(rand.NewPCG(2, 2)))
	if _, err := NewConfig(0, []Member{all[0], all[1], all[0]}, nil, nil, Options{}); err == nil {
		t.Error("an id twice: no error")
	}
	if _, err := NewConfig(0, all, []protocol.ID{{9}}, nil, Options{}); err == nil {
		t.Error("a service of strangers: no error")
	}
	if _, err := NewConfig(0, []Member{{Status: 2}}, nil, nil, Options{}); err == nil {
		t.Error("a status that is none: no error")
	}
	c, err := NewConfig(4, all, []protocol.ID{all[1].ID}, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]*Delta{
		"another epoch":         NewDelta(3, nil),
		"one member twice":      NewDelta(4, []Change{{Kind: SetStatus, Member: Member{ID: all[0].ID, Status: 1}}, {Kind: Remove, Member: all[0]}}),
		"out of order":          {From: 4, Changes: []Change{{Kind: Add, Member: Member{ID: protocol.ID{9}}}, {Kind: Add, Member: Member{ID: protocol.ID{8}}}}},
		"joins twice":           NewDelta(4, []Change{{Kind: Add, Member: all[0]}}),
		"leaves unknown":        NewDelta(4, []Change{{Kind: Remove, Member: Member{ID: protocol.ID{9}}}}),
		"status of nobody":      NewDelta(4, []Change{{Kind: SetStatus, Member: Member{ID: protocol.ID{9}, Status: 1}}}),
		"status as it was":      NewDelta(4, []Change{{Kind: SetStatus, Member: Member{ID: all[0].ID, Status: Active}}}),
		"unknown kind":          NewDelta(4, []Change{{Kind: 3, Member: all[0]}}),
		"unknown status":        NewDelta(4, []Change{{Kind: SetStatus, Member: Member{ID: all[0].ID, Status: 7}}}),
		"the service goes away": NewDelta(4, []Change{{Kind: Remove, Member: all[1]}}),
	} {
		if _, err := c.Apply(d); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestDeltaWireAndVersions(t *testing.T) {
	all := members(30, rand.New(rand.NewPCG(3, 3)))
	c := mustConfig(t, 0, all[:20], Options{})
	d := NewDelta(0, []Change{
		{Kind: Remove, Member: Member{ID: all[2].ID}}, {Kind: Add, Member: all[25]},
		{Kind: SetStatus, Member: Member{ID: all[5].ID, Status: Inactive}},
	})
	d.Service, d.Parameters = []protocol.ID{all[25].ID}, []byte("f=2")
	want, err := c.Apply(d)
	if err != nil || want.Epoch() != 1 || want.Service()[0] != all[25].ID || string(want.Parameters()) != "f=2" {
		t.Fatalf("the delta does not do what it says: %v", err)
	}
	w := protocol.NewWire(d.AppendTo(nil))
	back := ReadDelta(w)
	if w.Done() != nil || !bytes.Equal(back.AppendTo(nil), d.AppendTo(nil)) {
		t.Fatal("a delta does not read back")
	}
	var v Versions
	one, err1 := v.Accept(c, d, want.Digest())
	two, err2 := v.Accept(c, d, want.Digest())
	other, err3 := v.Accept(c, back, want.Digest())
	if err1 != nil || err2 != nil || err3 != nil || one != two || other.Digest() != one.Digest() {
		t.Fatalf("versions differ or are not shared: %v %v %v", err1, err2, err3)
	}
	if third, err := v.Apply(c, NewDelta(0, nil)); err != nil || third == one {
		t.Fatalf("another delta leads to the same version: %v", err)
	}
	if _, err := v.Accept(c, d, c.Digest()); !errors.Is(err, ErrDigest) {
		t.Fatalf("another digest than the certified one: %v", err)
	}
	if forgetful, err := (*Versions)(nil).Accept(c, d, want.Digest()); err != nil || forgetful == one {
		t.Fatalf("nil versions remember: %v", err)
	}
}
