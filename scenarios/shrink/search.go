package shrink

import (
	"encoding/binary"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/zeebo/xxh3"

	"turncoat/scenarios"
	"turncoat/sim"
)

// search is the state of one shrinking: the smallest list so far, and what was
// tried. Candidates come in a fixed order and the first that is good is taken,
// so the result does not depend on how many run at a time.
type search struct {
	limits   Options
	artifact *scenarios.Artifact
	spec     scenarios.Spec // the artifact's, with a nearer deadline if that is enough
	options  scenarios.Options
	deadline time.Time // zero = none
	late     bool      // time is up, or it was stopped

	best  *trial
	runs  int
	pass  string
	tried map[xxh3.Uint128]bool // lists that were run; looked up only
	err   error
}

// trial is a list that was run.
type trial struct {
	list   []sim.Decision // what the run used, in its order
	size   Size
	report *scenarios.Report
	when   timeline
}

func newSearch(a *scenarios.Artifact, o Options, begun time.Time) *search {
	s := &search{limits: o, artifact: a, spec: a.Scenario, options: a.Options(), tried: make(map[xxh3.Uint128]bool)}
	if o.For > 0 {
		s.deadline = begun.Add(o.For)
	}
	return s
}

// run follows a list.
func (s *search) run(list []sim.Decision) (*trial, error) {
	t := &trial{when: newTimeline()}
	o := s.options
	o.Decisions, o.Tracer = list, t.when
	var err error
	if t.report, err = scenarios.Guarded(&s.spec, o, s.spec.Patience()); err != nil {
		return nil, err
	}
	t.list, t.size = t.report.Decisions, SizeOf(t.report.Decisions)
	return t, nil
}

// same reports whether a run failed as the artifact's did.
func (s *search) same(t *trial) bool {
	return t.report.Verdict == s.artifact.Verdict && t.report.Property == s.artifact.Property
}

// candidate is a list to try and what became of it.
type candidate struct {
	list  []sim.Decision
	print xxh3.Uint128
	known bool // it was run before, and was no good
	trial *trial
	err   error
}

// first runs candidates, several at a time, until one is good: it fails in the same
// way and is smaller. It becomes the best, and its number is returned; -1 if there
// is none. Candidates after it that were run on suspicion count for nothing.
func (s *search) first(candidates iter.Seq[[]sim.Decision]) int {
	next, stop := iter.Pull(candidates)
	defer stop()
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
				return -1
			}
			s.runs++
			s.tried[c.print] = true
			if s.limits.Progress != nil {
				s.limits.Progress(Progress{Pass: s.pass, Runs: s.runs, Size: s.best.size})
			}
			if s.same(c.trial) && c.trial.size.Compare(s.best.size) < 0 {
				s.best = c.trial
				return base + i
			}
		}
		base += len(batch)
	}
}

// batch takes as many candidates as run at a time, and those between them that were
// tried before.
func (s *search) batch(next func() ([]sim.Decision, bool)) (batch []candidate) {
	for fresh := 0; fresh < max(s.limits.Jobs, 1) && !s.over(); {
		list, ok := next()
		if !ok {
			break
		}
		c := candidate{list: list, print: fingerprint(list)}
		c.known = s.tried[c.print] || slices.ContainsFunc(batch, func(b candidate) bool { return b.print == c.print })
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
			jobs.Go(func() { c.trial, c.err = s.run(c.list) })
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
