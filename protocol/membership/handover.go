package membership

import (
	"encoding/binary"
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
	"turncoat/protocol/pbft"
)

// Moving the service, on the side of a server that joins or leaves its group. A
// member of the next group checks what it is dealt. When it enters the epoch, it
// fetches the handover, holds it against the certificate, makes its share, and
// begins a replica in view 0. A member of the old group erases its share as it
// enters: its dealing is agreed and the certificate is made, so that nothing needs
// the share any more [O: that early].

// onDeal checks a dealing for this server.
func (s *Server) onDeal(env protocol.Env, from protocol.NodeID, m *Deal) {
	s.view.Heard(env, from, m.Epoch)
	number, member := m.Next.Index(s.keys.Self())
	if !member || !s.secrets.Key.Can(m.Next.Epoch) || !s.keys.VerifyDealing(m.Sharing, m.Next, m.Dealing) {
		return
	}
	if a, cheated := s.keys.Accuse(m.Sharing, m.Next, m.Dealing, s.secrets.Key); cheated {
		for _, to := range m.Sharing.Group().Members {
			env.Send(to, &Accused{Epoch: m.Epoch, Draw: m.Draw, Dealing: m.Dealing, Accusation: a})
		}
		return
	}
	sig := s.keys.Sign(checkedText(s.keys, m.Sharing, m.Next, m.Dealing))
	env.Send(from, &Checked{Epoch: m.Epoch, Number: number, Sig: sig})
}

// maxHandovers is how many handovers a server keeps for those who come late [O].
const maxHandovers = 4

// reseat follows the service, which has moved since the server was in an epoch.
func (s *Server) reseat(env protocol.Env, was uint64) {
	instance := s.cfg.Instance(s.view.Epoch())
	if s.seat != nil && s.seat.instance == instance {
		s.seat.enter(env, was)
		return
	}
	if s.cfg.Instance(was) == instance && s.joining != 0 {
		return // still on its way into the group
	}
	if s.seat != nil {
		s.seat.noteEpochs(env, was)
		s.leave(env)
	}
	s.joining = 0
	in := s.view.ConfigAt(instance)
	if instance == s.cfg.View.Genesis.Epoch() || replicaOf(in, s.view.Self()) < 0 {
		return
	}
	if s.joining = instance; s.view.Epoch() > instance {
		env.Note(NoteLateReplica, instance)
	}
	for i := range s.handovers {
		if h := s.handovers[i]; h.Epoch == instance && s.join(env, h) {
			return
		}
	}
	s.askHandover(env)
}

// leave ends this server's replica of the old group.
func (s *Server) leave(env protocol.Env) {
	b := s.seat.service.Boundary()
	if b != nil && s.cfg.Instance(b.Statement.Epoch) == b.Statement.Epoch {
		s.handovers = append(s.handovers[max(0, len(s.handovers)+1-maxHandovers):], &Handover{Epoch: b.Statement.Epoch, Form: b.Handover, Counts: s.seat.counts()})
	}
	env.Note(NoteMoved, s.view.Epoch())
	for _, id := range [...]protocol.TimerID{pbft.TimerRequest, pbft.TimerViewChange, pbft.TimerStatus, pbft.TimerTransfer, pbft.TimerClient, timerTick, timerEpoch, timerFresh} {
		env.CancelTimer(id)
	}
	s.left, s.seat = s.seat, nil
	if s.cfg.enforced(view.EraseShares) {
		s.secrets.Share.Erase()
	}
}

// askHandover asks the group before this server's for the handover, again and again.
func (s *Server) askHandover(env protocol.Env) {
	env.SetTimer(timerTick, s.cfg.Retry)
	before := s.view.ConfigAt(s.joining - 1)
	for _, id := range before.Service() {
		env.Send(before.Lookup(id).Node, &HandoverAsk{s.joining})
	}
}

// onHandoverAsk answers whoever asks: a handover holds no secret.
func (s *Server) onHandoverAsk(env protocol.Env, from protocol.NodeID, m *HandoverAsk) {
	s.view.Heard(env, from, m.Epoch)
	for _, h := range s.handovers {
		if h.Epoch == m.Epoch {
			env.Send(from, h)
			return
		}
	}
}

// join begins this server's replica of the new group with a handover, if that is the
// one that the certificate of the epoch names.
func (s *Server) join(env protocol.Env, m *Handover) bool {
	if s.joining == 0 || m.Epoch != s.joining {
		return false
	}
	in := s.view.ConfigAt(m.Epoch)
	h, err := readHandover(m.Form)
	if err != nil || stateDigest(s.keys, in, m.Form) != s.view.Certificate(m.Epoch).State {
		env.Note(NoteHandoverRefused, m.Epoch)
		return false
	}
	group := groupOf(in, in.Service())
	share, sharing, err := s.keys.NewShare(h.sharing, group, h.dealings, s.secrets.Key)
	if err != nil {
		env.Note(NoteNoShare, m.Epoch) // it was cheated and a quorum was not, or it comes too late
		if sharing, err = s.keys.NewSharing(h.sharing, group, h.dealings); err != nil {
			panic("membership: the certified dealings make no sharing: " + err.Error())
		}
	}
	s.secrets.Share = share
	s.handovers = append(s.handovers[max(0, len(s.handovers)+1-maxHandovers):], &Handover{Epoch: m.Epoch, Form: m.Form}) // what others have counted is for them to say
	s.joining = 0
	if s.seat, err = newSeat(s, in, h.used, sharing); err != nil {
		panic("membership: the configuration of the new group was checked: " + err.Error())
	}
	if s.left != nil && s.left.instance == s.cfg.Instance(m.Epoch-1) {
		s.seat.probes = slices.Clone(s.left.probes) // it goes on counting
	}
	s.evolve()
	s.seat.start(env)
	return true
}

// Sharing returns the sharing of the group that the server's replica belongs to, nil
// if it runs none.
func (s *Server) Sharing() *auth.Sharing {
	if s.seat == nil {
		return nil
	}
	return s.seat.sharing
}

func (s *Server) appendJoin(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, s.joining)
	b = binary.AppendUvarint(b, uint64(len(s.handovers)))
	for _, h := range s.handovers {
		b = h.AppendTo(b)
	}
	return b
}
