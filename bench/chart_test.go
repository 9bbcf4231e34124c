package bench_test

import (
	"fmt"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// chart is a picture of a few lines.
type chart struct {
	file, title, x, y string
	logarithmic       bool // the upright axis; the other one always is
	series            []series
}

type series struct {
	name   string
	points plotter.XYs
}

func (s *series) add(x, y float64) { s.points = append(s.points, plotter.XY{X: x, Y: y}) }

// draw writes the chart as SVG.
func (c chart) draw(dir string) error {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = c.title, c.x, c.y
	p.Legend.Top, p.Legend.Left = true, true
	p.Legend.Padding, p.X.Padding = vg.Points(3), vg.Points(12)
	p.Add(plotter.NewGrid())
	p.X.Scale = plot.LogScale{}
	if c.logarithmic {
		p.Y.Scale, p.Y.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	} else {
		p.Y.Min = 0
	}
	var ticks []plot.Tick // only where there are points
	for _, point := range c.series[0].points {
		ticks = append(ticks, plot.Tick{Value: point.X, Label: strings.TrimSuffix(number(point.X), ".00")})
	}
	p.X.Tick.Marker = plot.ConstantTicks(ticks)
	var lines []any
	for _, s := range c.series {
		lines = append(lines, s.name, s.points)
	}
	if err := plotutil.AddLinePoints(p, lines...); err != nil {
		return fmt.Errorf("%s: %w", c.file, err)
	}
	p.X.Max *= 1.2     // room for its number
	if c.logarithmic { // and for the legend
		p.Y.Max *= 30
	} else {
		p.Y.Max *= 1.4
	}
	return p.Save(18*vg.Centimeter, 11*vg.Centimeter, filepath.Join(dir, c.file))
}
