package herald

import (
	"fmt"
	"testing"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
)

// post is a network that delivers nothing.
type post struct {
	protocol.Env
	to    []protocol.NodeID
	steps []protocol.Message
}

func (p *post) Send(to protocol.NodeID, m protocol.Message) {
	p.to, p.steps = append(p.to, to), append(p.steps, m)
}
func (p *post) Now() protocol.Time                  { return 0 }
func (p *post) Nonce() uint64                       { return 1 }
func (p *post) Store(protocol.ID, protocol.Message) {}
func (p *post) Sync()                               {}
func (p *post) Note(string, uint64)                 {}

func TestGroupsOverlap(t *testing.T) {
	for overlap, want := range map[int]string{
		3: "[0 1 2 3] [0 2 3 4] [0 3 4 5]",
		2: "[0 1 2 3] [0 3 4 5] [0 5 6 7]",
		1: "[0 1 2 3] [0 4 5 6] [0 7 8 9]",
		0: "[0 1 2 3] [4 5 6 7] [8 9 10 11]",
	} {
		s := Shape{Size: 4, Overlap: overlap, Epochs: 2}
		if got := fmt.Sprint(s.Group(0), s.Group(1), s.Group(2)); got != want {
			t.Errorf("overlap %d: %s, want %s", overlap, got, want)
		}
		if got := s.Group(2)[3]; int(got) != s.Servers()-1 {
			t.Errorf("overlap %d: %d servers, the last is %d", overlap, s.Servers(), got)
		}
	}
}

// Whoever is told every step, in whatever order, is in the configuration that is
// the plan's, and acts without a lease.
func TestViewsFollowTheHerald(t *testing.T) {
	for _, suite := range []auth.Suite{auth.Ideal, auth.Real} {
		keys, err := auth.NewAuthority(suite, 1, 12)
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPlan(keys, Shape{Size: 4, Overlap: 2, Epochs: 2})
		if err != nil {
			t.Fatal(err)
		}
		sent := &post{}
		New(p, 9).Start(sent, nil)
		if len(sent.steps) != 18 || fmt.Sprint(sent.to) != "[0 0 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8]" {
			t.Fatalf("%d steps to %v", len(sent.steps), sent.to)
		}
		v := view.New(p.View, keys.Keys(5), Place(5))
		if !v.Current(0) {
			t.Error("a lease is missed where there are none")
		}
		for _, at := range []int{11, 10} {
			v.OnMessage(&post{}, 9, sent.steps[at])
		}
		if got := fmt.Sprint(v.Group(protocol.ID{200}, 4)); v.Epoch() != 2 || got != "[0 5 6 7]" || !v.Current(0) {
			t.Errorf("epoch %d of %s", v.Epoch(), got)
		}
	}
}

func TestShapesThatAreNone(t *testing.T) {
	keys, err := auth.NewAuthority(auth.Ideal, 1, 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []Shape{{4, 4, 1}, {4, -1, 1}, {4, 3, 0}, {0, 0, 1}, {4, 0, 63}} {
		if _, err := NewPlan(keys, s); err == nil {
			t.Errorf("%+v was accepted", s)
		}
	}
}
