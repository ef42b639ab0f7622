package adversary

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
)

// DBQS is the Dialect of the storage protocol. Its lies are those of a replica
// that has its own keys and not the owner's: it can hide what it holds, which no
// signature prevents, and it can invent what the owner's signature should expose.
type DBQS struct{}

// The lies about an answer.
const (
	hide   = iota // there was never a write
	forge         // a newer value, which nobody signed
	relink        // the true timestamp with another value
	lies
)

// Fabricate implements Dialect.
func (DBQS) Fabricate(keys *auth.Keys, to protocol.NodeID, truth protocol.Message, power Power) (protocol.Message, bool) {
	lie := power.Choose("fabricate.lie", lies)
	var out dbqs.Reply
	switch m := truth.(type) {
	case *dbqs.ReadReply:
		c := *m
		c.Record = fabricateRecord(lie, m.Record)
		out = &c
	case *dbqs.ReadTSReply:
		c := *m
		c.Stamp = fabricateStamp(lie, m.Stamp)
		out = &c
	case *dbqs.GetReply:
		c := *m
		c.Found, c.Value = lie != hide, nil
		if c.Found {
			c.Value = []byte("fabricated")
		}
		out = &c
	case *dbqs.FetchReply:
		c := *m
		c.Registers, c.Contents = fabricateObjects(lie, m.Registers), nil
		c.Seal(keys, to)
		return &c, true
	case *dbqs.Refusal:
		c := *m
		c.Now += uint64(power.Choose("fabricate.epoch", 3))
		return &c, true
	case *dbqs.Confirm:
		c := &dbqs.Confirmed{Into: m.Into, Arc: m.Arc} // of what nobody asked
		c.Seal(keys, to)
		return c, true
	default:
		return nil, false // acknowledgements have no content to lie about
	}
	dbqs.Authenticate(keys, to, out)
	return out, true
}

func fabricateRecord(lie int, truth *dbqs.Record) *dbqs.Record {
	if lie == hide {
		return nil
	}
	r := &dbqs.Record{}
	if truth != nil {
		*r = *truth
	}
	r.Value = []byte("fabricated")
	if lie == forge {
		r.TS.Counter += 1000
	}
	return r
}

// fabricateObjects lies about what a donor hands over.
func fabricateObjects(lie int, truth []dbqs.Held) []dbqs.Held {
	if lie == hide {
		return nil
	}
	out := make([]dbqs.Held, len(truth))
	for i, h := range truth {
		out[i] = dbqs.Held{Object: h.Object, Record: fabricateRecord(lie, h.Record)}
	}
	return out
}

func fabricateStamp(lie int, truth *dbqs.Stamp) *dbqs.Stamp {
	if lie == hide {
		return nil
	}
	s := &dbqs.Stamp{}
	if truth != nil {
		*s = *truth
	}
	if lie == forge {
		s.TS.Counter += 1000
	}
	s.Digest[0] ^= 1
	return s
}

// Topic implements Dialect: a phase's request and its replies share a nonce.
func (DBQS) Topic(m protocol.Message) uint64 {
	switch m := m.(type) {
	case *dbqs.ReadTS:
		return m.Nonce
	case *dbqs.Read:
		return m.Nonce
	case *dbqs.Write:
		return m.Nonce
	case *dbqs.Put:
		return m.Nonce
	case *dbqs.Get:
		return m.Nonce
	case *dbqs.Fetch:
		return m.Nonce
	case *dbqs.FetchReply:
		return m.Nonce
	case dbqs.Reply:
		return m.Binding()
	}
	return 0
}

// Epochs is the Dialect of a system whose storage changes its groups: of the
// storage protocol, and of the membership service that its servers belong to.
type Epochs struct{ Membership }

// Fabricate implements Dialect.
func (d Epochs) Fabricate(keys *auth.Keys, to protocol.NodeID, truth protocol.Message, power Power) (protocol.Message, bool) {
	if dbqs.Speaks(truth) {
		return DBQS{}.Fabricate(keys, to, truth, power)
	}
	return d.Membership.Fabricate(keys, to, truth, power)
}

// Topic implements Dialect.
func (d Epochs) Topic(m protocol.Message) uint64 {
	if dbqs.Speaks(m) {
		return DBQS{}.Topic(m)
	}
	return d.Membership.Topic(m)
}
