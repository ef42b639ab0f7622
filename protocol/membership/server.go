package membership

import (
	"fmt"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
	"turncoat/protocol/ring"
)

// Secrets are what a server holds and nobody else may see.
type Secrets struct {
	Key   auth.EpochKey // evolves with the epochs
	Share auth.Share    // of the service's threshold key; erased at who runs no replica
}

// Server is one server: a member of the system, and a replica of its membership
// service if the configuration says so. It implements protocol.Machine.
type Server struct {
	cfg     *Config
	keys    *auth.Keys
	secrets Secrets
	view    view.View
	seat    *seat // nil at who runs no replica
	left    *seat // the last one that it gave up, for who judges it

	wards    []ward // the slices of the ring that it probes with a committee
	resigned []ward // those that it gave up with the last epoch, for who judges it

	joining   uint64      // the epoch in which the group began that it is on its way into, 0: none
	handovers []*Handover // to the last groups that it knows of, ascending

	relay     relay         // of others' nonces
	refreshed bool          // it asked for a lease
	refreshAt protocol.Time // when it last did
}

// The timers of a server, apart from those of its replica.
const (
	timerTick  protocol.TimerID = 16 + iota // the next round of probes and retransmissions
	timerEpoch                              // the epoch has lasted long enough
	timerFresh                              // the nonces that were collected are to be vouched for
	timerRelay                              // the nonces that were gathered are to be passed on
	timerWard                               // the next round of a committee's probes
)

// NewServer returns the server that keys belong to, at its place on the ring. It
// need not be a member in the genesis configuration.
func NewServer(cfg *Config, keys *auth.Keys, self protocol.ID, secrets Secrets) (*Server, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, keys: keys, secrets: secrets, view: view.New(cfg.View, keys, self)}
	if replicaOf(cfg.View.Genesis, self) < 0 {
		return s, nil
	}
	if _, _, held := secrets.Share.Held(); !held {
		return nil, fmt.Errorf("membership: node %d runs a replica of the service and holds no share of its key", keys.Self())
	}
	var err error
	s.seat, err = newSeat(s, cfg.View.Genesis, nil, cfg.Sharing)
	return s, err
}

// Start begins the incarnation: a server that comes back is in the last epoch that
// it stored. A replica of the service keeps nothing on its disk; one that comes back
// counts as faulty.
func (s *Server) Start(env protocol.Env, disk protocol.Disk) {
	s.view.Start(disk)
	s.evolve()
	if s.seat != nil && s.cfg.Instance(s.view.Epoch()) != s.seat.instance {
		s.seat = nil // the service has moved since
		s.secrets.Share.Erase()
	}
	if s.seat != nil {
		s.seat.start(env)
	}
	s.appoint(env)
}

// Deliver handles one message.
func (s *Server) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	was := s.view.Epoch()
	switch m := m.(type) {
	case *Ping:
		s.onPing(env, from, m)
	case *Pong:
		s.onPong(env, from, m)
	case *Vote:
		s.onVote(env, from, m)
	case *Partial, *Checked, *Accused, *Report:
		s.toSeat(env, from, m)
	case *view.FreshAsk:
		s.onFreshAsk(env, from, m)
	case *view.Gather:
		s.onRelay(env, m.Epoch, freshAsk{client: from, gathered: true, root: m.Root})
	case *view.FreshReply:
		s.onFreshReply(env, from, m)
	case *Deal:
		s.onDeal(env, from, m)
	case *HandoverAsk:
		s.onHandoverAsk(env, from, m)
	case *Handover:
		s.join(env, m)
		if s.seat != nil && s.seat.instance == m.Epoch {
			s.seat.inherit(env, from, m.Counts)
		}
	default:
		if !s.view.OnMessage(env, from, m) {
			s.onReplication(env, from, m)
		}
	}
	s.settle(env, was)
}

// onReplication hands on a message of the replication protocol. Who asks a server
// that runs no replica is behind the times.
func (s *Server) onReplication(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	if s.seat != nil {
		s.seat.onReplication(env, from, m)
	} else if _, asks := m.(*pbft.Request); asks {
		env.Send(from, &view.Ask{Epoch: s.view.Epoch()})
	}
}

// toSeat hands on what is for a replica of the service.
func (s *Server) toSeat(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	if s.seat == nil {
		return
	}
	switch m := m.(type) {
	case *Checked:
		s.seat.onChecked(m)
	case *Accused:
		s.seat.onAccused(env, m)
	case *Report:
		s.view.Heard(env, from, m.Epoch)
		s.seat.onReport(m)
	case *Partial:
		s.seat.onPartial(env, m)
	}
}

