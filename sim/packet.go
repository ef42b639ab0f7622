package sim

import (
	"github.com/zeebo/xxh3"

	"turncoat/protocol"
)

// packet is a message in flight: a cache line.
type packet struct {
	msg    protocol.Message
	hash   xxh3.Uint128 // of its wire form
	cause  uint64       // event in which it was sent
	depart int64        // when it leaves; a sender that crashes before never sent it
	from   protocol.NodeID
	to     protocol.NodeID
	life   uint32 // incarnation of the sender
	op     uint32 // 1 + the number of the operation in which it was sent, if an end is a client
	index  uint32 // which of the sender's sends to this receiver in that operation; of a free slot, the next free one
}

// slab holds the packets in flight, in chunks that never move. A slot is used again
// when its packet has arrived, so a run allocates as many as were ever in flight at once.
type slab struct {
	chunks []*[chunkSize]packet
	used   uint32 // slots that were ever used
	free   uint32 // the last slot freed, plus one; 0 is none
}

const (
	chunkBits = 8
	chunkSize = 1 << chunkBits // 16 KiB
)

func (s *slab) at(slot uint32) *packet {
	return &s.chunks[slot>>chunkBits][slot%chunkSize]
}

// hold puts p into a slot and returns its number.
func (s *slab) hold(p *packet) uint32 {
	slot := s.used
	if s.free != 0 {
		slot = s.free - 1
		s.free = s.at(slot).index
	} else {
		if slot%chunkSize == 0 {
			s.chunks = append(s.chunks, new([chunkSize]packet))
		}
		s.used++
	}
	*s.at(slot) = *p
	return slot
}

// take returns the packet of a slot and frees the slot.
func (s *slab) take(slot uint32) packet {
	held := s.at(slot)
	p := *held
	held.msg = nil
	held.index, s.free = s.free, slot+1
	return p
}
