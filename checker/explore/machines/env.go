package machines

import (
	"slices"
	"time"

	"turncoat/protocol"
)

// env is the world as a machine sees it during one input: it gathers effects and
// has no time. Nonces count from one at each node, so that they are part of no
// state beyond a number; a machine draws no conclusion from their values, and no
// node of a model guesses them.
//
// Whatever is stored and synced during an input is durable when the input is
// over, together with what the input sends: a crash falls between two inputs.
type env struct {
	node   protocol.NodeID
	nonces uint64
	timers []protocol.TimerID // armed, ascending
	armed  []protocol.TimerID // in this input, in order
	disk   protocol.Disk      // synced, sorted by key
	dirty  protocol.Disk      // stored in this input and not yet synced
	sent   []sent
	result *protocol.Result
}

// sent is a message on its way out.
type sent struct {
	to  protocol.NodeID
	msg protocol.Message
}

func (e *env) Now() protocol.Time { return 0 }

func (e *env) Nonce() uint64 {
	e.nonces++
	return uint64(e.node+1)<<32 | e.nonces
}

func (e *env) Send(to protocol.NodeID, m protocol.Message) { e.sent = append(e.sent, sent{to, m}) }

func (e *env) SetTimer(id protocol.TimerID, _ time.Duration) {
	e.armed = append(e.armed, id)
	if i, armed := slices.BinarySearch(e.timers, id); !armed {
		e.timers = slices.Insert(slices.Clone(e.timers), i, id)
	}
}

func (e *env) CancelTimer(id protocol.TimerID) {
	if i, armed := slices.BinarySearch(e.timers, id); armed {
		e.timers = slices.Delete(slices.Clone(e.timers), i, i+1)
	}
}

func (e *env) Store(key protocol.ID, record protocol.Message) {
	e.dirty = append(e.dirty, protocol.Record{Key: key, Value: record})
}

func (e *env) Sync() {
	if len(e.dirty) == 0 {
		return
	}
	disk := slices.Clone(e.disk)
	for _, r := range e.dirty {
		i, found := slices.BinarySearchFunc(disk, r.Key, func(a protocol.Record, k protocol.ID) int { return a.Key.Compare(k) })
		switch {
		case found && r.Value == nil:
			disk = slices.Delete(disk, i, i+1)
		case found:
			disk[i] = r
		case r.Value != nil:
			disk = slices.Insert(disk, i, r)
		}
	}
	e.disk, e.dirty = disk, nil
}

func (e *env) Return(r protocol.Result) { e.result = &r }

func (e *env) Note(string, uint64) {}
