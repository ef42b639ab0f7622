package results

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strconv"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Formats are the forms in which a figure can be drawn.
var Formats = []string{"svg", "pdf", "png"}

// The look: one column of a two-column paper, the colours of Okabe and Ito (2008),
// which the colour-blind tell apart, and for the printer in grey a dash and a mark
// of its own for each curve.
const (
	figureWidth  = 3.33 * vg.Inch
	figureHeight = 2.35 * vg.Inch
	printDPI     = 300
)

var palette = []color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255},
	{230, 159, 0, 255}, {86, 180, 233, 255}, {0, 0, 0, 255},
}

var dashes = [][]vg.Length{nil, {vg.Points(5), vg.Points(2)}, {vg.Points(1.5), vg.Points(1.5)}, {vg.Points(6), vg.Points(2), vg.Points(1.5), vg.Points(2)}}

var marks = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{}, draw.RingGlyph{}, draw.PyramidGlyph{}}

func init() {
	// Without a fixed date a PDF differs each time it is drawn.
	fpdf.SetDefaultCreationDate(time.Unix(0, 0).UTC())
	fpdf.SetDefaultModificationDate(time.Unix(0, 0).UTC())
}

// Draw returns the figure in a format. The same figure gives the same bytes.
func (f *Figure) Draw(format string) ([]byte, error) {
	p := f.plot()
	var out bytes.Buffer
	var err error
	switch format {
	case "svg":
		c := vgsvg.New(figureWidth, figureHeight)
		p.Draw(draw.New(c))
		_, err = c.WriteTo(&out)
	case "pdf":
		c := vgpdf.New(figureWidth, figureHeight)
		p.Draw(draw.New(c))
		_, err = c.WriteTo(&out)
	case "png":
		c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(figureWidth, figureHeight), vgimg.UseDPI(printDPI))}
		p.Draw(draw.New(c))
		_, err = c.WriteTo(&out)
	default:
		return nil, fmt.Errorf("format %q is none of %v", format, Formats)
	}
	if err != nil {
		return nil, fmt.Errorf("figure %s as %s: %w", f.Name, format, err)
	}
	return out.Bytes(), nil
}

func (f *Figure) plot() *plot.Plot {
	p := plot.New()
	small := font.Length(7)
	p.X.Label.Text, p.Y.Label.Text = f.X.Label, f.Y.Label
	p.X.Label.TextStyle.Font.Size, p.Y.Label.TextStyle.Font.Size = 8, 8
	p.X.Tick.Label.Font.Size, p.Y.Tick.Label.Font.Size = small, small
	p.X.LineStyle.Width, p.Y.LineStyle.Width = vg.Points(0.6), vg.Points(0.6)
	p.X.Padding, p.Y.Padding = vg.Points(3), vg.Points(3)
	f.scale(&p.X, f.X)
	f.scale(&p.Y, f.Y)
	if at := f.measuredAt(); len(at) > 0 {
		p.X.Tick.Marker = plot.ConstantTicks(at)
	}
	grid := plotter.NewGrid()
	grid.Horizontal.Color, grid.Vertical.Color = color.Gray{225}, color.Gray{225}
	grid.Horizontal.Width, grid.Vertical.Width = vg.Points(0.4), vg.Points(0.4)
	p.Add(grid)
	for i := range f.Series {
		f.curve(p, i)
	}
	p.Legend.TextStyle.Font.Size = small
	p.Legend.Top = !f.distribution()
	p.Legend.Left = p.Legend.Top && f.legendLeft()
	f.headroom(p)
	p.Legend.ThumbnailWidth = vg.Points(18)
	p.Legend.Padding = vg.Points(1)
	if f.Footer != "" {
		p.X.Label.Text += "\n" + f.Footer
		p.X.Label.TextStyle.Font.Size = small
	}
	return p
}

// scale makes an axis logarithmic, or lets it begin at zero.
func (f *Figure) scale(a *plot.Axis, spec Axis) {
	if spec.Log {
		a.Scale = plot.LogScale{}
		a.Tick.Marker = logTicks{}
		return
	}
	a.Tick.Marker = fewTicks{}
}

// headroom sets the ends of the y axis: linear ones begin at zero, so that heights
// can be compared, and all but distributions leave room for the legend.
func (f *Figure) headroom(p *plot.Plot) {
	room := 0.08 * float64(len(f.Series)+1)
	switch {
	case f.distribution():
		p.Y.Min, p.Y.Max = 0, 1
	case f.Y.Log:
		p.Y.Max *= math.Pow(p.Y.Max/p.Y.Min, room)
	default:
		p.Y.Min = 0
		p.Y.Max *= 1 + room
	}
}

