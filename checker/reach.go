package checker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Reach counts the situations that must occur somewhere in a sweep for its
// silence to mean anything: a view change during an epoch change, a phase
// restarted, a transfer from two epochs back. A sweep that never met one says
// so. Names are registered up front, so that a misspelt situation is a failure
// at once and not a zero for ever.
type Reach struct {
	names  []string // sorted
	counts []uint64 // of the name at the same index
}

// NewReach registers names, in any order; repeats are one name.
func NewReach(names ...string) *Reach {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	sorted = slices.Compact(sorted)
	return &Reach{names: sorted, counts: make([]uint64, len(sorted))}
}

// Index returns the place of name for use with Hit, so that a hot path looks a
// name up once. It panics on a name that was not registered: that is a
// misspelling in our code, never input.
func (r *Reach) Index(name string) int {
	i, ok := slices.BinarySearch(r.names, name)
	if !ok {
		panic(fmt.Sprintf("checker: situation %q was not registered; %s", name, suggest(name, r.names)))
	}
	return i
}

// Hit counts one occurrence of the situation at index i.
func (r *Reach) Hit(i int) { r.counts[i]++ }

// Add counts n occurrences of name.
func (r *Reach) Add(name string, n uint64) { r.counts[r.Index(name)] += n }

// Count returns the occurrences of name, 0 if it was never registered.
func (r *Reach) Count(name string) uint64 {
	if i, ok := slices.BinarySearch(r.names, name); ok {
		return r.counts[i]
	}
	return 0
}

// Names returns the registered names, sorted. The caller must not change them.
func (r *Reach) Names() []string { return r.names }

// Merge adds the counts of other, and the names that only other knows. Merging
// is commutative and associative, so a sweep's reach does not depend on the
// order in which its runs ended.
func (r *Reach) Merge(other *Reach) {
	for i, name := range other.names {
		at, ok := slices.BinarySearch(r.names, name)
		if !ok {
			r.names = slices.Insert(r.names, at, name)
			r.counts = slices.Insert(r.counts, at, 0)
		}
		r.counts[at] += other.counts[i]
	}
}

// NeverReached returns the required names that did not occur, in the order
// given. A required name that nobody registered did not occur either.
func (r *Reach) NeverReached(required []string) []string {
	var missing []string
	for _, name := range required {
		if r.Count(name) == 0 {
			missing = append(missing, name)
		}
	}
	return missing
}

// Reset sets every count to zero and keeps the names.
func (r *Reach) Reset() { clear(r.counts) }

// MarshalJSON writes {NAME:COUNT} with the names in order.
func (r *Reach) MarshalJSON() ([]byte, error) {
	var b strings.Builder
	b.WriteByte('{')
	for i, name := range r.names {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(quoteJSON(name))
		b.WriteByte(':')
		b.WriteString(strconv.FormatUint(r.counts[i], 10))
	}
	b.WriteByte('}')
	return []byte(b.String()), nil
}
