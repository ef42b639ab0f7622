package protocol

import "math/bits"

// Bitset is a set of small non-negative numbers: the members of a group by
// their index in it. The zero value is empty. Quorums are counted with it, so
// that one sender never counts twice.
type Bitset struct {
	low  uint64   // 0..63, which is every group of f ≤ 21 without allocation
	high []uint64 // 64 and above
}

// Add puts i into the set and reports whether it was new.
func (s *Bitset) Add(i int) bool {
	if s.Has(i) {
		return false
	}
	if i < 64 {
		s.low |= 1 << i
		return true
	}
	w := i/64 - 1
	for len(s.high) <= w {
		s.high = append(s.high, 0)
	}
	s.high[w] |= 1 << (i % 64)
	return true
}

// Has reports whether i is in the set. Negative numbers never are.
func (s *Bitset) Has(i int) bool {
	switch {
	case i < 0:
		return false
	case i < 64:
		return s.low>>i&1 == 1
	}
	w := i/64 - 1
	return w < len(s.high) && s.high[w]>>(i%64)&1 == 1
}

// Len returns how many numbers are in the set.
func (s *Bitset) Len() int {
	n := bits.OnesCount64(s.low)
	for _, w := range s.high {
		n += bits.OnesCount64(w)
	}
	return n
}

// Clear empties the set.
func (s *Bitset) Clear() { s.low, s.high = 0, s.high[:0] }

// Clone returns an independent copy.
func (s *Bitset) Clone() Bitset {
	return Bitset{low: s.low, high: append([]uint64(nil), s.high...)}
}

// AppendTo appends a canonical form to b.
func (s *Bitset) AppendTo(b []byte) []byte {
	n := len(s.high)
	for n > 0 && s.high[n-1] == 0 {
		n--
	}
	b = appendWord(append(b, byte(n)), s.low)
	for _, w := range s.high[:n] {
		b = appendWord(b, w)
	}
	return b
}

func appendWord(b []byte, w uint64) []byte {
	return append(b, byte(w), byte(w>>8), byte(w>>16), byte(w>>24), byte(w>>32), byte(w>>40), byte(w>>48), byte(w>>56))
}
