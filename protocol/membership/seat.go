package membership

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
	"turncoat/protocol/ring"
)

// seat is what a server does for the service: it runs a replica of it, probes the
// members, votes, and takes part in what the service signs.
type seat struct {
	prober          // the service's replicas; they vote on the end of epochs in any case
	instance uint64 // of the replication protocol: the epoch in which the group began
	group    pbft.Config
	sharing  *auth.Sharing // of the service's key in this group
	replica  *pbft.Replica
	service  *Service // the replica's
	sealer   *pbft.Sealer

	call pbft.Caller // of the service, as one of its clients
	asks []ask       // operations that wait for the caller

	heard     [][]Count // by replica of the group before: what it had counted
	inquiries int       // how often it was asked for that
	overdue   bool      // the epoch has lasted long enough
	seal      sealing
	fresh     collector
	move      moving
}

// ask is an operation that this replica wants executed.
type ask struct {
	epoch uint64 // it is moot in any other; 0: in none
	op    []byte
}

// newSeat returns the seat of a server in the group that began in an epoch.
func newSeat(s *Server, in *ring.Config, used []usedOrder, sharing *auth.Sharing) (*seat, error) {
	t := &seat{instance: in.Epoch(), group: s.cfg.Group(in), sharing: sharing}
	t.prober = prober{server: s, peers: t.group.Members, number: replicaOf(in, s.view.Self())}
	t.service = newService(s.cfg, s.keys, in, used, sharing)
	var err error
	if t.replica, err = pbft.NewReplica(&t.group, s.keys, t.service); err != nil {
		return nil, err
	}
	t.sealer, t.call = pbft.NewSealer(&t.group, s.keys), pbft.NewCaller(&t.group, s.keys)
	t.seal.reset(len(t.peers))
	t.heard = make([][]Count, len(t.peers))
	t.resetMove()
	return t, nil
}

func (t *seat) start(env protocol.Env) {
	t.replica.Start(t.inner(env), nil)
	env.SetTimer(timerTick, t.server.cfg.ProbeEvery)
	env.SetTimer(timerEpoch, t.server.cfg.EpochLength)
}

// innerEnv is the world as the replica and the caller of a seat see it.
type innerEnv struct {
	protocol.Env
	seat *seat
}

func (t *seat) inner(env protocol.Env) protocol.Env { return innerEnv{env, t} }

// Send gives the seat's own replica its own request with a MAC of its own: a
// client's authenticator has entries for the others alone.
func (e innerEnv) Send(to protocol.NodeID, m protocol.Message) {
	if q, ok := m.(*pbft.Request); ok && to == e.seat.server.keys.Self() {
		own := *q
		e.seat.sealer.SealFor(to, &own)
		m = &own
	}
	e.Env.Send(to, m)
}

// Note also tells of a view change that comes between the vote to end the epoch and
// the next epoch.
func (e innerEnv) Note(situation string, detail uint64) {
	e.Env.Note(situation, detail)
	if end := e.seat.votes.find(VoteEnd, protocol.ID{}); situation == pbft.NoteNewView && end != nil && end.own {
		e.Env.Note(NoteViewChangeAtEnd, e.seat.server.view.Epoch())
	}
}

// onReplication hands a message of the replication protocol to whom it is for.
func (t *seat) onReplication(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	if reply, ok := m.(*pbft.Reply); ok {
		t.call.OnReply(t.inner(env), reply)
		return
	}
	t.replica.Deliver(t.inner(env), from, m)
}

func (t *seat) onTimer(env protocol.Env, id protocol.TimerID) {
	switch id {
	case timerTick:
		env.SetTimer(timerTick, t.server.cfg.ProbeEvery)
		t.inquire(env)
		t.probeAll(env)
		t.resend(env)
	case timerEpoch:
		t.overdue = true
	case timerFresh:
		t.gather(env)
	case pbft.TimerClient:
		t.call.OnTimer(t.inner(env))
	default:
		t.replica.Timer(t.inner(env), id)
	}
}

// probeAll probes every member, unless committees do. What the service decides on is
// about the epoch that it is in, so a replica that has executed further says nothing.
func (t *seat) probeAll(env protocol.Env) {
	if t.server.cfg.Committees > 0 {
		return
	}
	for _, q := range t.round(env, t.service.Epoch() != t.server.view.Epoch()) {
		t.submit(t.votes.find(q.kind, q.target))
	}
}

// settle acts upon what the replica has executed, and lets the caller go on.
func (t *seat) settle(env protocol.Env) {
	for _, e := range t.service.takeEvents() {
		t.vouch(env, e)
	}
	t.tryEnd(env)
	t.tryMove(env)
	for !t.call.Busy() && len(t.asks) > 0 {
		next := t.asks[0]
		t.asks = append(t.asks[:0:0], t.asks[1:]...)
		if next.epoch == 0 || next.epoch == t.service.Epoch() {
			t.call.Begin(t.inner(env), next.op, false)
		}
	}
	t.trySeal(env) // last: it may begin an epoch, of which this seat knows nothing yet
}

// enter begins an epoch after the one that the server was in.
func (t *seat) enter(env protocol.Env, was uint64) {
	v := &t.server.view
	t.turn()
	t.overdue = false
	t.seal.reset(len(t.peers))
	t.resetMove()
	env.SetTimer(timerEpoch, t.server.cfg.EpochLength)
	if t.service.Epoch() < v.Epoch() {
		env.Note(NoteOvertaken, v.Epoch())
	}
	t.noteEpochs(env, was)
}

// noteEpochs tells observers what has changed since an epoch.
func (t *seat) noteEpochs(env protocol.Env, was uint64) {
	v := &t.server.view
	for epoch := was; epoch < v.Epoch(); epoch++ {
		t.noteChanges(env, v.ConfigAt(epoch), v.ConfigAt(epoch+1))
	}
}

func (t *seat) clone(s *Server) *seat {
	c := *t
	c.prober, c.heard = t.prober.clone(s), slices.Clone(t.heard)
	c.replica = t.replica.Clone().(*pbft.Replica)
	c.service = c.replica.Service().(*Service)
	c.sealer, c.call = pbft.NewSealer(&c.group, s.keys), t.call.Clone()
	c.asks = append([]ask(nil), t.asks...)
	c.seal, c.fresh, c.move = t.seal.clone(), t.fresh.clone(), t.move.clone()
	return &c
}

func (t *seat) appendState(b []byte) []byte {
	b = t.call.AppendState(t.replica.AppendState(b))
	b = binary.AppendUvarint(b, uint64(len(t.asks)))
	for i := range t.asks {
		b = protocol.AppendBytes(binary.LittleEndian.AppendUint64(b, t.asks[i].epoch), t.asks[i].op)
	}
	b = t.prober.appendState(protocol.AppendBool(b, t.overdue))
	return t.move.appendState(t.fresh.appendState(t.seal.appendState(b)))
}

func appendTime(b []byte, t protocol.Time) []byte {
	return binary.LittleEndian.AppendUint64(b, uint64(t))
}

func appendPartials(b []byte, parts []auth.Partial) []byte {
	b = binary.AppendUvarint(b, uint64(len(parts)))
	for i := range parts {
		b = append(binary.AppendUvarint(b, uint64(parts[i].Index)), parts[i].Sig[:]...)
	}
	return b
}
