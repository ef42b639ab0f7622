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

// A collector has one batch under way at a time, and what comes meanwhile waits for
// the next: else a service that is slow would be asked ever more, and each batch
// given up before its turn comes.

// collector is the state of a collecting replica.
type collector struct {
	waiting []freshAsk // nonces of the next batch, one of each client
	armed   bool       // the timer runs
	batch   *batch     // that is being signed; never written to, only replaced
}

// freshAsk is a client's nonce, or the root of what a relay has gathered.
type freshAsk struct {
	client   protocol.NodeID
	nonce    uint64
	gathered bool
	root     auth.Digest
}

func (a *freshAsk) leaf() []byte {
	if a.gathered {
		return view.RootLeaf(a.client, a.root)
	}
	return view.NonceLeaf(a.client, a.nonce)
}

// treeOf returns the Merkle tree over what was asked about.
func treeOf(keys *auth.Keys, asks []freshAsk) *auth.MerkleTree {
	leaves := make([][]byte, len(asks))
	for i := range asks {
		leaves[i] = asks[i].leaf()
	}
	return keys.NewMerkleTree(leaves)
}

// put adds what was asked about to what waits. A client's later nonce takes the place of
// its earlier one; a relay may have more than one root on the way.
func put(waiting []freshAsk, a freshAsk) []freshAsk {
	i := slices.IndexFunc(waiting, func(b freshAsk) bool { return b.client == a.client && b.gathered == a.gathered && b.root == a.root })
	switch {
	case i >= 0:
		waiting[i] = a
	case len(waiting) < maxWaiting:
		waiting = append(waiting, a)
	}
	return waiting
}

// batch is a tree of nonces that is being vouched for.
type batch struct {
	asks  []freshAsk
	since protocol.Time // when it was made
	tree  *auth.MerkleTree
	epoch uint64 // of the first part that counted
	parts []auth.Partial
}

// maxWaiting bounds what clients can make a replica keep, and patience, in
// Config.Retry, how long it waits for a batch whose parts may be lost [O].
const (
	maxWaiting = 1 << 16
	patience   = 8
)

// onFreshAsk collects a nonce. Who is behind is given the steps that it needs to make
// use of the certificate.
func (t *seat) onFreshAsk(env protocol.Env, from protocol.NodeID, m *view.FreshAsk) {
	if epoch := t.server.view.Epoch(); m.Epoch < epoch {
		t.server.view.Help(env, from, m.Epoch)
	}
	t.fresh.waiting = put(t.fresh.waiting, freshAsk{client: from, nonce: m.Nonce})
	t.armFresh(env)
}

func (t *seat) armFresh(env protocol.Env) {
	if !t.fresh.armed && len(t.fresh.waiting) > 0 {
		t.fresh.armed = true
		env.SetTimer(timerFresh, t.server.cfg.FreshEvery)
	}
}

// gather makes a batch of the nonces that were collected, unless one is under way.
func (t *seat) gather(env protocol.Env) {
	f := &t.fresh
	f.armed = false
	if b := f.batch; b != nil && env.Now().Sub(b.since) < patience*t.server.cfg.Retry {
		t.armFresh(env)
		return
	}
	if len(f.waiting) == 0 {
		return
	}
	f.batch = &batch{asks: f.waiting, since: env.Now(), tree: treeOf(t.server.keys, f.waiting)}
	f.waiting = nil
	t.asks = slices.DeleteFunc(t.asks, func(a ask) bool { return a.op[0] == opFresh }) // given up before its turn
	t.asks = append(t.asks, ask{op: EncodeFresh(f.batch.tree.Root())})
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
	s, old := t.server, t.fresh.batch
	if old == nil || old.tree.Root() != m.Root {
		return
	}
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
	t.fresh.batch = &b
	sig, err := s.keys.Combine(t.sharing, view.FreshnessStatement{Epoch: b.epoch, Root: m.Root}.Bytes(), b.parts)
	if err != nil {
		return
	}
	t.fresh.batch = nil
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
	return collector{slices.Clone(f.waiting), f.armed, f.batch}
}

func (f *collector) appendState(b []byte) []byte {
	b = appendAsks(protocol.AppendBool(b, f.armed), f.waiting)
	if b = protocol.AppendBool(b, f.batch != nil); f.batch == nil {
		return b
	}
	b = binary.LittleEndian.AppendUint64(appendAsks(b, f.batch.asks), f.batch.epoch)
	return appendPartials(appendTime(b, f.batch.since), f.batch.parts)
}

func appendAsks(b []byte, asks []freshAsk) []byte {
	b = binary.AppendUvarint(b, uint64(len(asks)))
	for i := range asks {
		b = protocol.AppendBytes(b, asks[i].leaf())
	}
	return b
}
