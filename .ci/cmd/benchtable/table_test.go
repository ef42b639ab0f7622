package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	const output = `goos: linux
pkg: turncoat/sim
BenchmarkHold/1000-2   	 1000	 90.0 ns/op	 12300000 events/s	 0 B/op	 0 allocs/op
BenchmarkHold/1000-2   	 1000	 80.0 ns/op	 12500000 events/s	 0 B/op	 0 allocs/op
BenchmarkHold/1000-2   	 1000	 10.0 ns/op	 99900000 events/s	 8 B/op	 0 allocs/op
PASS
ok  	turncoat/sim	3.1s
pkg: turncoat/checker
BenchmarkRegister-2    	   10	 2500000 ns/op
PASS
`
	const want = `
turncoat/sim
Hold/1000-2  n=3  80 ns/op  12.5M events/s  0 B/op  0 allocs/op

turncoat/checker
Register-2  n=1  2.5M ns/op
`
	got, err := readTable(strings.NewReader(output))
	if err != nil {
		t.Fatal(err)
	}
	var printed strings.Builder
	if err := got.print(&printed); err != nil {
		t.Fatal(err)
	}
	if printed.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", printed.String(), want)
	}
}

// A pattern that matches nothing must not look like a measurement.
func TestTableOfNothing(t *testing.T) {
	got, err := readTable(strings.NewReader("PASS\nok  \tturncoat/sim\t0.1s\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := got.print(&strings.Builder{}); err == nil {
		t.Error("printed a table without rows")
	}
}

func TestMedianAndFigure(t *testing.T) {
	if got := median([]float64{9, 1, 4, 2}); got != 3 {
		t.Errorf("median of four: %v, want 3", got)
	}
	for x, want := range map[float64]string{0: "0", 9999: "9999", 10_000: "10k", 999_900: "999.9k", 2_000_000: "2M", 3e9: "3G", 0.25: "0.25"} {
		if got := figure(x); got != want {
			t.Errorf("figure(%v) = %s, want %s", x, got, want)
		}
	}
}
