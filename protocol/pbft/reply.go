package pbft

import (
	"fmt"
	"sort"

	"turncoat/protocol"
)

// replyTable holds the last reply to each client. It makes execution exactly-once,
// and is part of the replicated state: what one replica has executed for a client,
// a replica that takes its state over must not execute again.
type replyTable struct {
	records []replyRecord // ascending by client
}

type replyRecord struct {
	client    protocol.NodeID
	timestamp uint64
	result    []byte
	seq       uint64 // where it executed, to tell whether that is final; not part of the state
}

// position returns where the record of a client is, or would be. Clients' numbers are
// mostly without gaps, and then their difference is the place.
func (t *replyTable) position(client protocol.NodeID) int {
	if len(t.records) > 0 {
		if i := int(client) - int(t.records[0].client); i >= 0 && i < len(t.records) && t.records[i].client == client {
			return i
		}
	}
	lo, hi := 0, len(t.records)
	for lo < hi {
		if mid := (lo + hi) / 2; t.records[mid].client < client {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// find returns the record of a client, or nil if nothing of it has executed.
func (t *replyTable) find(client protocol.NodeID) *replyRecord {
	if i := t.position(client); i < len(t.records) && t.records[i].client == client {
		return &t.records[i]
	}
	return nil
}

// record returns the record of a client, making one if need be.
func (t *replyTable) record(client protocol.NodeID) *replyRecord {
	i := t.position(client)
	if i == len(t.records) || t.records[i].client != client {
		t.records = append(t.records, replyRecord{})
		copy(t.records[i+1:], t.records[i:])
		t.records[i] = replyRecord{client: client}
	}
	return &t.records[i]
}

// recordsPerPart is how many replies one part of a checkpoint holds [O].
const recordsPerPart = 64

// snapshot appends the table to the parts of a checkpoint.
func (t *replyTable) snapshot(parts [][]byte) [][]byte {
	for i := 0; i < len(t.records); i += recordsPerPart {
		some := t.records[i:min(i+recordsPerPart, len(t.records))]
		b := appendCount(make([]byte, 0, 16*len(some)+2), len(some)) // as long as results are of a byte or two
		for _, rec := range some {
			b = protocol.AppendBytes(appendU64(appendI32(b, int32(rec.client)), rec.timestamp), rec.result)
		}
		parts = append(parts, b)
	}
	return parts
}

func restoreReplies(parts [][]byte) (t replyTable, err error) {
	for _, p := range parts {
		w := reader{protocol.NewWire(p)}
		for range w.Count(4 + 8 + 1) {
			t.records = append(t.records, replyRecord{client: protocol.NodeID(w.i32()), timestamp: w.Uint64(), result: w.Bytes()})
		}
		if err := w.Done(); err != nil {
			return t, fmt.Errorf("pbft: a part of the reply table: %w", err)
		}
	}
	ordered := sort.SliceIsSorted(t.records, func(i, j int) bool { return t.records[i].client < t.records[j].client })
	if !ordered {
		return t, fmt.Errorf("pbft: the reply table is out of order: %w", protocol.ErrWire)
	}
	return t, nil
}

// minDigestReply is the shortest result that is replaced by its digest [O].
const minDigestReply = 64

// replyTo makes a reply that is not authenticated yet. replier is the replica that
// shall send the result whole, or -1.
func (r *Replica) replyTo(client protocol.NodeID, timestamp uint64, result []byte, replier int32) *Reply {
	m := new(Reply)
	r.fillReply(m, client, timestamp, result, replier)
	return m
}

// fillReply is replyTo in memory that is there.
func (r *Replica) fillReply(m *Reply, client protocol.NodeID, timestamp uint64, result []byte, replier int32) {
	*m = Reply{View: r.view, Timestamp: timestamp, Client: client, Replica: r.self, Whole: true, Result: result}
	if r.cfg.DigestReplies && r.cfg.member(replier) && replier != r.self && len(result) >= minDigestReply {
		d := r.seal.keys.Digest(result)
		m.Whole, m.Result = false, d[:]
	}
}

// reply answers a client from its record.
func (r *Replica) reply(env protocol.Env, rec *replyRecord, replier int32, tentative bool) {
	m := r.replyTo(rec.client, rec.timestamp, rec.result, replier)
	m.Tentative = tentative
	r.sendReply(env, m)
}

func (r *Replica) sendReply(env protocol.Env, m *Reply) {
	r.seal.SealFor(m.Client, m)
	env.Send(m.Client, m)
}
