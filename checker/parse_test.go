package checker

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func parseFile(t *testing.T, name, format string) *History {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	h, err := Parse(f, name, format)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestJepsenLog(t *testing.T) {
	h := parseFile(t, "etcd.log", "jepsen")
	invoked, returned, pending := h.Counts()
	if invoked != 10 || returned != 8 || pending != 2 {
		t.Errorf("%d invoked, %d returned, %d pending", invoked, returned, pending)
	}
	if got, want := h.Describe(h.Operation(4)), "client 0 changed 1 to 3 in vain [8,9]"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if r := Check(h, Options{Model: CASRegister}); r.Verdict != Pass || r.Checked != 8 {
		t.Errorf("%+v", r)
	}
	if r := Check(h, Options{}); r.Verdict != Invalid || !strings.Contains(r.Detail, "client 2 changed 4 to 0 [6,10], which a register does not offer") {
		t.Errorf("%+v", r)
	}
	stale := Check(parseFile(t, "etcd-stale.log", "jepsen"), Options{Model: CASRegister})
	if stale.Verdict != Violation || !strings.Contains(stale.Detail, "client 1 read 2 [23,24], which no order of the 6") || stale.Atomic != 23 {
		t.Errorf("%+v", stale)
	}
}

func TestJSONLines(t *testing.T) {
	h := parseFile(t, "two-keys.jsonl", "jsonl")
	r := Check(h, Options{})
	want := `on object "x", client 1 read "a" [12,13] after client 1 had read "b" [7,8], although client 0 had written "a" [1,3] before client 2 began to write "b" [6,pending]`
	if r.Verdict != Violation || r.Detail != want || r.Objects != 2 || r.Object != `"x"` {
		t.Errorf("%+v\nsaid %s\nwant %s", r, r.Detail, want)
	}
}

func TestEmptyFileIsVacuous(t *testing.T) {
	for _, format := range Formats {
		h, err := Parse(strings.NewReader("\n\n"), "f", format)
		if err != nil {
			t.Fatal(err)
		}
		if r := Check(h, Options{}); r.Verdict != Vacuous {
			t.Errorf("%s: %+v", format, r)
		}
	}
}

func TestErrorsSayWhereAndWhatAndWhatWouldBeRight(t *testing.T) {
	invoke := `{"process":1,"type":"invoke","f":"write","key":"x","value":1}` + "\n"
	for _, c := range []struct{ format, text, want string }{
		{"json", "", `f: format "json" is unknown; did you mean jsonl? (want one of jsonl, jepsen)`},
		{"jsonl", `[1]`, `f:1: read "[1]"; want one JSON object`},
		{"jsonl", "\n{", `f:2: is not valid JSON`},
		{"jsonl", `{"process":1,"type":"invoke"`, `f:1: is not valid JSON`},
		{"jsonl", `{"process":1,"tpye":"invoke"}`, `f:1: field "tpye": is unknown; did you mean type?`},
		{"jsonl", `{"process":1,"process":1}`, `f:1: field process: is given twice`},
		{"jsonl", `{"type":"invoke","f":"read"}`, `f:1: field process: is missing; want an integer`},
		{"jsonl", `{"process":"one"}`, `f:1: field process: read "\"one\""; want an integer from 0`},
		{"jsonl", `{"process":-1}`, `f:1: field process: read "-1"; want an integer`},
		{"jsonl", `{"process":1,"type":"invok","f":"read"}`, `f:1: field type: read "invok"; did you mean invoke? (want one of invoke, ok, fail, info)`},
		{"jsonl", `{"process":1,"type":7}`, `f:1: field type: read "7"; want a string`},
		{"jsonl", `{"process":1,"type":"invoke","f":"append"}`, `f:1: field f: read "append"; want one of read, write, cas`},
		{"jsonl", `{"process":1,"type":"invoke","f":"write"}`, `f:1: field value: is missing; want what the write sets`},
		{"jsonl", `{"process":1,"type":"invoke","f":"write","value":[1]}`, `f:1: field value: read "[1]"; want a string`},
		{"jsonl", `{"process":1,"type":"invoke","f":"cas","value":1}`, `f:1: field value: read "1"; want [expected,new]`},
		{"jsonl", `{"process":1,"type":"invoke","f":"cas","value":null}`, `f:1: field value: read "null"; want [expected,new]`},
		{"jsonl", `{"process":1,"type":"invoke","f":"read","key":{}}`, `f:1: field key: read "{}"; want a string or an integer`},
		{"jsonl", `{"process":1,"type":"ok","f":"read","value":1}`, `f:1: field type: read "ok", but process 1 has no operation in flight`},
		{"jsonl", invoke + invoke, `f:2: field type: process 1 invokes a write while its write of line 1 has not ended`},
		{"jsonl", invoke + `{"process":1,"type":"ok","f":"read","value":1}`, `f:2: field f: read "read"; want "write", which process 1 invoked on line 1`},
		{"jsonl", invoke + `{"process":1,"type":"ok","f":"write","value":2}`, `f:2: field value: differs from that of line 1`},
		{"jsonl", invoke + `{"process":1,"type":"ok","f":"write","key":"y"}`, `f:2: field key: read "y"; want "x", as on line 1`},
		{"jsonl", `{"process":1,"type":"invoke","f":"read"}` + "\n" + `{"process":1,"type":"ok","f":"read"}`, `f:2: field value: is missing; want the value read, null`},
		{"jsonl", `{"process":1,"type":"invoke","f":"read"} 1`, `f:1: something follows the event`},
		{"jsonl", "\n" + strings.Repeat("x", longestLine+1), `f:2: the line is longer than`},
		{"jepsen", "INFO - 0 :invoke :read", `f:1: read "0 :invoke :read", 3 columns; want four`},
		{"jepsen", "x :invoke :read nil", `f:1: column process: read "x"; want an integer`},
		{"jepsen", "0 :okay :read nil", `f:1: column type: read ":okay"; did you mean :ok? (want one of :invoke`},
		{"jepsen", "0 :invoke :rad nil", `f:1: column operation: read ":rad"; did you mean :read?`},
		{"jepsen", "0 :invoke :cas 1 2", `f:1: column value: read "1 2"; want [expected new]`},
		{"jepsen", "0 :invoke :write [1 2]", `f:1: column value: read "[1 2]"; want one value, or nil`},
		{"jepsen", "0 :invoke :write 1\n0 :ok :write 2", `f:2: field value: differs from that of line 1`},
	} {
		_, err := Parse(strings.NewReader(c.text), "f", c.format)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s %.60q:\n said %v\n want %s", c.format, c.text, err, c.want)
		}
	}
}

