package protocol

import (
	"encoding/binary"
	"errors"
)

// ErrWire says that bytes are not a message's wire form.
var ErrWire = errors.New("not a well-formed message")

// AppendBytes appends b preceded by its length as a varint.
func AppendBytes(dst, b []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	return append(dst, b...)
}

// Wire reads a wire form from the front. The first malformed field makes it
// fail; later reads return zero values, so that a decoder checks once, at Done.
type Wire struct {
	b   []byte
	bad bool
}

// NewWire returns a reader of b, which it does not copy.
func NewWire(b []byte) *Wire { return &Wire{b: b} }

// Fixed returns the next n bytes, without copying them.
func (w *Wire) Fixed(n int) []byte {
	if n < 0 || len(w.b) < n {
		w.Fail()
		return nil
	}
	out := w.b[:n]
	w.b = w.b[n:]
	return out
}

// Byte reads one byte.
func (w *Wire) Byte() byte {
	if b := w.Fixed(1); b != nil {
		return b[0]
	}
	return 0
}

// Bool reads a byte that is 0 or 1.
func (w *Wire) Bool() bool {
	b := w.Byte()
	if b > 1 {
		w.Fail()
	}
	return b == 1
}

// Uint32 reads four little-endian bytes.
func (w *Wire) Uint32() uint32 {
	if b := w.Fixed(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// Uint64 reads eight little-endian bytes.
func (w *Wire) Uint64() uint64 {
	if b := w.Fixed(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

// Uvarint reads a varint in its shortest form, as AppendUvarint writes it.
func (w *Wire) Uvarint() uint64 {
	v, n := binary.Uvarint(w.b)
	if n <= 0 || (n > 1 && w.b[n-1] == 0) {
		w.Fail()
		return 0
	}
	w.b = w.b[n:]
	return v
}

// Count reads a varint that counts elements of at least size bytes each, and
// fails when so many cannot follow: a lying length allocates nothing.
func (w *Wire) Count(size int) int {
	n := w.Uvarint()
	if n > uint64(len(w.b)/max(size, 1)) {
		w.Fail()
		return 0
	}
	return int(n)
}

// Bytes reads what AppendBytes wrote, as a copy; nil when it is empty.
func (w *Wire) Bytes() []byte {
	n := w.Count(1)
	if n == 0 {
		return nil
	}
	return append([]byte(nil), w.Fixed(n)...)
}

// ID reads 32 bytes.
func (w *Wire) ID() (id ID) {
	copy(id[:], w.Fixed(len(id)))
	return id
}

// Fail marks the form as malformed.
func (w *Wire) Fail() { w.bad, w.b = true, nil }

// Done returns ErrWire if anything was malformed or is left over.
func (w *Wire) Done() error {
	if w.bad || len(w.b) != 0 {
		return ErrWire
	}
	return nil
}

// AppendBool appends 1 or 0.
func AppendBool(dst []byte, v bool) []byte {
	if v {
		return append(dst, 1)
	}
	return append(dst, 0)
}
