package view

import (
	"fmt"
	"slices"

	"turncoat/protocol"
)

// Entering epochs: step by step, each of them checked, whoever brought it.

// Heard says that a message from a node carried an epoch. If it is later than the
// node's own, the node asks for what it lacks; not again before Retry has passed,
// for steps may be on their way. What is lost meanwhile is asked for when the
// next message comes, and of someone else: a liar that claims to be ahead gets one
// turn in two [O].
func (v *View) Heard(env protocol.Env, from protocol.NodeID, epoch uint64) {
	if epoch <= v.Epoch() {
		return
	}
	if epoch > v.target {
		if v.target <= v.Epoch() {
			v.behind = v.Epoch()
		}
		v.target = epoch
	}
	if v.asking(env.Now()) || from == v.askFrom && v.asked && env.Now().Sub(v.askAt) < 4*v.cfg.Retry {
		return
	}
	v.asked, v.askAt, v.askFrom = true, env.Now(), from
	env.Send(from, &Ask{v.Epoch()})
}

// asking reports whether steps that were asked for may be on their way.
func (v *View) asking(now protocol.Time) bool { return v.asked && now.Sub(v.askAt) < v.cfg.Retry }

// Probe asks one of the service's replicas of the node's epoch, each time another,
// whether there is a later epoch: for whoever hears from nobody.
func (v *View) Probe(env protocol.Env) {
	c := v.Config()
	if replicas := c.Service(); len(replicas) > 0 {
		v.lease.next++
		env.Send(c.Lookup(replicas[v.lease.next%len(replicas)]).Node, &Ask{v.Epoch()})
	}
}

// onAsk sends the steps that the asker lacks, a few at a time; it asks again when
// it has taken them.
func (v *View) onAsk(env protocol.Env, from protocol.NodeID, m *Ask) {
	v.Help(env, from, m.Epoch)
	v.Heard(env, from, m.Epoch)
}

// Help sends a node the first steps out of the epoch that it is in.
func (v *View) Help(env protocol.Env, to protocol.NodeID, epoch uint64) {
	for range maxSteps {
		s := v.Step(epoch)
		if s == nil {
			return
		}
		env.Send(to, s)
		epoch++
	}
}

// onStep takes a step if it is the next, and with it those that waited for it.
func (v *View) onStep(env protocol.Env, from protocol.NodeID, s *Step) {
	switch {
	case s.Delta.From < v.Epoch():
		return
	case s.Delta.From > v.Epoch():
		v.keepEarly(env, s)
		v.Heard(env, from, s.Delta.From)
		return
	}
	if err := v.Enter(env, s); err != nil {
		env.Note(NoteStepRefused, v.Epoch())
		return
	}
	for len(v.early) > 0 && v.early[0].Delta.From <= v.Epoch() {
		next := v.early[0]
		v.early = append(v.early[:0], v.early[1:]...)
		if next.Delta.From == v.Epoch() && v.Enter(env, next) != nil {
			env.Note(NoteStepRefused, v.Epoch())
		}
	}
}

// keepEarly keeps a step whose turn has not come. The latest gives way: what is
// nearer is of use sooner.
func (v *View) keepEarly(env protocol.Env, s *Step) {
	i, found := slices.BinarySearchFunc(v.early, s.Delta.From, func(e *Step, from uint64) int {
		return int(min(1, max(-1, int64(e.Delta.From-from))))
	})
	if found || i >= maxEarly || s.Delta.From-v.Epoch() > maxEarly {
		return
	}
	env.Note(NoteStepEarly, v.Epoch())
	v.early = slices.Insert(v.early, i, s)
	v.early = v.early[:min(len(v.early), maxEarly)]
}

// Enter takes the step out of the node's epoch, stores it, and passes it on to the
// node's children in the tree. The error says why the step is none.
func (v *View) Enter(env protocol.Env, s *Step) error {
	if s.Delta.From != v.Epoch() {
		return fmt.Errorf("the step leaves epoch %d, this is epoch %d", s.Delta.From, v.Epoch())
	}
	if !v.advance(s) {
		return fmt.Errorf("the service has not signed this step out of epoch %d", v.Epoch())
	}
	env.Store(stepKey(v.Epoch()), s)
	env.Sync()
	env.Note(NoteEpoch, v.Epoch())
	if v.target >= v.behind+3 && v.Epoch() == v.behind+3 {
		env.Note(NoteThreeBehind, v.Epoch())
	}
	if !v.asking(env.Now()) {
		v.forward(env, s)
	}
	v.asked = v.asked && v.target > v.Epoch()
	v.turnLease(env)
	return nil
}

// advance enters the next epoch if the certificate is the service's and names the
// configuration that the delta leads to.
func (v *View) advance(s *Step) bool {
	c := &s.Certificate
	if v.cfg.enforced(CertificateCheck) && (c.Epoch != v.Epoch()+1 || !c.Verify(v.keys, v.cfg.Service)) {
		return false
	}
	next, err := v.cfg.Versions.Accept(v.Config(), s.Delta, c.Config)
	if err != nil {
		return false
	}
	v.keys.Meter.Digests += uint64(next.Digests())
	v.configs, v.current, v.member = append(v.configs, next), next, next.Lookup(v.self)
	v.steps = append(v.steps, s)
	return true
}
