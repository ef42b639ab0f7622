package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"turncoat": main})
}

// TestScripts runs the program itself as people and CI do. Besides the usual
// commands the scripts know:
//
//	exits STATUS PROGRAM ARG...   the program ends with this status
//	fields NAME...                what it printed is one JSON object with these fields and no others
//	member NAME VALUE             and the field of this name is that value
//	same FILE                     what it printed last is the object in FILE, but for times
//	interrupted PROGRAM ARG...    the program is sent Ctrl-C once it has recorded a run, and ends with 130
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "fields": fields, "member": member, "same": same, "interrupted": interrupted,
		},
	})
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s exits with %d, not %d", strings.Join(args[1:], " "), got, want)
	}
}

// object decodes one JSON object that stands alone.
func object(ts *testscript.TestScript, file string) map[string]any {
	var o map[string]any
	dec := json.NewDecoder(strings.NewReader(ts.ReadFile(file)))
	ts.Check(dec.Decode(&o))
	if dec.More() {
		ts.Fatalf("%s holds more than one object", file)
	}
	return o
}

func fields(ts *testscript.TestScript, _ bool, want []string) {
	var got []string
	for name := range object(ts, "stdout") {
		got = append(got, name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		ts.Fatalf("the object has the fields\n%q, not\n%q", got, want)
	}
}

func member(ts *testscript.TestScript, not bool, args []string) {
	b, err := json.Marshal(object(ts, "stdout")[args[0]])
	ts.Check(err)
	if (string(b) == args[1]) == not {
		ts.Fatalf("%s is %s", args[0], b)
	}
}

func same(ts *testscript.TestScript, _ bool, args []string) {
	got, want := object(ts, "stdout"), object(ts, args[0])
	for _, o := range []map[string]any{got, want} {
		for _, name := range []string{"wall_ns", "runs_per_second"} {
			delete(o, name)
		}
	}
	a, err := json.Marshal(got)
	ts.Check(err)
	b, err := json.Marshal(want)
	ts.Check(err)
	if string(a) != string(b) {
		ts.Fatalf("got\n%s\nwant\n%s", a, b)
	}
}

// interrupted runs a sweep whose directory is --out out. The record of runs is a
// pipe, so that the first run is known to be over when there is something to read.
func interrupted(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.MkdirAll(ts.MkAbs("out"), 0o755))
	ts.Check(syscall.Mkfifo(ts.MkAbs("out/runs.jsonl"), 0o644))
	var program string
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if p := filepath.Join(dir, args[0]); program == "" {
			if _, err := os.Stat(p); err == nil {
				program = p
			}
		}
	}
	var stdout strings.Builder
	cmd := exec.Command(program, args[1:]...)
	cmd.Dir, cmd.Stdout = ts.MkAbs("."), &stdout
	ts.Check(cmd.Start())
	record, err := os.Open(ts.MkAbs("out/runs.jsonl"))
	ts.Check(err)
	defer record.Close()
	lines := bufio.NewScanner(record)
	for n := 0; lines.Scan(); n++ {
		if n == 1 { // the first line says what is swept
			ts.Check(cmd.Process.Signal(os.Interrupt))
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
		ts.Fatalf("interrupted, the program ends with %v", err)
	}
	ts.Check(os.WriteFile(ts.MkAbs("stdout.json"), []byte(stdout.String()), 0o644))
}
