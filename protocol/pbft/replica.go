package pbft

import (
	"fmt"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// Replica is one replica. It implements protocol.Machine.
type Replica struct {
	cfg     *Config
	seal    *Sealer
	self    int32
	service Service

	view   uint64
	active bool // false from this replica's VIEW-CHANGE until its NEW-VIEW
	log    messageLog
	next   uint64 // the sequence number that the primary assigns next

	executed  uint64 // the last sequence number that has executed for good
	tentative uint64 // the last that has executed at all: executed, or one more
	shown     uint64 // the highest that has executed tentatively, also if it was rolled back since
	history   []executedBatch
	replies   replyTable
	deferred  []*Reply // to read-only requests that saw a tentative state
	queue     queue
	unswept   bool // the front of the queue may have finished in this input
	lacking   bool // an assignment of this view may lack a body, or doubt one

	checkpoints []checkpoint // own, ascending, from the stable one on
	claims      claims       // CHECKPOINTs of all
	hProof      []Vote       // signed form: a weak quorum's CHECKPOINTs, or more, for the low watermark
	ahead       uint64       // the highest checkpoint above what had executed that was vouched for
	transfer    *transfer    // not nil while the state is being fetched
	changes     viewChanges

	timeout   time.Duration // T, doubled by fruitless view changes
	fruitless bool          // nothing has executed since the last view change
	timing    bool          // the request timer, or the one of the view change, runs
	timed     uint64        // what the request timer was started for
	awake     bool          // the status timer runs
	progress  progress      // where this replica was at the last status timer
}

// The timers of a replica.
const (
	TimerRequest    protocol.TimerID = 1 + iota // the first request of the queue has waited for T
	TimerViewChange                             // a quorum is in this view and no NEW-VIEW has come for T
	TimerStatus                                 // something is outstanding
	TimerTransfer                               // the donor of the state is slow
	TimerClient                                 // a client's
)

// NewReplica returns the replica that keys belong to, with a service in its initial
// state, which must be the same at all replicas.
func NewReplica(cfg *Config, keys *auth.Keys, service Service) (*Replica, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	seal := NewSealer(cfg, keys)
	if seal.self < 0 {
		return nil, fmt.Errorf("pbft: node %d is not one of the replicas %v", keys.Self(), cfg.Members)
	}
	r := &Replica{cfg: cfg, seal: seal, self: int32(seal.self), service: service, active: true, next: 1, timeout: cfg.ViewTimeout}
	r.log.slots = make([]slot, cfg.L)
	r.history = make([]executedBatch, cfg.L)
	r.claims = newClaims(cfg)
	r.changes = newViewChanges(cfg.N())
	r.takeCheckpoint(0)
	return r, nil
}

// Start begins the incarnation. Nothing is read from the disk: a replica that
// comes back has forgotten what it voted for and counts as faulty.
func (r *Replica) Start(protocol.Env, protocol.Disk) {}

// Deliver handles one message. Whoever brought it: it counts for the replica or
// client that authenticated it.
func (r *Replica) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	switch m := m.(type) {
	case *Request:
		r.onRequest(env, m)
	case *PrePrepare:
		r.onPrePrepare(env, m)
	case *Prepare:
		r.onPrepare(env, m)
	case *Commit:
		r.onCommit(env, m)
	case *Checkpoint:
		r.onCheckpoint(env, m)
	case *ViewChange:
		r.onViewChange(env, m)
	case *ViewChangeAck:
		r.onViewChangeAck(env, m)
	case *NewView:
		r.onNewView(env, m)
	case *Status:
		r.onStatus(env, m)
	case *Fetch:
		r.onFetch(env, m)
	case *Bodies:
		r.onBodies(env, m)
	case *FetchState:
		r.onFetchState(env, m)
	case *StatePart:
		r.onStatePart(env, from, m)
	}
	r.settle(env)
}

// Timer handles the expiry of a timer.
func (r *Replica) Timer(env protocol.Env, id protocol.TimerID) {
	switch id {
	case TimerRequest, TimerViewChange:
		r.onViewTimer(env)
	case TimerStatus:
		r.awake = false
		r.onStatusTimer(env)
	case TimerTransfer:
		r.onTransferTimer(env)
	}
	r.settle(env)
}

// settle does what may follow from any input: what has committed executes, the
// primary proposes, and the timers are started and stopped.
func (r *Replica) settle(env protocol.Env) {
	r.execute(env)
	r.propose(env)
	r.watchRequests(env)
	if !r.awake && r.outstanding() {
		r.awake = true
		r.progress = r.position()
		env.SetTimer(TimerStatus, r.cfg.StatusInterval)
	}
}

// isPrimary reports whether this replica is the primary of its view.
func (r *Replica) isPrimary() bool { return r.cfg.Primary(r.view) == int(r.self) }

// broadcast authenticates m to all and sends the one value to each other replica.
func (r *Replica) broadcast(env protocol.Env, m authenticated) {
	r.seal.Seal(m)
	r.sendAll(env, m)
}

func (r *Replica) sendAll(env protocol.Env, m protocol.Message) {
	for i, to := range r.cfg.Members {
		if i != int(r.self) {
			env.Send(to, m)
		}
	}
}

// signature returns what a proof would keep of m: its signature in the signed form.
func (r *Replica) signature(m authenticated) *auth.Signature { return m.authentication().Sig }
