package results

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Figure is what a figure shows, apart from how it looks. Its data is a table that
// can be read without the program, and the drawing is a function of the table.
type Figure struct {
	Name    string   // file name without its ending
	Title   string   // a few words above the drawing, ASCII
	Caption string   // a sentence or two: what is seen, what is modelled, in what time
	X, Y    Axis     //
	Series  []Series // in order of legend and colour
	Footer  string   // what the time is made of, ASCII
	Legend  bool     // curves that all end in one place: names in a legend, and not at the ends
}

// Axis is one axis.
type Axis struct {
	Label string
	Log   bool
	Names []string // of x: what is at 0, 1, 2 and so on; the figure then shows dots, one row for each
}

// Series is one curve.
type Series struct {
	Label  string
	Points []Point
	Steps  bool   // a distribution function: drawn as steps, without marks
	Style  string // line: without marks; marks: without a line; "": both
	Hue    int    // colour, dash and mark, from 1; 0: by place
}

// Point is a measured point with its 95 % interval; Lo = Hi = Y where there is none.
type Point struct{ X, Y, Lo, Hi float64 }

var csvHeader = []string{"series", "x", "y", "low", "high"}

// WriteCSV writes the figure's data, a row a point, at full precision.
func (f *Figure) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{csvHeader}
	for _, s := range f.Series {
		for _, p := range s.Points {
			rows = append(rows, []string{s.Label, number(p.X), number(p.Y), number(p.Lo), number(p.Hi)})
		}
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("figure %s: %w", f.Name, err)
	}
	return nil
}

func number(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// ReadCSV replaces the points of the figure by those of a table that WriteCSV
// wrote. Series keep their order of first appearance; those that the figure
// knows keep their style.
func (f *Figure) ReadCSV(r io.Reader) error {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return fmt.Errorf("figure %s: %w", f.Name, err)
	}
	if len(rows) == 0 || !slices.Equal(rows[0], csvHeader) {
		return fmt.Errorf("figure %s: the first row must be %v", f.Name, csvHeader)
	}
	for i := range f.Series {
		f.Series[i].Points = nil
	}
	for i, row := range rows[1:] {
		var v [4]float64
		for j := range v {
			if v[j], err = strconv.ParseFloat(row[j+1], 64); err != nil {
				return fmt.Errorf("figure %s: row %d, column %s: %q is not a number", f.Name, i+2, csvHeader[j+1], row[j+1])
			}
		}
		s := f.series(row[0])
		s.Points = append(s.Points, Point{v[0], v[1], v[2], v[3]})
	}
	return nil
}

// Find returns the number of the series of a label, -1 if there is none.
func (f *Figure) Find(label string) int {
	return slices.IndexFunc(f.Series, func(s Series) bool { return s.Label == label })
}

// series returns the series of a label, made if need be.
func (f *Figure) series(label string) *Series {
	if i := f.Find(label); i >= 0 {
		return &f.Series[i]
	}
	f.Series = append(f.Series, Series{Label: label})
	return &f.Series[len(f.Series)-1]
}
