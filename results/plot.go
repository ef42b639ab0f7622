package results

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// smallType is the size of everything but the title and the axes' labels.
const smallType = 7

func (f *Figure) plot() *plot.Plot {
	p := plot.New()
	p.Title.Text = f.Title
	p.Title.TextStyle.Font.Size, p.Title.Padding = 8.5, vg.Points(4)
	p.X.Label.TextStyle.Font.Size, p.Y.Label.TextStyle.Font.Size = 8, 8
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = smallType, smallType
	p.X.LineStyle.Width, p.Y.LineStyle.Width = vg.Points(0.6), vg.Points(0.6)
	p.X.Tick.LineStyle.Width, p.Y.Tick.LineStyle.Width = vg.Points(0.5), vg.Points(0.5)
	p.X.Tick.Length, p.Y.Tick.Length = vg.Points(4), vg.Points(4)
	p.X.Padding, p.Y.Padding = vg.Points(3), vg.Points(3)
	p.Legend.TextStyle.Font.Size = smallType
	p.Legend.ThumbnailWidth, p.Legend.Padding = vg.Points(18), vg.Points(1)
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{225}, color.Gray{225}
	grid.Horizontal.Width, grid.Vertical.Width = vg.Points(0.4), vg.Points(0.4)
	p.Add(grid, corners{})
	if len(f.X.Names) > 0 {
		f.dots(p)
	} else {
		f.curves(p)
	}
	if f.Footer != "" {
		p.X.Label.Text += "\n" + f.Footer
		p.X.Label.TextStyle.Font.Size = smallType
	}
	return p
}

// curves draws every series against x.
func (f *Figure) curves(p *plot.Plot) {
	p.X.Label.Text = f.X.Label
	scale(&p.X, f.X)
	scale(&p.Y, f.Y)
	if at := f.measuredAt(); len(at) > 0 {
		p.X.Tick.Marker = plot.ConstantTicks(at)
	}
	for i := range f.Series {
		f.band(p, i)
	}
	for i := range f.Series {
		f.curve(p, i)
	}
	switch {
	case f.distribution():
		p.Y.Min, p.Y.Max = 0, 1
	case f.Y.Log && p.Y.Max/p.Y.Min < 10: // at least a decade, or there is hardly a tick
		p.Y.Min, p.Y.Max = p.Y.Min/1.5, p.Y.Max*1.5
	case !f.Y.Log: // from zero, so that heights can be compared
		p.Y.Min, p.Y.Max = 0, max(p.Y.Max*1.05, 1e-9)
	}
}

// scale makes an axis logarithmic, or gives it short labels.
func scale(a *plot.Axis, spec Axis) {
	a.Tick.Marker = fewTicks{}
	if spec.Log {
		a.Scale, a.Tick.Marker = plot.LogScale{}, logTicks{}
	}
}

// distribution reports whether the figure shows distribution functions.
func (f *Figure) distribution() bool { return len(f.Series) > 0 && f.Series[0].Steps }

// measuredAt returns a tick for each place at which the longest curve was measured, if
// they are few and not too close together; the reader of a curve wants to see those.
func (f *Figure) measuredAt() []plot.Tick {
	const few = 10
	var longest []Point
	for i := range f.Series {
		if len(f.Series[i].Points) > len(longest) {
			longest = f.Series[i].Points
		}
	}
	if f.distribution() || len(longest) == 0 || len(longest) > few {
		return nil
	}
	place := func(x float64) float64 {
		if f.X.Log {
			return math.Log(x)
		}
		return x
	}
	width := place(longest[len(longest)-1].X) - place(longest[0].X)
	out := []plot.Tick{{Value: longest[0].X, Label: short(longest[0].X)}}
	last := longest[0].X
	for _, q := range longest[1:] {
		t := plot.Tick{Value: q.X}
		if place(q.X)-place(last) >= 0.07*width {
			t.Label, last = short(q.X), q.X
		}
		out = append(out, t)
	}
	return out
}