// onFreshAsk takes a nonce to where it is collected. Who asks a server that neither runs
// a replica nor relays, and is behind the times, is told so.
func (s *Server) onFreshAsk(env protocol.Env, from protocol.NodeID, m *view.FreshAsk) {
	switch {
	case s.seat != nil:
		s.view.Heard(env, from, m.Epoch)
		s.seat.onFreshAsk(env, from, m)
	case s.cfg.View.Relays:
		s.onRelay(env, m.Epoch, freshAsk{client: from, nonce: m.Nonce})
	case m.Epoch < s.view.Epoch():
		env.Send(from, &view.Ask{Epoch: s.view.Epoch()})
	}
}

// onPong takes a member's answer to whatever part of this server has asked.
func (s *Server) onPong(env protocol.Env, from protocol.NodeID, m *Pong) {
	if s.seat == nil && len(s.wards) == 0 {
		return
	}
	s.view.Heard(env, from, m.Epoch)
	if s.seat != nil {
		s.seat.onPong(env, from, m)
	}
	for i := range s.wards {
		s.wards[i].onPong(env, from, m)
	}
}

// onVote takes a statement to where it is counted.
func (s *Server) onVote(env protocol.Env, from protocol.NodeID, m *Vote) {
	switch {
	case s.cfg.Committees > 0 && m.Vote != VoteEnd:
		s.onWardVote(env, from, m)
	case s.seat != nil:
		s.view.Heard(env, from, m.Epoch)
		s.seat.submit(s.seat.onVote(env, from, m))
	}
}

// Timer handles the expiry of a timer.
func (s *Server) Timer(env protocol.Env, id protocol.TimerID) {
	switch id {
	case timerWard:
		s.patrol(env)
		return
	case timerRelay:
		s.passOn(env)
		return
	}
	if s.seat == nil {
		if id == timerTick && s.joining != 0 {
			s.askHandover(env)
		}
		return
	}
	was := s.view.Epoch()
	s.seat.onTimer(env, id)
	s.settle(env, was)
}

// settle does what may follow from any input: a new epoch is begun, and the replica's
// executions are acted upon, which may bring the next. The epoch comes first: a
// replica that has not begun it would vote as if it were the one before.
func (s *Server) settle(env protocol.Env, was uint64) {
	s.begin(env, was)
	if s.seat == nil {
		return
	}
	was = s.view.Epoch()
	s.seat.settle(env)
	s.begin(env, was)
}

// begin begins the epoch of the view, if that is another than the server was in.
func (s *Server) begin(env protocol.Env, was uint64) {
	if s.view.Epoch() != was {
		s.reseat(env, was)
		s.evolve()
		s.appoint(env)
		s.assure(env) // now and not at the next ping, or a short epoch is over before it has an answer
	}
}

// assure makes an inactive member ask whether its epoch is current.
func (s *Server) assure(env protocol.Env) {
	now, self := env.Now(), s.view.Member()
	if self != nil && self.Status == ring.Inactive && !s.view.Confirmed() && (!s.refreshed || now.Sub(s.refreshAt) >= s.cfg.Retry) {
		s.refreshed, s.refreshAt = true, now
		s.view.Confirm(env)
	}
}

// onPing answers a prober. A member that finds itself inactive first makes sure
// that its epoch is current: what it stood for may be over, and whoever probes it
// may be of the past too.
func (s *Server) onPing(env protocol.Env, from protocol.NodeID, m *Ping) {
	s.view.Heard(env, from, m.Epoch)
	s.assure(env)
	answer := &Pong{Epoch: s.view.Epoch(), Nonce: m.Nonce, Member: s.view.Self(), Ready: s.view.Confirmed()}
	if m.Signed {
		sig := s.keys.Sign(answer.text())
		answer.Sig = &sig
	}
	env.Send(from, answer)
}

// Clone returns an independent copy.
func (s *Server) Clone() protocol.Machine {
	c := *s
	c.view = s.view.Clone()
	if s.seat != nil {
		c.seat = s.seat.clone(&c)
	}
	c.handovers = append([]*Handover(nil), s.handovers...)
	c.relay = s.relay.clone()
	c.wards, c.resigned = cloneWards(s.wards, &c), cloneWards(s.resigned, &c)
	return &c
}

// AppendState appends a canonical encoding of the state.
func (s *Server) AppendState(b []byte) []byte {
	b = s.secrets.Share.AppendTo(s.secrets.Key.AppendTo(b))
	b = appendTime(protocol.AppendBool(s.view.AppendState(b), s.refreshed), s.refreshAt)
	b = s.relay.appendState(s.appendJoin(b))
	for i := range s.wards {
		b = s.wards[i].appendState(b)
	}
	if s.seat == nil {
		return b
	}
	return s.seat.appendState(b)
}
