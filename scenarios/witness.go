package scenarios

import (
	"turncoat/adversary"
	"turncoat/protocol"
)

// witness is a client in the adversary's hands, and sees what it sends. What a faulty
// client has asked for cannot be known from its operations, only from its messages:
// each write that it has signed may take effect at any time from then on.
type witness struct {
	adversary.Client
	run *run
}

// writes is a subject whose requests tell what they write.
type writes interface {
	// signed returns what a client's own message writes, where, and what tells two
	// writes of one value apart; false if it writes nothing.
	signed(client protocol.NodeID, m protocol.Message) (object protocol.ID, value []byte, stamp uint64, ok bool)
}

// watchedEnv shows the observer what is sent.
type watchedEnv struct {
	protocol.Env
	w witness
}

func (e watchedEnv) Send(to protocol.NodeID, m protocol.Message) {
	self := e.w.Self()
	if object, value, stamp, ok := e.w.run.subject.(writes).signed(self, m); ok {
		e.w.run.base.Signed(self, object, value, stamp)
	}
	e.Env.Send(to, m)
}

func (w witness) Start(env protocol.Env, disk protocol.Disk) {
	w.Client.Start(watchedEnv{env, w}, disk)
}

func (w witness) Deliver(env protocol.Env, from protocol.NodeID, m protocol.Message) {
	w.Client.Deliver(watchedEnv{env, w}, from, m)
}

func (w witness) Timer(env protocol.Env, id protocol.TimerID) {
	w.Client.Timer(watchedEnv{env, w}, id)
}

func (w witness) Invoke(env protocol.Env, op protocol.Operation) {
	w.Client.Invoke(watchedEnv{env, w}, op)
}

func (w witness) Clone() protocol.Machine {
	return witness{w.Client.Clone().(adversary.Client), w.run}
}
