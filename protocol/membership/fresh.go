package membership

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
)

// Freshness on the service's side. Any replica collects nonces for an interval and
// has the service execute an operation with their Merkle root; each replica then
// signs its part of (epoch, root), with the epoch in which the operation executed,
// and the collector combines f+1 of them.
//
// That it is an operation is what makes f+1 enough [O]. Were parts given for the
// asking, f liars and one correct replica that lags could vouch for an epoch long
// after the others have left it. As it is, whoever has left the epoch has
// executed the operation before: the nonces were drawn while it lasted.

// collector is the state of a collecting replica.
type collector struct {
	waiting []freshAsk // nonces of the next batch
	armed   bool       // the timer runs
	batches []*batch   // that are being signed, oldest first
}

type freshAsk struct {
	client protocol.NodeID
	nonce  uint64
}

// batch is a tree of nonces that is being vouched for.
type batch struct {
	asks  []freshAsk
	tree  *auth.MerkleTree
	epoch uint64 // of the first part that counted
	parts []auth.Partial
}

// maxBatches and maxWaiting bound what clients can make a replica keep [O].
const (
	maxBatches = 8
	maxWaiting = 1 << 16
)

// onFreshAsk collects a nonce.
func (t *seat) onFreshAsk(env protocol.Env, from protocol.NodeID, m *view.FreshAsk) {
	f := &t.fresh
	a := freshAsk{from, m.Nonce}
	if slices.Contains(f.waiting, a) || len(f.waiting) >= maxWaiting {
		return
	}
	f.waiting = append(f.waiting, a)
	if !f.armed {
		f.armed = true
		env.SetTimer(timerFresh, t.server.cfg.FreshEvery)
	}
}

// gather makes a batch of the nonces that were collected.
func (t *seat) gather() {
	f := &t.fresh
	if len(f.waiting) == 0 {
		return
	}
	leaves := make([][]byte, len(f.waiting))
	for i, a := range f.waiting {
		leaves[i] = view.NonceLeaf(a.client, a.nonce)
	}
	b := &batch{asks: f.waiting, tree: t.server.keys.NewMerkleTree(leaves)}
	f.waiting = nil
	if len(f.batches) == maxBatches {
		f.batches = append(f.batches[:0:0], f.batches[1:]...)
	}
	f.batches = append(f.batches, b)
	t.asks = append(t.asks, ask{op: EncodeFresh(b.tree.Root())})
}

// vouch signs this replica's part for a batch whose operation has executed.
func (t *seat) vouch(env protocol.Env, e event) {
	s := t.server
	text := view.FreshnessStatement{Epoch: e.epoch, Root: e.root}.Bytes()
	part, held := s.keys.PartialSign(s.secrets.Share, text)
	if !held {
		return
	}
	m := &Partial{Epoch: e.epoch, Purpose: PurposeFresh, Root: e.root, Part: part}
	if e.client == s.keys.Self() {
		t.freshPart(env, m)
		return
	}
	env.Send(e.client, m)
}

// freshPart counts a part of the signature of one of this replica's batches.
func (t *seat) freshPart(env protocol.Env, m *Partial) {
	i := slices.IndexFunc(t.fresh.batches, func(b *batch) bool { return b.tree.Root() == m.Root })
	if i < 0 {
		return
	}
	s := t.server
	old := t.fresh.batches[i]
	statement := view.FreshnessStatement{Epoch: m.Epoch, Root: m.Root}
	if !s.keys.VerifyPartial(t.sharing, statement.Bytes(), &m.Part) {
		return
	}
	b := *old
	b.parts = slices.Clone(old.parts)
	if m.Epoch > b.epoch {
		b.epoch, b.parts = m.Epoch, nil // a correct replica's later word; parts of two epochs do not combine
	}
	if m.Epoch == b.epoch {
		b.parts = append(b.parts, m.Part)
	}
	t.fresh.batches[i] = &b
	sig, err := s.keys.Combine(t.sharing, view.FreshnessStatement{Epoch: b.epoch, Root: m.Root}.Bytes(), b.parts)
	if err != nil {
		return
	}
	t.fresh.batches = slices.Delete(t.fresh.batches, i, i+1)
	if len(b.asks) > 1 {
		env.Note(NoteFreshBatch, b.epoch)
	}
	for leaf, a := range b.asks {
		c := &view.FreshnessCertificate{FreshnessStatement: view.FreshnessStatement{Epoch: b.epoch, Root: m.Root}, Path: b.tree.Path(leaf), Signature: sig}
		reply := &view.FreshReply{Epoch: s.view.Epoch(), Certificate: c}
		env.Send(a.client, reply)
	}
}

func (f *collector) clone() collector {
	return collector{slices.Clone(f.waiting), f.armed, slices.Clone(f.batches)}
}

func (f *collector) appendState(b []byte) []byte {
	b = appendAsks(protocol.AppendBool(b, f.armed), f.waiting)
	b = binary.AppendUvarint(b, uint64(len(f.batches)))
	for _, x := range f.batches {
		b = binary.LittleEndian.AppendUint64(appendAsks(b, x.asks), x.epoch)
		b = appendPartials(b, x.parts)
	}
	return b
}

func appendAsks(b []byte, asks []freshAsk) []byte {
	b = binary.AppendUvarint(b, uint64(len(asks)))
	for _, a := range asks {
		b = binary.LittleEndian.AppendUint32(b, uint32(a.client))
		b = binary.LittleEndian.AppendUint64(b, a.nonce)
	}
	return b
}
