package adversary

import (
	"time"

	"turncoat/protocol"
)

// effect is anything but a send to another node, on its way to the world.
type effect struct {
	kind    effectKind
	to      protocol.NodeID
	message protocol.Message // sent to itself, or stored
	timer   protocol.TimerID
	after   time.Duration
	key     protocol.ID
	result  protocol.Result
	name    string
	detail  uint64
}

type effectKind uint8

const (
	sendSelf effectKind = iota
	setTimer
	cancelTimer
	store
	syncDisk
	giveResult
	note
)

func (e *effect) apply(env protocol.Env) {
	switch e.kind {
	case sendSelf:
		env.Send(e.to, e.message)
	case setTimer:
		env.SetTimer(e.timer, e.after)
	case cancelTimer:
		env.CancelTimer(e.timer)
	case store:
		env.Store(e.key, e.message)
	case syncDisk:
		env.Sync()
	case giveResult:
		env.Return(e.result)
	case note:
		env.Note(e.name, e.detail)
	}
}

// then adds an effect after those of the step so far.
func (s *Step) then(e effect) { s.effects = append(s.effects, e) }

// nonce returns the k-th nonce of this step. Copies that are given one input draw the
// same nonces, so that a copy in the same state says the same.
func (s *Step) nonce(k int) uint64 {
	for len(s.nonces) <= k {
		s.nonces = append(s.nonces, s.env.Nonce())
	}
	return s.nonces[k]
}

// truthRecorder is the Env of the honest copy. Its sends are the step's truth.
type truthRecorder struct {
	step  *Step
	drawn int
}

func (r *truthRecorder) Now() protocol.Time { return r.step.env.Now() }

func (r *truthRecorder) Nonce() uint64 {
	r.drawn++
	return r.step.nonce(r.drawn - 1)
}

func (r *truthRecorder) Send(to protocol.NodeID, m protocol.Message) {
	if to == r.step.Self() {
		r.step.then(effect{kind: sendSelf, to: to, message: m})
		return
	}
	r.step.node.serial++
	r.step.truth = append(r.step.truth, Sent{To: to, Message: m, serial: r.step.node.serial, at: len(r.step.effects)})
}

func (r *truthRecorder) SetTimer(id protocol.TimerID, d time.Duration) {
	checkOwn(id)
	r.step.node.armed.set(id, r.Now().Add(max(d, 0)))
	r.step.then(effect{kind: setTimer, timer: id, after: d})
}

func (r *truthRecorder) CancelTimer(id protocol.TimerID) {
	r.step.node.armed.remove(id)
	r.step.then(effect{kind: cancelTimer, timer: id})
}

func (r *truthRecorder) Store(key protocol.ID, record protocol.Message) {
	r.step.then(effect{kind: store, key: key, message: record})
}

func (r *truthRecorder) Sync() { r.step.then(effect{kind: syncDisk}) }

func (r *truthRecorder) Return(result protocol.Result) {
	r.step.node.busy = false
	r.step.then(effect{kind: giveResult, result: result})
}

func (r *truthRecorder) Note(situation string, detail uint64) {
	r.step.then(effect{kind: note, name: situation, detail: detail})
}
