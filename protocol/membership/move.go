package membership

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/ring"
)

// Moving the service, on the side of its state: at the end of every k-th epoch it
// passes to other members, whom nobody can predict.
//
//	EndEpoch executes: the members of e+1 are fixed, and the old group takes no
//	more changes. It signs the draw on e+1, which decides the next group. Each old
//	member deals its share of the service's key to the next group; what 2f+1 of
//	that have checked is agreed, as an operation, unless one of them shows that it
//	was cheated. With f+1 dealings agreed the next epoch's configuration and the
//	sharing of its group are fixed, and the old group signs the certificate.
//
// So the certificate covers who runs the service next and what it is handed. Every
// epoch's service is a PBFT instance of its own, numbered by the epoch that its
// group began in.

// closing is what is known of the next epoch while the service moves.
type closing struct {
	delta    *ring.Delta  // without the next group
	next     *ring.Config // what it leads to, but for the group
	drawn    bool         // the draw is known
	draw     auth.ThresholdSignature
	ids      []protocol.ID // the next group
	group    auth.Group
	dealings []*auth.Dealing // that are agreed, of distinct dealers
	accused  []int           // dealers that cheated, ascending
}

// moves reports whether the service moves at the end of an epoch.
func (c *Config) moves(epoch uint64) bool { return c.MoveEvery > 0 && (epoch+1)%c.MoveEvery == 0 }

// Instance returns the number of the PBFT instance that runs the service in an
// epoch: the epoch in which its group began.
func (c *Config) Instance(epoch uint64) uint64 {
	first := c.View.Genesis.Epoch()
	if c.MoveEvery == 0 {
		return first
	}
	return max(first, epoch-epoch%c.MoveEvery)
}

// Closing reports whether the epoch has ended but for the service's move.
func (s *Service) Closing() bool { return s.closing != nil }

// close begins the move.
func (s *Service) close(delta *ring.Delta, next *ring.Config) {
	s.closing = &closing{delta: delta, next: next}
	s.parts[0] = nil
}

// drawn reports whether a draw is the service's, and fixes the next group by it.
func (s *Service) drawn(draw auth.ThresholdSignature) bool {
	c := s.closing
	if c.drawn {
		return true
	}
	if !s.cfg.draws(s.keys, s.Epoch()+1, &draw) {
		return false
	}
	c.drawn, c.draw = true, draw
	c.ids, c.group = nextGroup(s.keys, s.config, c.next, draw)
	s.parts[0] = nil
	return true
}

// draws reports whether a signature is the draw on an epoch. If the members alone
// decided, whoever can corrupt servers, given time, would begin in good time.
func (c *Config) draws(keys *auth.Keys, epoch uint64, draw *auth.ThresholdSignature) bool {
	if !c.enforced(view.UnpredictableMove) {
		return *draw == view.PublicDraw(epoch)
	}
	return keys.VerifyThreshold(c.View.Service, view.DrawStatement(epoch), draw)
}

// nextGroup returns the group that a draw decides on: as many members as the
// present one has, which goes on itself when there are not so many [O].
func nextGroup(keys *auth.Keys, now, next *ring.Config, draw auth.ThresholdSignature) ([]protocol.ID, auth.Group) {
	ids := view.Draw(keys, next, draw, len(now.Service()))
	if len(ids) < len(now.Service()) {
		ids = now.Service()
	}
	return ids, groupOf(next, ids)
}

// groupOf returns the holders of shares in an epoch whose service is run by ids.
func groupOf(in *ring.Config, ids []protocol.ID) auth.Group {
	g := auth.Group{Epoch: in.Epoch(), Members: make([]protocol.NodeID, len(ids))}
	for i, id := range ids {
		g.Members[i] = in.Lookup(id).Node
	}
	return g
}

// deal agrees to a dealing that a quorum of the next group has checked: f+1 correct
// members of it hold their parts.
func (s *Service) deal(o *operation) Outcome {
	c := s.closing
	if c == nil || o.epoch != s.Epoch() {
		return WrongEpoch
	}
	if !s.drawn(o.draw) || !s.keys.VerifyDealing(s.sharing, c.group, o.dealing) {
		return Unsupported
	}
	if slices.Contains(c.accused, o.dealing.Dealer) || slices.ContainsFunc(c.dealings, func(d *auth.Dealing) bool { return d.Dealer == o.dealing.Dealer }) {
		return Duplicate
	}
	var checked protocol.Bitset
	text := checkedText(s.keys, s.sharing, c.group, o.dealing)
	for i := range o.checks {
		e := &o.checks[i]
		if e.Replica >= len(c.group.Members) || checked.Has(e.Replica) {
			continue
		}
		if pub, known := s.keys.Public(c.group.Members[e.Replica]); known && s.keys.Verify(pub, text, &e.Sig) {
			checked.Add(e.Replica)
		}
	}
	if checked.Len() < quorum(len(c.group.Members)) {
		return Unsupported
	}
	c.dealings = append(c.dealings, o.dealing)
	s.parts[0] = nil
	if len(c.dealings) == s.sharing.Group().Threshold() {
		s.handOver()
	}
	return Done
}

