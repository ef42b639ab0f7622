package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/perf/benchfmt"
)

// table holds the results of benchmarks, in the order in which they first appeared.
type table struct {
	rows []*row
}

// row is one benchmark of one package: for each unit that it reported, its samples.
type row struct {
	pkg, name string
	units     []string
	samples   map[string][]float64
}

// readTable gathers the benchmark lines of go test's output and ignores the rest.
func readTable(out io.Reader) (*table, error) {
	t := &table{}
	results := benchfmt.NewReader(out, "go test")
	for results.Scan() {
		switch r := results.Result().(type) {
		case *benchfmt.SyntaxError:
			return nil, r
		case *benchfmt.Result:
			t.add(r)
		}
	}
	return t, results.Err()
}

func (t *table) add(r *benchfmt.Result) {
	pkg, name := r.GetConfig("pkg"), string(r.Name.Full())
	i := slices.IndexFunc(t.rows, func(w *row) bool { return w.pkg == pkg && w.name == name })
	if i < 0 {
		i = len(t.rows)
		t.rows = append(t.rows, &row{pkg: pkg, name: name, samples: map[string][]float64{}})
	}
	w := t.rows[i]
	for _, v := range r.Values {
		value, unit := v.Value, v.Unit
		if v.OrigUnit != "" { // benchfmt turned ns into seconds; the table keeps what go test wrote
			value, unit = v.OrigValue, v.OrigUnit
		}
		if !slices.Contains(w.units, unit) {
			w.units = append(w.units, unit)
		}
		w.samples[unit] = append(w.samples[unit], value)
	}
}

// print writes the table, a header before each package. A table without rows is
// an error: a pattern that matches nothing has measured nothing.
func (t *table) print(w io.Writer) error {
	if len(t.rows) == 0 {
		return errors.New("no benchmark matched")
	}
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	pkg := ""
	for _, r := range t.rows {
		if r.pkg != pkg {
			pkg = r.pkg
			fmt.Fprintf(columns, "\n%s\n", pkg)
		}
		cells := []string{r.name, fmt.Sprintf("n=%d", len(r.samples[r.units[0]]))}
		for _, unit := range r.units {
			cells = append(cells, figure(median(r.samples[unit]))+" "+unit)
		}
		fmt.Fprintln(columns, strings.Join(cells, "\t"))
	}
	return columns.Flush()
}

func median(samples []float64) float64 {
	sorted := slices.Sorted(slices.Values(samples))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// figure writes x with four digits that count, and with k, M or G where it is large.
func figure(x float64) string {
	for _, scale := range []struct {
		from, unit float64
		suffix     string
	}{{1e9, 1e9, "G"}, {1e6, 1e6, "M"}, {1e4, 1e3, "k"}} {
		if x >= scale.from {
			return fmt.Sprintf("%.4g%s", x/scale.unit, scale.suffix)
		}
	}
	return fmt.Sprintf("%.4g", x)
}
