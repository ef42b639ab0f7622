package results

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Direct labels: each curve is named at its right end, so that no reader has to match
// dashes with a legend. Names that would overlap are moved apart, and a thin line leads
// from the curve's end to its name.

// leader is how far the names are from the plot.
const leader = 14 * vg.Inch / 72

func labelStyle() text.Style {
	s := plot.New().Legend.TextStyle
	s.Font.Size, s.YAlign = smallType, text.YCenter
	return s
}

// labelWidth returns the room that the names take.
func (f *Figure) labelWidth(style text.Style) vg.Length {
	widest := vg.Length(0)
	for i := range f.Series {
		widest = max(widest, style.Width(f.Series[i].Label))
	}
	return leader + widest
}

// nameCurves writes the names beside the plot. data is the part of the canvas that the
// curves are on.
func (f *Figure) nameCurves(c draw.Canvas, p *plot.Plot, data draw.Canvas, style text.Style) {
	x, y := p.Transforms(&data)
	type name struct {
		series int
		end    vg.Point
		at     vg.Length
	}
	var names []name
	for i := range f.Series {
		if v := f.visible(f.Series[i].Points); len(v) > 0 {
			last := v[len(v)-1]
			end := vg.Point{X: x(last.X), Y: y(last.Y)}
			names = append(names, name{i, end, end.Y})
		}
	}
	slices.SortStableFunc(names, func(a, b name) int {
		switch {
		case a.end.Y < b.end.Y:
			return -1
		case a.end.Y > b.end.Y:
			return 1
		}
		return b.series - a.series
	})
	gap := style.Font.Size * 1.15
	for i := range names { // up from the bottom
		if names[i].at = max(names[i].at, data.Min.Y+gap/2); i > 0 {
			names[i].at = max(names[i].at, names[i-1].at+gap)
		}
	}
	top := data.Max.Y + gap/2
	for i := len(names) - 1; i >= 0; i-- { // down again from the top
		names[i].at = min(names[i].at, top)
		top = names[i].at - gap
	}
	for i := range names { // and half way back, so that a crowd lies around its ends
		low := data.Min.Y + gap/2
		if i > 0 {
			low = names[i-1].at + gap
		}
		names[i].at = max(low, min(names[i].at, max(names[i].end.Y, low)))
	}
	for _, n := range names {
		l := f.look(n.series)
		thin := draw.LineStyle{Color: color.Gray{150}, Width: vg.Points(0.5)}
		from, to := vg.Point{X: n.end.X + vg.Points(3), Y: n.end.Y}, vg.Point{X: data.Max.X + leader - vg.Points(3), Y: n.at}
		c.StrokeLine2(thin, from.X, from.Y, to.X, to.Y)
		written := style
		written.Color = darker(l.line.Color)
		c.FillText(written, vg.Point{X: data.Max.X + leader - vg.Points(1), Y: n.at}, f.Series[n.series].Label)
	}
}

// darker returns a colour that is read well in small type.
func darker(c color.Color) color.Color {
	r, g, b, _ := c.RGBA()
	return color.RGBA{uint8(r >> 8 * 3 / 4), uint8(g >> 8 * 3 / 4), uint8(b >> 8 * 3 / 4), 255}
}
