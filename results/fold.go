package results

import (
	"encoding/binary"
	"encoding/hex"
	"math/bits"

	"github.com/zeebo/xxh3"
)

// Fold is the digest of a set of runs: the sum, modulo 2^128, of a hash of each
// run's scenario, seed and digest. A sum does not depend on order, so any number
// of jobs and any order of completion give the same, and the folds of disjoint
// shards add up to the fold of the whole. The zero value folds nothing.
type Fold struct{ hi, lo uint64 }

// Add folds in one run.
func (f *Fold) Add(scenario string, seed uint64, digest string) {
	b := binary.LittleEndian.AppendUint64([]byte(scenario+"\x00"), seed)
	h := xxh3.Hash128(append(b, digest...))
	f.plus(h.Hi, h.Lo)
}

// Merge folds in the runs of another fold.
func (f *Fold) Merge(g Fold) { f.plus(g.hi, g.lo) }

func (f *Fold) plus(hi, lo uint64) {
	var carry uint64
	f.lo, carry = bits.Add64(f.lo, lo, 0)
	f.hi, _ = bits.Add64(f.hi, hi, carry)
}

// String returns 32 hexadecimal digits.
func (f Fold) String() string {
	b := binary.BigEndian.AppendUint64(nil, f.hi)
	return hex.EncodeToString(binary.BigEndian.AppendUint64(b, f.lo))
}
