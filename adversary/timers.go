package adversary

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
)

// A timer id of a corrupted node says whose timer it is:
//
//	bits 63..56  1 + the strategy's index, or 0 for the honest copy
//	bits 55..48  the slot: 0 for the strategy itself, else one of its copies
//	bits 47..0   the id that the owner chose
const (
	ownBits       = 48
	slotBits      = 8
	maxStrategies = 1<<(64-ownBits-slotBits) - 1
	maxSlot       = 1<<slotBits - 1
)

// timerOf names timer id of a strategy or, in a slot above 0, of its copy.
func timerOf(strategy, slot int, id protocol.TimerID) protocol.TimerID {
	checkOwn(id)
	return protocol.TimerID(strategy+1)<<(ownBits+slotBits) | protocol.TimerID(slot)<<ownBits | id
}

// splitTimer inverts timerOf; strategy is -1 for a timer of the honest copy.
func splitTimer(id protocol.TimerID) (strategy, slot int, own protocol.TimerID) {
	return int(id>>(ownBits+slotBits)) - 1, int(id >> ownBits & maxSlot), id & (1<<ownBits - 1)
}

func checkOwn(id protocol.TimerID) {
	if id>>ownBits != 0 {
		panic("adversary: a machine used a timer id above 48 bits, which are reserved for strategies")
	}
}

// alarm is an armed timer and when it expires.
type alarm struct {
	id  protocol.TimerID
	due protocol.Time
}

// alarms are the armed timers of one copy, sorted by id. They are kept so that a
// fork of the copy can be given the same.
type alarms []alarm

func (a alarms) find(id protocol.TimerID) (int, bool) {
	return slices.BinarySearchFunc(a, id, func(x alarm, id protocol.TimerID) int {
		switch {
		case x.id < id:
			return -1
		case x.id > id:
			return 1
		}
		return 0
	})
}

func (a *alarms) set(id protocol.TimerID, due protocol.Time) {
	i, found := a.find(id)
	if !found {
		*a = slices.Insert(*a, i, alarm{id: id})
	}
	(*a)[i].due = due
}

func (a *alarms) remove(id protocol.TimerID) {
	if i, found := a.find(id); found {
		*a = slices.Delete(*a, i, i+1)
	}
}

func (a alarms) appendTo(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(a)))
	for _, x := range a {
		b = binary.AppendUvarint(b, uint64(x.id))
		b = binary.AppendVarint(b, int64(x.due))
	}
	return b
}
