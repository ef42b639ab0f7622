package view

import (
	"encoding/binary"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Certificates of freshness: one threshold signature on the root of a Merkle tree stands
// for the nonces of many nodes. Relays on the way to the service may put trees under trees,
// so that the service has one leaf for each of them and not for each node.

// FreshnessStatement says that an epoch was current after every nonce under a
// Merkle root was drawn.
type FreshnessStatement struct {
	Epoch uint64
	Root  auth.Digest
}

// Bytes returns what is signed.
func (s FreshnessStatement) Bytes() []byte {
	return append(statement("freshness", s.Epoch), s.Root[:]...)
}

// NonceLeaf is the leaf of one client's nonce. Naming the client keeps two that
// drew one number apart [O].
func NonceLeaf(client protocol.NodeID, nonce uint64) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(client))
	return binary.LittleEndian.AppendUint64(b, nonce)
}

// FreshnessCertificate is what one client gets out of a batch of nonces.
type FreshnessCertificate struct {
	FreshnessStatement
	Path      auth.MerklePath // of the client's nonce
	Above     []Gathering     // by the relays that it went through, the first one first
	Signature auth.ThresholdSignature
}

// Gathering says that a relay has put a root of its own under another: its parent's, or
// the one that the service has signed.
type Gathering struct {
	Relay protocol.NodeID
	Root  auth.Digest
	Path  auth.MerklePath
}

// RootLeaf is the leaf of a relay's root. It is longer than a NonceLeaf, so that neither
// passes for the other.
func RootLeaf(relay protocol.NodeID, root auth.Digest) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(relay)), root[:]...)
}

// Verify reports whether the service has vouched for the epoch after this client
// drew this nonce.
func (c *FreshnessCertificate) Verify(k *auth.Keys, service auth.GroupKey, client protocol.NodeID, nonce uint64) bool {
	return c.Covers(k, service, NonceLeaf(client, nonce))
}

// Covers reports whether the service has vouched for the epoch after a leaf was made: it
// is under the signed root, or under one that is, each relay's under the next one's.
func (c *FreshnessCertificate) Covers(k *auth.Keys, service auth.GroupKey, leaf []byte) bool {
	path := &c.Path
	for i := range c.Above {
		g := &c.Above[i]
		if !k.VerifyPath(g.Root, leaf, path) {
			return false
		}
		leaf, path = RootLeaf(g.Relay, g.Root), &g.Path
	}
	return k.VerifyPath(c.Root, leaf, path) && k.VerifyThreshold(service, c.Bytes(), &c.Signature)
}

// Under returns the certificate of a leaf that a relay has gathered under a root of its
// own, for which this is the certificate.
func (c *FreshnessCertificate) Under(relay protocol.NodeID, root auth.Digest, path auth.MerklePath) *FreshnessCertificate {
	above := append([]Gathering{{relay, root, c.Path}}, c.Above...)
	return &FreshnessCertificate{FreshnessStatement: c.FreshnessStatement, Path: path, Above: above, Signature: c.Signature}
}

// AppendTo appends the wire form, without what the relays have added.
func (c *FreshnessCertificate) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, c.Epoch)
	b = append(append(b, c.Root[:]...), c.Signature[:]...)
	return c.Path.AppendTo(b)
}

// ReadFreshnessCertificate reads what AppendTo wrote.
func ReadFreshnessCertificate(w *protocol.Wire) FreshnessCertificate {
	c := FreshnessCertificate{FreshnessStatement: FreshnessStatement{Epoch: w.Uint64(), Root: auth.Digest(w.ID())}}
	copy(c.Signature[:], w.Fixed(len(c.Signature)))
	c.Path = auth.ReadMerklePath(w)
	return c
}

func appendGatherings(b []byte, above []Gathering) []byte {
	b = binary.AppendUvarint(b, uint64(len(above)))
	for i := range above {
		g := &above[i]
		b = append(binary.LittleEndian.AppendUint32(b, uint32(g.Relay)), g.Root[:]...)
		b = g.Path.AppendTo(b)
	}
	return b
}

// readGatherings reads what appendGatherings wrote: at least one.
func readGatherings(w *protocol.Wire) []Gathering {
	out := make([]Gathering, w.Count(4+len(auth.Digest{})+9))
	for i := range out {
		out[i] = Gathering{protocol.NodeID(w.Uint32()), auth.Digest(w.ID()), auth.ReadMerklePath(w)}
	}
	if len(out) == 0 {
		w.Fail()
	}
	return out
}