// look is how a series is drawn.
type look struct {
	line  draw.LineStyle
	glyph draw.GlyphStyle
	area  color.NRGBA
}

func (f *Figure) look(i int) look {
	hue := i
	if f.Series[i].Hue > 0 {
		hue = f.Series[i].Hue - 1
	}
	c := palette[hue%len(palette)]
	return look{
		line:  draw.LineStyle{Color: c, Width: vg.Points(1.1), Dashes: dashes[hue%len(dashes)]},
		glyph: draw.GlyphStyle{Color: c, Radius: vg.Points(1.9), Shape: marks[hue%len(marks)]},
		area:  color.NRGBA{c.R, c.G, c.B, 40},
	}
}

// band draws the intervals of series i.
func (f *Figure) band(p *plot.Plot, i int) {
	visible := f.visible(f.Series[i].Points)
	if len(visible) < 2 || f.Series[i].Style == "marks" {
		return
	}
	var outline plotter.XYs
	has := false
	for _, q := range visible {
		outline = append(outline, plotter.XY{X: q.X, Y: q.Hi})
		has = has || q.Hi > q.Y || q.Lo < q.Y
	}
	for j := len(visible) - 1; j >= 0; j-- {
		outline = append(outline, plotter.XY{X: visible[j].X, Y: visible[j].Lo})
	}
	if area, err := plotter.NewPolygon(outline); err == nil && has {
		area.Color, area.LineStyle.Width = f.look(i).area, 0
		p.Add(area)
	}
}

// curve draws line and marks of series i. A point that is no number is left out; the
// table shows it.
func (f *Figure) curve(p *plot.Plot, i int) {
	s, l := &f.Series[i], f.look(i)
	visible := f.visible(s.Points)
	if len(visible) == 0 {
		return
	}
	xy := make(plotter.XYs, len(visible))
	for j, q := range visible {
		xy[j] = plotter.XY{X: q.X, Y: q.Y}
	}
	line, err := plotter.NewLine(xy)
	if err != nil {
		return
	}
	line.LineStyle = l.line
	if s.Steps {
		line.StepStyle = plotter.PostStep
		p.Add(line)
		p.Legend.Add(s.Label, line)
		return
	}
	if s.Style != "marks" {
		p.Add(line)
	}
	if s.Style == "marks" {
		p.Add(whiskers{visible, l, false})
	}
	named := []plot.Thumbnailer{line}
	if points, err := plotter.NewScatter(xy); err == nil && s.Style != "line" && len(visible) <= maxMarks {
		points.GlyphStyle = l.glyph
		p.Add(points)
		if named = append(named, points); s.Style == "marks" {
			named = named[1:]
		}
	}
	if f.Legend {
		p.Legend.Add(s.Label, named...)
	}
}

// corners keeps the corners of the axes' ranges on the canvas. Left alone, the library
// stretches the drawing so that the outermost marks touch the edges, wherever they are.
type corners struct{}

// Plot implements plot.Plotter.
func (corners) Plot(draw.Canvas, *plot.Plot) {}

// GlyphBoxes implements plot.GlyphBoxer.
func (corners) GlyphBoxes(*plot.Plot) []plot.GlyphBox { return []plot.GlyphBox{{}, {X: 1, Y: 1}} }

// maxMarks is how many marks a curve may have before they hide it.
const maxMarks = 24

// visible returns the points that have a place on the axes: a logarithmic one has
// none for zero. The lower end of an interval that reaches zero is cut at a tenth
// of the value.
func (f *Figure) visible(points []Point) []Point {
	var out []Point
	for _, p := range points {
		if f.X.Log && p.X <= 0 || f.Y.Log && p.Y <= 0 || math.IsNaN(p.Y) {
			continue
		}
		if f.Y.Log && p.Lo <= 0 {
			p.Lo = p.Y / 10
		}
		out = append(out, p)
	}
	return out
}
