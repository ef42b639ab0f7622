package results

import (
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// dots draws the figure turned: a row for each name, the first on top, and in it a
// mark for each series, one below the other, with its interval.
func (f *Figure) dots(p *plot.Plot) {
	p.X.Label.Text = f.Y.Label
	scale(&p.X, f.Y)
	rows := len(f.X.Names)
	ticks := make([]plot.Tick, rows)
	for i, name := range f.X.Names {
		ticks[i] = plot.Tick{Value: float64(rows - 1 - i), Label: name}
	}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Min, p.Y.Max = -0.5, float64(rows)-0.5
	for i := range f.Series {
		s, l := &f.Series[i], f.look(i)
		shift := (float64(len(f.Series)-1)/2 - float64(i)) * 0.6 / float64(len(f.Series))
		var turned []Point
		for _, q := range f.visible(s.Points) {
			turned = append(turned, Point{X: float64(rows-1) - q.X + shift, Y: q.Y, Lo: q.Lo, Hi: q.Hi})
		}
		xy := make(plotter.XYs, len(turned))
		for j, q := range turned {
			xy[j] = plotter.XY{X: q.Y, Y: q.X}
		}
		points, err := plotter.NewScatter(xy)
		if err != nil {
			continue
		}
		points.GlyphStyle = l.glyph
		points.Radius = vg.Points(2.3)
		p.Add(whiskers{turned, l, true}, points)
		p.Legend.Add(s.Label, points)
	}
	if !f.Y.Log {
		p.X.Min, p.X.Max = 0, p.X.Max*1.05
	}
	p.Legend.Top, p.Legend.ThumbnailWidth = false, vg.Points(8)
	p.Y.Min -= 0.62 * float64(len(f.Series)) // room for the legend below the rows
}

// whiskers draws intervals as lines through their points; turned, along x.
type whiskers struct {
	points []Point
	look   look
	turned bool
}

// Plot implements plot.Plotter.
func (w whiskers) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := w.look.line
	style.Dashes, style.Width = nil, vg.Points(0.8)
	for _, q := range w.points {
		if q.Hi == q.Lo {
			continue
		}
		if w.turned {
			c.StrokeLine2(style, x(q.Lo), y(q.X), x(q.Hi), y(q.X))
		} else {
			c.StrokeLine2(style, x(q.X), y(q.Lo), x(q.X), y(q.Hi))
		}
	}
}

// DataRange implements plot.DataRanger.
func (w whiskers) DataRange() (xmin, xmax, ymin, ymax float64) {
	first := w.points[0]
	xmin, xmax, ymin, ymax = first.X, first.X, first.Lo, first.Hi
	for _, q := range w.points {
		xmin, xmax, ymin, ymax = min(xmin, q.X), max(xmax, q.X), min(ymin, q.Lo), max(ymax, q.Hi)
	}
	if w.turned {
		return ymin, ymax, xmin, xmax
	}
	return xmin, xmax, ymin, ymax
}
