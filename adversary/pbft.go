package adversary

import (
	"bytes"
	"encoding/binary"
	"slices"

	"github.com/zeebo/xxh3"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
)

// PBFT is the Dialect of the replication protocol. Its lies are about one message to
// one node each; those that take a story kept up over many messages are strategies
// of their own, under names that begin with pbft.
//
// Left out: proofs of the signed form, which nobody can make without f+1
// accomplices. A lie about what needs one is refused there.
type PBFT struct{ Config *pbft.Config }

// Role implements Roles: the primary of the view that the honest copy is in, or waits
// for, is another liar than a backup.
func (d PBFT) Role(honest protocol.Machine) string {
	r, ok := honest.(*pbft.Replica)
	if !ok {
		return ""
	}
	if view, _ := r.View(); d.Config.Primary(view) == r.Number() {
		return "primary"
	}
	return "backup"
}

// Topic implements Dialect: what is said about one sequence number in one view, about
// one view change, or about one request.
func (PBFT) Topic(m protocol.Message) uint64 {
	switch m := m.(type) {
	case *pbft.PrePrepare:
		return topic("slot", m.View, m.Seq)
	case *pbft.Prepare:
		return topic("slot", m.View, m.Seq)
	case *pbft.Commit:
		return topic("slot", m.View, m.Seq)
	case *pbft.ViewChange:
		return topic("view", m.View, 0)
	case *pbft.ViewChangeAck:
		return topic("view", m.View, 0)
	case *pbft.NewView:
		return topic("view", m.View, 0)
	case *pbft.Checkpoint:
		return topic("checkpoint", m.Seq, 0)
	case *pbft.StatePart:
		return topic("checkpoint", m.Seq, 0)
	case *pbft.Request:
		return topic("request", uint64(m.Client), m.Timestamp)
	case *pbft.Reply:
		return topic("request", uint64(m.Client), m.Timestamp)
	}
	return 0
}

func topic(what string, x, y uint64) uint64 {
	return xxh3.Hash(binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64([]byte(what), x), y))
}

// Fabricate implements Dialect.
func (d PBFT) Fabricate(keys *auth.Keys, to protocol.NodeID, truth protocol.Message, power Power) (protocol.Message, bool) {
	lie := copyPBFT(truth)
	switch m := lie.(type) {
	case *pbft.Request:
		spoilRequest(m, power)
	case *pbft.PrePrepare:
		d.spoilPrePrepare(m, pbft.NewSealer(d.Config, keys), power)
	case *pbft.Prepare:
		d.spoilVote(&m.View, &m.Seq, &m.Digest, power)
	case *pbft.Commit:
		d.spoilVote(&m.View, &m.Seq, &m.Digest, power)
	case *pbft.Reply:
		spoilReply(m, power)
	case *pbft.Checkpoint:
		d.spoilVote(nil, &m.Seq, &m.Digest, power)
	case *pbft.ViewChange:
		d.spoilViewChange(m, len(changeLies), nil, power)
	case *pbft.ViewChangeAck:
		d.spoilVote(&m.View, nil, &m.Digest, power)
	case *pbft.NewView:
		d.spoilNewView(m, nil, power)
	default:
		d.spoilService(lie, power)
	}
	pbft.NewSealer(d.Config, keys).Reseal(to, lie)
	return lie, true
}

// copyPBFT returns a deep copy of a message.
func copyPBFT(m protocol.Message) protocol.Message {
	c, err := pbft.Decode(m.AppendTo(nil))
	if err != nil {
		panic("adversary: a machine's own message does not decode: " + string(m.Kind()))
	}
	return c
}

// someDigest is the digest of nothing that anyone has.
func someDigest(power Power) auth.Digest {
	return auth.Digest{0xff, byte(1 + power.Choose("fabricate.digest", 3))}
}

// spoilRequest makes another operation under the same timestamp, which as a client
// is a conflict and of another's request an invention, or the operation under an
// old timestamp or one of the far future.
func spoilRequest(m *pbft.Request, power Power) {
	switch power.Choose("fabricate.request", 4) {
	case 0:
		m.Op = append(m.Op, '~')
	case 1:
		m.Op = append(m.Op, '~', byte('1'+power.Choose("fabricate.operation", 4)))
	case 2:
		m.Timestamp -= min(m.Timestamp, 1)
	case 3:
		m.Timestamp += 1 << 32
	}
}

// spoilPrePrepare assigns other requests to the number, or the requests to another
// number: the next, a gap, or beyond the log.
func (d PBFT) spoilPrePrepare(m *pbft.PrePrepare, seal *pbft.Sealer, power Power) {
	switch power.Choose("fabricate.pre-prepare", 5) {
	case 0:
		m.Requests = []auth.Digest{someDigest(power)}
	case 1:
		m.Requests = append(m.Requests, m.Requests...)
	case 2:
		slices.Reverse(m.Requests)
		m.Requests = m.Requests[:(len(m.Requests)+1)/2]
	case 3:
		m.Seq += uint64(1 + power.Choose("fabricate.gap", 3))
	case 4:
		m.Seq += d.Config.L
	}
	m.Digest = seal.BatchDigest(m.Requests)
}

// spoilVote votes for something else: another digest, number or view. What is nil
// the message does not have.
func (d PBFT) spoilVote(view, seq *uint64, digest *auth.Digest, power Power) {
	what := power.Choose("fabricate.vote", 5)
	switch {
	case what == 1 && seq != nil:
		*seq += d.Config.K
	case what == 2 && seq != nil:
		*seq -= min(*seq, d.Config.K)
	case what == 3 && view != nil:
		*view++
	case what == 4:
		*digest = auth.Digest{}
	default:
		*digest = someDigest(power)
	}
}

func spoilReply(m *pbft.Reply, power Power) {
	switch power.Choose("fabricate.reply", 3) {
	case 0:
		m.Result = []byte("\x01fabricated")
	case 1:
		m.Result = []byte{0}
	case 2:
		m.View, m.Tentative = m.View+1, !m.Tentative
	}
}

// spoilService lies about what replicas do for each other: the state and bodies
// that they send, and what they say that they lack.
func (d PBFT) spoilService(lie protocol.Message, power Power) {
	switch m := lie.(type) {
	case *pbft.StatePart:
		if power.Choose("fabricate.part", 2) == 0 {
			m.Bytes = append(bytes.Clone(m.Bytes), 0)
		} else {
			m.Part++
		}
	case *pbft.Bodies:
		for _, q := range m.Requests {
			q.Op = append(bytes.Clone(q.Op), '~')
		}
	case *pbft.Status:
		m.PrePrepared, m.Prepared, m.Committed = 0, 0, 0
		m.Executed = 0
		m.View += uint64(power.Choose("fabricate.status", 2))
	case *pbft.Fetch:
		m.Digest = someDigest(power)
	case *pbft.FetchState:
		m.Seq += d.Config.K
		m.Parts = []uint32{0, 0, 1 << 30}
	}
}
