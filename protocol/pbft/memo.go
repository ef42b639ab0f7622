package pbft

import "turncoat/protocol/auth"

// memo is the digest of a message, computed by who made it before he sent it, which
// spares the receivers of the one value the work of the machine that simulates them,
// though not the virtual work. A copy of the message, altered or not, is not what it is of.
type memo[M any] struct {
	of     *M
	digest auth.Digest
	bytes  uint64 // that were hashed
}

// recall returns the digest, for which s is charged.
func (o *memo[M]) recall(s *Sealer) auth.Digest {
	s.keys.Meter.Digests++
	s.keys.Meter.Bytes += o.bytes
	return o.digest
}

// remember leaves a request that is not sent yet its memo. It is no work of the sender's.
func (s *Sealer) remember(m *Request) {
	own := *s.keys.Meter
	d := s.RequestDigest(m)
	m.memo = memo[Request]{m, d, s.keys.Meter.Bytes - own.Bytes}
	*s.keys.Meter = own
}

// rememberBatch leaves a PRE-PREPARE that is not sent yet its memo, which its Digest is.
func (m *PrePrepare) rememberBatch() {
	m.memo = memo[PrePrepare]{m, m.Digest, uint64(len(m.Requests) * len(m.Digest))}
}

// rememberViewChange returns the digest of a VIEW-CHANGE that is not sent yet and leaves
// it the memo.
func (s *Sealer) rememberViewChange(m *ViewChange) auth.Digest {
	before := s.keys.Meter.Bytes
	d := s.ViewChangeDigest(m)
	m.memo = memo[ViewChange]{m, d, s.keys.Meter.Bytes - before}
	return d
}
