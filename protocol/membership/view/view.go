// Package view is what a node knows of the membership: the configuration of its
// epoch and of those before, the certificates that led there, and a lease that
// says that its epoch is current. A machine embeds a View and hands it the
// messages that it does not know itself; it polls Epoch to see a change. The view
// knows nothing of how the service works, only its public key.
//
// Nobody is believed: a node enters an epoch only from the one before, with a
// delta that leads to the configuration whose digest the service has signed.
// Every message between nodes carries its sender's epoch, and whoever hears of a
// later one than its own asks for the steps (Heard), from any node that has them.
//
// Left out: forgetting old steps. A node keeps them all, to answer whoever slept.
package view

import (
	"encoding/binary"
	"slices"
	"time"

	"turncoat/protocol"
	"turncoat/protocol/auth"
	"turncoat/protocol/ring"
)

// Config is what all views of a run have in common. Nobody changes it once it is in use.
type Config struct {
	Service  auth.GroupKey  // the service's public key
	Genesis  *ring.Config   // the configuration that everyone was given
	Lease    time.Duration  // T_f: how long a freshness certificate is good for, on the node's own clock; 0: there are no leases, every node takes its epoch to be current
	Retry    time.Duration  // least time between two requests for steps
	FanOut   int            // children of a node in the dissemination tree
	Relays   bool           // nonces go up the tree, and are gathered on the way
	Versions *ring.Versions // may be nil
	Lifted   Rule           // the rules left out; none by default
}

func (c *Config) enforced(rule Rule) bool { return c.Lifted&rule == 0 }

// View is one node's view. It is a value: Clone it, do not copy it.
type View struct {
	cfg  *Config
	keys *auth.Keys
	self protocol.ID // the node's place on the ring; it need not be a member

	current *ring.Config // the last of configs: asked for at every message
	member  *ring.Member // what it says of the node: asked for at every ping

	configs []*ring.Config // since genesis; the last is the current
	steps   []*Step        // steps[i] leads from configs[i] to configs[i+1]
	early   []*Step        // ahead of the next one, ascending, a few

	asked   bool            // an Ask has not led to the highest epoch heard of
	askAt   protocol.Time   // when the last one was sent
	askFrom protocol.NodeID // to whom
	target  uint64          // the highest epoch heard of, on somebody's bare word
	behind  uint64          // the epoch in which the node first heard of it

	lease lease
}

// maxEarly and maxSteps bound how many steps wait, and how many answer one Ask [O].
const (
	maxEarly = 16
	maxSteps = 16
)

// New returns the view of a node in the genesis configuration.
func New(cfg *Config, keys *auth.Keys, self protocol.ID) View {
	return View{cfg: cfg, keys: keys, self: self, current: cfg.Genesis, member: cfg.Genesis.Lookup(self), configs: []*ring.Config{cfg.Genesis}}
}

// Start takes up what earlier incarnations stored. The steps prove themselves
// again: a disk that was tampered with leads nowhere.
func (v *View) Start(disk protocol.Disk) {
	for {
		key := stepKey(v.Epoch() + 1)
		i, found := slices.BinarySearchFunc(disk, key, func(r protocol.Record, key protocol.ID) int { return r.Key.Compare(key) })
		if !found {
			return
		}
		if s, ok := disk[i].Value.(*Step); !ok || s.Delta.From != v.Epoch() || !v.advance(s) {
			return
		}
	}
}

func stepKey(epoch uint64) protocol.ID { return protocol.KeyOf("epoch", epoch) }

// Epoch returns the node's epoch.
func (v *View) Epoch() uint64 { return v.Config().Epoch() }

// Config returns the configuration of the node's epoch.
func (v *View) Config() *ring.Config { return v.current }

// ConfigAt returns the configuration of an epoch that the node has been in, and
// nil of any other.
func (v *View) ConfigAt(epoch uint64) *ring.Config {
	first := v.configs[0].Epoch()
	if epoch < first || epoch > v.Epoch() {
		return nil
	}
	return v.configs[epoch-first]
}

// Group returns the replica group of x, of n members, in the node's epoch.
func (v *View) Group(x protocol.ID, n int) []protocol.NodeID { return v.Config().Group(x, n) }

// Self returns the node's place on the ring.
func (v *View) Self() protocol.ID { return v.self }

// Member returns what the configuration says of the node itself, nil when it is no
// member.
func (v *View) Member() *ring.Member { return v.member }

// Certificate returns the certificate of an epoch after genesis that the node has
// been in, and nil of any other.
func (v *View) Certificate(epoch uint64) *EpochCertificate {
	if s := v.Step(epoch - 1); s != nil {
		return &s.Certificate
	}
	return nil
}

// Step returns the step out of an epoch, nil if the node has not left it.
func (v *View) Step(epoch uint64) *Step {
	if first := v.configs[0].Epoch(); epoch >= first && epoch < v.Epoch() {
		return v.steps[epoch-first]
	}
	return nil
}

// OnMessage handles m if it is one of the view's, and reports whether it was. That
// a step was taken shows in Epoch.
func (v *View) OnMessage(env protocol.Env, from protocol.NodeID, m protocol.Message) bool {
	switch m := m.(type) {
	case *Ask:
		v.onAsk(env, from, m)
	case *Step:
		v.onStep(env, from, m)
	case *FreshReply:
		v.onFreshReply(env, from, m)
	default:
		return false
	}
	return true
}

// Clone returns an independent copy. Configurations and steps are immutable, and
// shared.
func (v *View) Clone() View {
	c := *v
	c.configs = append([]*ring.Config(nil), v.configs...)
	c.steps = append([]*Step(nil), v.steps...)
	c.early = append([]*Step(nil), v.early...)
	return c
}

// AppendState appends a canonical encoding of the state.
func (v *View) AppendState(b []byte) []byte {
	d := v.Config().Digest()
	b = append(binary.LittleEndian.AppendUint64(b, v.Epoch()), d[:]...)
	for _, s := range v.early {
		b = s.AppendTo(b)
	}
	b = protocol.AppendBool(b, v.asked)
	b = binary.LittleEndian.AppendUint64(b, uint64(v.askAt))
	b = binary.LittleEndian.AppendUint32(b, uint32(v.askFrom))
	b = binary.LittleEndian.AppendUint64(b, v.target)
	b = binary.LittleEndian.AppendUint64(b, v.behind)
	return v.lease.appendState(b)
}
