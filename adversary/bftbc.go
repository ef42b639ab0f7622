package adversary

import (
	"math"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/bftbc"
)

// BFTBC is the Dialect of quorum storage with Byzantine clients. A replica hides what
// it holds or invents what no quorum has prepared; a client asks for what the
// rules refuse: a timestamp far ahead, room in the prepare list that it has no
// right to, another value under the certificate of one, a value that nobody
// prepared.
type BFTBC struct{}

// The lies of a client.
const (
	unpaid = iota // the previous write is complete, says a certificate without votes
	leap          // a timestamp far ahead; on a write: one that nobody prepared
	swap          // another value
	clientLies
)

// Fabricate implements Dialect.
func (BFTBC) Fabricate(keys *auth.Keys, to protocol.NodeID, truth protocol.Message, power Power) (protocol.Message, bool) {
	var out protocol.Message
	switch m := truth.(type) {
	case *bftbc.ReadReply:
		c := *m
		c.Record = fabricatePrepared(power.Choose("fabricate.lie", lies), m.Record)
		out = &c
	case *bftbc.ReadTSReply:
		c := *m
		c.Record = fabricatePrepared(power.Choose("fabricate.lie", lies), m.Record)
		out = &c
	case *bftbc.Prepare:
		c := *m
		fabricatePrepare(power.Choose("fabricate.lie", clientLies), &c)
		out = &c
	case *bftbc.ReadTSPrep:
		c := *m
		c.Previous = forgedComplete(bftbc.Timestamp{Counter: math.MaxUint64 >> 1, Client: m.Client})
		out = &c
	case *bftbc.Write:
		c := *m
		c.Record = fabricateWrite(keys, power.Choose("fabricate.lie", clientLies), m.Record)
		out = &c
	default:
		return nil, false // votes have no content but what the signature covers
	}
	bftbc.Authenticate(keys, to, out)
	bftbc.Sign(keys, 0, out)
	return out, true
}

// forgedComplete claims that whatever has a timestamp is complete.
func forgedComplete(ts bftbc.Timestamp) *bftbc.Certificate {
	c := &bftbc.Certificate{Claim: bftbc.Written, Stamp: bftbc.Stamp{TS: ts}}
	for i := range c.Stamp.Digest {
		c.Stamp.Digest[i] = 0xff
	}
	return c
}

func fabricatePrepare(lie int, m *bftbc.Prepare) {
	switch lie {
	case unpaid:
		m.Previous = forgedComplete(m.TS)
	case leap:
		m.TS.Counter += 1 << 40
	case swap:
		m.Digest[0] ^= 1
	}
}

func fabricateWrite(keys *auth.Keys, lie int, truth *bftbc.Record) *bftbc.Record {
	r := &bftbc.Record{Value: append([]byte("not "), truth.Value...), Cert: truth.Cert}
	if lie == swap {
		return r
	}
	r.Cert = &bftbc.Certificate{Claim: bftbc.Prepared, Stamp: truth.Cert.Stamp}
	r.Cert.Stamp.Digest = keys.Digest(r.Value)
	if lie == leap {
		r.Cert.Stamp.TS.Counter++
	}
	return r
}

func fabricatePrepared(lie int, truth *bftbc.Record) *bftbc.Record {
	if lie == hide || truth == nil {
		return nil
	}
	r := *truth
	if lie == relink {
		r.Value = []byte("fabricated")
		return &r
	}
	cert := *truth.Cert
	cert.Stamp.TS.Counter += 1000
	r.Cert = &cert
	return &r
}

// Tamper implements Tamperer: a client is made to believe that timestamps are
// nearly exhausted, or to write after what an accomplice has prepared.
func (BFTBC) Tamper(m protocol.Machine, upon protocol.Message) {
	c, ok := m.(*bftbc.Client)
	if !ok {
		return
	}
	switch w := upon.(type) {
	case *bftbc.Write:
		c.Believe(w.Record)
	case nil:
		c.Believe(&bftbc.Record{Cert: &bftbc.Certificate{
			Claim: bftbc.Prepared, Stamp: bftbc.Stamp{TS: bftbc.Timestamp{Counter: math.MaxUint64 - 1}},
		}})
	}
}

// Topic implements Dialect: a phase's request and its replies share a nonce.
func (BFTBC) Topic(m protocol.Message) uint64 {
	if e, ok := m.(interface{ Exchange() uint64 }); ok {
		return e.Exchange()
	}
	return 0
}
