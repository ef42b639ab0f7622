package dbft

import (
	"slices"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
)

// This file models a server's part in the group of one object in one epoch, from when
// the server enters the epoch until it lets go. First it waits for the state that the
// group before hands over; then it runs a replica; once that has executed the operation
// that ends the epoch, it has a state to hand over itself.

// instance is a server's part in one group.
type instance struct {
	Instance
	group *pbft.Config

	from    uint64            // the epoch whose group hands the state over
	donors  []protocol.NodeID // that group; nil in the first epoch
	vouched []auth.Digest     // by donor: the digest that it vouches for
	heard   protocol.Bitset   // donors that have vouched
	target  auth.Digest       // what enough of them vouch for
	donor   int               // who is asked for it, by place among donors; -1: nobody yet
	asked   int               // how many were

	pause uint8 // how many rounds of chores pass until it asks again for what it lacks,
	quiet uint8 // and how many of them are left

	replica *pbft.Replica // nil until the state is there
	service *register     // the replica's

	over      bool              // the epoch's last operation has executed
	final     pbft.State        // then: what is handed over
	digest    auth.Digest       // of it
	next      uint64            // the epoch whose group it is for; 0: none is known yet
	heirs     []protocol.NodeID // that group
	confirmed protocol.Bitset   // heirs that have begun
}

// The timers of a server: one for what it has to ask for again, and those of the replicas
// of each instance, numbered from base.
const (
	chores protocol.TimerID = 56
	base   protocol.TimerID = 1 << 20
	each   protocol.TimerID = 8 // more than a replica has
)

// IsTimer reports whether a timer is one of this protocol's.
func IsTimer(id protocol.TimerID) bool { return id == chores || id >= base }

// timer returns the first of an instance's timers.
func (c *Config) timer(i Instance) protocol.TimerID {
	place := i.Epoch*uint64(len(c.Objects)) + uint64(c.Number(i.Object))
	return base + each*protocol.TimerID(place)
}

// instanceOf returns what a timer belongs to, and which of the replica's it is.
func (c *Config) instanceOf(id protocol.TimerID) (Instance, protocol.TimerID) {
	place := uint64((id - base) / each)
	n := uint64(len(c.Objects))
	return Instance{c.Objects[place%n], place / n}, (id - base) % each
}

// innerEnv is the world as the replica of an instance sees it.
type innerEnv struct {
	protocol.Env
	instance *instance
	timer    protocol.TimerID
}

// Send carries a message of the instance.
func (e innerEnv) Send(to protocol.NodeID, m protocol.Message) {
	e.Env.Send(to, &Carry{e.instance.Instance, m})
}

// SetTimer arms a timer of the instance.
func (e innerEnv) SetTimer(id protocol.TimerID, after time.Duration) {
	e.Env.SetTimer(e.timer+id, after)
}

// CancelTimer disarms one.
func (e innerEnv) CancelTimer(id protocol.TimerID) { e.Env.CancelTimer(e.timer + id) }

// Note passes on what says something about groups that are carried over.
func (e innerEnv) Note(situation string, detail uint64) {
	switch situation {
	case pbft.NoteNewView:
		e.Env.Note(ViewChanged, detail)
	case pbft.NoteCaughtUp:
		e.Env.Note(CaughtUp, detail)
	case pbft.NoteReplyResent:
		if e.instance.replica.LastTentative() == 0 {
			e.Env.Note(AnsweredBefore, e.instance.Epoch)
		}
	}
}

func (r *Replica) inner(env protocol.Env, i *instance) protocol.Env {
	return innerEnv{env, i, r.config.timer(i.Instance)}
}

// begin starts the instance's replica with a state, nil for the first epoch's.
func (r *Replica) begin(env protocol.Env, i *instance, s *pbft.State) error {
	service := &register{keys: r.keys, service: r.config.View.Service, epoch: i.Epoch, lasting: !r.config.enforced(EpochCheck)}
	replica, err := pbft.NewReplica(i.group, r.keys, service)
	if err != nil {
		panic("dbft: the configuration of a group was checked: " + err.Error())
	}
	if s != nil {
		if err := replica.Inherit(*s); err != nil {
			return err
		}
	}
	i.replica, i.service = replica, service
	i.replica.Start(r.inner(env, i), nil)
	r.progress++
	r.stirred = true
	if i.Epoch < r.at {
		r.end(env, i)
	}
	return nil
}

// deliver hands the replica a message of its group.
func (r *Replica) deliver(env protocol.Env, i *instance, from protocol.NodeID, m protocol.Message) {
	was := i.replica.LastExecuted()
	i.replica.Deliver(r.inner(env, i), from, m)
	r.look(env, i, was)
}

// look sees whether the replica, which had executed so far before, has executed the
// operation that ends its epoch.
func (r *Replica) look(env protocol.Env, i *instance, was uint64) {
	if i.replica.LastExecuted() != was {
		r.progress++
	}
	if i.over || i.service.next <= i.Epoch {
		return
	}
	s, ok := r.state(i)
	if !ok {
		return // tentative, or on its way
	}
	i.over, i.final, i.digest = true, s, s.Digest(r.keys)
	r.stirred = true
	env.Note(Ended, i.Epoch)
	if !r.config.enforced(GarbageQuorum) {
		r.release(env, i)
	}
}

// state returns the state of the replica, to be handed over.
func (r *Replica) state(i *instance) (pbft.State, bool) {
	if i.replica == nil {
		return pbft.State{}, false
	}
	s, ok := i.replica.State()
	if !r.config.enforced(ReplyTable) {
		s.Replies = nil
	}
	return s, ok
}

// end submits the operation that ends the epoch of an instance that the server has left.
// Each member does, so that it does not hang on any one; the first takes effect. The
// timestamp is the epoch's own: a server submits nothing else.
func (r *Replica) end(env protocol.Env, i *instance) {
	if i.replica == nil || i.over {
		return
	}
	m := &pbft.Request{Client: r.keys.Self(), Timestamp: i.Epoch + 1, Replier: -1}
	m.Op = r.view.Certificate(i.Epoch + 1).AppendTo([]byte{opEnd})
	seal := pbft.NewSealer(i.group, r.keys)
	seal.Seal(m)
	for _, to := range i.group.Members {
		if to != r.keys.Self() {
			env.Send(to, &Carry{i.Instance, m})
		}
	}
	own := *m // a client's authenticator has no entry for itself
	seal.SealFor(r.keys.Self(), &own)
	r.deliver(env, i, r.keys.Self(), &own)
}

// find returns the server's part in a group, nil if it has none, or none any more.
func (r *Replica) find(of Instance) *instance {
	n, found := slices.BinarySearchFunc(r.instances, of, func(i *instance, of Instance) int { return i.compare(of) })
	if !found {
		return nil
	}
	return r.instances[n]
}

// compare orders instances by object, and by epoch among those of one.
func (i Instance) compare(j Instance) int {
	if c := i.Object.Compare(j.Object); c != 0 {
		return c
	}
	return int(min(1, max(-1, int64(i.Epoch-j.Epoch))))
}
