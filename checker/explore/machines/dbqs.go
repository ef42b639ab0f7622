package machines

import (
	"fmt"
	"strings"
	"time"

	"turncoat/adversary"
	"turncoat/checker/explore"
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/dbqs"
	"turncoat/protocol/ring"
)

// DBQS is static dBQS on one group of four servers, of which one may lie. It is
// the replica and the client of package dbqs as they are.
type DBQS struct {
	Liars   int // 0 or 1
	Writers int // clients that write
	Readers int // clients that read
	Writes  int // of each writer
	Reads   int // of each reader
	Faults  Faults
	Lifted  dbqs.Rules
}

const dbqsServers = 4

// Model returns the model.
func (d DBQS) Model() *Model {
	n := dbqsServers + d.Writers + d.Readers
	keys, err := auth.NewAuthority(auth.Ideal, 1, n)
	if err != nil {
		panic(err) // the suite is known
	}
	owner := keys.Owner(0)
	object := dbqs.ObjectID(owner.Public)
	var members []ring.Member
	for i := range dbqsServers {
		members = append(members, ring.Member{ID: protocol.ID{byte(i + 1)}, Node: protocol.NodeID(i)})
	}
	c := &dbqs.Config{F: 1, Ring: ring.New(members), Lifted: d.Lifted, Retry: time.Second, RetryMax: time.Second}
	s := System{Protocol: "dbqs", Strategy: new(adversary.DBQSAnswer).Name(), Lifted: d.rules(), Object: object, Faults: d.Faults, Dialect: storage{liar: keys.Keys(0)}, Claims: d.claims(), Extra: []func(*Model) explore.Property[State]{wroteBack}}
	for i := range n {
		k := keys.Keys(protocol.NodeID(i))
		node := Node{Name: fmt.Sprintf("s%d", i), New: func() protocol.Machine { return dbqs.NewReplica(c, k) }}
		if i < d.Liars {
			node.New = nil
		}
		if client := i - dbqsServers; client >= 0 {
			node = Node{Name: fmt.Sprintf("c%d", client), Script: d.script(client, object)}
			node.New = func() protocol.Machine { return dbqs.NewClient(c, k, []*auth.Signer{owner}) }
		}
		s.Nodes = append(s.Nodes, node)
	}
	return New(s)
}

// rules returns the names of the rules that are lifted.
func (d DBQS) rules() (names []string) {
	for _, r := range dbqs.AllRules() {
		if d.Lifted.Lifted(r) {
			names = append(names, r.String())
		}
	}
	return names
}

// script returns what a client does; writers come first.
func (d DBQS) script(client int, object protocol.ID) (ops []protocol.Operation) {
	if client >= d.Writers {
		for range d.Reads {
			ops = append(ops, protocol.Operation{Kind: protocol.Read, Object: object})
		}
		return ops
	}
	for k := range d.Writes {
		ops = append(ops, protocol.Operation{Kind: protocol.Write, Object: object, Value: fmt.Appendf(nil, "c%d.%d", client, k)})
	}
	return ops
}

// claims says what can be left out. Replicas compare nothing but records, which
// only become newer, and clients count replies to the nonce of their phase: without
// that rule a late reply may still count. Of several records of one timestamp,
// which occur only when writers are not told apart, a reader keeps the first.
func (d DBQS) claims() Claims {
	c := Claims{
		Late:     !d.Lifted.Lifted(dbqs.ReplyNonce),
		Counting: !d.Lifted.Lifted(dbqs.WriterInTimestamp),
		Repeats:  d.Lifted.Lifted(dbqs.DistinctSenders),
		Ack:      func(m protocol.Message) bool { return m.Kind() == (&dbqs.WriteReply{}).Kind() },
	}
	var alike []int
	for i := d.Liars; i < dbqsServers; i++ {
		alike = append(alike, i)
	}
	c.Alike = [][]int{alike}
	return c
}

// wroteBack is the situation in which a read writes back what it found.
func wroteBack(m *Model) explore.Property[State] {
	return explore.Property[State]{Name: "write-back", Kind: explore.Reach, Holds: func(s *State) bool {
		for i := range int(s.count) {
			e := m.inFlight(s, i)
			if _, ok := e.msg.(*dbqs.Write); ok && m.current(m.local(s, e.from)).Kind == protocol.Read {
				return true
			}
		}
		return false
	}}
}

// storage is the dialect of dBQS: the liar's alphabet is that of package adversary.
// The adversary is taken to see every record as soon as it is sent, whoever it is
// sent to.
type storage struct {
	adversary.DBQS
	liar *auth.Keys
}

// Lies returns the answers to a request.
func (d storage) Lies(facts []protocol.Message, to protocol.NodeID, request protocol.Message) []protocol.Message {
	return d.Answers(d.liar, to, request, facts)
}

// Describe says what is in a message.
func (storage) Describe(m protocol.Message) string {
	text := strings.TrimPrefix(string(m.Kind()), "dbqs.")
	switch m := m.(type) {
	case *dbqs.Write:
		return text + " of " + recordName(m.Record)
	case *dbqs.ReadReply:
		return text + " with " + recordName(m.Record)
	case *dbqs.ReadTSReply:
		if m.Stamp == nil {
			return text + " with nothing"
		}
		return fmt.Sprintf("%s with timestamp %d", text, m.Stamp.TS.Counter)
	}
	return text
}

func recordName(r *dbqs.Record) string {
	if r == nil {
		return "nothing"
	}
	return fmt.Sprintf("%s at timestamp %d", r.Value, r.TS.Counter)
}
