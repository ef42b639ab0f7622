package membership

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
)

// Moving the service, on the side of a replica of the old group: it signs the draw,
// deals its share, gathers who of the next group has checked the dealing, and has
// it agreed.

// moving is this replica's part in the move.
type moving struct {
	own    *Partial   // of the draw
	parts  []*Partial // by replica: the last one of each
	draw   auth.ThresholdSignature
	deal   *Deal    // sent, nil until the draw is known
	checks []*Check // by number in the next group
	asked  bool     // the dealing was submitted
}

func (t *seat) resetMove() { t.move = moving{parts: make([]*Partial, len(t.peers))} }

func (g *moving) clone() moving {
	c := *g
	c.parts = append([]*Partial(nil), g.parts...)
	c.checks = append([]*Check(nil), g.checks...)
	return c
}

func (g *moving) appendState(b []byte) []byte {
	b = protocol.AppendBool(protocol.AppendBool(b, g.own != nil), g.asked)
	for _, p := range g.parts {
		if b = protocol.AppendBool(b, p != nil); p != nil {
			b = p.AppendTo(b)
		}
	}
	for _, c := range g.checks {
		if b = protocol.AppendBool(b, c != nil); c != nil {
			b = append(b, c.Sig[:]...)
		}
	}
	return b
}

// tryMove goes on with the move once the end of the epoch has executed.
func (t *seat) tryMove(env protocol.Env) {
	s, g := t.server, &t.move
	if !t.service.Closing() || g.deal != nil {
		return
	}
	epoch := t.service.Epoch() + 1
	if !s.cfg.enforced(view.UnpredictableMove) {
		g.draw = view.PublicDraw(epoch)
		t.dealShare(env)
		return
	}
	text := view.DrawStatement(epoch)
	if g.own == nil {
		part, held := s.keys.PartialSign(s.secrets.Share, text)
		if !held {
			return
		}
		g.own = &Partial{Epoch: epoch, Purpose: PurposeDraw, Part: part}
		g.parts[t.number] = g.own
		t.broadcast(env, g.own)
	}
	var parts []auth.Partial
	for _, p := range g.parts {
		if p != nil && p.Epoch == epoch {
			parts = append(parts, p.Part)
		}
	}
	if len(parts) < t.sharing.Group().Threshold() {
		return
	}
	draw, err := s.keys.Combine(t.sharing, text, parts)
	if err != nil {
		return // someone lied: more are needed
	}
	g.draw = draw
	t.dealShare(env)
}

// dealShare deals this replica's share to the next group.
func (t *seat) dealShare(env protocol.Env) {
	s, g := t.server, &t.move
	_, next := nextGroup(s.keys, t.service.config, t.service.closing.next, g.draw)
	dealing, ok := s.keys.Deal(s.secrets.Share, t.sharing, next, s.secrets.Key)
	if !ok {
		return
	}
	g.deal = &Deal{Epoch: t.service.Epoch(), Draw: g.draw, Sharing: t.sharing, Next: next, Dealing: dealing}
	g.checks = make([]*Check, len(next.Members))
	t.sendDeal(env)
}

func (t *seat) sendDeal(env protocol.Env) {
	for i, to := range t.move.deal.Next.Members {
		if t.move.checks[i] == nil {
			env.Send(to, t.move.deal)
		}
	}
}

// onChecked counts a member of the next group that has checked this replica's
// dealing, and has the dealing agreed once a quorum has.
func (t *seat) onChecked(m *Checked) {
	s, g := t.server, &t.move
	if g.deal == nil || m.Epoch != g.deal.Epoch || m.Number >= len(g.checks) || g.checks[m.Number] != nil {
		return
	}
	pub, known := s.keys.Public(g.deal.Next.Members[m.Number])
	text := checkedText(s.keys, g.deal.Sharing, g.deal.Next, g.deal.Dealing)
	if !known || !s.keys.Verify(pub, text, &m.Sig) {
		return
	}
	g.checks[m.Number] = &Check{m.Number, m.Sig}
	var checks []Check
	for _, c := range g.checks {
		if c != nil {
			checks = append(checks, *c)
		}
	}
	if !g.asked && len(checks) >= quorum(len(g.checks)) {
		g.asked = true
		t.asks = append(t.asks, ask{m.Epoch, EncodeDeal(m.Epoch, g.draw, g.deal.Dealing, checks)})
	}
}

// onAccused has the service told of a dealer that has cheated.
func (t *seat) onAccused(env protocol.Env, m *Accused) {
	s := t.server
	if !t.service.Closing() || m.Epoch != t.service.Epoch() || !s.cfg.draws(s.keys, m.Epoch+1, &m.Draw) {
		return
	}
	_, next := nextGroup(s.keys, t.service.config, t.service.closing.next, m.Draw)
	if !s.keys.VerifyAccusation(t.sharing, next, m.Dealing, m.Accusation) {
		return
	}
	op := EncodeAccuse(m.Epoch, m.Draw, m.Dealing, m.Accusation)
	for i := range t.asks {
		if string(t.asks[i].op) == string(op) {
			return
		}
	}
	env.Note(NoteDealingAccused, m.Epoch)
	t.asks = append(t.asks, ask{m.Epoch, op})
}
