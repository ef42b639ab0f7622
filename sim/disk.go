package sim

import (
	"slices"
	"time"

	"turncoat/protocol"
)

// Disk models a node's stable storage. A store is volatile until a sync that
// began after it has completed; syncs complete in order, each Latency plus the
// time of its bytes after the later of its beginning and its predecessor's end.
// A crash keeps exactly the completed syncs: no torn or reordered records, no
// decay. Losing the whole disk is a fault of its own.
type Disk struct {
	Latency   time.Duration // of one sync
	Bandwidth int64         // bytes a second, 0 = unlimited
}

// disk is the state behind a Disk.
type disk struct {
	Disk
	durable map[protocol.ID]protocol.Message // looked up and rewritten only
	keys    []protocol.ID                    // of durable, sorted
	pending []staged                         // in order of store
	covered int                              // how many of pending, from the first, were asked to be synced
	bytes   int64                            // of pending that no sync covers
	due     int64                            // bytes that the next sync writes
	synced  int64                            // when the last sync is complete
}

// staged is a record that is not yet known to be durable.
type staged struct {
	key   protocol.ID
	value protocol.Message
	at    int64 // when its sync completes; unsynced before one began
}

const unsynced = never

func (d *disk) store(key protocol.ID, value protocol.Message, size int) {
	d.pending = append(d.pending, staged{key, value, unsynced})
	d.bytes += int64(size)
}

// cover asks for a sync of all that was stored so far. What is stored later in the
// same input is not part of it.
func (d *disk) cover() {
	d.covered = len(d.pending)
	d.due, d.bytes = d.due+d.bytes, 0
}

// sync begins the sync that cover asked for, at a time that may still lie ahead
// of now, and returns when it is complete.
func (d *disk) sync(now, begin int64) int64 {
	if d.due == 0 {
		return max(d.synced, begin)
	}
	d.synced = later(max(d.synced, begin), int64(d.Latency))
	if d.Bandwidth > 0 {
		d.synced = later(d.synced, d.due*int64(time.Second)/d.Bandwidth)
	}
	d.due = 0
	for i := d.covered - 1; i >= 0 && d.pending[i].at == unsynced; i-- {
		d.pending[i].at = d.synced
	}
	d.settle(now)
	return d.synced
}

// settle moves what is durable by now out of pending.
func (d *disk) settle(now int64) {
	n := 0
	for n < len(d.pending) && d.pending[n].at <= now {
		d.apply(d.pending[n])
		n++
	}
	d.pending = slices.Delete(d.pending, 0, n)
	d.covered = 0
}

func (d *disk) apply(s staged) {
	i, found := slices.BinarySearchFunc(d.keys, s.key, protocol.ID.Compare)
	switch {
	case s.value == nil && found:
		d.keys = slices.Delete(d.keys, i, i+1)
		delete(d.durable, s.key)
		return
	case s.value == nil:
		return
	case !found:
		d.keys = slices.Insert(d.keys, i, s.key)
	}
	if d.durable == nil {
		d.durable = make(map[protocol.ID]protocol.Message)
	}
	d.durable[s.key] = s.value
}

// crash forgets what is not durable at now.
func (d *disk) crash(now int64) {
	d.settle(now)
	d.pending, d.bytes, d.due, d.synced = nil, 0, 0, now
}

// wipe loses everything.
func (d *disk) wipe(now int64) {
	d.crash(now)
	d.durable, d.keys = nil, nil
}

// contents returns what a machine finds when it starts.
func (d *disk) contents() protocol.Disk {
	out := make(protocol.Disk, len(d.keys))
	for i, k := range d.keys {
		out[i] = protocol.Record{Key: k, Value: d.durable[k]}
	}
	return out
}
