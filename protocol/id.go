package protocol

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
)

// ID is a position on the circular 256-bit space that nodes and objects share
// [O: the width]. It also serves as a key of the disk.
type ID [32]byte

// Compare orders ids as big-endian numbers: -1, 0 or 1.
func (a ID) Compare(b ID) int { return bytes.Compare(a[:], b[:]) }

// String returns the first eight hexadecimal digits, enough to tell the objects
// of one run apart.
func (a ID) String() string { return hex.EncodeToString(a[:4]) }

// KeyOf returns the disk key of the n-th record of a named family ("view", 0).
// Names longer than 24 bytes are cut.
func KeyOf(family string, n uint64) ID {
	var id ID
	copy(id[:24], family)
	binary.BigEndian.PutUint64(id[24:], n)
	return id
}
