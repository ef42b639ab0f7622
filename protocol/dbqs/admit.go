package dbqs

import (
	"slices"

	"turncoat/protocol"
)

// This file models whom a replica serves: a client that acts in the replica's own
// epoch, on an object whose group it is in and whose transfer it has finished. Whoever
// is behind is told so; whoever is ahead, or asks too early, waits.

// HeaderOf returns the header of a client's request, nil if m is none.
func HeaderOf(m protocol.Message) *Header {
	switch m := m.(type) {
	case *ReadTS:
		return &m.Header
	case *Read:
		return &m.Header
	case *Write:
		return &m.Header
	case *Put:
		return &m.Header
	case *Get:
		return &m.Header
	}
	return nil
}

// admit reports whether a request is to be answered now.
func (r *Replica) admit(env protocol.Env, from protocol.NodeID, m protocol.Message) bool {
	h := HeaderOf(m)
	if h == nil {
		return true
	}
	own := r.at
	r.view.Heard(env, from, h.Epoch)
	served := own
	if h.Epoch != own {
		switch {
		case !r.config.enforced(EpochCheck):
			served = min(h.Epoch, own)
		case h.Epoch < own:
			env.Note(EpochRefused, own)
			env.Send(from, &Refusal{*h, own})
			return false
		default:
			r.wait(env, from, m, RequestWaited)
			return false
		}
	}
	in := r.view.ConfigAt(served)
	if in == nil || !slices.Contains(in.Group(h.Object, r.config.size()), r.keys.Self()) {
		return false
	}
	if r.config.enforced(ServeWhenReady) && r.lacks(only(h.Object), own) {
		r.wait(env, from, m, RequestWaited)
		r.hasten(env, h.Object)
		return false
	}
	return true
}
