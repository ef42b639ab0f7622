package dbqs

import (
	"bytes"
	"cmp"
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Timestamp orders the writes of one object: by counter, then by writer.
type Timestamp struct {
	Counter uint64
	Writer  protocol.NodeID
}

// Record is a value of a public-key object as its owner signed it. The nil
// record stands for an object that was never written; it is older than all
// others and needs no signature. Records are immutable.
type Record struct {
	Public auth.PublicKey // the object's id is its hash
	TS     Timestamp
	Value  []byte
	Sig    auth.Signature // over object, timestamp and digest of the value
}

// Stamp is a record without its value: what a writer needs to know.
type Stamp struct {
	Public auth.PublicKey
	TS     Timestamp
	Digest auth.Digest // of the value
	Sig    auth.Signature
}

// Kind implements protocol.Message: replicas store records.
func (r *Record) Kind() protocol.Kind { return "dbqs.record" }

// AppendTo implements protocol.Message.
func (r *Record) AppendTo(b []byte) []byte { return appendRecord(append(b, tagRecord), r) }

// statement appends what the owner of an object signs.
func statement(b []byte, object protocol.ID, ts Timestamp, digest auth.Digest) []byte {
	b = append(b, "dbqs write"...)
	b = append(b, object[:]...)
	b = appendTimestamp(b, ts)
	return append(b, digest[:]...)
}

// compare orders records by timestamp. Equal timestamps with different values
// come only from a faulty owner; the digest orders them the same way for
// everyone [O]. With the rule on writer ids lifted, only the counter counts.
func (s Rules) compare(a, b *Record) int {
	switch {
	case a == b:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	if c := cmp.Compare(a.TS.Counter, b.TS.Counter); c != 0 || s.Lifted(WriterInTimestamp) {
		return c
	}
	if c := cmp.Compare(a.TS.Writer, b.TS.Writer); c != 0 {
		return c
	}
	if bytes.Equal(a.Value, b.Value) {
		return 0
	}
	da, db := digest(a.Value), digest(b.Value)
	return bytes.Compare(da[:], db[:])
}

// Newer compares two records of one object under all rules: below, at or above
// zero as a is older than, equal to or newer than b. For checkers.
func Newer(a, b *Record) int { return Rules(0).compare(a, b) }

// same reports whether two records are one and the same, signature included: if
// the owner signed one, so did it the other.
func same(a, b *Record) bool {
	if a == b || a == nil || b == nil {
		return a == b
	}
	return a.TS == b.TS && a.Public == b.Public && a.Sig == b.Sig && bytes.Equal(a.Value, b.Value)
}

func appendTimestamp(b []byte, ts Timestamp) []byte {
	b = binary.LittleEndian.AppendUint64(b, ts.Counter)
	return binary.LittleEndian.AppendUint32(b, uint32(ts.Writer))
}

func readTimestamp(w *protocol.Wire) Timestamp {
	return Timestamp{Counter: w.Uint64(), Writer: protocol.NodeID(w.Uint32())}
}

func appendRecord(b []byte, r *Record) []byte {
	b = append(b, r.Public[:]...)
	b = appendTimestamp(b, r.TS)
	b = append(b, r.Sig[:]...)
	return protocol.AppendBytes(b, r.Value)
}

func readRecord(w *protocol.Wire) *Record {
	r := &Record{}
	copy(r.Public[:], w.Fixed(len(r.Public)))
	r.TS = readTimestamp(w)
	copy(r.Sig[:], w.Fixed(len(r.Sig)))
	r.Value = w.Bytes()
	return r
}

// appendOptional writes a record that may be nil.
func appendOptional(b []byte, r *Record) []byte {
	b = protocol.AppendBool(b, r != nil)
	if r != nil {
		b = appendRecord(b, r)
	}
	return b
}
