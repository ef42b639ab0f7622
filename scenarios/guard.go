package scenarios

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"turncoat/checker"
	"turncoat/results"
)

// judging is what the heartbeat holds once the world has stopped and the history
// is being judged, which has budgets of its own.
const judging = math.MaxUint64

// Guarded is Run under a watchdog: if one event takes longer than patience of
// wall time, the machine that handles it is taken never to return, and the
// report is a finding that names the event and the stack. Its goroutine cannot be
// stopped and is left behind.
func Guarded(spec *Spec, o Options, patience time.Duration) (*Report, error) {
	type finished struct {
		rep *Report
		err error
	}
	o.Heartbeat = new(atomic.Uint64)
	d := o.decisions()
	done := make(chan finished, 1)
	id := make(chan string, 1)
	go func() {
		id <- goroutineID()
		rep, err := runWith(spec, o, d)
		done <- finished{rep, err}
	}()
	last, since := uint64(0), time.Now()
	tick := time.NewTicker(max(patience/8, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case f := <-done:
			return f.rep, f.err
		case <-tick.C:
			event := o.Heartbeat.Load()
			if event != last || event == judging {
				last, since = event, time.Now()
			} else if time.Since(since) > patience {
				rep := lost(spec, o, event, patience, stackOf(<-id))
				rep.Decisions = d.Kept()
				return rep, nil
			}
		}
	}
}

// machineReturns is the property that a machine which never returns breaks.
const machineReturns = "machine-returns"

// lost reports a run whose machine does not return.
func lost(spec *Spec, o Options, event uint64, patience time.Duration, stack string) *Report {
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1) // what is left behind keeps a processor
	return &Report{Outcome: checker.Stuck, Run: results.Run{
		Scenario: spec.Name, Seed: o.Seed, Verdict: checker.Stuck.String(), Property: machineReturns,
		Detail: fmt.Sprintf("event %d had not been handled after %v, in %s", event, patience, stack),
		Digest: strings.Repeat("0", 32), Events: event,
		Reproduce: Reproduce(spec, o),
	}}
}

// goroutineID returns the number of this goroutine, from the first line of its
// stack ("goroutine 17 [running]:").
func goroutineID() string {
	b := make([]byte, 64)
	return string(bytes.Fields(b[:runtime.Stack(b, false)])[1])
}

// stackOf returns the innermost functions of a goroutine, a line.
func stackOf(id string) string {
	b := make([]byte, 1<<20)
	b = b[:runtime.Stack(b, true)]
	_, mine, _ := bytes.Cut(b, []byte("goroutine "+id+" ["))
	mine, _, _ = bytes.Cut(mine, []byte("\n\n"))
	var frames []string
	for i, line := range strings.Split(string(mine), "\n") {
		if i > 0 && !strings.HasPrefix(line, "\t") && len(frames) < 6 && !strings.HasPrefix(line, "runtime.") {
			name, _, _ := strings.Cut(line, "(0x")
			frames = append(frames, strings.TrimSuffix(name, "(...)"))
		}
	}
	return strings.Join(frames, " < ")
}
