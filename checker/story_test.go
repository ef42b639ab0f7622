package checker

import (
	"fmt"
	"strings"
	"testing"
)

// record builds a history from one line per client, in the notation of the
// field: w1 a write of 1, r1 a read that returned 1, r0 a read of nothing,
// c12 a cas from 1 to 2 and f12 one that failed. Columns are time, a word
// begins at its first letter and ends at its last, "w1->" never returns.
func record(lines ...string) *History {
	type edge struct {
		invoke, ret int
		client      int
		word        string
	}
	var edges []edge
	for client, line := range lines {
		for at := 0; at < len(line); at++ {
			if line[at] == ' ' {
				continue
			}
			end := at
			for end < len(line) && line[end] != ' ' {
				end++
			}
			edges = append(edges, edge{at, end - 1, client, line[at:end]})
			at = end
		}
	}
	h := new(History)
	o := h.Object([]byte("x"))
	open := map[int]OpID{}
	value := func(c byte) Value {
		if c == '0' {
			return Absent
		}
		return h.Value([]byte{c})
	}
	for column := range 100 {
		for i, e := range edges { // invocations of a column come before its returns
			if e.invoke != column {
				continue
			}
			at := int64(column*20 + e.client)
			switch e.word[0] {
			case 'w':
				open[i] = h.BeginWrite(int32(e.client), o, value(e.word[1]), at)
			case 'r':
				open[i] = h.BeginRead(int32(e.client), o, at)
			default:
				open[i] = h.BeginCAS(int32(e.client), o, value(e.word[1]), value(e.word[2]), at)
			}
		}
		for i, e := range edges {
			if e.ret != column || strings.HasSuffix(e.word, ">") {
				continue
			}
			at := int64(column*20 + 10 + e.client)
			switch e.word[0] {
			case 'f':
				h.Fail(open[i], at)
			case 'r':
				h.End(open[i], value(e.word[1]), at)
			default:
				h.End(open[i], Absent, at)
			}
		}
	}
	return h
}

// stories are the histories that every reader of the field knows, with what is
// to be said of them.
var stories = []struct {
	name    string
	lines   []string
	verdict Verdict
	witness int    // operations that remain to show a violation
	detail  string // part of the sentence
}{
	{"sequential", []string{"w1 r1 w2 r2"}, Pass, 0, ""},
	{"initial value", []string{"r0 w1 r1"}, Pass, 0, ""},
	{"either of two concurrent writes", []string{"w1---- ", "w2----  r2", "        r2"}, Pass, 0, ""},
	{"read beside a write sees old", []string{"w1 w2--------", "    r1 r1 r2"}, Pass, 0, ""},
	{"pending write read later", []string{"w1->", "   r0  r1"}, Pass, 0, ""},
	{"pending write never read", []string{"w1 w2->", "    r1  r1 r1"}, Pass, 0, ""},
	{"one value put by many", []string{"w1-- r1", "  w1--- r1", "r0"}, Pass, 0, ""},
	{"stale read", []string{"w1 w2", "       r1"}, Violation, 3, `client 1 read 1 [141,171] after client 0 had written 2 [60,90], although client 0 had written 1 [0,30] before client 0 wrote 2 [60,90]`},
	{"new-old inversion", []string{"w1 w2-----------", "     r2- r1-"}, Violation, 4, `client 1 read 1 [181,231] after client 1 had read 2`},
	{"lost write", []string{"w1", "    r0"}, Violation, 2, `client 1 read nothing [81,111] after client 0 had written 1 [0,30]`},
	{"fabricated value", []string{"w1", "    r2"}, Violation, 1, `client 1 read 2 [81,111], which nobody wrote`},
	{"read before its write", []string{"    w1", "r1"}, Violation, 2, `client 1 read 1 [1,31] before client 0 began to write 1 [80,110]`},
	{"pending write read then unread", []string{"w1 w2->", "      r2 r1"}, Violation, 4, `read 1`},
	{"cas on a plain register", []string{"w1 f01", "       r1 r1"}, Invalid, 0, "cas-register"},
	{"one value put by many, then missing", []string{"w1-- ", "  w1--- r1 r0"}, Violation, 2, `read nothing`},
	{"two writes of one value explain two reads", []string{"w1 w2 w1", "  r1  r2 r1"}, Pass, 0, ""},
	{"one write too few of a value", []string{"w1 w2 w1 w3", "     r2  r1  r2"}, Violation, 3, `which no order of the`},
	{"lost update of two readers", []string{"w1-----------", "w2-----------", "  r1 r2 r1"}, Violation, 5, `read 1`},
}

func TestKnownHistories(t *testing.T) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			h := record(s.lines...)
			r := Check(h, Options{})
			if r.Verdict != s.verdict || len(r.Witness) != s.witness || !strings.Contains(r.Detail, s.detail) {
				t.Errorf("%v, want %v; %d witnesses, want %d; said %q, want %q\n%s",
					r.Verdict, s.verdict, len(r.Witness), s.witness, r.Detail, s.detail, strings.Join(r.Lines, "\n"))
			}
			if r.Verdict == Violation && (len(r.Lines) != len(r.Witness) || r.Atomic <= 0) {
				t.Errorf("lines %d of %d, atomic until %d", len(r.Lines), len(r.Witness), r.Atomic)
			}
		})
	}
}

