package protocol

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func TestBitsetAgainstAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s Bitset
		oracle := map[int]bool{}
		for range rapid.IntRange(0, 40).Draw(t, "steps") {
			i := rapid.IntRange(0, 300).Draw(t, "i")
			if fresh := s.Add(i); fresh == oracle[i] {
				t.Fatalf("Add(%d) said new=%v", i, fresh)
			}
			oracle[i] = true
			if s.Len() != len(oracle) {
				t.Fatalf("Len is %d, want %d", s.Len(), len(oracle))
			}
		}
		for i := -1; i < 310; i++ {
			if s.Has(i) != oracle[i] {
				t.Fatalf("Has(%d) is %v", i, s.Has(i))
			}
		}
		c := s.Clone()
		c.Add(301)
		if s.Has(301) {
			t.Fatal("a clone shares state")
		}
		s.Clear()
		if s.Len() != 0 || string(s.AppendTo(nil)) != string(new(Bitset).AppendTo(nil)) {
			t.Fatal("a cleared set is not the empty set")
		}
	})
}

func TestWireInvertsAppend(t *testing.T) {
	b := AppendBool(AppendBytes([]byte{7}, []byte("value")), true)
	w := NewWire(b)
	if w.Byte() != 7 || string(w.Bytes()) != "value" || !w.Bool() || w.Done() != nil {
		t.Fatal("a wire form did not read back")
	}
}

// A lying length must fail before anything of that length is allocated.
func TestWireRefuses(t *testing.T) {
	for name, read := range map[string]func(w *Wire){
		"left over":       func(w *Wire) { w.Byte() },
		"too short":       func(w *Wire) { w.Fixed(9) },
		"bool of 7":       func(w *Wire) { w.Bool() },
		"lying length":    func(w *Wire) { w.Count(4) },
		"negative length": func(w *Wire) { w.Fixed(-1) },
	} {
		w := NewWire([]byte{7, 1})
		if read(w); w.Done() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	w := NewWire([]byte{0x80, 0})
	if w.Uvarint(); w.Done() == nil {
		t.Error("a varint longer than need be was accepted: two forms of one message")
	}
}

func FuzzWire(f *testing.F) {
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, b []byte) {
		w := NewWire(b)
		r := rand.New(rand.NewPCG(uint64(len(b)), 1))
		for range 8 {
			switch r.IntN(6) {
			case 0:
				w.Bytes()
			case 1:
				w.Uint64()
			case 2:
				w.ID()
			case 3:
				w.Uvarint()
			case 4:
				w.Bool()
			case 5:
				w.Count(1 + r.IntN(9))
			}
		}
		_ = w.Done()
	})
}
