package dbft

import (
	"iter"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/pbft"
)

// What a checker, or a scenario, may ask a server. Nothing here changes it.

// Part is a server's part in one group.
type Part struct {
	Instance
	From    uint64        // the epoch of the group that handed over; that of the instance itself, if it is the first
	Replica *pbft.Replica // nil until the state is there
	Over    bool          // the epoch's last operation has executed
	Digest  auth.Digest   // then: of the state that is handed over
}

// Parts yields the server's parts in groups, by object and epoch.
func (r *Replica) Parts() iter.Seq[Part] {
	return func(yield func(Part) bool) {
		for _, i := range r.instances {
			p := Part{i.Instance, i.from, i.replica, i.over, i.digest}
			if i.donors == nil {
				p.From = i.Epoch
			}
			if !yield(p) {
				return
			}
		}
	}
}

// Settled reports whether the server has entered an epoch and has begun every group of
// an object that it was in until then.
func (r *Replica) Settled(x protocol.ID, epoch uint64) bool {
	if r.at < epoch {
		return false
	}
	for _, i := range r.instances {
		if i.Object == x && i.Epoch <= epoch && i.replica == nil {
			return false
		}
	}
	return true
}

// Moved returns the server's epoch, and a number that changes when a replica of its
// has begun or executed.
func (r *Replica) Moved() (epoch, progress uint64) { return r.at, r.progress }

// IsEnd reports whether a request is one that ends an epoch.
func IsEnd(q *pbft.Request) bool { return len(q.Op) > 0 && q.Op[0] == opEnd }
