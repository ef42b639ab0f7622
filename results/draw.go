package results

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"gonum.org/v1/plot/text"
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
// of its own for each curve. Their yellow is too pale for a thin line and is left out.
const (
	figureWidth  = 3.33 * vg.Inch
	figureHeight = 2.35 * vg.Inch
	printDPI     = 300
)

var palette = []color.RGBA{
	{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255}, {0, 0, 0, 255}, {230, 159, 0, 255}, {86, 180, 233, 255},
}

var dashes = [][]vg.Length{
	nil, {vg.Points(5), vg.Points(2)}, {vg.Points(1.5), vg.Points(1.5)}, {vg.Points(6), vg.Points(2), vg.Points(1.5), vg.Points(2)}, {vg.Points(8), vg.Points(1.5)},
}

var marks = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}, draw.PlusGlyph{}, draw.RingGlyph{}, draw.PyramidGlyph{}}

func init() {
	// Without a fixed date a PDF differs each time it is drawn.
	fpdf.SetDefaultCreationDate(time.Unix(0, 0).UTC())
	fpdf.SetDefaultModificationDate(time.Unix(0, 0).UTC())
}

// Draw returns the figure in a format. The same figure gives the same bytes.
func (f *Figure) Draw(format string) ([]byte, error) {
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	switch format {
	case "svg":
		canvas = vgsvg.New(figureWidth, figureHeight)
	case "pdf":
		canvas = vgpdf.New(figureWidth, figureHeight)
	case "png":
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(figureWidth, figureHeight), vgimg.UseDPI(printDPI))}
	default:
		return nil, fmt.Errorf("format %q is none of %v", format, Formats)
	}
	f.drawOn(draw.New(canvas))
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("figure %s as %s: %w", f.Name, format, err)
	}
	return out.Bytes(), nil
}

// drawOn draws the figure: the plot, the name of its y axis, and to the right of it
// the name of each curve at its end, or for what does not end there a legend within.
func (f *Figure) drawOn(c draw.Canvas) {
	p := f.plot()
	if len(f.X.Names) > 0 {
		p.Draw(draw.Crop(c, 0, -vg.Points(4), 0, 0))
		return
	}
	style := labelStyle()
	right := f.labelWidth(style)
	if f.legend() {
		right = vg.Points(4) // half a number
	}
	inner := draw.Crop(c, axisNameRoom, -right, 0, 0)
	p.Draw(inner)
	data := p.DataCanvas(inner)
	// The library makes room for the name as if it were not turned.
	name := p.Y.Label.TextStyle
	name.Rotation, name.XAlign, name.YAlign = math.Pi/2, text.XCenter, text.YTop
	c.FillText(name, vg.Point{X: c.Min.X, Y: (data.Min.Y + data.Max.Y) / 2}, f.Y.Label)
	if !f.legend() {
		f.nameCurves(c, p, data, style)
	}
}

// legend reports whether the curves are named in a legend: those of distributions all
// end at one.
func (f *Figure) legend() bool { return f.Legend || f.distribution() }

// axisNameRoom is what the name of the y axis takes.
const axisNameRoom = vg.Length(11)