// distribution reports whether the figure shows distribution functions.
func (f *Figure) distribution() bool { return len(f.Series) > 0 && f.Series[0].Steps }

// measuredAt returns a tick for each place at which a curve was measured, if they are
// few; the reader of a curve wants to see those.
func (f *Figure) measuredAt() []plot.Tick {
	const few = 10
	if f.distribution() || len(f.Series) == 0 || len(f.Series[0].Points) > few {
		return nil
	}
	var out []plot.Tick
	for _, p := range f.Series[0].Points {
		out = append(out, plot.Tick{Value: p.X, Label: short(p.X)})
	}
	return out
}

// legendLeft puts the legend over the side where the curves are lower.
func (f *Figure) legendLeft() bool {
	left, right := 0.0, 0.0
	for _, s := range f.Series {
		if len(s.Points) > 1 {
			left += s.Points[0].Y
			right += s.Points[len(s.Points)-1].Y
		}
	}
	return left < right
}

// curve draws series i: band, line, marks, legend.
func (f *Figure) curve(p *plot.Plot, i int) {
	s := &f.Series[i]
	xy := make(plotter.XYs, 0, len(s.Points))
	band := make(plotter.XYs, 0, 2*len(s.Points))
	hasBand := false
	visible := f.visible(s.Points)
	for _, q := range visible {
		xy = append(xy, plotter.XY{X: q.X, Y: q.Y})
		band = append(band, plotter.XY{X: q.X, Y: q.Hi})
		hasBand = hasBand || q.Hi > q.Y || q.Lo < q.Y
	}
	if len(xy) == 0 {
		return
	}
	for j := len(visible) - 1; j >= 0; j-- {
		band = append(band, plotter.XY{X: visible[j].X, Y: visible[j].Lo})
	}
	c := palette[i%len(palette)]
	if hasBand && len(visible) > 1 {
		if area, err := plotter.NewPolygon(band); err == nil {
			area.Color = color.NRGBA{c.R, c.G, c.B, 45}
			area.LineStyle.Width = 0
			p.Add(area)
		}
	}
	line, err := plotter.NewLine(xy)
	if err != nil {
		return // a point that is no number; the data table shows it
	}
	line.Color, line.Width, line.Dashes = c, vg.Points(1.1), dashes[i%len(dashes)]
	if s.Steps {
		line.StepStyle = plotter.PostStep
		p.Add(line)
		p.Legend.Add(s.Label, line)
		return
	}
	points, err := plotter.NewScatter(xy)
	if err != nil {
		return
	}
	points.GlyphStyle = draw.GlyphStyle{Color: c, Radius: vg.Points(1.9), Shape: marks[i%len(marks)]}
	p.Add(line, points)
	p.Legend.Add(s.Label, line, points)
}

// visible returns the points that have a place on the axes: a logarithmic one has
// none for zero. The lower end of an interval that reaches zero is cut at a tenth
// of the value.
func (f *Figure) visible(points []Point) []Point {
	var out []Point
	for _, p := range points {
		if f.X.Log && p.X <= 0 || f.Y.Log && p.Y <= 0 {
			continue
		}
		if f.Y.Log && p.Lo <= 0 {
			p.Lo = p.Y / 10
		}
		out = append(out, p)
	}
	return out
}

// fewTicks is the default ticks with short labels.
type fewTicks struct{}

// Ticks implements plot.Ticker.
func (fewTicks) Ticks(lo, hi float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(lo, hi)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = short(ticks[i].Value)
		}
	}
	return ticks
}

// logTicks marks every power of ten and labels it, with the twos and fives when
// there is less than two decades to see.
type logTicks struct{}

// Ticks implements plot.Ticker.
func (logTicks) Ticks(lo, hi float64) []plot.Tick {
	var out []plot.Tick
	wide := hi/lo > 100
	for e := math.Floor(math.Log10(lo)); e <= math.Ceil(math.Log10(hi)); e++ {
		for m := 1.0; m < 10; m++ {
			v := m * math.Pow(10, e)
			if v < lo*0.999 || v > hi*1.001 {
				continue
			}
			t := plot.Tick{Value: v}
			if m == 1 || !wide && (m == 2 || m == 5) {
				t.Label = short(v)
			}
			out = append(out, t)
		}
	}
	return out
}

// short writes a number in few characters: 20000 as 20k.
func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 4, 64) + "M"
	case a >= 1e4:
		return strconv.FormatFloat(v/1e3, 'g', 4, 64) + "k"
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
