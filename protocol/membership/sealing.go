package membership

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
)

// Sealing: when a replica has executed the end of an epoch, it signs its part of the
// next one's certificate. Parts of f+1 replicas, one of them correct, make the
// certificate; with the delta it is the step that goes to all members.

// sealing is this replica's part in signing how an epoch begins.
type sealing struct {
	boundary *Boundary
	own      *Partial
	parts    []*Partial // by replica: the last one of each
}

func (g *sealing) reset(n int) { *g = sealing{parts: make([]*Partial, n)} }

func (g *sealing) clone() sealing {
	c := *g
	c.parts = append([]*Partial(nil), g.parts...)
	return c
}

func (g *sealing) appendState(b []byte) []byte {
	b = protocol.AppendBool(b, g.own != nil)
	for _, p := range g.parts {
		if b = protocol.AppendBool(b, p != nil); p != nil {
			b = p.AppendTo(b)
		}
	}
	return b
}

// trySeal signs the epoch that the replica has just begun to execute in, and makes
// the certificate once f+1 replicas have signed the same.
func (t *seat) trySeal(env protocol.Env) {
	s, g := t.server, &t.seal
	b := t.service.Boundary()
	if b == nil || b.Statement.Epoch != s.view.Epoch()+1 {
		return
	}
	if g.boundary != b {
		g.boundary = b
		part, held := s.keys.PartialSign(s.secrets.Share, b.Statement.Bytes())
		if !held {
			return
		}
		g.own = &Partial{Epoch: b.Statement.Epoch, Purpose: PurposeEpoch, Part: part}
		g.parts[t.number] = g.own
		t.broadcast(env, g.own)
	}
	var parts []auth.Partial
	for _, p := range g.parts {
		if p != nil && p.Epoch == b.Statement.Epoch {
			parts = append(parts, p.Part)
		}
	}
	if len(parts) < t.sharing.Group().Threshold() {
		return
	}
	sig, err := s.keys.Combine(t.sharing, b.Statement.Bytes(), parts)
	if err != nil {
		return // someone lied: more are needed
	}
	step := &view.Step{Delta: b.Delta, Certificate: view.EpochCertificate{EpochStatement: b.Statement, Signature: sig}}
	if err := s.view.Enter(env, step); err != nil {
		panic("membership: the service's own step is refused: " + err.Error())
	}
}

// onPartial keeps a part of a signature.
func (t *seat) onPartial(env protocol.Env, m *Partial) {
	if m.Part.Index < 0 || m.Part.Index >= len(t.peers) || m.Part.Index == t.number {
		return
	}
	if m.Purpose == PurposeFresh {
		t.freshPart(env, m)
		return
	}
	if m.Purpose == PurposeDraw {
		if old := t.move.parts[m.Part.Index]; old == nil || old.Epoch <= m.Epoch {
			t.move.parts[m.Part.Index] = m
		}
		return
	}
	if m.Epoch <= t.server.view.Epoch() {
		if step := t.server.view.Step(m.Epoch - 1); step != nil {
			env.Send(t.peers[m.Part.Index], step) // it is still at work on what is done
		}
		return
	}
	if old := t.seal.parts[m.Part.Index]; old == nil || old.Epoch <= m.Epoch {
		t.seal.parts[m.Part.Index] = m
	}
}
