package sim

import (
	"math/bits"

	"github.com/zeebo/xxh3"
)

// golden is the odd increment of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).
const golden = 0x9e3779b97f4a7c15

// mix is the output function of SplitMix64: a bijection of 64-bit words in which
// every input bit moves about half of the output bits.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// stream is a named sequence of random words. It is addressed, not consumed: the
// i-th word is a function of (seed, name, i), so that one more draw here never
// shifts the draws of another stream, and a choice can be found again by its
// identity alone.
type stream uint64

// newStream returns the stream of a name under the seed of a run.
func newStream(seed uint64, name string) stream {
	return stream(xxh3.HashStringSeed(name, seed))
}

// child returns the sub-stream numbered (a, b): a link, a node, a fault.
func (s stream) child(a, b int32) stream {
	return stream(mix(uint64(s) ^ mix(uint64(uint32(a))<<32|uint64(uint32(b)))))
}

// at returns the i-th word.
func (s stream) at(i uint32) uint64 { return mix(uint64(s) + (uint64(i)+1)*golden) }

// below maps a random word to 0..n-1 without the bias of a remainder that
// matters here (at most n/2^64; Lemire 2019).
func below(word uint64, n uint64) uint64 {
	hi, _ := bits.Mul64(word, n)
	return hi
}

// million is the denominator of all probabilities: parts per million, integers,
// because floating-point multiply-adds may be fused by another compiler.
const million = 1_000_000

// hit reports whether a random word falls into the first ppm parts of a million.
func hit(word uint64, ppm uint32) bool { return below(word, million) < uint64(ppm) }
