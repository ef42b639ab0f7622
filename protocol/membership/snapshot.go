package membership

import (
	"encoding/binary"
	"fmt"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// The service's state in parts: what is small first, then the members by the first
// byte of their id, so that a checkpoint hashes, and a transfer sends, only what
// has changed.

const (
	buckets  = 256
	numParts = 1 + buckets
)

func partOf(id protocol.ID) int { return 1 + int(id[0]) }

// Snapshot returns the parts.
func (s *Service) Snapshot() [][]byte {
	if s.parts[0] == nil {
		s.parts[0] = s.appendHead(nil)
	}
	if slices.ContainsFunc(s.parts, func(p []byte) bool { return p == nil }) {
		s.encodeMembers()
	}
	return slices.Clone(s.parts)
}

// appendHead appends everything but the members.
func (s *Service) appendHead(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, s.Epoch())
	b = binary.AppendUvarint(b, uint64(len(s.config.Service())))
	for _, id := range s.config.Service() {
		b = append(b, id[:]...)
	}
	b = protocol.AppendBytes(b, s.config.Parameters())
	b = (&ring.Delta{From: s.Epoch(), Changes: s.pending}).AppendTo(b)
	b = s.sharing.AppendTo(appendUsed(b, s.used))
	if b = protocol.AppendBool(b, s.boundary != nil); s.boundary != nil {
		st := &s.boundary.Statement
		b = append(append(s.boundary.Delta.AppendTo(b), st.Config[:]...), st.State[:]...)
		b = protocol.AppendBytes(b, s.boundary.Handover)
	}
	if b = protocol.AppendBool(b, s.closing != nil); s.closing != nil {
		b = s.closing.appendTo(b)
	}
	return b
}

// encodeMembers fills in the parts that are missing, in one pass over the members.
func (s *Service) encodeMembers() {
	var counts [buckets]int
	for m := range s.config.All() {
		counts[m.ID[0]]++
	}
	missing := make([]bool, numParts)
	for i := range buckets {
		if s.parts[1+i] == nil {
			missing[1+i] = true
			s.parts[1+i] = binary.AppendUvarint(make([]byte, 0, 2+counts[i]*memberBytes), uint64(counts[i]))
		}
	}
	for m := range s.config.All() {
		if p := partOf(m.ID); missing[p] {
			s.parts[p] = appendMember(s.parts[p], m)
		}
	}
}

const memberBytes = 32 + 32 + 4 + 1

func appendMember(b []byte, m *ring.Member) []byte {
	b = append(append(b, m.ID[:]...), m.Key[:]...)
	return append(binary.LittleEndian.AppendUint32(b, uint32(m.Node)), byte(m.Status))
}

// Restore replaces the state by that of a snapshot.
func (s *Service) Restore(parts [][]byte) error {
	if len(parts) != numParts {
		return fmt.Errorf("membership: a snapshot has %d parts, not %d", numParts, len(parts))
	}
	w := protocol.NewWire(parts[0])
	epoch := w.Uint64()
	replicas := make([]protocol.ID, w.Count(len(protocol.ID{})))
	for i := range replicas {
		replicas[i] = w.ID()
	}
	parameters := w.Bytes()
	restored := Service{cfg: s.cfg, keys: s.keys, pending: ring.ReadDelta(w).Changes, used: readUsed(w), sharing: auth.ReadSharing(w)}
	if w.Bool() {
		delta := ring.ReadDelta(w)
		st := view.EpochStatement{Epoch: epoch, Config: auth.Digest(w.ID()), State: auth.Digest(w.ID())}
		restored.boundary = &Boundary{delta, st, w.Bytes()}
	}
	if w.Bool() {
		restored.closing = readClosing(w)
	}
	if err := w.Done(); err != nil {
		return fmt.Errorf("membership: the head of a snapshot: %w", err)
	}
	members, err := readMembers(parts)
	if err != nil {
		return err
	}
	options := ring.Options{OmitStatus: !s.cfg.enforced(view.DigestCoversStatus)}
	if restored.config, err = ring.NewConfig(epoch, members, replicas, parameters, options); err != nil {
		return fmt.Errorf("membership: a snapshot: %w", err)
	}
	if c := restored.closing; c != nil {
		if err := c.complete(s.keys, restored.config); err != nil {
			return fmt.Errorf("membership: a snapshot: %w", err)
		}
	}
	restored.parts = slices.Clone(parts)
	*s = restored
	return nil
}

func readUsed(w *protocol.Wire) []usedOrder {
	used := make([]usedOrder, w.Count(32+8))
	for i := range used {
		used[i] = usedOrder{auth.Digest(w.ID()), w.Uint64()}
	}
	return used
}

func readMembers(parts [][]byte) (members []ring.Member, err error) {
	for i, p := range parts[1:] {
		w := protocol.NewWire(p)
		for range w.Count(memberBytes) {
			m := ring.Member{ID: w.ID(), Key: auth.PublicKey(w.ID())}
			m.Node, m.Status = protocol.NodeID(w.Uint32()), ring.Status(w.Byte())
			if partOf(m.ID) != 1+i {
				w.Fail()
			}
			members = append(members, m)
		}
		if w.Done() != nil {
			return nil, fmt.Errorf("membership: part %d of a snapshot: %w", 1+i, protocol.ErrWire)
		}
	}
	return members, nil
}

// AppendState appends the state.
func (s *Service) AppendState(b []byte) []byte {
	d := s.config.Digest()
	return s.appendHead(append(b, d[:]...))
}
