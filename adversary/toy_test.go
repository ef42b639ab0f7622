package adversary

import (
	"encoding/binary"
	"fmt"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// A toy protocol: one signed register at each replica. A client sends each operation
// to all replicas, again every 10 ms, and returns at the first answer.

type toyMessage struct {
	kind   byte // one of the constants below
	nonce  uint64
	value  uint64
	author protocol.NodeID
	sig    auth.Signature
}

const (
	toyRead byte = iota
	toyWrite
	toyValue
	toyAck
	toyAudit // a replica's to itself, after each write
)

var toyKinds = [...]protocol.Kind{"toy.read", "toy.write", "toy.value", "toy.ack", "toy.audit"}

func (m *toyMessage) Kind() protocol.Kind { return toyKinds[m.kind] }

func (m *toyMessage) body() []byte {
	b := binary.LittleEndian.AppendUint64([]byte{m.kind}, m.nonce)
	b = binary.LittleEndian.AppendUint64(b, m.value)
	return binary.LittleEndian.AppendUint32(b, uint32(m.author))
}

func (m *toyMessage) AppendTo(b []byte) []byte { return append(append(b, m.body()...), m.sig[:]...) }

func decodeToy(b []byte) (protocol.Message, error) {
	w := protocol.NewWire(b)
	m := &toyMessage{kind: w.Byte(), nonce: w.Uint64(), value: w.Uint64(), author: protocol.NodeID(w.Uint32())}
	copy(m.sig[:], w.Fixed(len(m.sig)))
	if m.kind > toyAudit {
		w.Fail()
	}
	return m, w.Done()
}

func signToy(keys *auth.Keys, m toyMessage) *toyMessage {
	m.author = keys.Self()
	m.sig = keys.Sign(m.body())
	return &m
}

func (m *toyMessage) authentic(keys *auth.Keys) bool {
	pub, ok := keys.Public(m.author)
	return ok && keys.Verify(pub, m.body(), &m.sig)
}

// toyReplica remembers the last value written, and counts what it told itself.
type toyReplica struct {
	keys    *auth.Keys
	value   uint64
	audited uint64
}

func (r *toyReplica) Start(env protocol.Env, disk protocol.Disk) {
	if len(disk) > 0 {
		r.value = disk[0].Value.(*toyMessage).value
	}
	env.SetTimer(7, 25*time.Millisecond)
}

func (r *toyReplica) Deliver(env protocol.Env, from protocol.NodeID, message protocol.Message) {
	m, ok := message.(*toyMessage)
	if !ok || !m.authentic(r.keys) {
		return
	}
	switch m.kind {
	case toyRead:
		env.Send(from, signToy(r.keys, toyMessage{kind: toyValue, nonce: m.nonce, value: r.value}))
	case toyWrite:
		r.value = m.value
		env.Store(protocol.KeyOf("value", 0), m)
		env.Send(r.keys.Self(), signToy(r.keys, toyMessage{kind: toyAudit, value: m.value}))
		env.Sync()
		env.Note("toy.written", m.value)
		env.Send(from, signToy(r.keys, toyMessage{kind: toyAck, nonce: m.nonce, value: m.value}))
	case toyAudit:
		r.audited++
	}
}

func (r *toyReplica) Timer(env protocol.Env, id protocol.TimerID) {
	env.Note("toy.tick", uint64(id))
	env.SetTimer(id, 25*time.Millisecond)
}

func (r *toyReplica) Clone() protocol.Machine { c := *r; return &c }

func (r *toyReplica) AppendState(b []byte) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(b, r.value), r.audited)
}

type toyClient struct {
	keys     *auth.Keys
	replicas int
	request  *toyMessage
	seq      uint32
}

func (c *toyClient) Start(protocol.Env, protocol.Disk) {}

func (c *toyClient) Invoke(env protocol.Env, op protocol.Operation) {
	if c.request != nil {
		panic("invoked while busy")
	}
	kind, value := toyRead, uint64(0)
	if op.Kind.Changes() {
		kind, value = toyWrite, binary.LittleEndian.Uint64(op.Value)
	}
	c.seq = op.Seq
	c.request = signToy(c.keys, toyMessage{kind: kind, nonce: env.Nonce(), value: value})
	c.Timer(env, 1)
}

func (c *toyClient) Timer(env protocol.Env, id protocol.TimerID) {
	for i := range c.replicas {
		env.Send(protocol.NodeID(i), c.request)
	}
	env.SetTimer(id, 10*time.Millisecond)
}

func (c *toyClient) Deliver(env protocol.Env, _ protocol.NodeID, message protocol.Message) {
	m, ok := message.(*toyMessage)
	if !ok || !m.authentic(c.keys) || c.request == nil || m.nonce != c.request.nonce {
		return
	}
	env.CancelTimer(1)
	c.request = nil
	env.Return(protocol.Result{Seq: c.seq, Found: true, Value: fmt.Append(nil, m.value)})
}

func (c *toyClient) Clone() protocol.Machine { d := *c; return &d }

func (c *toyClient) AppendState(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(c.seq))
	if c.request != nil {
		b = c.request.AppendTo(b)
	}
	return b
}

// toyDialect lies about values.
type toyDialect struct{}

func (toyDialect) Fabricate(keys *auth.Keys, _ protocol.NodeID, truth protocol.Message, power Power) (protocol.Message, bool) {
	m := *truth.(*toyMessage)
	m.value += uint64(power.Choose("toy.value", 1000))
	return signToy(keys, m), true
}

func (toyDialect) Topic(m protocol.Message) uint64 {
	if t, ok := m.(*toyMessage); ok && t.nonce != 0 {
		return t.nonce << 16
	}
	return 0
}
