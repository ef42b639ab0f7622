// Package clock holds each way to ask for the time, and the near misses.
package clock

import (
	"context"
	"time"
)

var now = time.Now // want `time.Now is not a function of the seed`

func offenders(ctx context.Context, then time.Time) {
	_ = time.Since(then)                   // want `time.Since is not`
	_ = time.Until(then)                   // want `time.Until is not`
	time.Sleep(time.Second)                // want `time.Sleep is not`
	_ = time.After(time.Second)            // want `time.After is not`
	_ = time.AfterFunc(1, func() {})       // want `time.AfterFunc is not`
	_ = time.Tick(time.Second)             // want `time.Tick is not`
	_ = time.NewTimer(time.Second)         // want `time.NewTimer is not`
	_ = time.NewTicker(time.Second)        // want `time.NewTicker is not`
	_, _ = context.WithTimeout(ctx, 1)     // want `context.WithTimeout is not`
	_, _ = context.WithDeadline(ctx, then) // want `context.WithDeadline is not`
	_ = context.AfterFunc(ctx, func() {})  // want `context.AfterFunc is not`
}

// world has a clock of its own: virtual.
type world struct{ elapsed time.Duration }

func (w *world) Now() time.Duration { return w.elapsed }

func nearMisses(w *world, then time.Time) time.Duration {
	later := then.Add(3 * time.Millisecond)
	return w.Now() + later.Sub(time.Unix(0, 0))
}
