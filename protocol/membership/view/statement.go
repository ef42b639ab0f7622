package view

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/ring"
)

// This file models what the membership service signs: the certificate of an epoch,
// the certificate of freshness, and the draw of the service's next group. Each is a
// statement, a byte string that names its purpose and its epoch, under the
// service's threshold signature, whose public key never changes. How the service
// comes to sign is left to package membership.

// statement begins the bytes to be signed: no statement of one purpose or epoch is
// one of another.
func statement(purpose string, epoch uint64) []byte {
	b := protocol.AppendBytes(nil, []byte("turncoat membership "+purpose))
	return binary.LittleEndian.AppendUint64(b, epoch)
}

// EpochStatement says what an epoch begins with.
type EpochStatement struct {
	Epoch  uint64      // the one that begins
	Config auth.Digest // of its configuration
	State  auth.Digest // of the service's state, for its next group to check
}

// Bytes returns what is signed.
func (s EpochStatement) Bytes() []byte {
	b := statement("epoch", s.Epoch)
	return append(append(b, s.Config[:]...), s.State[:]...)
}

// EpochCertificate is an epoch statement with the service's signature. It has 120
// bytes and convinces whoever knows the service's public key.
type EpochCertificate struct {
	EpochStatement
	Signature auth.ThresholdSignature
}

// Verify reports whether the service has signed the statement.
func (c *EpochCertificate) Verify(k *auth.Keys, service auth.GroupKey) bool {
	return k.VerifyThreshold(service, c.Bytes(), &c.Signature)
}

// AppendTo appends the wire form.
func (c *EpochCertificate) AppendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, c.Epoch)
	b = append(append(b, c.Config[:]...), c.State[:]...)
	return append(b, c.Signature[:]...)
}

// ReadEpochCertificate reads what AppendTo wrote.
func ReadEpochCertificate(w *protocol.Wire) EpochCertificate {
	c := EpochCertificate{EpochStatement: EpochStatement{Epoch: w.Uint64(), Config: auth.Digest(w.ID()), State: auth.Digest(w.ID())}}
	copy(c.Signature[:], w.Fixed(len(c.Signature)))
	return c
}

// DrawStatement is signed to draw the service's group of an epoch. It says nothing
// but the epoch: a statement with a digest in it could be ground by whoever can
// still influence the digest. The signature is unique and unknown until a threshold
// of members sign, which they do only once the configuration of the epoch is fixed.
func DrawStatement(epoch uint64) []byte { return statement("draw", epoch) }

// PublicDraw is a draw that anybody can make beforehand: what takes the signature's
// place where the rule membership.unpredictable-move is lifted.
func PublicDraw(epoch uint64) (draw auth.ThresholdSignature) {
	binary.LittleEndian.PutUint64(draw[:], epoch)
	return draw
}

// Draw returns the n members that run the service next: for each i the first
// active member clockwise from hash(draw, i) that was not taken for a smaller i
// [O: the last part]. It returns fewer where fewer are active.
func Draw(k *auth.Keys, c *ring.Config, draw auth.ThresholdSignature, n int) []protocol.ID {
	n = min(n, c.Active())
	taken := make([]protocol.ID, 0, max(n, 0))
	for i := range n {
		at := k.Digest(binary.LittleEndian.AppendUint64(append([]byte("draw"), draw[:]...), uint64(i)))
		for _, m := range c.Successors(protocol.ID(at), len(taken)+1) {
			if !slices.Contains(taken, m.ID) {
				taken = append(taken, m.ID)
				break
			}
		}
	}
	return taken
}
