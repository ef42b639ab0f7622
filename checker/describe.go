package checker

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Operations, values and limits in words, for people.

// tense is the form in which a sentence needs an operation.
type tense uint8

const (
	simple  tense = iota // client 1 read "a" [3,5]
	perfect              // client 1 had read "a" [3,5]
	began                // client 1 began to read "a" [3,5]
)

// Describe returns op in words, as `client 1 wrote "a" [3,5]`: its interval is
// that of its events, and ends in "pending" if it has not returned.
func (h *History) Describe(op Operation) string { return h.describe(op, simple) }

func (h *History) describe(op Operation, t tense) string {
	if op.Outcome == Pending {
		t = began
	}
	var did string
	switch op.Kind {
	case Read:
		did = [...]string{"read ", "had read ", "began to read "}[t]
		if op.Outcome == Done {
			did += h.describeValue(op.Output)
		}
	case Write:
		did = [...]string{"wrote ", "had written ", "began to write "}[t] + h.describeValue(op.Input)
	case CAS:
		did = [...]string{"changed ", "had changed ", "began to change "}[t] + h.describeValue(op.Expect) + " to " + h.describeValue(op.Input)
	}
	if op.Outcome == Failed {
		did = strings.TrimSpace(did) + " in vain"
	}
	end := "pending"
	if op.Return != Never {
		end = strconv.FormatInt(op.Return, 10)
	}
	return fmt.Sprintf("client %d %s [%d,%s]", op.Client, strings.TrimSpace(did), op.Invoke, end)
}

// longestShown is how many bytes of a value or name a sentence has room for.
const longestShown = 24

// describeValue shows v as people wrote it: numbers and quoted strings of
// foreign histories as they are, text in quotes, other bytes in hex.
func (h *History) describeValue(v Value) string {
	text, written := h.Text(v)
	if !written {
		return "nothing"
	}
	if json.Valid([]byte(text)) && len(text) <= longestShown {
		return text
	}
	return shorten(text)
}

// describeObject shows the name of o.
func (h *History) describeObject(o Object) string {
	name := h.ObjectName(o)
	if json.Valid([]byte(name)) && len(name) <= longestShown {
		return name
	}
	return shorten(name)
}

func shorten(text string) string {
	printable := utf8.ValidString(text) && strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
	switch {
	case !printable && len(text) > longestShown/2:
		return hex.EncodeToString([]byte(text[:longestShown/2])) + "..."
	case !printable:
		return hex.EncodeToString([]byte(text))
	case len(text) > longestShown:
		return strconv.Quote(strings.ToValidUTF8(text[:longestShown], "") + "...")
	}
	return strconv.Quote(text)
}

// describeWitness orders the witness by invocation, puts it in words, and says
// which object it is about where the history has several.
func (h *History) describeWitness(r *Report) {
	slices.SortStableFunc(r.Witness, func(a, b Operation) int { return cmpChain(a.Invoke - b.Invoke) })
	for _, op := range r.Witness {
		r.Lines = append(r.Lines, h.Describe(op))
	}
	if h.Objects() > 1 {
		r.Detail = "on object " + h.describeObject(r.Witness[0].Object) + ", " + r.Detail
	}
}

// String names the limits that are set.
func (l limits) String() string {
	var parts []string
	if l.steps > 0 {
		parts = append(parts, fmt.Sprintf("%d steps", l.steps))
	}
	if l.deadline != (time.Time{}) {
		parts = append(parts, "the time allowed")
	}
	if l.bytes > 0 {
		parts = append(parts, fmt.Sprintf("%d MB", l.bytes>>20))
	}
	return strings.Join(parts, ", ")
}

// quoteJSON returns s as a JSON string.
func quoteJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return string(b)
}

// events is a buffer for counting operations in flight.
type events struct{ returns, invokes []int64 }

// inFlight returns the most operations of ops that were in flight at once.
func (e *events) inFlight(ops []Operation) int {
	e.returns, e.invokes = e.returns[:0], e.invokes[:0]
	for i := range ops {
		e.invokes, e.returns = append(e.invokes, ops[i].Invoke), append(e.returns, ops[i].Return)
	}
	slices.Sort(e.invokes)
	slices.Sort(e.returns)
	most, ended := 0, 0
	for i, at := range e.invokes {
		for e.returns[ended] < at {
			ended++
		}
		most = max(most, i+1-ended)
	}
	return most
}
