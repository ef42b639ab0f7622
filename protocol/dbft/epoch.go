package dbft

import (
	"slices"

	"turncoat/protocol"
	"turncoat/protocol/auth"
)

// This file models what the beginning of an epoch means to a server: it has its old
// groups end, and waits for the state of the new ones. It goes through the epochs one at a
// time: a group that it slept through may need it to end.

// Follow takes up what has changed in the view.
func (r *Replica) Follow(env protocol.Env) {
	for r.at < r.view.Epoch() {
		r.enter(env, r.at+1)
	}
	r.settle(env)
}

// enter works out which groups the server is in. The members of a group wait for each
// other, so that the order of objects matters little.
func (r *Replica) enter(env protocol.Env, epoch uint64) {
	r.at = epoch
	r.stirred = true
	in := r.view.ConfigAt(epoch)
	for n, x := range r.config.Objects {
		g := r.config.Group(in, x)
		if g == nil {
			continue // too few active members: the last group is the next one's donor
		}
		from := r.current[n]
		r.current[n] = epoch
		if i := r.find(Instance{x, from}); i != nil {
			i.next, i.heirs = epoch, g.Members
		}
		if slices.Contains(g.Members, r.keys.Self()) {
			r.join(env, &instance{Instance: Instance{x, epoch}, group: g, from: from, donor: -1})
		}
	}
	for _, i := range slices.Clone(r.instances) {
		if i.Epoch+1 == epoch {
			r.end(env, i)
		}
	}
}

// join adds a group that the server is in, and asks for its state if it is new to it.
func (r *Replica) join(env protocol.Env, i *instance) {
	i.donors = r.config.Group(r.view.ConfigAt(i.from), i.Object).Members
	i.vouched = make([]auth.Digest, len(i.donors))
	at, _ := slices.BinarySearchFunc(r.instances, i.Instance, func(j *instance, of Instance) int { return j.compare(of) })
	r.instances = slices.Insert(r.instances, at, i)
	if !r.config.enforced(ServeWhenReady) {
		if err := r.begin(env, i, nil); err != nil {
			panic(err.Error()) // nothing was inherited
		}
		return
	}
	if !slices.Contains(i.donors, r.keys.Self()) {
		r.ask(env, i) // who stays has the state itself, unless it lags; then it asks later
	}
}

// maxPause is the most rounds between two times that an instance asks for something [O].
const maxPause = 8

// askAgain does once more what may have been lost, less often each time.
func (r *Replica) askAgain(env protocol.Env) {
	for _, i := range slices.Clone(r.instances) {
		if i.quiet > 0 {
			i.quiet--
			continue
		}
		switch {
		case i.replica == nil && i.donor >= 0:
			r.fetch(env, i)
		case i.replica == nil:
			r.ask(env, i)
		case i.Epoch < r.at && !i.over:
			r.end(env, i)
		case i.next == 0:
			continue // nothing is lacking
		}
		r.askHeirs(env, i)
		i.pause = min(max(1, 2*i.pause), maxPause)
		i.quiet = i.pause - 1
	}
	r.collect(env)
}