func TestCompareAndSet(t *testing.T) {
	for _, s := range []struct {
		name    string
		lines   []string
		verdict Verdict
	}{
		{"cas takes effect", []string{"w1 c12 r2"}, Pass},
		{"cas of another value", []string{"w1 c32 r2"}, Violation},
		{"failed cas saw another value", []string{"w1 f32 r1"}, Pass},
		{"failed cas that must have matched", []string{"w1 f12 r1"}, Violation},
		{"failed cas beside a write", []string{"w1 f12--- r3", "   w3"}, Pass},
		{"two cas of one value", []string{"w1 c12", "   c13"}, Violation},
		{"pending cas may take effect", []string{"w1 c12->", "         r2"}, Pass},
		{"pending cas may not", []string{"w1 c12->", "         r1"}, Pass},
		{"pending cas read then unread", []string{"w1 c12->", "         r2 r1"}, Violation},
		{"idle pending write that only a failed cas saw", []string{"w1 w3->", "     f12  r1"}, Violation},
		{"the same with its successor", []string{"w1 w3->", "     f12 w1 r1"}, Pass},
	} {
		t.Run(s.name, func(t *testing.T) {
			r := Check(record(s.lines...), Options{Model: CASRegister})
			if r.Verdict != s.verdict {
				t.Errorf("%v, want %v: %s", r.Verdict, s.verdict, r.Detail)
			}
		})
	}
}

// Objects are judged apart: the same values may go round in each.
func TestObjectsAreIndependent(t *testing.T) {
	var h History
	x, y := h.Object([]byte("x")), h.Object([]byte("y"))
	v := h.Value([]byte("v"))
	h.End(h.BeginWrite(0, x, v, 1), Absent, 2)
	h.End(h.BeginRead(1, y, 3), Absent, 4)
	h.End(h.BeginWrite(1, y, v, 5), Absent, 6)
	h.End(h.BeginRead(0, y, 7), v, 8)
	if r := Check(&h, Options{}); r.Verdict != Pass || r.Objects != 2 || r.Checked != 4 || r.ByZones != 2 || r.Confirmed != 2 {
		t.Fatalf("%+v", r)
	}
	h.End(h.BeginRead(0, x, 9), Absent, 10)
	r := Check(&h, Options{})
	if want := `on object "x", client 0 read nothing [9,10] after client 0 had written "v" [1,2]`; r.Verdict != Violation || r.Detail != want {
		t.Errorf("%v %q, want %q", r.Verdict, r.Detail, want)
	}
}

func TestNothingEndedIsVacuous(t *testing.T) {
	for _, h := range []*History{new(History), record("w1->"), record("r1->", "w1->")} {
		if r := Check(h, Options{}); r.Verdict != Vacuous || r.Checked != 0 || r.Detail == "" {
			t.Errorf("%d operations: %+v", h.Len(), r)
		}
	}
}

// ambiguous is a history that the zone check must leave alone and that is hard
// to search: n writes of two values in flight at once, and reads that no order
// explains.
func ambiguous(n int) *History {
	lines := []string{}
	for i := range n {
		lines = append(lines, fmt.Sprintf("w%d%s", i%2+1, strings.Repeat("-", 20)))
	}
	return record(append(lines, strings.Repeat(" ", 24)+"r1 r2")...)
}

// A search without result claims nothing, and does so after the same number of
// steps each time.
func TestBudgetsEndUndecided(t *testing.T) {
	for _, opts := range []Options{{Steps: 500}, {MemoryBytes: 1000}, {Budget: 1}, {Steps: 1 << 40, Budget: 1}} {
		r := Check(ambiguous(9), opts)
		if r.Verdict != Undecided || !strings.Contains(r.Detail, "11 operations") || !strings.Contains(r.Detail, "9 in flight") {
			t.Errorf("%+v: %+v", opts, r)
		}
		if again := Check(ambiguous(9), opts); opts.Budget == 0 && again.Steps != r.Steps {
			t.Errorf("%+v: %d steps, then %d", opts, r.Steps, again.Steps)
		}
	}
	if r := Check(ambiguous(9), Options{}); r.Verdict != Violation {
		t.Errorf("with the default budget: %+v", r)
	}
}

// Where the search finds no end and the zone check cannot tell who was read, a
// value that nobody wrote still gives the history away.
func TestFabricationIsSeenWithinAnyBudget(t *testing.T) {
	h := ambiguous(9)
	h.End(h.BeginRead(30, 0, 5000), h.Value([]byte("f")), 5001)
	r := Check(h, Options{Steps: 500})
	if want := `client 30 read "f" [5000,5001], which nobody wrote`; r.Verdict != Violation || r.Detail != want || r.Atomic != 5000 {
		t.Errorf("%+v", r)
	}
}

// A faulty client's write that was never acknowledged explains what was read,
// from its first signature on and not before.
func TestObservedWritesOfFaultyClients(t *testing.T) {
	build := func(signed int64) *History {
		var h History
		o := h.Object([]byte("x"))
		evil := h.Value([]byte("evil"))
		h.End(h.BeginWrite(0, o, h.Value([]byte("good")), 1), Absent, 2)
		h.End(h.BeginRead(0, o, 5), evil, 6)
		if signed > 0 {
			w := ObservedWrite{Client: 9, Object: o, Value: evil, Stamp: "2.9", Signed: signed}
			later := w
			later.Signed += 10
			h.AddObserved([]ObservedWrite{later, w})
		}
		return &h
	}
	if r := Check(build(0), Options{}); r.Verdict != Violation {
		t.Errorf("unsigned: %+v", r)
	}
	if r := Check(build(4), Options{}); r.Verdict != Pass || r.Operations != 3 {
		t.Errorf("signed in time: %+v", r)
	}
	if r := Check(build(6), Options{}); r.Verdict != Pass {
		t.Errorf("signed at the very event at which it was read: %+v", r)
	}
	if r := Check(build(7), Options{}); r.Verdict != Violation {
		t.Errorf("signed after it was read: %+v", r)
	}
}
