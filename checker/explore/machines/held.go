package machines

import (
	"unsafe"

	"turncoat/checker/explore"
)

// What interning keeps, in bytes. It is counted and not measured: a machine is taken
// to hold machineFactor times as much as its encoded state has bytes, and an
// entry of a map to cost mapEntry beyond its key's contents. On pbft across a view change, where the tables are
// largest, the sum is within a quarter of what the heap grows by (TestHeldBytes).

const (
	machineFactor = 4
	mapEntry      = 64
)

// keepsLocal counts a new local state with its contents, by which it and its rank are known.
func (m *Model) keepsLocal(contents string) {
	m.held.Add(int64(unsafe.Sizeof(local{})) + (1+machineFactor)*int64(len(contents)) + 2*mapEntry)
}

// keepsEnvelope counts a new message.
func (m *Model) keepsEnvelope(contents string) {
	m.held.Add(int64(unsafe.Sizeof(envelope{})) + 2*int64(len(contents)) + 2*mapEntry)
}

// keepsOutcome counts what was computed.
func (m *Model) keepsOutcome(o *outcome) {
	const pointer = 8
	m.held.Add(int64(unsafe.Sizeof(outcome{})) + pointer*int64(cap(o.sent)+cap(o.outs)+cap(o.told)+cap(o.armed)+cap(o.next.asked)))
}

// HeldBytes implements explore.Holder.
func (m *Model) HeldBytes() int64 {
	return m.held.Load() + m.outcomes.bytes() + m.answers.bytes() + m.letters.bytes() + m.learned.bytes() + m.pasts.bytes() +
		m.images.bytes() + m.imagesOf.bytes()
}

// bytes returns what the table takes, without what it points to.
func (m *memo[T]) bytes() int64 {
	const slot = 16 // key and pointer
	if t := m.table.Load(); t != nil {
		return slot * int64(len(t.keys))
	}
	return 0
}

var _ explore.Holder = (*Model)(nil)
