package sim

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"

	"github.com/zeebo/xxh3"
)

// Digest identifies a run: a 128-bit xxh3 hash over every event in order (virtual
// time, kind, node, sender, message bytes) and over whatever is sealed in at the
// end. Equal digests mean the same run.
type Digest [16]byte

func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// ParseDigest inverts String.
func ParseDigest(s string) (d Digest, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(d) {
		return d, fmt.Errorf("%q is not a digest of 32 hexadecimal digits", s)
	}
	return Digest(b), nil
}

// recorder hashes events in batches, since a hash of many bytes is cheaper than
// many hashes.
type recorder struct {
	hash  xxh3.Hasher
	batch []byte
}

const batchBytes = 4096

func (r *recorder) event(e *event, from int32, hash xxh3.Uint128) {
	if len(r.batch) > batchBytes-40 {
		r.flush()
	}
	b := r.batch
	b = binary.LittleEndian.AppendUint64(b, uint64(e.at))
	b = binary.LittleEndian.AppendUint64(b, uint64(e.kind)<<56|uint64(uint32(e.node)))
	b = binary.LittleEndian.AppendUint32(b, uint32(from))
	b = binary.LittleEndian.AppendUint64(b, hash.Hi)
	r.batch = binary.LittleEndian.AppendUint64(b, hash.Lo)
}

func (r *recorder) flush() {
	_, _ = r.hash.Write(r.batch) // a hash.Hash never returns an error
	r.batch = r.batch[:0]
}

// seal adds text that is no event and returns the digest so far.
func (r *recorder) seal(text string) Digest {
	r.flush()
	_, _ = r.hash.WriteString(text)
	return Digest(r.hash.Sum128().Bytes())
}
