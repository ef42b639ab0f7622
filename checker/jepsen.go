package checker

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Jepsen's register logs: four columns, after whatever the logger put before
// " - ", and separated by blanks or tabs:
//
//	INFO  jepsen.util - 0	:invoke	:write	3
//	INFO  jepsen.util - 0	:ok	:write	3
//	INFO  jepsen.util - 1	:invoke	:cas	[3 4]
//	INFO  jepsen.util - 1	:info	:cas	:timed-out
//
// They are process, type, operation and value. nil is the value of an object
// that was never written, and of a read on invocation. Lines of the process
// :nemesis are of the faults, not of the history, and are passed over, as are
// blank ones. There is one object.

var jepsenKinds = []string{":invoke", ":ok", ":fail", ":info"}

// jepsenLine decodes one line.
func (l *eventLog) jepsenLine(line []byte) error {
	if _, after, found := bytes.Cut(line, []byte(" - ")); found {
		line = after
	}
	columns := strings.Fields(string(line))
	if len(columns) == 0 || columns[0] == ":nemesis" {
		return nil
	}
	if len(columns) < 4 {
		return fmt.Errorf("read %s, %d columns; want four: process, :invoke, operation, value", excerpt(line), len(columns))
	}
	process, err := strconv.ParseInt(columns[0], 10, 32)
	if err != nil || process < 0 {
		return fmt.Errorf("column process: read %q; want an integer from 0 to 2147483647", columns[0])
	}
	if !slices.Contains(jepsenKinds, columns[1]) {
		return fmt.Errorf("column type: read %q; %s", columns[1], suggest(columns[1], jepsenKinds))
	}
	jepsenFunctions := []string{":read", ":write", ":cas"}
	if !slices.Contains(jepsenFunctions, columns[2]) {
		return fmt.Errorf("column operation: read %q; %s", columns[2], suggest(columns[2], jepsenFunctions))
	}
	e := logEvent{process: int32(process), kind: columns[1][1:], f: columns[2][1:]}
	if err := e.jepsenValue(strings.Join(columns[3:], " ")); err != nil {
		return err
	}
	return l.add(&e)
}

// jepsenValue takes the last column apart. What an unknown outcome carries,
// such as :timed-out, is the error's name and no value.
func (e *logEvent) jepsenValue(text string) error {
	if e.kind == "info" || e.kind == "fail" && strings.HasPrefix(text, ":") {
		return nil
	}
	e.hasValue = true
	if e.f != "cas" {
		if strings.ContainsAny(text, "[] ") || strings.HasPrefix(text, ":") {
			return fmt.Errorf("column value: read %q; want one value, or nil", text)
		}
		e.value = jepsenScalar(text)
		return nil
	}
	inner, opened := strings.CutPrefix(text, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	pair := strings.Fields(inner)
	if !opened || !closed || len(pair) != 2 || strings.ContainsAny(inner, "[]") {
		return fmt.Errorf("column value: read %q; want [expected new] for a cas", text)
	}
	e.expect, e.value = jepsenScalar(pair[0]), jepsenScalar(pair[1])
	return nil
}

func jepsenScalar(text string) []byte {
	if text == "nil" {
		return nil
	}
	return []byte(text)
}
