package membership

import (
	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/membership/view"
)

// What a server keeps secret, and for how long: its share of the service's key while it
// is of the service's group, and keys that evolve. Whoever breaks in after that finds
// neither a share nor a key that opens what was sealed to the server when it had one.

// Loot returns what somebody finds who has broken into the server, and the sharing that
// its share belongs to, nil when that is not known. It is for adversaries, and for who
// judges what they can know.
func (s *Server) Loot() (Secrets, *auth.Sharing) {
	of, _, _ := s.secrets.Share.Held()
	for _, t := range [...]*seat{s.seat, s.left} {
		if t != nil && t.sharing.ID() == of {
			return s.secrets, t.sharing
		}
	}
	return s.secrets, nil
}

// Opens returns the share that the server's keys still open in a handover to a group that
// it is or was a member of. Handovers are public, and anyone may have recorded them.
func (s *Server) Opens(m *Handover) (auth.Share, *auth.Sharing, bool) {
	in := s.view.ConfigAt(m.Epoch)
	if in == nil || !s.secrets.Key.Can(m.Epoch) || replicaOf(in, s.view.Self()) < 0 {
		return auth.Share{}, nil, false
	}
	h, err := readHandover(m.Form)
	if err != nil || len(h.dealings) == 0 {
		return auth.Share{}, nil, false
	}
	keys := *s.keys
	keys.Meter = new(protocol.Meter) // it is not the server that works
	share, sharing, err := keys.NewShare(h.sharing, groupOf(in, in.Service()), h.dealings, s.secrets.Key)
	return share, sharing, err == nil
}

// Handovers returns the last handovers that the server can answer with, ascending.
func (s *Server) Handovers() []*Handover { return s.handovers }

// Share returns the sharing that the server holds a share of, and false if it holds none.
func (s *Server) Share() (sharing auth.Digest, held bool) {
	sharing, _, held = s.secrets.Share.Held()
	return sharing, held
}

// evolve erases the keys of the epochs before this one. Who is about to join a group
// keeps those of the epoch in which that began: its part was sealed to them. Else who
// breaks in later opens what was recorded, and has the share that was erased.
func (s *Server) evolve() {
	epoch := s.view.Epoch()
	if s.joining != 0 {
		epoch = s.joining
	}
	if s.cfg.enforced(view.EvolveKeys) {
		s.secrets.Key.Evolve(epoch)
	}
}
