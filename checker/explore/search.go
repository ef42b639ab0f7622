package explore

import (
	"context"
	"fmt"
	"runtime"
	"sync"
)

// The search driver: one loop for both orders and any number of workers. A
// worker takes states from the frontier, looks at the successors of each and
// adds to table and frontier those that are new.
//
// Which states are found does not depend on the order of workers, and each is
// counted by the one insertion that succeeded: so the counts are equal for any
// number of workers, and for both orders, unless a bound cuts the search short.

// Explore searches the states of m within the bounds of o. The error is about
// o; what is wrong with m is in the result. Cancelling ctx ends the search early.
func Explore[S any](ctx context.Context, name string, m Model[S], o Options) (*Result, error) {
	o = o.withDefaults()
	reducer, reduction, err := reducerFor(m, o.Reduction)
	if err != nil {
		return nil, err
	}
	o.Reduction = reduction
	if o.Strategy == Random || o.Strategy == PCT {
		if reduction != None {
			return nil, fmt.Errorf("reductions are for bfs and dfs: a %v walk visits one path at a time", o.Strategy)
		}
		return scheduled(m, walk(ctx, name, m, o)), nil
	}
	s := newSearch(ctx, m, reducer, o)
	r := s.run(name)
	if r.Verdict == Violation || r.Verdict == Stuck {
		r = s.again(ctx, name, r)
	}
	if r.Verdict == Pass {
		s.saysWhetherRunsEnd(r)
	}
	if reduction != None {
		r.Reduction = factors(ctx, m, reducer, o, r)
	}
	return scheduled(m, r), nil
}

// again makes a finding of several breadth-first workers reproducible: one
// worker alone finds the same states in the same order each time. The depth is
// the same, because a level is explored before the next begins. Only cancelling
// and memory can end the second search early.
func (s *search[S]) again(ctx context.Context, name string, r *Result) *Result {
	if s.opt.Workers == 1 || s.opt.Strategy != BFS {
		return r
	}
	o := s.opt
	o.Workers, o.Duration, o.States = 1, 0, 0
	s.table = nil // what the first search held makes room for the second
	runtime.GC()
	alone := newSearch(ctx, s.model, s.reducer, o).run(name)
	if alone.Counterexample == nil {
		return r // interrupted, or out of memory: the first finding stands
	}
	alone.WallNS += r.WallNS
	alone.PeakBytes = max(alone.PeakBytes, r.PeakBytes)
	return alone
}

type search[S any] struct {
	model   Model[S]
	decoder Decoder[S] // nil if the model has none
	reducer Reducer[S] // nil without reductions
	holder  Holder     // nil if the model keeps nothing
	opt     Options
	props   []Property[S]
	table   *table
	front   *frontier[S]
	watch   *watch
	workers []worker[S]

	// gate is held for reading while a worker explores a batch, and for writing
	// while a segment of the table grows.
	gate sync.RWMutex

	mu      sync.Mutex
	finding *finding
}

// finding is a state that breaks a property.
type finding struct {
	property string
	kind     Kind
	state    fingerprint
	depth    int
}

func newSearch[S any](ctx context.Context, m Model[S], reducer Reducer[S], o Options) *search[S] {
	s := &search[S]{model: m, reducer: reducer, opt: o, props: m.Properties(), table: newTable(), front: newFrontier(m, o)}
	s.decoder, _ = m.(Decoder[S])
	s.holder, _ = m.(Holder)
	s.workers = make([]worker[S], o.Workers)
	for i := range s.workers {
		s.workers[i].search, s.workers[i].id = s, i
		s.workers[i].reached = make([]uint64, len(s.props))
	}
	s.watch = newWatch(ctx, o, s.progress, s.front.close)
	return s
}

// run searches and reports.
func (s *search[S]) run(name string) *Result {
	first := &s.workers[0]
	s.gate.RLock() // as a worker does
	for _, state := range s.model.Initial() {
		steps := []Step[S]{{State: state}}
		first.encode(steps)
		first.found(&steps[0].State, first.encoded, first.prints[0], fingerprint{}, 0)
	}
	s.gate.RUnlock()
	first.flush()
	var all sync.WaitGroup
	for i := range s.workers {
		all.Add(1)
		//turncoat:allow concurrency workers of a search share no state of a run
		go func() {
			defer all.Done()
			s.workers[i].work()
		}()
	}
	all.Wait()
	return s.result(name)
}

func (s *search[S]) canonicalize(state *S) {
	if s.opt.Reduction&(Symmetry|Prune) != 0 {
		s.reducer.Canonicalize(state, s.opt.Reduction)
	}
}

func (s *search[S]) bytes() int64 {
	held := s.table.bytes.Load() + s.front.bytes.Load()
	if s.holder != nil {
		held += s.holder.HeldBytes()
	}
	return held
}

// progress adds up what the workers have published.
func (s *search[S]) progress() Progress {
	p := Progress{Bytes: s.bytes()}
	var explored uint64
	for i := range s.workers {
		t := &s.workers[i].total
		explored += t.explored.Load()
		p.States += t.added.Load()
		p.Transitions += t.transitions.Load()
		p.Depth = max(p.Depth, int(t.depth.Load()))
	}
	p.Frontier = p.States - min(explored, p.States)
	return p
}

// result decides the verdict and finds the counterexample.
func (s *search[S]) result(name string) *Result {
	r := s.summary(name)
	for i := range s.workers {
		if s.workers[i].truncated && r.TruncatedBy == notTruncated {
			r.TruncatedBy = ByDepth
		}
	}
	if s.finding != nil {
		r.TruncatedBy = notTruncated
	}
	r.conclude(s.finding)
	if s.finding != nil {
		r.Counterexample = s.pathTo(*s.finding)
	}
	return r
}

// summary adds up what the workers counted.
func (s *search[S]) summary(name string) *Result {
	p := s.progress()
	r := &Result{Model: name, UniqueStates: p.States, Transitions: p.Transitions, Depth: p.Depth,
		MissedProbability: missedProbability(p.States), TruncatedBy: s.watch.truncatedBy(),
		WallNS: s.watch.elapsed().Nanoseconds(), PeakBytes: s.watch.peak(p.Bytes),
		Reach: map[string]uint64{}, NeverReached: []string{}, Reduction: map[string]Factor{}}
	for i, p := range s.props {
		if p.Kind != Reach {
			continue
		}
		var n uint64
		for w := range s.workers {
			n += s.workers[w].reached[i]
		}
		if r.Reach[p.Name] = n; n == 0 {
			r.NeverReached = append(r.NeverReached, p.Name)
		}
	}
	return r
}
