package explore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// The search driver: one loop for both orders and any number of workers. A
// worker takes states from the frontier, looks at the successors of each and
// adds to table and frontier those that are new.
//
// Which states are found does not depend on the order of workers, and each is
// counted by the one insertion that succeeded: so the counts are equal for any
// number of workers, and for both orders, unless a bound cuts the search short.

// batch is how many states a worker explores between two points at which it
// can be made to stand still.
const batch = 256

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
		return walk(ctx, name, m, o), nil
	}
	s := newSearch(ctx, m, reducer, o)
	r := s.run(name)
	if r.Verdict == Violation || r.Verdict == Stuck {
		r = s.again(ctx, name, r)
	}
	if reduction != None {
		r.Reduction = factors(ctx, m, reducer, o, r)
	}
	return r, nil
}

// again makes a finding of several breadth-first workers reproducible: one
// worker alone finds the same states in the same order each time. The depth is
// the same, because a level is explored before the next begins.
func (s *search[S]) again(ctx context.Context, name string, r *Result) *Result {
	if s.opt.Workers == 1 || s.opt.Strategy != BFS {
		return r
	}
	o := s.opt
	o.Workers, o.Duration, o.States = 1, 0, 0
	s.table = nil // what the first search held makes room for the second
	alone := newSearch(ctx, s.model, s.reducer, o).run(name)
	if alone.Verdict != r.Verdict {
		return r // interrupted, or out of memory: the first finding stands
	}
	alone.WallNS += r.WallNS
	return alone
}

