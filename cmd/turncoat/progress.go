package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// progress shows how a long command gets on, on standard error: a line that is
// rewritten on a terminal, a plain line now and then in a pipe.
type progress struct {
	w        io.Writer
	terminal bool
	begun    time.Time
	shown    time.Time
	limit    time.Duration // wall time that the command may take; 0 = until it is done
}

func newProgress(w io.Writer, limit time.Duration) *progress {
	f, ok := w.(*os.File)
	now := time.Now()
	return &progress{w: w, terminal: ok && term.IsTerminal(int(f.Fd())), begun: now, shown: now, limit: limit}
}

// update shows where a sweep stands, if it is time to.
func (p *progress) update(done, total uint64, findings int) {
	now := time.Now()
	if !p.due(now) {
		return
	}
	spent := now.Sub(p.begun)
	rate := float64(done) / spent.Seconds()
	line := fmt.Sprintf("%d runs, %.0f/s, %d findings", done, rate, findings)
	left := time.Duration(float64(total-min(done, total)) / rate * float64(time.Second))
	if p.limit > 0 {
		left = min(left, p.limit-spent)
	}
	line += fmt.Sprintf(", %v left", max(left, 0).Round(time.Second))
	p.print(line)
}

// line shows a line of text, if it is time for one.
func (p *progress) line(text string) {
	if p.due(time.Now()) {
		p.print(text)
	}
}

// due reports whether it is time to show something, and takes it to be shown.
func (p *progress) due(now time.Time) bool {
	every := 10 * time.Second
	if p.terminal {
		every = 200 * time.Millisecond
	}
	if now.Sub(p.shown) < every {
		return false
	}
	p.shown = now
	return true
}

func (p *progress) print(line string) {
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K%s", line)
	} else {
		fmt.Fprintln(p.w, line)
	}
}

// points shows how far a figure is, and how long it will take if its other points take
// as long as those that are done.
func (p *progress) points(name string, done, total int) {
	left := time.Since(p.begun) / time.Duration(max(done, 1)) * time.Duration(total-done)
	p.line(fmt.Sprintf("%s: %d of %d points, about %v left", name, done, total, left.Round(time.Second)))
}

// done clears the line.
func (p *progress) done() {
	if p.terminal {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
