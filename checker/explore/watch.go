package explore

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// watch ends a search at its bounds and reports progress. It has no goroutine
// of its own: workers poll it between batches. It is the only part of a search that reads
// the wall clock; no count depends on it unless the search is cut short.
type watch struct {
	ctx      context.Context
	opt      Options
	count    func() Progress
	onStop   func()
	started  time.Time
	reason   atomic.Pointer[string] // why the search ends early
	mostHeld atomic.Int64

	mu   sync.Mutex
	last Progress
}

func newWatch(ctx context.Context, o Options, count func() Progress, onStop func()) *watch {
	//turncoat:allow clock bounds and progress of a search, outside any run
	return &watch{ctx: ctx, opt: o, count: count, onStop: onStop, started: time.Now()}
}

func (w *watch) elapsed() time.Duration {
	//turncoat:allow clock bounds and progress of a search, outside any run
	return time.Since(w.started)
}

// stop ends the search; the first reason given is kept.
func (w *watch) stop(reason string) {
	if w.reason.CompareAndSwap(nil, &reason) {
		w.onStop()
	}
}

func (w *watch) stopped() bool { return w.reason.Load() != nil }

// truncatedBy returns the bound that ended the search, if one did.
func (w *watch) truncatedBy() string {
	if r := w.reason.Load(); r != nil && *r != stopViolation {
		return *r
	}
	return notTruncated
}

// peak notes that the search holds the given number of bytes and returns the
// most that it ever held.
func (w *watch) peak(bytes int64) int64 {
	for {
		most := w.mostHeld.Load()
		if bytes <= most {
			return most
		}
		if w.mostHeld.CompareAndSwap(most, bytes) {
			return bytes
		}
	}
}

// poll compares counts and clock with the bounds and reports progress when it is due.
func (w *watch) poll() {
	if !w.mu.TryLock() {
		return // another worker is at it
	}
	defer w.mu.Unlock()
	p := w.count()
	w.peak(p.Bytes)
	p.Elapsed = w.elapsed()
	switch {
	case w.ctx.Err() != nil:
		w.stop(ByInterrupt)
	case w.opt.States > 0 && p.States >= w.opt.States && p.Frontier > 0:
		w.stop(ByStates)
	case p.Bytes > w.opt.Bytes:
		w.stop(ByMemory)
	case w.opt.Duration > 0 && p.Elapsed >= w.opt.Duration:
		w.stop(ByTime)
	}
	if since := p.Elapsed - w.last.Elapsed; w.opt.Progress != nil && since >= w.opt.ProgressEvery {
		p.Rate = float64(p.States-w.last.States) / since.Seconds()
		w.last = p
		w.opt.Progress(p)
	}
}