type search[S any] struct {
	model   Model[S]
	decoder Decoder[S] // nil if the model has none
	reducer Reducer[S] // nil without reductions
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

// worker is the memory of one goroutine of the search. What others read of it
// is atomic and written once a batch.
type worker[S any] struct {
	*search[S]
	id    int
	steps []Step[S]
	item  item[S]
	state S

	encoded []byte        // of the successors, side by side
	ends    []int         // where each ends
	prints  []fingerprint // of each
	touched uint64        // keeps the compiler from dropping the reads of touch

	explored, transitions, added uint64 // since the last flush
	depth                        int
	reached                      []uint64 // by property
	truncated                    bool     // by depth

	total struct {
		_                            [64]byte
		explored, transitions, added atomic.Uint64
		depth                        atomic.Int64
	}
}

func newSearch[S any](ctx context.Context, m Model[S], reducer Reducer[S], o Options) *search[S] {
	s := &search[S]{model: m, reducer: reducer, opt: o, props: m.Properties(), table: newTable(), front: newFrontier(m, o)}
	s.decoder, _ = m.(Decoder[S])
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

// work explores until there is nothing left or a reason to stop.
func (w *worker[S]) work() {
	for w.front.wait(w.id) {
		w.gate.RLock()
		for n := 0; n < batch && !w.watch.stopped() && w.front.pop(w.id, &w.item); n++ {
			w.explore()
			w.front.share(w.id)
		}
		w.gate.RUnlock()
		w.flush()
		w.watch.poll()
	}
}

// explore looks at the successors of the state in w.item.
func (w *worker[S]) explore() {
	depth := w.item.depth
	var from fingerprint
	if w.front.byValue {
		w.state = w.item.state
		w.encoded = w.model.AppendState(w.encoded[:0], &w.state)
		from = fingerprintOf(w.encoded)
	} else {
		from = fingerprintOf(w.item.encoded)
		w.decoder.DecodeState(w.item.encoded, &w.state)
	}
	w.steps = w.model.Successors(&w.state, w.steps[:0])
	w.explored++
	if len(w.steps) == 0 {
		w.ended(from, depth)
		return
	}
	steps := w.steps
	if w.opt.Reduction&PartialOrder != 0 {
		steps = w.reducer.Ample(&w.state, steps, w.opt.Reduction)
	}
	w.transitions += uint64(len(steps))
	atBound := w.opt.Depth > 0 && depth >= w.opt.Depth
	w.encode(steps)
	begin := 0
	for i := range steps {
		f, end := w.prints[i], w.ends[i]
		if atBound {
			w.truncated = w.truncated || !w.table.contains(f)
		} else if !w.found(&steps[i].State, w.encoded[begin:end], f, from, depth+1) {
			return
		}
		begin = end
	}
}

// encode sets encoded, ends and prints to the encodings of the steps' states,
// side by side, and to their fingerprints. Hashing all of them before the
// table is asked for the first lets the memory accesses overlap.
func (w *worker[S]) encode(steps []Step[S]) {
	w.encoded, w.ends, w.prints = w.encoded[:0], w.ends[:0], w.prints[:0]
	begin := 0
	for i := range steps {
		w.canonicalize(&steps[i].State)
		w.encoded = w.model.AppendState(w.encoded, &steps[i].State)
		w.prints = append(w.prints, fingerprintOf(w.encoded[begin:]))
		begin = len(w.encoded)
		w.ends = append(w.ends, begin)
	}
	w.touched = w.table.touch(w.prints)
}

func (s *search[S]) canonicalize(state *S) {
	if s.opt.Reduction&(Symmetry|Prune) != 0 {
		s.reducer.Canonicalize(state, s.opt.Reduction)
	}
}

// found adds a state to table and frontier if it is new. It reports whether
// the search goes on.
func (w *worker[S]) found(state *S, encoded []byte, f, from fingerprint, depth int) bool {
	var o outcome
	for o = w.table.insert(f, from.parentTag()); o == full; o = w.table.insert(f, from.parentTag()) {
		if !w.makeRoom(f) {
			w.watch.stop(ByMemory)
			return false
		}
	}
	if o == present {
		return true
	}
	w.added++
	w.depth = max(w.depth, depth)
	for i := range w.props {
		switch p := &w.props[i]; p.Kind {
		case Always:
			if !p.Holds(state) {
				w.report(finding{p.Name, Always, f, depth})
				return false
			}
		case Reach:
			if p.Holds(state) {
				w.reached[i]++
			}
		}
	}
	w.front.push(w.id, encoded, state, depth)
	return true
}

// ended looks at a state without transitions.
func (w *worker[S]) ended(state fingerprint, depth int) {
	for i := range w.props {
		if p := &w.props[i]; p.Kind == NoDeadlock && !p.Holds(&w.state) {
			w.report(finding{p.Name, NoDeadlock, state, depth})
			return
		}
	}
}

// makeRoom grows the segment of f while all other workers stand still; false if
// the memory bound forbids it. The caller holds the gate for reading, before
// and after.
func (w *worker[S]) makeRoom(f fingerprint) bool {
	w.gate.RUnlock()
	w.gate.Lock()
	defer w.gate.RLock()
	defer w.gate.Unlock()
	s := &w.table.segments[f.segment]
	if s.count.Load() < s.limit {
		return true // another worker was quicker
	}
	held := w.bytes() + w.table.growth(f)
	if held > w.opt.Bytes {
		return false
	}
	w.watch.peak(held)
	w.table.grow(f)
	return true
}

// report keeps a finding and ends the search. Of several the nearest is kept.
func (w *worker[S]) report(f finding) {
	w.mu.Lock()
	if w.finding == nil || f.depth < w.finding.depth {
		w.finding = &f
	}
	w.mu.Unlock()
	w.watch.stop(stopViolation)
}

func (s *search[S]) bytes() int64 { return s.table.bytes.Load() + s.front.bytes.Load() }

// flush publishes what the worker counted since the last time.
func (w *worker[S]) flush() {
	w.total.explored.Add(w.explored)
	w.total.transitions.Add(w.transitions)
	w.total.added.Add(w.added)
	w.total.depth.Store(int64(w.depth))
	w.explored, w.transitions, w.added = 0, 0, 0
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
		Reach: map[string]uint64{}, NeverReached: []string{}, Reduction: map[string]float64{}}
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
