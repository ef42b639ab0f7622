package shrink

import (
	"encoding/binary"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/zeebo/xxh3"

	"turncoat/protocol/auth"
	"turncoat/scenarios"
	"turncoat/sim"
)

// search is the state of one shrinking: the smallest list so far, and what was
// tried. Candidates come in a fixed order and the first that is good is taken,
// so the result does not depend on how many run at a time.
type search struct {
	limits   Options
	artifact *scenarios.Artifact
	deadline time.Time // zero = none
	late     bool      // time is up, or it was stopped

	best   *trial
	runs   int
	events uint64 // of these runs
	most   uint64 // of them, if not 0: then nothing more is tried
	pass   string
	tried  map[xxh3.Uint128]bool // lists that were run; looked up only
	err    error
}

// ground is what a list is followed in: a scenario, and the seed of keys and nonces.
type ground struct {
	spec scenarios.Spec // the artifact's, or one with less in it
	seed uint64
}

// trial is a list that was run.
type trial struct {
	on     *ground
	list   []sim.Decision // what the run used, in its order
	size   Size
	report *scenarios.Report
	when   timeline
}

func newSearch(a *scenarios.Artifact, o Options, begun time.Time) *search {
	s := &search{limits: o, artifact: a, tried: make(map[xxh3.Uint128]bool)}
	if o.For > 0 {
		s.deadline = begun.Add(o.For)
	}
	return s
}

// run follows the list of a candidate, or draws one.
func (s *search) run(c *candidate) (*trial, error) {
	t := &trial{on: c.on, when: newTimeline()}
	o := s.options(c.on)
	o.Decisions, o.Listed, o.Keep, o.Tracer = c.list, !c.drawn, c.drawn, t.when
	var err error
	if t.report, err = scenarios.Guarded(&c.on.spec, o, c.on.spec.Patience()); err != nil {
		return nil, err
	}
	t.list, t.size = t.report.Decisions, SizeOf(t.report.Decisions)
	return t, nil
}

// options returns those of the artifact, on a ground.
func (s *search) options(on *ground) scenarios.Options {
	return scenarios.Options{Seed: on.seed, Suite: auth.Suite(s.artifact.Suite), Lift: s.artifact.Lift, Listed: true}
}

// same reports whether a run failed as the artifact's did.
func (s *search) same(t *trial) bool {
	return t.report.Verdict == s.artifact.Verdict && t.report.Property == s.artifact.Property
}

// candidate is a run to try and what became of it.
type candidate struct {
	on    *ground
	list  []sim.Decision
	drawn bool // from the seed, and not from a list
	print xxh3.Uint128
	known bool // it was run before, and was no good
	trial *trial
	err   error
}

// first tries lists on the ground of the best until one is good: it fails in the same
// way and is smaller. It becomes the best, and its number is returned; -1 if there
// is none.
func (s *search) first(lists iter.Seq[[]sim.Decision]) int {
	on := s.best.on
	next, stop := iter.Pull(lists)
	defer stop()
	return s.pull(func() (candidate, bool) {
		list, ok := next()
		return candidate{on: on, list: list, print: fingerprint(list)}, ok
	}, func(t *trial) bool { return t.size.Compare(s.best.size) < 0 })
}

// pull runs candidates, several at a time, until one fails in the same way and is
// good. Those after it that were run on suspicion count for nothing.
func (s *search) pull(next func() (candidate, bool), good func(*trial) bool) int {
	for base := 0; ; {
		batch := s.batch(next)
		if len(batch) == 0 {
			return -1
		}
		s.runAll(batch)
		for i, c := range batch {
			if c.known {
				continue
			}
			if c.err != nil {
				s.err, s.late = c.err, true
			}
			if c.err != nil || s.most > 0 && s.events > s.most {
				return -1
			}
			s.runs++
			s.events += c.trial.report.Events
			s.tried[c.print] = !c.drawn
			if s.limits.Progress != nil {
				s.limits.Progress(Progress{Pass: s.pass, Runs: s.runs, Size: s.best.size})
			}
			if s.same(c.trial) && good(c.trial) {
				s.adopt(c.trial)
				return base + i
			}
		}
		base += len(batch)
	}
}

// adopt makes a trial the best. Lists that were no good on another ground may be good
// on its.
func (s *search) adopt(t *trial) {
	if s.best != nil && s.best.on != t.on {
		clear(s.tried)
	}
	s.best = t
}

// batch takes as many candidates as run at a time, and those between them that were
// tried before.
func (s *search) batch(next func() (candidate, bool)) (batch []candidate) {
	for fresh := 0; fresh < max(s.limits.Jobs, 1) && !s.over(); {
		c, ok := next()
		if !ok {
			break
		}
		c.known = c.known || !c.drawn && (s.tried[c.print] || slices.ContainsFunc(batch, func(b candidate) bool { return b.print == c.print }))
		if !c.known {
			fresh++
		}
		batch = append(batch, c)
	}
	return batch
}

func (s *search) runAll(batch []candidate) {
	var jobs sync.WaitGroup
	for i := range batch {
		if c := &batch[i]; !c.known {
			jobs.Go(func() { c.trial, c.err = s.run(c) })
		}
	}
	jobs.Wait()
}

// over reports whether to stop.
func (s *search) over() bool {
	select {
	case <-s.limits.Stop:
		s.late = true
	default:
		if !s.deadline.IsZero() && time.Now().After(s.deadline) {
			s.late = true
		}
	}
	return s.late
}

// fingerprint tells lists apart.
func fingerprint(list []sim.Decision) xxh3.Uint128 {
	b := make([]byte, 0, 32*len(list)+1)
	for i := range list {
		d := &list[i]
		b = append(b, byte(d.Choice))
		b = binary.LittleEndian.AppendUint32(b, uint32(d.Actor))
		b = binary.LittleEndian.AppendUint32(b, uint32(d.Peer))
		b = binary.LittleEndian.AppendUint32(b, d.Op)
		b = binary.LittleEndian.AppendUint32(b, d.Index)
		b = binary.LittleEndian.AppendUint64(b, uint64(d.Value))
		b = append(append(b, d.Label...), 0)
	}
	return xxh3.Hash128(b)
}
