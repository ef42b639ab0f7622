package results

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func example() *Figure {
	f := &Figure{Name: "example", X: Axis{Label: "n", Log: true}, Y: Axis{Label: "cost"}, Footer: "counted"}
	for _, label := range []string{"a", "b, with a comma"} {
		s := Series{Label: label}
		for x := 1.0; x < 6; x++ {
			s.Points = append(s.Points, Point{x, x * x / 3, x*x/3 - 0.1, x*x/3 + 0.1})
		}
		f.Series = append(f.Series, s)
	}
	return f
}

func TestAFigureIsDrawnTheSameFromItsTable(t *testing.T) {
	f := example()
	var table bytes.Buffer
	if err := f.WriteCSV(&table); err != nil {
		t.Fatal(err)
	}
	again := example()
	for i := range again.Series {
		again.Series[i].Points = nil
	}
	if err := again.ReadCSV(&table); err != nil {
		t.Fatal(err)
	}
	for _, format := range Formats {
		one, err := f.Draw(format)
		if err != nil {
			t.Fatal(err)
		}
		two, err := again.Draw(format)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(one, two) || len(one) < 500 {
			t.Errorf("%s: drawn again from its table, the figure differs (%d and %d bytes)", format, len(one), len(two))
		}
		f.Series[0].Points[2].Y++
		if three, _ := f.Draw(format); bytes.Equal(one, three) {
			t.Errorf("%s: another point gives the same drawing", format)
		}
		f.Series[0].Points[2].Y--
	}
	if _, err := f.Draw("bmp"); err == nil {
		t.Error("an unknown format was drawn")
	}
}

func TestReadCSVNamesWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"a,b\n":                              "first row",
		"series,x,y,low,high\ns,1,two,3,4\n": `row 2, column y: "two" is not a number`,
	} {
		err := example().ReadCSV(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestExponentOfAPower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.Float64Range(-3, 3).Draw(t, "b")
		a := rapid.Float64Range(0.1, 100).Draw(t, "a")
		var points []Point
		for _, x := range []float64{4, 7, 10, 16} {
			points = append(points, Point{X: x, Y: a * math.Pow(x, b)})
		}
		if got := Exponent(points); math.Abs(got-b) > 1e-6 {
			t.Fatalf("exponent %v, want %v", got, b)
		}
	})
}

func TestIntervals(t *testing.T) {
	sample := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	if m := Mean(sample); m.Value != 5.5 || m.Lo < 3 || m.Lo > 5 || m.Hi < 6 || m.Hi > 8 {
		t.Errorf("mean %+v", m)
	}
	if m := Percentile(sample, 0.5); m.Value != 5 || m.Lo >= m.Hi {
		t.Errorf("median %+v", m)
	}
	if Mean(sample) != Mean(sample) {
		t.Error("the bootstrap is not a function of the sample")
	}
	if p := Proportion(0, 20); p.Value != 0 || math.Abs(p.Hi-0.1611) > 1e-3 {
		t.Errorf("0 of 20 is %+v; Wilson's upper end is 0.161", p)
	}
	if !math.IsNaN(Mean(nil).Value) {
		t.Error("nothing has a mean")
	}
	cdf := CDF([]float64{3, 1, 2, 4}, 4)
	if len(cdf) != 4 || cdf[0].X != 1 || cdf[3] != (Point{4, 1, 1, 1}) {
		t.Errorf("cdf %+v", cdf)
	}
}
