package checker

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Parse reads histories that others recorded. A history is a sequence of
// events, one on a line; an event's number is its line, and nothing else of
// time is used. The formats differ in how a line is written and share what the
// events mean, which is Jepsen's:
//
//	invoke  the process began an operation
//	ok      it succeeded
//	fail    it is known to have had no effect; for a cas: the value did not match
//	info    its outcome is unknown: it may take effect at any later time
//
// A process has one operation at a time; after info it may begin another.

// Formats are the names that Parse knows.
var Formats = []string{"jsonl", "jepsen"}

// longestLine is what a line may have, so that a file that is no history does
// not fill the memory first.
const longestLine = 1 << 20

// Parse reads a history in the given format. Errors are one sentence that
// begins with name and line.
func Parse(r io.Reader, name, format string) (*History, error) {
	decoders := []func(*eventLog, []byte) error{(*eventLog).jsonLine, (*eventLog).jepsenLine}
	which := slices.Index(Formats, format)
	if which < 0 {
		return nil, fmt.Errorf("%s: format %q is unknown; %s", name, format, suggest(format, Formats))
	}
	log := eventLog{history: new(History), open: make(map[int32]begun)}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	for lines.Scan() {
		log.line++
		if err := decoders[which](&log, lines.Bytes()); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, log.line, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("%s:%d: the line is longer than %d bytes, which no event is", name, log.line+1, longestLine)
	} else if err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, log.line+1, err)
	}
	return log.history, nil
}

// eventLog turns decoded events into a history.
type eventLog struct {
	history *History
	line    int64
	open    map[int32]begun // by process; for lookup only
}

// begun is an operation in flight, and the line on which it began.
type begun struct {
	id   OpID
	line int64
	f    string
}

// logEvent is one decoded line. Text is nil where there was none, or null.
type logEvent struct {
	process  int32
	kind, f  string
	key      []byte
	hasKey   bool
	hasValue bool
	value    []byte // read: the output; write: the input; cas: the new value
	expect   []byte // cas
}

var (
	eventKinds = []string{"invoke", "ok", "fail", "info"}
	functions  = []string{"read", "write", "cas"}
)

// checkNames refuses a type or function that is not among the known.
func (e *logEvent) checkNames() error {
	if !slices.Contains(eventKinds, e.kind) {
		return fmt.Errorf("field type: read %q; %s", e.kind, suggest(e.kind, eventKinds))
	}
	if !slices.Contains(functions, e.f) {
		return fmt.Errorf("field f: read %q; %s", e.f, suggest(e.f, functions))
	}
	return nil
}

// add appends e to the history, or says what is wrong with it.
func (l *eventLog) add(e *logEvent) error {
	op, busy := l.open[e.process]
	if e.kind == "invoke" {
		if busy {
			return fmt.Errorf("field type: process %d invokes a %s while its %s of line %d has not ended; want ok, fail or info for that first", e.process, e.f, op.f, op.line)
		}
		l.begin(e)
		return nil
	}
	if !busy {
		return fmt.Errorf("field type: read %q, but process %d has no operation in flight; want invoke first", e.kind, e.process)
	}
	if e.f != op.f {
		return fmt.Errorf("field f: read %q; want %q, which process %d invoked on line %d", e.f, op.f, e.process, op.line)
	}
	if err := l.matches(e, op); err != nil {
		return err
	}
	delete(l.open, e.process)
	switch e.kind {
	case "ok":
		output := Absent
		if e.f == "read" {
			if !e.hasValue {
				return fmt.Errorf("field value: is missing; want the value read, null if the object was unwritten")
			}
			output = l.valueOf(e.value)
		}
		l.history.End(op.id, output, l.line)
	case "fail":
		l.history.Fail(op.id, l.line)
	}
	return nil
}

func (l *eventLog) begin(e *logEvent) {
	h := l.history
	o := h.Object(e.key)
	var id OpID
	switch e.f {
	case "read":
		id = h.BeginRead(e.process, o, l.line)
	case "write":
		id = h.BeginWrite(e.process, o, l.valueOf(e.value), l.line)
	case "cas":
		id = h.BeginCAS(e.process, o, l.valueOf(e.expect), l.valueOf(e.value), l.line)
	}
	l.open[e.process] = begun{id, l.line, e.f}
}

// matches holds an end against its invocation: key and value may be left out
// there, but not differ. An info may carry an error's name as its value.
func (l *eventLog) matches(e *logEvent, op begun) error {
	h := l.history
	invoked := h.Operation(op.id)
	if e.hasKey && string(e.key) != h.ObjectName(invoked.Object) {
		return fmt.Errorf("field key: read %s; want %s, as on line %d", e.key, h.ObjectName(invoked.Object), op.line)
	}
	if !e.hasValue || e.f == "read" || e.kind == "info" {
		return nil
	}
	if l.valueOf(e.value) != invoked.Input || e.f == "cas" && l.valueOf(e.expect) != invoked.Expect {
		return fmt.Errorf("field value: differs from that of line %d; want the same, or none", op.line)
	}
	return nil
}

func (l *eventLog) valueOf(text []byte) Value {
	if text == nil {
		return Absent
	}
	return l.history.Value(text)
}