// quorum returns 2f+1 of n = 3f+1.
func quorum(n int) int { return 2*((n-1)/3) + 1 }

// checkedText is what a member of the next group signs when it has checked its part
// of a dealing.
func checkedText(keys *auth.Keys, old *auth.Sharing, next auth.Group, d *auth.Dealing) []byte {
	digest := keys.Digest(d.Statement(old, next))
	return append(protocol.AppendBytes(nil, []byte("turncoat membership dealing checked")), digest[:]...)
}

// accuse excludes a dealer that has cheated a member of the next group.
func (s *Service) accuse(o *operation) Outcome {
	c := s.closing
	if c == nil || o.epoch != s.Epoch() {
		return WrongEpoch
	}
	if !s.drawn(o.draw) || !s.keys.VerifyAccusation(s.sharing, c.group, o.dealing, o.accusation) {
		return Unsupported
	}
	i, again := slices.BinarySearch(c.accused, o.dealing.Dealer)
	if again {
		return Duplicate
	}
	c.accused = slices.Insert(c.accused, i, o.dealing.Dealer)
	c.dealings = slices.DeleteFunc(c.dealings, func(d *auth.Dealing) bool { return d.Dealer == o.dealing.Dealer })
	s.parts[0] = nil
	return Done
}

// handOver fixes the next epoch, group and sharing. It is the last thing that the old
// group executes.
func (s *Service) handOver() {
	c := s.closing
	sharing, err := s.keys.NewSharing(s.sharing, c.group, c.dealings)
	if err != nil {
		panic("membership: the agreed dealings make no sharing: " + err.Error())
	}
	delta := &ring.Delta{From: c.delta.From, Changes: c.delta.Changes, Service: c.ids}
	next, err := s.config.Apply(delta)
	if err != nil {
		panic("membership: the next group is drawn from members of the next epoch: " + err.Error())
	}
	old, dealings := s.sharing, c.dealings
	s.closing, s.sharing = nil, sharing
	s.begin(delta, next, old, dealings)
}

// handover is what a group needs to know besides the configuration. It is public; the
// certificate of the epoch covers it.
type handover struct {
	used     []usedOrder
	sharing  *auth.Sharing   // of the group before
	dealings []*auth.Dealing // from it to this group; none when the group stays
}

func (h *handover) appendTo(b []byte) []byte {
	b = h.sharing.AppendTo(appendUsed(b, h.used))
	return appendDealings(b, h.dealings)
}

func appendDealings(b []byte, dealings []*auth.Dealing) []byte {
	b = binary.AppendUvarint(b, uint64(len(dealings)))
	for _, d := range dealings {
		b = d.AppendTo(b)
	}
	return b
}

func readDealings(w *protocol.Wire) []*auth.Dealing {
	out := make([]*auth.Dealing, w.Count(len(auth.EpochSignature{})))
	for i := range out {
		out[i] = auth.ReadDealing(w)
	}
	return out
}

func readHandover(form []byte) (handover, error) {
	w := protocol.NewWire(form)
	h := handover{used: readUsed(w), sharing: auth.ReadSharing(w), dealings: readDealings(w)}
	return h, w.Done()
}

// stateDigest covers the service's state at the beginning of an epoch, when nothing
// is pending: the configuration, and the handover.
func stateDigest(keys *auth.Keys, in *ring.Config, form []byte) auth.Digest {
	d := in.Digest()
	return keys.Digest(append(append([]byte("turncoat membership state"), d[:]...), form...))
}

func (c *closing) appendTo(b []byte) []byte {
	b = append(c.delta.AppendTo(b), c.draw[:]...)
	b = appendDealings(protocol.AppendBool(b, c.drawn), c.dealings)
	b = binary.AppendUvarint(b, uint64(len(c.accused)))
	for _, dealer := range c.accused {
		b = binary.AppendUvarint(b, uint64(dealer))
	}
	return b
}

// readClosing reads what appendTo wrote. What follows from it and the configuration
// is for complete to find.
func readClosing(w *protocol.Wire) *closing {
	c := &closing{delta: ring.ReadDelta(w)}
	copy(c.draw[:], w.Fixed(len(c.draw)))
	c.drawn = w.Bool()
	c.dealings = readDealings(w)
	c.accused = make([]int, w.Count(1))
	for i := range c.accused {
		c.accused[i] = readIndex(w)
	}
	return c
}

// complete finds what follows from a closing that was read.
func (c *closing) complete(keys *auth.Keys, now *ring.Config) (err error) {
	if c.next, err = now.Apply(c.delta); err == nil && c.drawn {
		c.ids, c.group = nextGroup(keys, now, c.next, c.draw)
	}
	return err
}

func (c *closing) clone() *closing {
	if c == nil {
		return nil
	}
	d := *c
	d.dealings, d.accused = slices.Clone(c.dealings), slices.Clone(c.accused)
	return &d
}
