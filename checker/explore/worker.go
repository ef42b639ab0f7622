package explore

import "sync/atomic"

// What one worker of a search does: take a state, look at its successors, add
// those that are new. Everything shared is in table, frontier and watch.

// batch is how many states a worker explores between two points at which it
// can be made to stand still.
const batch = 256

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

// flush publishes what the worker counted since the last time.
func (w *worker[S]) flush() {
	w.total.explored.Add(w.explored)
	w.total.transitions.Add(w.transitions)
	w.total.added.Add(w.added)
	w.total.depth.Store(int64(w.depth))
	w.explored, w.transitions, w.added = 0, 0, 0
}