// fuzz asks of any input that it is refused in one sentence with its place, or
// makes a history that every judge can bear.
func fuzz(f *testing.F, format string) {
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := Parse(bytes.NewReader(text), "f", format)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Fatalf("no place in %q", err)
			}
			return
		}
		for _, model := range []Model{Register, CASRegister} {
			r := Check(h, Options{Model: model, Steps: 1000})
			if (r.Verdict == Pass) != (r.Detail == "") || r.Verdict == Violation && len(r.Witness) == 0 {
				t.Fatalf("%+v", r)
			}
		}
	})
}

func seed(f *testing.F, names ...string) {
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}

func FuzzJSONLines(f *testing.F) {
	seed(f, "two-keys.jsonl")
	f.Add([]byte(`{"process":0,"type":"invoke","f":"cas","value":[null,"\ud800"]}`))
	f.Add([]byte(`{"process":0,"type":"invoke","f":"read","key":""}` + "\n" + `{"process":0,"type":"ok","f":"read","value":1e400}`))
	fuzz(f, "jsonl")
}

func FuzzJepsen(f *testing.F) {
	seed(f, "etcd.log", "etcd-stale.log")
	f.Add([]byte("0 :invoke :cas [nil nil]\n0 :ok :cas [nil nil]"))
	fuzz(f, "jepsen")
}
