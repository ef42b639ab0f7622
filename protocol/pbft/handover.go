package pbft

import (
	"fmt"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Handing a service over to another group: the state and the last replies leave one
// group and are what another starts from. The old group ends with an operation
// after which nothing executes, so that all its replicas have the same to hand over.

// Ending is implemented by a service that an operation can end. Once Ended, and it is
// a function of the state alone, nothing more executes: what is ordered after takes no effect
// and is not answered.
type Ending interface {
	Ended() bool
}

// State is a service's state with the last reply to each client.
type State struct {
	Service [][]byte // as Service.Snapshot returned it
	Replies [][]byte // the reply table, in parts
}

// Digest returns the digest of the state, the same as that of a checkpoint of it.
func (s *State) Digest(keys *auth.Keys) auth.Digest {
	c := checkpoint{serviceParts: len(s.Service)}
	for _, parts := range [][][]byte{s.Service, s.Replies} {
		for _, p := range parts {
			c.digests = append(c.digests, keys.Digest(p))
		}
	}
	return c.digest(keys)
}

// State returns the state after the last execution. It returns false while that
// is tentative, or while the state is being fetched.
func (r *Replica) State() (State, bool) {
	if r.tentative != r.executed || r.transfer != nil {
		return State{}, false
	}
	return State{Service: r.service.Snapshot(), Replies: r.replies.snapshot(nil)}, true
}

// Inherit makes a state that was handed over the one that this replica starts from, as its
// checkpoint 0. It is for a new replica, before Start, and must be done at all of
// a group or none.
func (r *Replica) Inherit(s State) error {
	if r.executed != 0 || r.view != 0 {
		return fmt.Errorf("pbft: replica %d has already begun (view %d, executed %d); a state is inherited before Start", r.self, r.view, r.executed)
	}
	replies, err := restoreReplies(s.Replies)
	if err != nil {
		return err
	}
	if err := r.service.Restore(s.Service); err != nil {
		return err
	}
	r.replies = replies
	r.checkpoints = r.checkpoints[:0]
	r.takeCheckpoint(0)
	return nil
}

// MoveTo makes another group the one that is called, such as one that goes on from the
// state of the one before. A request that is under way is sent to it under the
// timestamp that it has: what the one before executed is in its reply table.
func (c *Caller) MoveTo(env protocol.Env, cfg *Config) {
	c.cfg, c.seal = cfg, NewSealer(cfg, c.seal.keys)
	c.answers = make([]answer, cfg.N())
	if c.request == nil {
		return
	}
	again := *c.request
	again.Replier = -1
	c.seal.Seal(&again)
	c.request, c.timeout = &again, cfg.ClientTimeout
	c.transmit(env)
}

// ended reports whether the service has ended.
func (r *Replica) ended() bool {
	e, ok := r.service.(Ending)
	return ok && e.Ended()
}
